//! A torrent of ours as the files of a profile.

use bt_bencode::Value;

use crate::engine::adopt::suffixed;
use crate::engine::options::SslParameters;
use crate::engine::{ExportExtras, MetainfoLimits, export_metainfo, parse_metainfo};
use crate::handover::PathMap;
use crate::handover::resume::{
    Resume, action_word, layout_word, minutes_of, mode_word, stop_condition_word, thousandths_of,
};
use crate::model::{Announce, OwnLimit, PeerSources, Priority, RunMode, Torrent};
use crate::settings::profile::ContractLevel;
use crate::store::{FileWishes, Record};

/// What the store has of a torrent.
pub(super) struct Stored {
    pub record: Record,
    pub metainfo: Option<Vec<u8>>,
    pub resume: Option<Vec<u8>>,
    pub ssl: Option<SslParameters>,
}

/// What a profile has of it.
pub(super) struct Files {
    pub resume: Vec<u8>,
    pub metainfo: Option<Vec<u8>>,
    pub notes: Vec<String>,
}

/// The files of a torrent.
///
/// # Errors
/// Why there can be none.
pub(super) fn files(stored: Stored, level: ContractLevel, map: &PathMap) -> Result<Files, String> {
    let Stored { record, metainfo, resume, ssl } = stored;
    let Record { torrent, files, recheck_pending } = record;
    let mut notes = Vec::new();
    let mut data = match resume.as_deref().map(Resume::parse) {
        Some(Ok(data)) => data,
        Some(Err(_)) | None => Resume::empty(),
    };
    if recheck_pending {
        data.remove("pieces");
        data.remove("unfinished");
    }
    if metainfo.is_some() && !data.has("pieces") {
        notes.push("its files will be checked".to_owned());
    }
    identify(&mut data, &torrent);
    wish(&mut data, &torrent, map);
    count(&mut data, &torrent);
    if let Some(bytes) = metainfo.as_deref() {
        name_files(&mut data, bytes, &torrent, &files)?;
    }
    program(&mut data, &torrent, level, map);
    let options = &torrent.options;
    if options.max_connections != OwnLimit::Default || options.max_uploads != OwnLimit::Default {
        notes.push("its own limits of connections are left out: qBittorrent has them for all torrents together".to_owned());
    }
    if options.sources.dht == Some(true) || options.sources.pex == Some(true) {
        notes.push("that it may find peers where the settings forbid it is left out".to_owned());
    }
    if let Some(ssl) = ssl {
        if level > ContractLevel::L45 {
            data.set("qBt-sslCertificate", ssl.certificate.as_str());
            data.set("qBt-sslPrivateKey", ssl.private_key.as_str());
            data.set("qBt-sslDhParams", ssl.dh_params.as_str());
        } else {
            notes.push(
                "its certificate is left out: this generation has no SSL torrents".to_owned(),
            );
        }
    }
    // Trackers and web seeds are in the resume data alone.
    let extras = ExportExtras { comment: torrent.facts.comment.clone(), ..ExportExtras::default() };
    let metainfo = metainfo.map(|bytes| export_metainfo(&bytes, &extras)).transpose();
    let metainfo =
        metainfo.map_err(|error| format!("its metadata cannot be written: {}", error.message))?;
    Ok(Files { resume: data.encode()?, metainfo, notes })
}

/// Which torrent it is.
fn identify(data: &mut Resume, torrent: &Torrent) {
    let hashes = torrent.facts.hashes;
    data.set("file-format", "libtorrent resume file");
    data.set("file-version", 1);
    data.set_bytes("info-hash", &hashes.v1.unwrap_or_default());
    data.set_bytes("info-hash2", &hashes.v2.unwrap_or_default());
    data.set("name", torrent.facts.name.as_str());
}

/// What libtorrent is to do with it.
fn wish(data: &mut Resume, torrent: &Torrent, map: &PathMap) {
    let options = &torrent.options;
    let flag = |on: bool| i64::from(on);
    data.set("save_path", map.apply(torrent.content_location()));
    let (paused, auto_managed) = match options.run {
        RunMode::Stopped => (1, 0),
        RunMode::Auto => (0, 1),
        RunMode::Forced => (0, 0),
    };
    data.set("paused", paused);
    data.set("auto_managed", auto_managed);
    data.set("sequential_download", flag(options.sequential));
    data.set("super_seeding", flag(options.super_seeding));
    for off in ["upload_mode", "share_mode", "stop_when_ready"] {
        data.set(off, 0);
    }
    data.set("apply_ip_filter", 1);
    let PeerSources { dht, pex, lsd } = options.sources;
    for (key, source) in [("disable_dht", dht), ("disable_pex", pex), ("disable_lsd", lsd)] {
        data.set(key, flag(source == Some(false)));
    }
    let limit = |limit: Option<u32>| limit.map_or(-1, i64::from);
    data.set("download_rate_limit", limit(options.download_limit));
    data.set("upload_rate_limit", limit(options.upload_limit));
    data.set("trackers", tiers(&torrent.announces));
    let seeds: Vec<&str> = torrent.facts.web_seeds.iter().map(String::as_str).collect();
    data.set("url-list", seeds);
    data.set("httpseeds", Vec::<Value>::new());
}

