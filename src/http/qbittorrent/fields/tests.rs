use std::sync::Arc;

use super::*;
use crate::model::{Bound, Options, Root, ShareLimits, ShareLimitsMode, TorrentState, samples};

fn snapshot() -> Snapshot {
    Snapshot::default()
}

fn text(row: &Torrent, key: &str, snapshot: &Snapshot, level: Level) -> String {
    let mut out = Vec::new();
    let field = FIELDS.iter().find(|field| field.key == key).unwrap();
    (field.get)(row, &View::of(snapshot, level, 1_700_001_000)).write(&mut out);
    String::from_utf8(out).unwrap()
}

fn shown(row: &Torrent, key: &str, level: Level) -> String {
    text(row, key, &snapshot(), level)
}

#[test]
fn the_table_is_alphabetical_and_complete_at_each_level() {
    assert!(FIELDS.is_sorted_by(|a, b| a.key < b.key));
    let counts = |answer| Level::ALL.map(|level| fields(answer, level).len());

    // As recorded from the real servers.
    assert_eq!(counts(Answer::Info), [49, 57, 67]);
    assert_eq!(counts(Answer::Maindata), [48, 56, 69]);
    assert!(field("hash", L45).is_some());
    assert!(field("private", L45).is_none());
    assert!(field("has_tracker_error", L53).is_none());
}

#[test]
fn a_row_is_valid_json() {
    let row = samples::torrent(1);
    for level in Level::ALL {
        let mut out = vec![b'{'];
        write_members(
            &mut out,
            &row,
            &View::of(&snapshot(), level, 0),
            fields(Answer::Info, level),
        );
        out.push(b'}');

        let value: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&out).unwrap();
        assert_eq!(value.len(), fields(Answer::Info, level).len());
        assert_eq!(value["tags"], "b, a");
        assert_eq!(value["content_path"], "/srv/dl/t1.bin");
    }
}

#[test]
fn magnets_are_written_as_each_level_does() {
    let mut row = samples::torrent(7);
    let mut facts = (*row.facts).clone();
    facts.name = "My n&ame".to_owned();
    facts.web_seeds = vec!["http://w.example/a%20b/".to_owned()];
    row.facts = Arc::new(facts);
    let id = "07".repeat(20);

    assert_eq!(
        shown(&row, "magnet_uri", L45),
        format!(
            "\"magnet:?xt=urn:btih:{id}&dn=My%20n%26ame&tr=http%3a%2f%2ft.example%2fa%3fb%3dc\
             &ws=http%3a%2f%2fw.example%2fa%2520b%2f\""
        )
    );
    let modern = format!(
        "\"magnet:?xt=urn:btih:{id}&dn=My%20n%26ame&xl=50000&tr=http%3A%2F%2Ft.example%2Fa%3Fb%3Dc&ws="
    );
    assert_eq!(shown(&row, "magnet_uri", L51), format!("{modern}http://w.example/a%20b/\""));
    assert_eq!(
        shown(&row, "magnet_uri", L53),
        format!("{modern}http%3A%2F%2Fw.example%2Fa%2520b%2F\"")
    );
}

#[test]
fn a_hybrid_magnet_names_both_hashes() {
    let mut row = samples::torrent(7);
    let mut facts = (*row.facts).clone();
    facts.hashes.v2 = Some([9; 32]);
    facts.id = facts.hashes.id();
    facts.name = facts.id.to_string();
    facts.metadata = None;
    row.facts = Arc::new(facts);
    row.announces = Arc::from([]);

    let expected =
        format!("\"magnet:?xt=urn:btih:{}&xt=urn:btmh:1220{}\"", "07".repeat(20), "09".repeat(32));
    assert_eq!(shown(&row, "magnet_uri", L51), expected);
}

#[test]
fn ratios_are_capped_until_the_last_level() {
    let mut row = samples::torrent(1);
    row.status.downloaded = 1000;
    row.status.uploaded = 1500;
    assert_eq!(shown(&row, "ratio", L51), "1.5");

    row.status.uploaded = 100_000_000_000;
    assert_eq!(shown(&row, "ratio", L51), "9999");
    assert_eq!(shown(&row, "ratio", L53), "100000000");

    (row.status.downloaded, row.status.done) = (0, 0);
    row.status.active_seconds = 10;
    assert_eq!(shown(&row, "ratio", L45), "9999");
    assert_eq!(shown(&row, "ratio", L53), "-1");
    assert_eq!(shown(&row, "popularity", L53), "null");
}

#[test]
fn absent_times_have_the_word_of_the_level() {
    let mut row = samples::torrent(1);
    row.status.completed_at = None;

    assert_eq!(shown(&row, "completion_on", L45), "0");
    assert_eq!(shown(&row, "completion_on", L51), "-1");
    assert_eq!(shown(&row, "last_activity", L51), "1700000000");
    assert_eq!(shown(&row, "tracker", L45), "\"\"");
    assert_eq!(shown(&row, "tracker", L51), "\"http://t.example/a?b=c\"");
}

