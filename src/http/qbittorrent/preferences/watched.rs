//! `scan_dirs`: the watched folders, by their paths.
//!
//! The value of a folder says where content that it brings is saved: 0 in the folder itself, 1 in the default place, a
//! text in the place that it names (observed at every level).

use std::path::Path;

use serde_json::{Map, Value, json};

use super::convert;

/// What the folders are after `asked` was written; what is no list of folders empties it.
pub(super) fn folders(asked: &Value, now: &Value) -> Value {
    let mut folders = Map::new();
    for (folder, place) in asked.as_object().into_iter().flatten() {
        // Contract: a relative folder is passed over, and so is what is no path at all.
        if !Path::new(folder).is_absolute() || folder.contains('\0') {
            continue;
        }
        let folder = convert::path(folder);
        let place = match convert::whole(place) {
            Some(0) => json!(0),
            // Contract: any other number leaves the place as it is.
            Some(_) => folders.get(&folder).or(now.get(&folder)).cloned().unwrap_or(json!(1)),
            None => match convert::path(&convert::text(place)) {
                path if path.is_empty() => json!(1),
                path if path == folder => json!(0),
                path => json!(path),
            },
        };
        folders.insert(folder, place);
    }
    Value::Object(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_absolute_and_have_a_place() {
        let now = json!({"/w": "/elsewhere"});
        for (asked, expected) in [
            (json!({"rel": 0, "": 0, "/w": 0}), json!({"/w": 0})),
            (json!({"/w/": 2, "/./v": -1}), json!({"/w": "/elsewhere", "/v": 1})),
            (json!({"/w": "/a/../b/"}), json!({"/w": "/b"})),
            (json!({"/w": "/w", "/v": "0"}), json!({"/w": 0, "/v": 0})),
            (json!({"/w": "", "/v": null}), json!({"/w": 1, "/v": 1})),
            (json!("x"), json!({})),
        ] {
            assert_eq!(folders(&asked, &now), expected, "{asked}");
        }
    }
}
