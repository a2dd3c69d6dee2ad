//! Names and paths: of content, categories, tags, trackers, links.

use revaer::intake::{Link, tracker_list};
use revaer::model::{Category, Tag, path};

use crate::runner::fuzz;

#[test]
fn paths_inside_a_torrent() {
    fuzz("paths_inside_a_torrent", &["a", "/", "..", "."], |input| {
        let text = String::from_utf8_lossy(input);
        if let Some(inside) = path::inside(&text) {
            let is_plain = |part: &str| !matches!(part, "" | "." | "..");
            assert!(inside.split('/').all(is_plain), "`{inside}` stays below its root");
            assert_eq!(
                path::inside(&inside).as_deref(),
                Some(&*inside),
                "normalised is a fixed point"
            );
            let joined = path::join("/srv/dl", &inside);
            assert!(path::is_within(&joined, "/srv/dl"));
        }
    });
}

#[test]
fn absolute_paths() {
    fuzz("absolute_paths", &["/a", "/", "..", "."], |input| {
        let text = String::from_utf8_lossy(input);
        if let Some(absolute) = path::absolute(&text) {
            assert!(absolute.starts_with('/') && !absolute.contains("//"));
            assert_eq!(path::absolute(&absolute).as_deref(), Some(&*absolute));
        }
    });
}

#[test]
fn labels() {
    fuzz("labels", &["a", "/", ",", " ", "b"], |input| {
        let text = String::from_utf8_lossy(input);
        if Category::is_valid_name(&text) {
            for ancestor in Category::ancestors(&text) {
                assert!(Category::is_valid_name(ancestor) && Category::is_within(&text, ancestor));
            }
        }
        if let Some(tag) = Tag::new(&text) {
            assert_eq!(Tag::new(tag.as_str()).as_ref(), Some(&tag));
        }
    });
}

#[test]
fn links_and_trackers() {
    let words = ["magnet:?xt=urn:btih:", "http://", "https://h/", "file:///etc/passwd", "\n", "a"];
    fuzz("links_and_trackers", &words, |input| {
        let text = String::from_utf8_lossy(input);
        match Link::parse(&text) {
            Some(Link::Url(url)) => assert!(matches!(url.scheme(), "http" | "https")),
            Some(Link::Magnet(uri)) => assert!(uri.to_ascii_lowercase().starts_with("magnet:")),
            None => {}
        }
        let trackers = tracker_list(&text);
        assert!(trackers.iter().all(|(_, url)| !url.is_empty()));
        assert!(trackers.is_sorted_by_key(|(tier, _)| *tier));
    });
}

#[test]
fn torrent_files_and_magnets() {
    let words =
        ["d4:info", "d6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:", "e", "i", "l", "0:"];
    fuzz("torrent_files_and_magnets", &words, |input| {
        let limits = revaer::engine::MetainfoLimits::default();
        if let Ok(parsed) = revaer::engine::parse_metainfo(input, limits) {
            for file in &parsed.files {
                assert!(path::inside(&file.path).is_some(), "`{}` stays below its root", file.path);
            }
        }
        let uri = format!("magnet:?{}", String::from_utf8_lossy(input));
        if let Ok(magnet) = revaer::engine::parse_magnet(&uri) {
            assert!(magnet.v1.is_some() || magnet.v2.is_some());
        }
    });
}
