//! Watched folders: the file is kept as it is, and clients see the folders as upstream shows them.
//!
//! A folder is shown with 0 if what it brings is saved in the folder itself, 1 if in the default save path, and else
//! with the path.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::bt_backup::bounded;
use super::ini;
use super::places::PathMap;
use super::report::Report;

pub(super) const FILE: &str = "watched_folders.json";

/// The preference that shows them.
pub(super) const PREFERENCE: &str = "scan_dirs";

/// The folders of a profile as the preference; `None` if there are none.
pub(super) fn read(config: &Path, map: &PathMap, report: &mut Report) -> Option<Value> {
    let parsed = bounded(&config.join(FILE), ini::LARGEST).and_then(|bytes| {
        let parse = |bytes: Vec<u8>| {
            serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|error| error.to_string())
        };
        bytes.filter(|bytes| !bytes.is_empty()).map(parse).transpose()
    });
    match parsed {
        Ok(folders) => folders.filter(|folders| !folders.is_empty()).map(|all| shown(&all, map)),
        Err(reason) => {
            report.note(FILE, format_args!("its folders cannot be read: {reason}"));
            None
        }
    }
}

fn shown(folders: &Map<String, Value>, map: &PathMap) -> Value {
    let shown = folders.iter().map(|(folder, options)| {
        let target = options["add_torrent_params"]["save_path"].as_str().unwrap_or_default();
        let value = match target {
            "" => 1.into(),
            target if target == folder => 0.into(),
            target => map.apply(target).into(),
        };
        (map.apply(folder), value)
    });
    Value::Object(shown.collect())
}

/// Gives the folders of a file that was kept the names that they have here.
///
/// # Errors
/// When the file cannot be written; one that cannot be read stays as it is.
pub(super) fn rename(file: &Path, map: &PathMap) -> std::io::Result<()> {
    let Ok(Some(bytes)) = bounded(file, ini::LARGEST) else { return Ok(()) };
    let Ok(folders) = serde_json::from_slice::<Map<String, Value>>(&bytes) else { return Ok(()) };
    let mut renamed = Map::new();
    for (folder, mut options) in folders {
        for key in ["save_path", "download_path"] {
            if let Some(path) = options.pointer_mut(&format!("/add_torrent_params/{key}"))
                && let Some(text) = path.as_str()
            {
                *path = map.apply(text).into();
            }
        }
        renamed.insert(map.apply(&folder), options);
    }
    fs_err::write(file, format!("{:#}\n", Value::Object(renamed)))
}

/// The file that says what the preference shows. What a file that was kept says besides of a folder stays.
pub(super) fn written(kept: Option<&[u8]>, shown: &Value, map: &PathMap) -> String {
    let kept: Map<String, Value> =
        kept.and_then(|kept| serde_json::from_slice(kept).ok()).unwrap_or_default();
    let mut written = Map::new();
    for (folder, value) in shown.as_object().into_iter().flatten() {
        let known = kept.get(folder).filter(|options| options["add_torrent_params"].is_object());
        let mut options = known
            .cloned()
            .unwrap_or_else(|| json!({ "add_torrent_params": {}, "recursive": false }));
        let there = map.apply(folder);
        let target = match value {
            Value::String(path) => map.apply(path),
            value if value.as_i64() == Some(0) => there.clone(),
            _ => String::new(),
        };
        let params = &mut options["add_torrent_params"];
        // Paths of one's own and automatic management exclude each other.
        if !target.is_empty() {
            params["use_auto_tmm"] = false.into();
        }
        params["save_path"] = target.into();
        written.insert(there, options);
    }
    format!("{:#}\n", Value::Object(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_shown_and_written_as_upstream_does() {
        let dir = tempfile::tempdir().unwrap();
        let file = r#"{"/w/a":{"add_torrent_params":{"save_path":"/w/a","category":"c"},"recursive":true},
            "/w/b":{"add_torrent_params":{"save_path":""}},"/w/c":{"add_torrent_params":{"save_path":"/old/x"}}}"#;
        fs_err::write(dir.path().join(FILE), file).unwrap();
        let map = PathMap::parse(&["/old=/new".to_owned()]).unwrap();
        let mut report = Report::default();

        let shown = read(dir.path(), &map, &mut report).unwrap();

        assert_eq!(shown, json!({ "/w/a": 0, "/w/b": 1, "/w/c": "/new/x" }));
        let shown = json!({ "/w/a": 0, "/w/d": "/y" });
        let none = PathMap::default();
        let back = written(Some(file.as_bytes()), &shown, &none);
        let back: Value = serde_json::from_str(&back).unwrap();
        assert_eq!(back["/w/a"]["add_torrent_params"]["category"], "c");
        assert_eq!(back["/w/a"]["recursive"], true);
        assert_eq!(back["/w/d"]["add_torrent_params"]["save_path"], "/y");
        assert_eq!(back.as_object().unwrap().len(), 2);

        rename(&dir.path().join(FILE), &map).unwrap();

        assert_eq!(read(dir.path(), &none, &mut report).unwrap()["/w/c"], "/new/x");
    }

    #[test]
    fn a_damaged_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::write(dir.path().join(FILE), "[1]").unwrap();
        let mut report = Report::default();

        assert_eq!(read(dir.path(), &PathMap::default(), &mut report), None);
        assert_eq!(report.notes.len(), 1);
    }
}
