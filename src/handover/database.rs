//! `torrents.db`: the other storage that a profile may have.

use std::io;
use std::path::{Path, PathBuf};

use super::bt_backup::{Found, LARGEST_METAINFO};
use super::report::Report;
use super::resume::{
    Resume, Wishes, action, layout, minutes, mode, ratio_in_thousandths, stop_condition,
};
use crate::model::{RunMode, ShareLimits};
use crate::store::foreign::{Cell, ForeignRow, ForeignTable};

/// Columns that hold numbers.
const NUMBERS: &[&str] = &[
    "queue_position",
    "ratio_limit",
    "seeding_time_limit",
    "inactive_seeding_time_limit",
    "has_outer_pieces_priority",
    "has_seed_status",
    "stopped",
];

/// The torrents of a database, one at a time, in the order of the queue.
pub(super) struct Database {
    table: Option<ForeignTable>,
    rows: std::vec::IntoIter<i64>,
    /// What is read is a copy, because reading a database with a log writes. It goes last.
    _copy: Copy,
}

/// The files of the copy; removed when nobody reads them any more.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        for name in ["torrents.db", "torrents.db-wal", "torrents.db-shm"] {
            let _ = fs_err::remove_file(self.0.join(name));
        }
    }
}

impl Database {
    /// Opens a copy of the database in `scratch`; the report hears why if nothing can be read.
    pub(super) async fn open(data: &Path, scratch: &Path, report: &mut Report) -> io::Result<Self> {
        let copy = Copy(scratch.to_owned());
        fs_err::copy(data.join("torrents.db"), scratch.join("torrents.db"))?;
        let log = data.join("torrents.db-wal");
        if log.exists() {
            fs_err::copy(log, scratch.join("torrents.db-wal"))?;
        }
        let opened = ForeignTable::open(&scratch.join("torrents.db"), "torrents").await;
        let order = "CASE WHEN queue_position < 0 THEN 1 ELSE 0 END, queue_position, torrent_id";
        let (table, rows) = match opened {
            Ok(mut table) => match table.rows(order).await {
                Ok(rows) => (Some(table), rows),
                Err(error) => {
                    report.note("torrents.db", format_args!("not taken over: {error}"));
                    (None, Vec::new())
                }
            },
            Err(error) => {
                report.note("torrents.db", format_args!("not taken over: {error}"));
                (None, Vec::new())
            }
        };
        Ok(Self { table, rows: rows.into_iter(), _copy: copy })
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The next torrent, `Some(None)` if it cannot be read, and `None` at the end.
    pub(super) async fn next(&mut self, report: &mut Report) -> Option<Option<Found>> {
        let (Some(table), Some(row)) = (&mut self.table, self.rows.next()) else { return None };
        Some(match table.row(row, LARGEST_METAINFO).await {
            Ok(row) => found(row, report),
            Err(error) => {
                report.note(
                    format!("torrents.db, row {row}"),
                    format_args!("not taken over: {error}"),
                );
                None
            }
        })
    }
}

fn found(mut row: ForeignRow, report: &mut Report) -> Option<Found> {
    let label = text(&row, "torrent_id");
    let blob = match row.remove("libtorrent_resume_data") {
        Some(Cell::Blob(blob)) => blob,
        Some(Cell::Text(text)) => text.into_bytes(),
        _ => Vec::new(),
    };
    let resume = match Resume::parse(&blob) {
        Ok(resume) => resume,
        Err(reason) => {
            report.note(label, format_args!("not taken over: {reason}"));
            return None;
        }
    };
    let mut ignored = resume.nonsense();
    let numbers = NUMBERS.iter().filter(|column| {
        !matches!(row.get(**column), None | Some(Cell::Null)) && int(&row, column).is_none()
    });
    ignored.extend(numbers.map(|column| (*column).to_owned()));
    let metainfo = match row.remove("metadata") {
        Some(Cell::Text(text)) if !text.is_empty() => Some(text.into_bytes()),
        Some(Cell::Blob(blob)) if !blob.is_empty() => Some(blob),
        _ => None,
    };
    let is_stopped = int(&row, "stopped").unwrap_or(0) != 0;
    let wishes = Wishes {
        name: text(&row, "name"),
        category: text(&row, "category"),
        tags: text(&row, "tags")
            .split(',')
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect(),
        save_path: text(&row, "target_save_path"),
        download_path: text(&row, "download_path"),
        layout: layout(&text(&row, "content_layout")),
        share: ShareLimits {
            ratio: ratio_in_thousandths(int(&row, "ratio_limit").unwrap_or(-2000)),
            seeding_minutes: minutes(int(&row, "seeding_time_limit").unwrap_or(-2)),
            inactive_minutes: minutes(int(&row, "inactive_seeding_time_limit").unwrap_or(-2)),
            action: action(&text(&row, "share_limit_action")),
            mode: mode(&text(&row, "share_limits_mode")),
        },
        was_complete: int(&row, "has_seed_status").unwrap_or(0) != 0,
        first_last_first: int(&row, "has_outer_pieces_priority").unwrap_or(0) != 0,
        stop_condition: stop_condition(&text(&row, "stop_condition")),
        comment: text(&row, "comment"),
        certificate: text(&row, "ssl_certificate"),
        private_key: text(&row, "ssl_private_key"),
        dh_params: text(&row, "ssl_dh_params"),
        run: Some(match text(&row, "operating_mode").as_str() {
            _ if is_stopped => RunMode::Stopped,
            "Forced" => RunMode::Forced,
            _ => RunMode::Auto,
        }),
        queue_position: int(&row, "queue_position").and_then(|at| u32::try_from(at).ok()),
    };
    Some(Found { label, wishes, resume, metainfo, ignored })
}

fn text(row: &ForeignRow, column: &str) -> String {
    match row.get(column) {
        Some(Cell::Text(text)) => text.clone(),
        Some(Cell::Blob(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        Some(Cell::Integer(number)) => number.to_string(),
        Some(Cell::Null) | None => String::new(),
    }
}

fn int(row: &ForeignRow, column: &str) -> Option<i64> {
    match row.get(column)? {
        Cell::Integer(number) => Some(*number),
        Cell::Text(text) => text.parse().ok(),
        Cell::Null | Cell::Blob(_) => None,
    }
}