/// A list of URLs per tier; empty ones keep the numbers of those behind them.
fn tiers(announces: &[Announce]) -> Vec<Value> {
    let count = announces.iter().map(|announce| usize::from(announce.tier) + 1).max().unwrap_or(0);
    let mut tiers: Vec<Vec<&str>> = vec![Vec::new(); count];
    for announce in announces {
        tiers[usize::from(announce.tier)].push(&announce.url);
    }
    tiers.into_iter().map(Value::from).collect()
}

/// Times and totals, which are stored more often than resume data.
fn count(data: &mut Resume, torrent: &Torrent) {
    let status = &torrent.status;
    data.set("added_time", torrent.facts.added_at);
    data.set("completed_time", status.completed_at.unwrap_or(0));
    data.set("active_time", status.active_seconds);
    data.set("finished_time", status.seeding_seconds);
    data.set("seeding_time", status.seeding_seconds);
    data.set("total_downloaded", status.downloaded);
    data.set("total_uploaded", status.uploaded);
    data.set("last_seen_complete", status.last_seen_complete.unwrap_or(0));
}

/// Priorities, and the names of files as they are on disk.
fn name_files(
    data: &mut Resume,
    metainfo: &[u8],
    torrent: &Torrent,
    wishes: &FileWishes,
) -> Result<(), String> {
    let limits = MetainfoLimits { max_size: 1 << 30, ..MetainfoLimits::default() };
    let parsed = parse_metainfo(metainfo, limits)
        .map_err(|error| format!("its metadata is unreadable: {}", error.message))?;
    let level = |priority: &Priority| match priority {
        // Upstream's number for it; libtorrent's own default is another.
        Priority::Normal => 1,
        other => i64::from(other.level()),
    };
    let mut priorities: Vec<i64> = wishes.priorities.iter().map(level).collect();
    priorities.resize(parsed.files.len(), 1);
    data.set("file_priority", priorities);
    // Of pieces alone, it would win over those of the files.
    data.remove("piece_priority");
    let mut names: Vec<&str> = parsed.files.iter().map(|file| file.path.as_str()).collect();
    let on_disk = suffixed(metainfo, torrent.content_location(), &wishes.renames);
    for (file, name) in wishes.renames.iter().chain(&on_disk) {
        if let Some(slot) = names.get_mut(*file as usize) {
            *slot = name;
        }
    }
    if names.iter().zip(&parsed.files).any(|(name, file)| *name != file.path) {
        data.set("mapped_files", names);
    } else {
        data.remove("mapped_files");
    }
    Ok(())
}

/// What the program itself keeps of it.
fn program(data: &mut Resume, torrent: &Torrent, level: ContractLevel, map: &PathMap) {
    let options = &torrent.options;
    let facts = &torrent.facts;
    let name = match &options.name {
        Some(name) => name.as_str(),
        None if facts.metadata.is_none() && facts.name != facts.id.to_string() => &facts.name,
        None => "",
    };
    data.set("qBt-name", name);
    data.set("qBt-category", options.category.as_deref().unwrap_or_default());
    let tags: Vec<String> = options.tags.iter().map(ToString::to_string).collect();
    data.set("qBt-tags", tags);
    if options.auto_managed {
        data.remove("qBt-savePath");
        data.remove("qBt-downloadPath");
    } else {
        data.set("qBt-savePath", map.apply(&options.save_path));
        let download_path = options.download_path.as_deref().unwrap_or_default();
        data.set("qBt-downloadPath", map.apply(download_path));
    }
    data.set("qBt-contentLayout", layout_word(options.layout));
    data.set("qBt-firstLastPiecePriority", i64::from(options.first_last_first));
    data.set("qBt-seedStatus", i64::from(torrent.status.completed_at.is_some()));
    data.set("qBt-stopCondition", stop_condition_word(options.stop_condition));
    data.set("qBt-ratioLimit", thousandths_of(options.share.ratio));
    data.set("qBt-seedingTimeLimit", minutes_of(options.share.seeding_minutes));
    if level > ContractLevel::L45 {
        let inactive = minutes_of(options.share.inactive_minutes);
        data.set("qBt-inactiveSeedingTimeLimit", inactive);
        data.set("qBt-shareLimitAction", action_word(options.share.action));
    }
    if level > ContractLevel::L51 {
        data.set("qBt-shareLimitsMode", mode_word(options.share.mode));
        data.set("qBt-comment", facts.comment.as_str());
    }
}
