//! `torrents/info` and `torrents/count`: filter, sort, page.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{files, now, trackers};
use crate::engine::{Row, Snapshot};
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::fields::{self, Answer, SortKey, View};
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::params::Params;
use crate::http::qbittorrent::render::{self, Lot};
use crate::http::qbittorrent::reply::{self, Reply};
use crate::model::{File, RunMode, Torrent, TorrentId, TorrentState};

/// Rows above which sorting leaves the worker.
const MANY: usize = 5_000;

/// Answers with the number of torrents.
pub fn count(call: &Call) -> reply::Result {
    Ok(Reply::text(call.snapshot().torrents.len().to_string()))
}

/// Answers with the torrents that match, sorted and paged.
pub async fn info(call: Call) -> reply::Result {
    let (level, now) = (call.level, now());
    let snapshot = call.snapshot();
    let query = Query::read(&call.params, level, call.lenient());
    let sort = call.params.text("sort").filter(|key| !key.is_empty());
    let descending = call.params.boolean("reverse").unwrap_or(false);
    let page = Window::read(&call.params, level);
    let enough = page.reach().filter(|_| sort.is_none() && !descending);
    let mut rows = query.matching(&snapshot, enough.unwrap_or(usize::MAX));
    let window = page.over(rows.len());
    if let Some(key) = sort.filter(|_| !rows.is_empty()) {
        let Some(field) = fields::field(key, level) else {
            return Err(Reply::bad_request("'sort' parameter is invalid"));
        };
        rows = if rows.len() > MANY {
            let snapshot = Arc::clone(&snapshot);
            let sorted = tokio::task::spawn_blocking(move || {
                sorted(rows, &snapshot, level, now, field, descending, window)
            });
            sorted
                .await
                .map_err(|_| Reply::error(actix_web::http::StatusCode::SERVICE_UNAVAILABLE, ""))?
        } else {
            sorted(rows, &snapshot, level, now, field, descending, window)
        };
    } else {
        if descending {
            rows.reverse();
        }
        rows.truncate(window.end);
        rows.drain(..window.start);
    }
    let details = Details::read(&call);
    let mut files = HashMap::new();
    if details.files {
        for row in rows.iter().filter(|row| row.facts.metadata.is_some()) {
            let id = row.facts.id;
            files.insert(id, call.engine().files(id).await.unwrap_or_default());
        }
    }
    Ok(render::json(List { snapshot, rows, level, now, details, files }).await)
}

/// What is added to each torrent object.
#[derive(Clone, Copy)]
struct Details {
    files: bool,
    trackers: bool,
}

impl Details {
    fn read(call: &Call) -> Self {
        let wants = |name| call.params.boolean(name).unwrap_or(false);
        Self {
            files: call.level >= Level::L53 && wants("includeFiles"),
            trackers: call.level >= Level::L51 && wants("includeTrackers"),
        }
    }
}

/// The answer.
struct List {
    snapshot: Arc<Snapshot>,
    rows: Vec<Row>,
    level: Level,
    now: i64,
    details: Details,
    /// Of the listed torrents that have metadata, if files are asked for.
    files: HashMap<TorrentId, Vec<File>>,
}

impl render::Answer for List {
    const BRACKETS: [u8; 2] = *b"[]";

    fn lots(&self) -> usize {
        self.rows.len().div_ceil(render::ROWS)
    }

    fn render(&self, lot: usize) -> Lot {
        let mut members = Vec::new();
        let rows = || self.rows.iter().skip(lot * render::ROWS).take(render::ROWS);
        fields::warm(rows().map(|row| &**row));
        for row in rows() {
            self.torrent(&mut members, row);
        }
        Lot { group: None, members }
    }
}

impl List {
    fn torrent(&self, out: &mut Vec<u8>, row: &Row) {
        out.extend_from_slice(b",{");
        let view = View::of(&self.snapshot, self.level, self.now);
        // `files` and `trackers` stand among the fields at their alphabetical places.
        let table = fields::fields(Answer::Info, self.level);
        let (before_files, rest) =
            table.split_at(table.partition_point(|field| field.key < "files"));
        let (before_trackers, rest) =
            rest.split_at(rest.partition_point(|field| field.key < "trackers"));
        fields::write_members(out, row, &view, before_files);
        if let Some(listed) = self.files.get(&row.facts.id) {
            out.extend_from_slice(b",\"files\":");
            files::write_listed(out, listed);
        }
        out.push(b',');
        fields::write_members(out, row, &view, before_trackers);
        if self.details.trackers {
            out.extend_from_slice(b",\"trackers\":");
            trackers::write_listed(out, &row.announces, self.level);
        }
        out.push(b',');
        fields::write_members(out, row, &view, rest);
        out.push(b'}');
    }
}

