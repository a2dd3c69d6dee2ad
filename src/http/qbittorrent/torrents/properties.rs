//! `torrents/properties`: one torrent in detail.

use super::{now, one};
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::fields::{self, View};
use crate::http::qbittorrent::json::{self, Object};
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::reply::{self, Reply};
use crate::model::{Metadata, Torrent};

/// Answers with the details of a torrent.
pub fn properties(call: &Call) -> reply::Result {
    let (_, row) = one(call)?;
    let snapshot = call.snapshot();
    let mut out = Vec::with_capacity(2048);
    write(&mut out, &row, &View::of(&snapshot, call.level, now()));
    Ok(Reply::json(out))
}

/// Contract: a file that does not say when it was made is of the year 1970 at L45.
fn created_at(metadata: Option<&Metadata>, level: Level) -> i64 {
    let Some(metadata) = metadata else { return -1 };
    metadata.created_at.unwrap_or(if level >= Level::L51 { -1 } else { 0 })
}

fn write(out: &mut Vec<u8>, row: &Torrent, view: &View<'_>) {
    let (facts, options, status) = (&row.facts, &row.options, &row.status);
    let (is_recent, is_new) = (view.level >= Level::L51, view.level >= Level::L53);
    let metadata = facts.metadata.as_ref();
    let hash = |out: &mut Vec<u8>, hash: Option<&[u8]>| {
        out.push(b'"');
        json::hex(out, hash.unwrap_or_default());
        out.push(b'"');
    };
    let limit = |limit: Option<u32>| limit.map_or(-1, i64::from);
    let average = |bytes: i64, seconds: i64| match seconds {
        // Contract: an average over no time is 0 at L45 and -1 later (observed).
        seconds if seconds <= 0 => -i64::from(is_recent),
        seconds => bytes / seconds,
    };
    let paths = fields::paths(row, view.level);
    let mut object = Object::begin(out);
    object.int("addition_date", facts.added_at);
    if is_new {
        object.float("availability", status.availability);
    }
    object
        .text("comment", &facts.comment)
        .int("completion_date", status.completed_at.unwrap_or(-1))
        .text("created_by", metadata.map_or("", |metadata| &metadata.created_by))
        .int("creation_date", created_at(metadata, view.level))
        .int("dl_limit", limit(options.download_limit))
        .int("dl_speed", status.download_rate)
        .int(
            "dl_speed_avg",
            average(status.downloaded, status.active_seconds - status.seeding_seconds),
        )
        .text("download_path", paths.download)
        .int("eta", fields::eta(row, view));
    if is_recent {
        object.boolean("has_metadata", metadata.is_some());
    }
    hash(object.key("hash"), Some(&facts.id.0));
    hash(object.key("infohash_v1"), facts.hashes.v1.as_ref().map(<[u8; 20]>::as_slice));
    hash(object.key("infohash_v2"), facts.hashes.v2.as_ref().map(<[u8; 32]>::as_slice));
    object
        .boolean("is_private", metadata.is_some_and(|metadata| metadata.is_private))
        .int("last_seen", status.last_seen_complete.unwrap_or(-1))
        .text("name", row.name())
        .int("nb_connections", status.connections)
        .int("nb_connections_limit", status.connections_limit)
        .int("peers", status.leechers)
        .int("peers_total", status.swarm_leechers)
        .int("piece_size", metadata.map_or(-1, |metadata| i64::from(metadata.piece_size)))
        .int("pieces_have", status.pieces_have)
        .int("pieces_num", metadata.map_or(-1, |metadata| i64::from(metadata.pieces)));
    if is_recent {
        let popularity = fields::popularity(row, view.level);
        object.float("popularity", if popularity.is_finite() { popularity } else { -1.0 });
        match metadata {
            Some(metadata) => object.boolean("private", metadata.is_private),
            None => object.null("private"),
        };
        object.float("progress", status.progress);
    }
    object
        .int("reannounce", fields::reannounce(row, view.now))
        .text("save_path", paths.save)
        .int("seeding_time", status.seeding_seconds)
        .int("seeds", status.seeds)
        .int("seeds_total", status.swarm_seeds)
        .float("share_ratio", fields::ratio(row, view.level))
        .int("time_elapsed", status.active_seconds)
        .int("total_downloaded", status.downloaded)
        .int("total_downloaded_session", status.downloaded_session)
        .int("total_size", metadata.map_or(-1, |metadata| metadata.total_size))
        .int("total_uploaded", status.uploaded)
        .int("total_uploaded_session", status.uploaded_session)
        .int("total_wasted", status.wasted)
        .int("up_limit", limit(options.upload_limit))
        .int("up_speed", status.upload_rate)
        .int("up_speed_avg", average(status.uploaded, status.active_seconds));
    object.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;

    #[test]
    fn the_keys_are_those_of_the_level() {
        let row = samples::torrent(1);
        let snapshot = crate::engine::Snapshot::default();
        let keys = |level| {
            let mut out = Vec::new();
            write(&mut out, &row, &View::of(&snapshot, level, 0));
            let value: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(&out).unwrap();
            let written: Vec<String> = value.keys().cloned().collect();
            assert!(written.is_sorted(), "{written:?}");
            written.len()
        };

        // As recorded from the real servers.
        assert_eq!(keys(Level::L45), 39);
        assert_eq!(keys(Level::L51), 43);
        assert_eq!(keys(Level::L53), 44);
    }
}
