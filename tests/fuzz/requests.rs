//! What clients send: queries, multipart bodies, preferences, id lists.

use bytes::Bytes;
use revaer::http::qbittorrent::level::Level;
use revaer::http::qbittorrent::{action, body, multipart, preferences, torrents};
use revaer::model::Selection;
use revaer::settings::Profile;

use crate::runner::fuzz;

#[test]
fn query_strings() {
    fuzz("query_strings", &["a=b", "&", "=", "+", "%41", "hashes"], |input| {
        let text = String::from_utf8_lossy(input);
        for (name, _) in body::query(&text) {
            assert!(!name.is_empty(), "a parameter has a name");
        }
    });
}

#[test]
fn multipart_bodies() {
    let words = [
        "--x",
        "--x--",
        "\r\n",
        "\r\n\r\n",
        "Content-Disposition: form-data; ",
        "name=\"a\"",
        "filename=\"b\"",
    ];
    fuzz("multipart_bodies", &words, |input| {
        let whole = Bytes::copy_from_slice(input);
        if let Ok(parts) = multipart::split(&whole, "x") {
            let size: usize = parts
                .iter()
                .map(|part| match part {
                    multipart::Part::Text(..) => 0,
                    multipart::Part::File(upload) => upload.data.len(),
                })
                .sum();
            assert!(!parts.is_empty() && size <= whole.len(), "files are pieces of the body");
        }
    });
}

#[test]
fn boundaries() {
    let words = ["multipart/form-data", "; ", "boundary=", "\"", "x"];
    fuzz("boundaries", &words, |input| {
        let text = String::from_utf8_lossy(input);
        if let Some(boundary) = multipart::boundary(&text) {
            assert!(!boundary.is_empty() && text.contains(boundary));
        }
    });
}

#[test]
fn action_paths() {
    fuzz("action_paths", &["/api/v2/", "app", "/", "version"], |input| {
        let text = String::from_utf8_lossy(input);
        if let Some(found) = action(&text) {
            assert_eq!(text, format!("/api/v2/{found}"));
            assert_eq!(found.matches('/').count(), 1);
        }
    });
}

#[test]
fn id_lists() {
    let words = ["all", "|", "0123456789abcdef0123456789abcdef01234567"];
    fuzz("id_lists", &words, |input| {
        let text = String::from_utf8_lossy(input);
        if let Selection::Ids(ids) = torrents::selection(&text) {
            let listed = text.to_lowercase();
            assert!(ids.iter().all(|id| listed.contains(&id.to_string())));
        }
    });
}

#[test]
fn preferences_of_clients() {
    let words = [
        "{",
        "}",
        ":",
        ",",
        "\"dl_limit\"",
        "\"save_path\"",
        "\"/tmp\"",
        "\"proxy_type\"",
        "true",
        "null",
        "1.5",
        "[",
        "]",
        "\"scan_dirs\"",
        "\"max_ratio_enabled\"",
        "\"max_ratio\"",
    ];
    let profile = Profile::default();
    fuzz("preferences_of_clients", &words, |input| {
        let text = String::from_utf8_lossy(input);
        for level in Level::ALL {
            let written = preferences::write(&text, level, &profile);
            if serde_json::from_str::<serde_json::Map<_, _>>(&text).is_err() {
                assert!(written.patch.is_empty(), "what is no object changes nothing");
            }
        }
    });
}
