use std::sync::Arc;

use super::*;
use crate::engine::Context;
use crate::model::Category;
use crate::model::samples;

fn snapshot(revision: u32, rows: &[u8]) -> Snapshot {
    let mut snapshot = Snapshot { revision, ..Snapshot::default() };
    for number in rows {
        let torrent = samples::torrent(*number);
        for announce in torrent.announces.iter() {
            snapshot
                .trackers
                .entry(Arc::clone(&announce.url))
                .or_default()
                .insert(torrent.facts.id);
        }
        snapshot.torrents.insert(torrent.facts.id, Row(Arc::new(torrent)));
    }
    snapshot
}

fn answer(snapshot: &Snapshot, base: Option<&Snapshot>, level: Level) -> serde_json::Value {
    let base = base.map(|base| Arc::new(base.clone()));
    let out = render::whole(&Maindata::new(Arc::new(snapshot.clone()), base, level, 0));
    serde_json::from_slice(&out)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
}

fn keys(answer: &serde_json::Value) -> Vec<&str> {
    answer.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_full_update_has_empty_groups_at_the_oldest_level_only() {
    let empty = snapshot(5, &[]);

    assert_eq!(
        keys(&answer(&empty, None, Level::L45)),
        ["categories", "full_update", "rid", "server_state", "tags", "torrents", "trackers"]
    );
    assert_eq!(keys(&answer(&empty, None, Level::L51)), ["full_update", "rid", "server_state"]);
}

#[test]
fn nothing_changed_is_a_number_alone() {
    let same = snapshot(5, &[1, 2]);

    assert_eq!(answer(&same, Some(&same), Level::L51), serde_json::json!({"rid": 5}));
}

#[test]
fn changes_carry_what_differs_and_what_is_gone() {
    let base = snapshot(5, &[1, 2]);
    let mut now = snapshot(6, &[3]);
    let kept = base.torrents.get(&TorrentId([1; 20])).unwrap();
    let mut changed = (*kept.0).clone();
    changed.status.upload_rate = 7;
    now.torrents.insert(TorrentId([1; 20]), Row(Arc::new(changed)));
    now.tags.insert(Tag::new("new").unwrap());
    now.categories
        .insert("c".into(), Arc::new(Category { name: "c".to_owned(), ..Category::default() }));

    let answer = answer(&now, Some(&base), Level::L51);

    assert_eq!(
        keys(&answer),
        ["categories", "rid", "tags", "torrents", "torrents_removed", "trackers"]
    );
    assert_eq!(answer["torrents"]["01".repeat(20)], serde_json::json!({"upspeed": 7}));
    assert_eq!(answer["torrents"]["03".repeat(20)].as_object().unwrap().len(), 56);
    assert_eq!(answer["torrents_removed"], serde_json::json!(["02".repeat(20)]));
    assert_eq!(answer["tags"], serde_json::json!(["new"]));
    assert_eq!(answer["categories"], serde_json::json!({"c": {"name": "c", "savePath": ""}}));
    assert_eq!(
        answer["trackers"],
        serde_json::json!({"http://t.example/a?b=c": ["03".repeat(20)]})
    );
}

#[test]
fn a_changed_preference_reaches_every_row() {
    let base = snapshot(5, &[1]);
    let mut now = base.clone();
    now.revision = 6;
    now.context = Arc::new(Context { max_ratio: Some(2.0), ..Context::default() });

    let answer = answer(&now, Some(&base), Level::L51);

    assert_eq!(answer["torrents"]["01".repeat(20)], serde_json::json!({"max_ratio": 2}));
    assert!(answer.get("server_state").is_none());
}

#[test]
fn a_row_whose_shown_fields_are_equal_is_left_out() {
    let base = snapshot(5, &[1]);
    let mut now = snapshot(6, &[]);
    now.trackers = base.trackers.clone();
    let mut same = samples::torrent(1);
    same.status.wasted = 5;
    now.torrents.insert(same.facts.id, Row(Arc::new(same)));

    assert_eq!(answer(&now, Some(&base), Level::L51), serde_json::json!({"rid": 6}));
    assert_eq!(
        answer(&now, Some(&base), Level::L53)["torrents"]["01".repeat(20)],
        serde_json::json!({"total_wasted": 5})
    );
}