/// What a request asks for.
struct Query {
    filter: Filter,
    category: Option<String>,
    tag: Option<String>,
    ids: Option<Vec<TorrentId>>,
    private: Option<bool>,
    level: Level,
}

impl Query {
    fn read(params: &Params, level: Level, lenient: bool) -> Self {
        let hashes = params.text_or_empty("hashes");
        let is_named = hashes.split('|').any(|id| !id.is_empty());
        Self {
            filter: Filter::named(params.text_or_empty("filter"), level, lenient),
            category: params.text("category").map(str::to_owned),
            // Contract: 4.5 takes the name as it is.
            tag: params.text("tag").map(|tag| match level {
                Level::L45 => tag.to_owned(),
                _ => tag.trim().to_owned(),
            }),
            ids: is_named.then(|| hashes.split('|').filter_map(|id| id.parse().ok()).collect()),
            private: params.boolean("private").filter(|_| level >= Level::L51),
            level,
        }
    }

    /// The first rows that match, at most `most`, in the order of their ids or of the request.
    fn matching(&self, snapshot: &Snapshot, most: usize) -> Vec<Row> {
        let matching = |row: &&Row| self.matches(row, snapshot);
        match &self.ids {
            Some(ids) => {
                let mut seen = HashSet::with_capacity(ids.len());
                let rows = ids.iter().filter(|id| seen.insert(**id));
                let rows = rows.filter_map(|id| snapshot.torrent(id));
                rows.filter(matching).take(most).cloned().collect()
            }
            None => snapshot.torrents.values().filter(matching).take(most).cloned().collect(),
        }
    }

    fn matches(&self, row: &Torrent, snapshot: &Snapshot) -> bool {
        let options = &row.options;
        let category = options.category.as_deref().unwrap_or_default();
        let in_category = |wanted: &str| {
            if wanted.is_empty() {
                category.is_empty()
            } else {
                fields::belongs_to(category, wanted, snapshot.context.subcategories)
            }
        };
        let has_tag = |wanted: &str| {
            if wanted.is_empty() {
                options.tags.is_empty()
            } else {
                options.tags.iter().any(|tag| tag.as_str() == wanted)
            }
        };
        let is_private = || row.facts.metadata.as_ref().is_some_and(|metadata| metadata.is_private);
        self.filter.matches(row, self.level)
            && self.category.as_deref().is_none_or(in_category)
            && self.tag.as_deref().is_none_or(has_tag)
            && self.private.is_none_or(|wanted| wanted == is_private())
    }
}

/// The named filters of the reference, section 18.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    Downloading,
    Seeding,
    Completed,
    Stopped,
    Running,
    Active,
    Inactive,
    Stalled,
    StalledUploading,
    StalledDownloading,
    Checking,
    Moving,
    Errored,
}

impl Filter {
    /// Unknown names, and those of another generation unless lenient, mean all.
    fn named(name: &str, level: Level, lenient: bool) -> Self {
        let is_old = level == Level::L45;
        match name {
            "downloading" => Self::Downloading,
            "seeding" => Self::Seeding,
            "completed" => Self::Completed,
            "paused" if is_old || lenient => Self::Stopped,
            "resumed" if is_old || lenient => Self::Running,
            "stopped" if !is_old || lenient => Self::Stopped,
            "running" if !is_old || lenient => Self::Running,
            "active" => Self::Active,
            "inactive" => Self::Inactive,
            "stalled" => Self::Stalled,
            "stalled_uploading" => Self::StalledUploading,
            "stalled_downloading" => Self::StalledDownloading,
            "checking" => Self::Checking,
            "moving" => Self::Moving,
            "errored" => Self::Errored,
            _ => Self::All,
        }
    }

    fn matches(self, row: &Torrent, level: Level) -> bool {
        use TorrentState as State;
        let state = row.status.state;
        match self {
            Self::All => true,
            Self::Downloading => matches!(
                state,
                State::Downloading
                    | State::MetaDl
                    | State::ForcedMetaDl
                    | State::StalledDl
                    | State::CheckingDl
                    | State::QueuedDl
                    | State::ForcedDl
                    | State::StoppedDl
            ),
            Self::Seeding => state.is_complete() && state != State::StoppedUp,
            Self::Completed => state.is_complete(),
            Self::Stopped => row.options.run == RunMode::Stopped,
            Self::Running => row.options.run != RunMode::Stopped,
            Self::Active => is_active(row, level),
            Self::Inactive => !is_active(row, level),
            Self::Stalled => matches!(state, State::StalledUp | State::StalledDl),
            Self::StalledUploading => state == State::StalledUp,
            Self::StalledDownloading => state == State::StalledDl,
            Self::Checking => state.is_checking(),
            Self::Moving => state == State::Moving,
            Self::Errored => state.is_errored(),
        }
    }
}

