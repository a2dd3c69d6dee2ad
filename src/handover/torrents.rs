//! A torrent of a profile as the changes that store it here.

use std::path::Path;

use super::bt_backup::Found;
use super::places::{PathMap, is_of_windows};
use super::report::Report;
use super::resume::{Resume, Wishes};
use crate::engine::adopt::{Adopted, Places, record};
use crate::engine::options::SslParameters;
use crate::engine::{self, Metainfo, MetainfoLimits, NativeError, parse_metainfo};
use crate::model::{
    Category, InfoHashes, Options, OwnLimit, PeerSources, Priority, RunMode, Status, StopCondition,
    Tag, TorrentKey, path,
};
use crate::store::{Change, FileWishes};

/// Suffix of files that are not complete, which is no part of their name.
const SUFFIX: &str = ".!qB";
/// Folder of files that nobody wants, which is no part of their name either.
const UNWANTED: &str = ".unwanted";

/// Names at the top of a torrent's content that are looked for on disk.
const TOPS: usize = 8;

/// What all torrents of a profile share.
pub(super) struct Ground<'a> {
    pub places: &'a Places,
    pub map: &'a PathMap,
    /// What relative paths start at.
    pub base: &'a Path,
    /// Whether content may lie here.
    pub allows: &'a (dyn Fn(&str) -> bool + Send + Sync),
    /// Seals a secret of a torrent.
    pub seal: &'a (dyn Fn(TorrentKey, &SslParameters) -> Vec<u8> + Send + Sync),
}

/// A torrent that can be taken over.
pub(super) struct Candidate {
    /// What the report calls it.
    pub label: String,
    wishes: Wishes,
    resume: Resume,
    metainfo: Option<(Vec<u8>, Metainfo)>,
    pub hashes: InfoHashes,
}

/// Looks whether a torrent can be taken over; the report hears why if not.
pub(super) fn judge(
    found: Found,
    limits: MetainfoLimits,
    report: &mut Report,
) -> Option<Candidate> {
    let Found { label, wishes, resume, metainfo, ignored } = found;
    if !ignored.is_empty() {
        report.note(&label, format_args!("what makes no sense is ignored: {}", ignored.join(", ")));
    }
    let from_resume = InfoHashes { v1: resume.hash("info-hash"), v2: resume.hash("info-hash2") };
    let metainfo = match metainfo.map(|bytes| storable(bytes, limits)) {
        None => None,
        Some(Ok(metainfo)) => Some(metainfo),
        Some(Err(error)) => {
            report.note(
                label,
                format_args!("not taken over: its metadata is unreadable: {}", error.message),
            );
            return None;
        }
    };
    let hashes = match &metainfo {
        Some((_, parsed)) => InfoHashes { v1: parsed.v1, v2: parsed.v2 },
        None => from_resume,
    };
    let differs = |ours: Option<&[u8]>, theirs: Option<&[u8]>| matches!((ours, theirs), (Some(ours), Some(theirs)) if ours != theirs);
    if hashes.v1.is_none() && hashes.v2.is_none() {
        report.note(label, "not taken over: neither metadata nor info-hash is there");
        return None;
    }
    if differs(
        hashes.v1.as_ref().map(|hash| &hash[..]),
        from_resume.v1.as_ref().map(|hash| &hash[..]),
    ) || differs(
        hashes.v2.as_ref().map(|hash| &hash[..]),
        from_resume.v2.as_ref().map(|hash| &hash[..]),
    ) {
        report.note(label, "not taken over: metadata and resume data are of different torrents");
        return None;
    }
    Some(Candidate { label, wishes, resume, metainfo, hashes })
}

/// Why a torrent cannot lie where it lies.
pub(super) enum Misplaced {
    /// Nothing here can be called so.
    Foreign(String),
    /// No content may lie there.
    Forbidden(String),
}

