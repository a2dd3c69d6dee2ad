//! `categories.json`, and the tags that no torrent needs to have.

use serde_json::{Map, Value, json};

use super::ini::Ini;
use super::places::{PathMap, is_of_windows};
use super::report::Report;
use super::resume::{action, action_word, minutes, minutes_of, mode, mode_word, ratio_bound};
use crate::model::{Bound, Category, DownloadPathRule, ShareLimits, Tag, path};
use crate::settings::profile::ContractLevel;

/// The categories of a file.
pub(super) fn categories(text: &str, map: &PathMap, report: &mut Report) -> Vec<Category> {
    let categories: Map<String, Value> = match serde_json::from_str(text) {
        Ok(categories) => categories,
        Err(error) => {
            report.note("categories.json", format_args!("not taken over: {error}"));
            return Vec::new();
        }
    };
    let mut taken = Vec::new();
    for (name, options) in categories {
        if !Category::is_valid_name(&name) {
            report.note("categories.json", format_args!("`{name}` is no name of a category"));
            continue;
        }
        let ignored = nonsense(&options);
        if !ignored.is_empty() {
            let ignored = ignored.join(", ");
            let note = format!("`{name}`: what makes no sense is ignored: {ignored}");
            report.note("categories.json", note);
        }
        taken.push(category(name, &options, map));
    }
    taken
}

/// The options whose values are of another kind than the program writes.
fn nonsense(options: &Value) -> Vec<&'static str> {
    type Test = fn(&Value) -> bool;
    let Some(options) = options.as_object() else { return vec!["all options"] };
    let tests: [(&str, Test); 7] = [
        ("save_path", Value::is_string),
        ("download_path", |value| value.is_boolean() || value.is_string()),
        ("ratio_limit", Value::is_number),
        ("seeding_time_limit", Value::is_i64),
        ("inactive_seeding_time_limit", Value::is_i64),
        ("share_limit_action", Value::is_string),
        ("share_limits_mode", Value::is_string),
    ];
    let wrong = tests.into_iter().filter(|(key, is_right)| {
        options.get(*key).is_some_and(|value| !value.is_null() && !is_right(value))
    });
    wrong.map(|(key, _)| key).collect()
}

fn category(name: String, options: &Value, map: &PathMap) -> Category {
    let path = |value: &Value| map.apply(value.as_str().unwrap_or_default());
    let limit =
        |key: &str| options.get(key).and_then(Value::as_i64).map_or(Bound::Inherit, minutes);
    let word = |key: &str| options.get(key).and_then(Value::as_str).unwrap_or_default();
    Category {
        name,
        save_path: path(&options["save_path"]),
        download_path: match &options["download_path"] {
            Value::Bool(false) => DownloadPathRule::Disabled,
            Value::Bool(true) => DownloadPathRule::Enabled(String::new()),
            text @ Value::String(_) => DownloadPathRule::Enabled(path(text)),
            _ => DownloadPathRule::Inherit,
        },
        share: ShareLimits {
            ratio: options
                .get("ratio_limit")
                .and_then(Value::as_f64)
                .map_or(Bound::Inherit, ratio_bound),
            seeding_minutes: limit("seeding_time_limit"),
            inactive_minutes: limit("inactive_seeding_time_limit"),
            action: action(word("share_limit_action")),
            mode: mode(word("share_limits_mode")),
        },
    }
}

/// Takes paths from a category at which no content may lie.
pub(super) fn keep_in_place(
    category: &mut Category,
    allows: &dyn Fn(&str) -> bool,
    report: &mut Report,
) {
    let is_forbidden = |path: &str| {
        path.contains('\0')
            || is_of_windows(path)
            || path::absolute(path).is_some_and(|absolute| !allows(&absolute))
    };
    if is_forbidden(&category.save_path) {
        let note = format!("`{}` is no place for content, and left out", category.save_path);
        report.note(&category.name, note);
        category.save_path.clear();
    }
    if let DownloadPathRule::Enabled(path) = &category.download_path
        && is_forbidden(path)
    {
        report.note(&category.name, format_args!("`{path}` is no place for content, and left out"));
        category.download_path = DownloadPathRule::Inherit;
    }
}

/// Categories as a file of this generation.
pub(super) fn written(categories: &[Category], level: ContractLevel, map: &PathMap) -> String {
    let mut written = Map::new();
    for category in categories {
        let mut options = json!({
            "save_path": map.apply(&category.save_path),
            "download_path": match &category.download_path {
                DownloadPathRule::Inherit => Value::Null,
                DownloadPathRule::Disabled => false.into(),
                DownloadPathRule::Enabled(path) if path.is_empty() => true.into(),
                DownloadPathRule::Enabled(path) => map.apply(path).into(),
            },
        });
        if level == ContractLevel::L53 {
            let share = &category.share;
            options["ratio_limit"] = match share.ratio {
                Bound::Inherit => (-2).into(),
                Bound::Unlimited => (-1).into(),
                Bound::At(ratio) => ratio.into(),
            };
            options["seeding_time_limit"] = minutes_of(share.seeding_minutes).into();
            options["inactive_seeding_time_limit"] = minutes_of(share.inactive_minutes).into();
            options["share_limit_action"] = action_word(share.action).into();
            options["share_limits_mode"] = mode_word(share.mode).into();
        }
        written.insert(category.name.clone(), options);
    }
    format!("{:#}\n", Value::Object(written))
}

/// The tags that the settings list.
pub(super) fn tags(ini: &Ini) -> Vec<Tag> {
    let names = ini.list("BitTorrent/Session/Tags").unwrap_or_default();
    names.iter().filter_map(|name| Tag::new(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_of_all_generations_are_read() {
        let text = r#"{"a":{"save_path":"/old/a"},"b":{"savePath":"x","download_path":false,"ratio_limit":1.5,
            "seeding_time_limit":-1,"share_limit_action":"Remove"},"c":{"download_path":"/old/c"},"d":7,"/":{}}"#;
        let map = PathMap::parse(&["/old=/new".to_owned()]).unwrap();
        let mut report = Report::default();

        let categories = categories(text, &map, &mut report);

        let names: Vec<&str> = categories.iter().map(|category| category.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert_eq!(categories[0].save_path, "/new/a");
        assert_eq!(categories[1].download_path, DownloadPathRule::Disabled);
        assert_eq!(categories[1].share.ratio, Bound::At(1.5));
        assert_eq!(categories[1].share.seeding_minutes, Bound::Unlimited);
        assert_eq!(categories[2].download_path, DownloadPathRule::Enabled("/new/c".to_owned()));
        // The name `/`, and the options of `d`.
        assert_eq!(report.notes.len(), 2);
    }
}