fn is_active(row: &Torrent, level: Level) -> bool {
    use TorrentState as State;
    let status = &row.status;
    if level >= Level::L53 {
        return status.download_rate > 0 || status.upload_rate > 0;
    }
    match status.state {
        State::StalledDl => status.upload_rate > 0,
        state => matches!(
            state,
            State::MetaDl
                | State::ForcedMetaDl
                | State::Downloading
                | State::ForcedDl
                | State::Uploading
                | State::ForcedUp
                | State::Moving
        ),
    }
}

/// The page that a request asks for.
#[derive(Debug, Clone, Copy)]
struct Window {
    limit: i64,
    offset: i64,
    level: Level,
}

impl Window {
    fn read(params: &Params, level: Level) -> Self {
        let number = |name| params.int(name).map_or(0, i64::from);
        Self { limit: number("limit"), offset: number("offset"), level }
    }

    /// Rows of a list after which the others do not change the page, if that is known before the list is.
    fn reach(self) -> Option<usize> {
        let offset = usize::try_from(self.offset).ok()?;
        let limit = usize::try_from(self.limit).ok().filter(|limit| *limit > 0)?;
        // Whether the page starts inside of the list shows with its first row.
        offset.checked_add(limit)
    }

    /// The range of a list of `size` rows.
    fn over(self, size: usize) -> std::ops::Range<usize> {
        let length = i64::try_from(size).unwrap_or(i64::MAX);
        let mut start =
            if self.offset < 0 { length.saturating_add(self.offset) } else { self.offset };
        // Contract: until L51 a page that starts outside the list is the first page.
        if self.level <= Level::L51 && (start < 0 || start >= length) {
            start = 0;
        }
        let end = if self.limit > 0 { start.saturating_add(self.limit) } else { length };
        let clamp = |at: i64| usize::try_from(at.clamp(0, length)).unwrap_or(size);
        clamp(start)..clamp(end).max(clamp(start))
    }
}

/// The rows of the window in the order of the field; only those are sorted.
fn sorted(
    rows: Vec<Row>,
    snapshot: &Snapshot,
    level: Level,
    now: i64,
    field: &fields::Field,
    descending: bool,
    window: std::ops::Range<usize>,
) -> Vec<Row> {
    let view = View::of(snapshot, level, now);
    let mut keyed: Vec<(SortKey, Row)> =
        rows.into_iter().map(|row| (SortKey::from((field.get)(&row, &view)), row)).collect();
    // Equal keys are told apart by id, so that pages of one list fit together.
    let order = |a: &(SortKey, Row), b: &(SortKey, Row)| -> Ordering {
        let by_key = a.0.order(&b.0);
        let by_key = if descending { by_key.reverse() } else { by_key };
        by_key.then_with(|| a.1.facts.id.cmp(&b.1.facts.id))
    };
    if window.end < keyed.len() && window.end > 0 {
        keyed.select_nth_unstable_by(window.end - 1, order);
    }
    keyed.truncate(window.end);
    if window.start > 0 && window.start < keyed.len() {
        keyed.select_nth_unstable_by(window.start, order);
    }
    keyed.drain(..window.start);
    keyed.sort_unstable_by(order);
    keyed.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(limit: i64, offset: i64, level: Level) -> std::ops::Range<usize> {
        Window { limit, offset, level }.over(5)
    }

    #[test]
    fn pages_follow_the_level() {
        for level in Level::ALL {
            assert_eq!(window(2, -1, level), 4..5);
            assert_eq!(window(0, 4, level), 4..5);
            assert_eq!(window(0, -2, level), 3..5);
            assert_eq!(window(-1, 0, level), 0..5);
        }
        for outside in [-9, 5, 9] {
            assert_eq!(window(2, outside, Level::L45), 0..2);
            assert_eq!(window(2, outside, Level::L51), 0..2);
            assert!(window(2, outside, Level::L53).is_empty());
        }
        assert_eq!(window(6, -9, Level::L53), 0..2);
        assert_eq!(window(0, -9, Level::L53), 0..5);
    }

    #[test]
    fn filter_names_belong_to_their_generation() {
        assert_eq!(Filter::named("paused", Level::L45, false), Filter::Stopped);
        assert_eq!(Filter::named("paused", Level::L51, false), Filter::All);
        assert_eq!(Filter::named("paused", Level::L51, true), Filter::Stopped);
        assert_eq!(Filter::named("running", Level::L51, false), Filter::Running);
        assert_eq!(Filter::named("zzz", Level::L53, true), Filter::All);
    }
}