/// A place of the torrent that is none, or where no content may lie.
pub(super) fn misplaced(candidate: &Candidate, ground: &Ground<'_>) -> Option<Misplaced> {
    let Candidate { wishes, resume, .. } = candidate;
    let places = [&resume.text("save_path"), &wishes.save_path, &wishes.download_path]
        .map(|path| here(path, ground));
    places.into_iter().filter(|path| !path.is_empty()).find_map(|path| {
        if is_of_windows(&path) {
            return Some(Misplaced::Foreign(path));
        }
        (path.contains('\0') || !(ground.allows)(&path)).then_some(Misplaced::Forbidden(path))
    })
}

/// Parsed metainfo, with its bytes as they may be stored.
fn storable(bytes: Vec<u8>, limits: MetainfoLimits) -> Result<(Vec<u8>, Metainfo), NativeError> {
    let parsed = parse_metainfo(&bytes, limits)?;
    let plain = engine::storable(&bytes, &parsed)?;
    Ok((plain.unwrap_or(bytes), parsed))
}

/// The changes that store a torrent.
pub(super) fn changes(
    key: TorrentKey,
    candidate: Candidate,
    ground: &Ground<'_>,
    report: &mut Report,
) -> Vec<Change> {
    let Candidate { label, wishes, mut resume, metainfo, hashes } = candidate;
    let category = Some(wishes.category.as_str())
        .filter(|name| Category::is_valid_name(name))
        .map(str::to_owned);
    let (bytes, parsed) =
        metainfo.map_or((None, None), |(bytes, parsed)| (Some(bytes), Some(parsed)));
    let location = here(&resume.text("save_path"), ground);
    let placed = place(&wishes, category.as_deref(), &location, ground);
    if let Some(note) = placed.note {
        report.note(&label, note);
    }
    let had_content = resume.bytes("pieces").is_some_and(has_any);
    if had_content && parsed.as_ref().is_some_and(|parsed| is_gone(parsed, &resume, &location)) {
        *report.missing.entry(location.clone()).or_default() += 1;
    }
    let pieces_have = match resume.bytes("pieces") {
        Some(pieces) => pieces.iter().filter(|piece| *piece & 1 != 0).count(),
        None => 0,
    };
    let files = file_wishes(&mut resume, parsed.as_ref(), &location, &label, report);
    let added_at = resume.int("added_time").filter(|at| *at > 0).unwrap_or(0);
    let ssl = SslParameters {
        certificate: wishes.certificate.clone(),
        private_key: wishes.private_key.clone(),
        dh_params: wishes.dh_params.clone(),
    };
    let status = status(&wishes, &resume, added_at, placed.in_download_path);
    let limit = |key: &str| {
        resume.int(key).filter(|limit| *limit > 0).and_then(|limit| u32::try_from(limit).ok())
    };
    let options = Options {
        name: Some(wishes.name.clone()).filter(|name| !name.is_empty()),
        category: category.as_deref().map(Into::into),
        tags: tags(&wishes.tags),
        auto_managed: placed.auto_managed,
        save_path: placed.save_path.into(),
        download_path: placed.download_path.map(Into::into),
        run: run(&wishes, &resume),
        download_limit: limit("download_rate_limit"),
        upload_limit: limit("upload_rate_limit"),
        share: wishes.share,
        sequential: resume.flag("sequential_download"),
        first_last_first: wishes.first_last_first,
        super_seeding: resume.flag("super_seeding"),
        layout: wishes.layout,
        stop_condition: if resume.flag("stop_when_ready") {
            StopCondition::FilesChecked
        } else {
            wishes.stop_condition
        },
        // Upstream has these for all torrents together.
        max_connections: OwnLimit::Default,
        max_uploads: OwnLimit::Default,
        sources: PeerSources::default(),
        preallocate: None,
    };
    let row = record(
        key,
        Adopted {
            metainfo: parsed,
            hashes,
            name: resume.text("name"),
            comment: Some(wishes.comment.clone()).filter(|comment| !comment.is_empty()),
            added_at,
            web_seeds: resume.texts("url-list"),
            trackers: resume.trackers(),
            files,
            options,
            status,
            pieces_have: u32::try_from(pieces_have).unwrap_or(u32::MAX),
        },
    );
    let mut changes = vec![Change::PutTorrent(Box::new(row))];
    changes.extend(bytes.map(|bytes| Change::PutMetainfo(key, bytes)));
    // The row has them.
    for lists in ["trackers", "url-list"] {
        resume.remove(lists);
    }
    match resume.encode() {
        Ok(encoded) => changes.push(Change::PutResume(key, encoded)),
        Err(reason) => report.note(&label, format_args!("it will be checked: {reason}")),
    }
    if ssl != SslParameters::default() {
        changes.push(Change::PutTorrentSecret(key, Some((ground.seal)(key, &ssl))));
    }
    changes
}