#[test]
fn a_download_takes_as_long_as_its_average_speed_says() {
    let mut row = samples::torrent(1);
    row.status.state = TorrentState::Downloading;
    (row.status.wanted, row.status.wanted_done) = (1000, 400);
    assert_eq!(shown(&row, "eta", L51), "8640000");

    row.status.average_download_rate = 60;
    assert_eq!(shown(&row, "eta", L51), "10");

    row.options = Arc::new(Options { run: RunMode::Stopped, ..Options::default() });
    assert_eq!(shown(&row, "eta", L51), "8640000");
}

#[test]
fn a_seed_has_the_time_that_its_share_limits_leave() {
    let mut row = samples::torrent(1);
    assert_eq!(shown(&row, "eta", L51), "8640000");

    let share = ShareLimits {
        ratio: Bound::At(2.0),
        seeding_minutes: Bound::At(10),
        ..ShareLimits::default()
    };
    row.options = Arc::new(Options { share, ..Options::default() });
    row.status.seeding_seconds = 100;
    (row.status.downloaded, row.status.uploaded, row.status.average_upload_rate) = (1000, 1000, 2);
    assert_eq!(shown(&row, "eta", L51), "500");

    row.status.average_upload_rate = 100;
    assert_eq!(shown(&row, "eta", L51), "10");

    let share = ShareLimits { mode: ShareLimitsMode::MatchAll, ..share };
    row.options = Arc::new(Options { share, ..Options::default() });
    assert_eq!(shown(&row, "eta", L53), "500");
}

#[test]
fn limits_come_from_the_nearest_level_that_has_a_word() {
    let mut row = samples::torrent(1);
    row.options = Arc::new(Options { category: Some("a/b".into()), ..Options::default() });
    let mut snapshot = snapshot();
    let category = |ratio| Category {
        share: ShareLimits { ratio, ..ShareLimits::default() },
        ..Category::default()
    };
    snapshot.categories.insert("a".into(), Arc::new(category(Bound::At(3.0))));
    snapshot.categories.insert("a/b".into(), Arc::new(category(Bound::Inherit)));
    snapshot.context =
        Arc::new(Context { max_ratio: Some(1.0), subcategories: true, ..Context::default() });

    assert_eq!(text(&row, "max_ratio", &snapshot, L53), "3");
    snapshot.context = Arc::new(Context { max_ratio: Some(1.0), ..Context::default() });
    assert_eq!(text(&row, "max_ratio", &snapshot, L53), "1");
    let share = ShareLimits { ratio: Bound::Unlimited, ..ShareLimits::default() };
    row.options = Arc::new(Options { share, ..Options::default() });
    assert_eq!(text(&row, "max_ratio", &snapshot, L53), "-1");
    assert_eq!(text(&row, "ratio_limit", &snapshot, L53), "-1");
}

#[test]
fn the_content_path_is_the_file_or_the_folder_or_the_directory() {
    let mut row = samples::torrent(1);
    let mut with = |root| {
        let mut facts = (*row.facts).clone();
        facts.metadata.as_mut().unwrap().root = root;
        row.facts = Arc::new(facts);
        (shown(&row, "content_path", L51), shown(&row, "root_path", L51))
    };

    let folder = "\"/srv/dl/d\"".to_owned();
    assert_eq!(with(Root::Folder("d".to_owned())), (folder.clone(), folder.clone()));
    assert_eq!(with(Root::File("d/f".to_owned())), ("\"/srv/dl/d/f\"".to_owned(), folder));
    assert_eq!(with(Root::Scattered), ("\"/srv/dl\"".to_owned(), "\"\"".to_owned()));
}

#[test]
fn the_queue_counts_from_one_also_while_it_is_off() {
    let mut row = samples::torrent(1);
    row.status.state = TorrentState::QueuedDl;
    row.status.wanted_done = 0;
    row.status.queue_position = Some(4);
    let mut snapshot = snapshot();

    assert_eq!(text(&row, "priority", &snapshot, L51), "5");
    snapshot.context = Arc::new(Context { queueing: true, ..Context::default() });
    assert_eq!(text(&row, "priority", &snapshot, L51), "5");
}

#[test]
fn only_what_differs_is_written() {
    let (before, mut after) = (samples::torrent(1), samples::torrent(1));
    after.status.uploaded = 5;
    after.status.last_activity = Some(1_700_000_004);
    let snapshot = snapshot();
    let changes = |level| {
        let view = View::of(&snapshot, level, 0);
        let mut out = Vec::new();
        write_changes(&mut out, (&before, &view), (&after, &view), fields(Answer::Maindata, level));
        String::from_utf8(out).unwrap()
    };

    assert_eq!(changes(L45), r#""ratio":0.0001,"uploaded":5"#.replace("0.0001", "1e-04"));
    assert!(changes(L51).starts_with(r#""last_activity":1700000004,"#));
}

#[test]
fn sorting_compares_values_not_texts() {
    let key = |value: Value<'_>| SortKey::from(value);
    let less = |a: Value<'_>, b: Value<'_>| key(a).order(&key(b)).is_lt();

    assert!(less(Int(9), Int(10)));
    assert!(less(Float(-1.0), Float(0.5)));
    assert!(less(Bool(false), Bool(true)));
    assert!(less(Str("B"), Str("a")));
    // By UTF-16 code unit an emoji comes before a full-width letter.
    assert!(less(Str("😀"), Str("ａ")));
    assert!(less(Null, Bool(false)));
}