/// True if nothing that the torrent has at the top of its content is where it should be.
fn is_gone(metainfo: &Metainfo, resume: &Resume, location: &str) -> bool {
    let renamed = resume.texts("mapped_files");
    let mut tops: Vec<&str> = Vec::new();
    for (index, file) in metainfo.files.iter().enumerate().filter(|(_, file)| !file.is_padding) {
        let name = renamed.get(index).filter(|name| !name.is_empty()).unwrap_or(&file.path);
        let top = name.split('/').next().unwrap_or_default();
        if !tops.contains(&top) {
            tops.push(top);
        }
        // A look at some of many files is enough, and costs the same for all torrents.
        if tops.len() == TOPS {
            break;
        }
    }
    let exists = |name: String| fs_err::symlink_metadata(Path::new(location).join(name)).is_ok();
    !tops.iter().any(|top| exists((*top).to_owned()) || exists(format!("{top}{SUFFIX}")))
}

fn has_any(pieces: &[u8]) -> bool {
    pieces.iter().any(|piece| piece & 1 != 0)
}

fn tags(names: &[String]) -> Vec<Tag> {
    let mut tags: Vec<Tag> = names.iter().filter_map(|name| Tag::new(name)).collect();
    tags.sort();
    tags.dedup();
    tags
}

fn run(wishes: &Wishes, resume: &Resume) -> RunMode {
    wishes.run.unwrap_or(match (resume.flag("paused"), resume.flag("auto_managed")) {
        (_, true) => RunMode::Auto,
        (true, false) => RunMode::Stopped,
        (false, false) => RunMode::Forced,
    })
}

fn status(wishes: &Wishes, resume: &Resume, added_at: i64, in_download_path: bool) -> Status {
    let time = |key: &str| resume.int(key).filter(|at| *at > 0);
    let number = |key: &str| resume.int(key).unwrap_or(0).max(0);
    let swarm = |key: &str| {
        // All bits set mean unknown.
        resume
            .int(key)
            .filter(|count| *count < 0x00ff_ffff)
            .and_then(|count| i32::try_from(count).ok())
    };
    Status {
        downloaded: number("total_downloaded"),
        uploaded: number("total_uploaded"),
        active_seconds: number("active_time"),
        seeding_seconds: number("finished_time"),
        last_activity: time("last_download").max(time("last_upload")),
        completed_at: wishes
            .was_complete
            .then(|| time("completed_time").unwrap_or(added_at.max(1))),
        last_seen_complete: time("last_seen_complete"),
        swarm_seeds: swarm("num_complete").unwrap_or(0),
        swarm_leechers: swarm("num_incomplete").unwrap_or(0),
        queue_position: wishes.queue_position.filter(|_| !wishes.was_complete),
        in_download_path,
        ..Status::default()
    }
}

/// A path of the profile as it is called here; empty stays empty.
fn here(text: &str, ground: &Ground<'_>) -> String {
    if text.is_empty() {
        return String::new();
    }
    let absolute = if text.starts_with('/') || is_of_windows(text) {
        text.to_owned()
    } else {
        path::join(&ground.base.to_string_lossy(), text)
    };
    let mapped = ground.map.apply(&absolute);
    path::absolute(&mapped).unwrap_or(mapped)
}

struct Placed {
    save_path: String,
    download_path: Option<String>,
    auto_managed: bool,
    in_download_path: bool,
    note: Option<String>,
}

/// Save path, download path and where the content lies now, which resume data tell.
fn place(wishes: &Wishes, category: Option<&str>, location: &str, ground: &Ground<'_>) -> Placed {
    let auto_managed = wishes.save_path.is_empty();
    let (save_path, download_path) = if auto_managed {
        (ground.places.save_path(category), ground.places.download_path(category))
    } else {
        let download_path = here(&wishes.download_path, ground);
        (here(&wishes.save_path, ground), Some(download_path).filter(|path| !path.is_empty()))
    };
    let mut placed = Placed {
        in_download_path: download_path.as_deref() == Some(location) && location != save_path,
        save_path,
        download_path,
        auto_managed,
        note: None,
    };
    if location.is_empty() || location == placed.save_path || placed.in_download_path {
        return placed;
    }
    if wishes.was_complete {
        placed.note = Some(format!(
            "its content lies in `{location}` and not in `{}`; it is kept there, in manual mode",
            placed.save_path
        ));
        location.clone_into(&mut placed.save_path);
        placed.auto_managed = false;
        placed.download_path = None;
    } else {
        placed.download_path = Some(location.to_owned());
        placed.in_download_path = true;
    }
    placed
}

/// Priorities and renames; a rename that would leave the save path is left out.
///
/// Files that nobody wants may lie in a folder of their own, which upstream does not show. One that is really there
/// stays there, and is called so; for all others it is left out.
fn file_wishes(
    resume: &mut Resume,
    metainfo: Option<&Metainfo>,
    location: &str,
    label: &str,
    report: &mut Report,
) -> FileWishes {
    let Some(metainfo) = metainfo else { return FileWishes::default() };
    let levels = resume.ints("file_priority");
    let mut priorities: Vec<Priority> = levels
        .iter()
        .take(metainfo.files.len())
        .map(|level| Priority::from_level(u8::try_from(*level).unwrap_or(4)))
        .collect();
    priorities.resize(metainfo.files.len(), Priority::Normal);
    if priorities.iter().all(|priority| *priority == Priority::Normal) {
        priorities.clear();
    }
    let mut renames = Vec::new();
    let mut on_disk = resume.texts("mapped_files");
    let mut kept = 0;
    let mut is_changed = false;
    for ((index, name), file) in (0..).zip(&mut on_disk).zip(&metainfo.files) {
        if let Some(wanted) = without_unwanted(name) {
            if fs_err::symlink_metadata(Path::new(location).join(&*name)).is_ok() {
                kept += 1;
            } else {
                *name = wanted;
                is_changed = true;
            }
        }
        let name = name.strip_suffix(SUFFIX).unwrap_or(name);
        if name.is_empty() || name == file.path {
            continue;
        }
        match path::inside(name) {
            Some(inside) if inside == name => renames.push((index, inside)),
            _ => report.note(label, format_args!("the file name `{name}` is refused")),
        }
    }
    if kept > 0 {
        report.note(
            label,
            format_args!("{kept} of its files lie in `{UNWANTED}`, and keep their place"),
        );
    }
    if is_changed {
        resume.set("mapped_files", on_disk);
    }
    FileWishes { priorities, renames }
}

/// The name of a file outside of the folder for files that nobody wants; `None` if it is not in it.
fn without_unwanted(name: &str) -> Option<String> {
    let (folder, file) = name.rsplit_once('/')?;
    match folder.rsplit_once('/') {
        Some((parent, UNWANTED)) => Some(format!("{parent}/{file}")),
        None if folder == UNWANTED => Some(file.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_unwanted_files_is_no_part_of_a_name() {
        for (name, expected) in [
            ("a/.unwanted/b.bin", Some("a/b.bin")),
            (".unwanted/b", Some("b")),
            ("a/b", None),
            ("b", None),
            (".unwanted/a/b", None),
        ] {
            assert_eq!(without_unwanted(name).as_deref(), expected, "{name}");
        }
    }
}
