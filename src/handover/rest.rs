//! Statistics, values of web UIs, and what waits for its subsystem.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::bt_backup::bounded;
use super::ini::{self, Ini};
use super::report::counted;
use super::{PathMap, Places, Report, Result, Target, watched};
use crate::store::{AllTime, Change, Store};

/// Largest store of values of web interfaces, in bytes; upstream allows less.
const CLIENT_DATA: u64 = 16 << 20;

const TOTALS: &str = "qBittorrent-data.conf";

/// Statistics, values of web UIs, and what waits for its subsystem.
pub(super) async fn adopt(
    places: &Places,
    map: &PathMap,
    home: &Path,
    target: Target<'_>,
    report: &mut Report,
) -> Result<()> {
    match totals(&places.config) {
        Ok(None) => {}
        Err(reason) => report.note(TOTALS, format_args!("not taken over: {reason}")),
        Ok(Some(all_time)) => {
            let ours = target.store().all_time().await?;
            let all_time = AllTime {
                downloaded: all_time.downloaded.max(ours.downloaded),
                uploaded: all_time.uploaded.max(ours.uploaded),
            };
            target.commit(vec![Change::PutAllTime(all_time)]).await?;
        }
    }
    adopt_client_data(&places.data.join("web_clientdata.json"), target.store(), report).await?;
    let kept = home.join("adopted");
    for (from, name) in kept_places(&places.config, &places.data) {
        match keep(&from, &kept.join(name)) {
            Ok(0) => {}
            Ok(files) => report.note(
                name,
                format_args!(
                    "{} in `{}`",
                    counted(files, "file is kept as it is", "files are kept as they are"),
                    kept.display()
                ),
            ),
            Err(error) => report.note(name, format_args!("not kept: {error}")),
        }
    }
    if !map.is_empty()
        && let Err(error) = watched::rename(&kept.join(watched::FILE), map)
    {
        report.note(watched::FILE, format_args!("its folders keep their old names: {error}"));
    }
    Ok(())
}

/// The all-time totals of a profile; `None` if it has none.
fn totals(config: &Path) -> std::result::Result<Option<AllTime>, String> {
    let Some(bytes) = bounded(&config.join(TOTALS), ini::LARGEST)? else { return Ok(None) };
    let (ini, _) = Ini::parse(&String::from_utf8_lossy(&bytes));
    let found = ini.variant("Stats/AllStats").and_then(|bytes| statistics(&bytes));
    found.map(Some).ok_or_else(|| "no totals can be read from it".to_owned())
}

/// What is kept as it is, where a profile has it, and its name among what we keep.
pub(super) fn kept_places(config: &Path, data: &Path) -> [(PathBuf, &'static str); 4] {
    [
        (config.join("rss"), "rss"),
        (data.join("rss"), "rss-articles"),
        (data.join("nova3").join("engines"), "search-engines"),
        (config.join("watched_folders.json"), "watched_folders.json"),
    ]
}

/// The values that web interfaces keep on the server.
async fn adopt_client_data(file: &Path, store: &Store, report: &mut Report) -> Result<()> {
    let bytes = match bounded(file, CLIENT_DATA) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(()),
        Err(reason) => {
            report.note("web_clientdata.json", format_args!("not taken over: {reason}"));
            return Ok(());
        }
    };
    let values: Map<String, Value> = match serde_json::from_slice(&bytes) {
        Ok(values) => values,
        Err(error) => {
            report.note("web_clientdata.json", format_args!("not taken over: {error}"));
            return Ok(());
        }
    };
    let changes: Vec<(String, Option<String>)> = values
        .into_iter()
        .map(|(name, value)| (Value::String(name).to_string(), Some(value.to_string())))
        .collect();
    if !store
        .merge_client_data(&changes, usize::try_from(CLIENT_DATA).unwrap_or(usize::MAX))
        .await?
    {
        report.note("web_clientdata.json", "not taken over: it is too large");
    }
    Ok(())
}

/// Copies a file or the files of a folder; returns how many. Links are passed over.
pub(super) fn keep(from: &Path, to: &Path) -> std::io::Result<usize> {
    let metadata = match fs_err::symlink_metadata(from) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    if metadata.is_file() {
        if let Some(parent) = to.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::copy(from, to)?;
        return Ok(1);
    }
    let mut files = 0;
    if metadata.is_dir() {
        for entry in fs_err::read_dir(from)? {
            let entry = entry?;
            files += keep(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(files)
}

/// The two counters in a serialised hash: names in UTF-16, each followed by a variant that ends in 64 bits.
fn statistics(bytes: &[u8]) -> Option<AllTime> {
    let counter = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let at = bytes.windows(name.len()).position(|window| window == name)? + name.len();
        let variant = &bytes[at..];
        // Some versions write one byte between the type and the value.
        let entry = [13, 12].into_iter().find(|length| {
            let rest = variant.len().checked_sub(*length);
            rest.is_some_and(|rest| rest == 0 || variant[*length..].starts_with(&[0, 0, 0, 0x12]))
        })?;
        let value = i64::from_be_bytes(variant[entry - 8..entry].try_into().ok()?);
        (value >= 0).then_some(value)
    };
    Some(AllTime { downloaded: counter("AlltimeDL")?, uploaded: counter("AlltimeUL")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read_in_both_forms() {
        for gap in [&[][..], &[0]] {
            let mut bytes = vec![0, 0, 0, 0x1c, 0, 0, 0, 2];
            for (name, value) in [("AlltimeDL", 5_i64), ("AlltimeUL", 7)] {
                bytes.extend([0, 0, 0, 0x12]);
                bytes.extend(name.encode_utf16().flat_map(u16::to_be_bytes));
                bytes.extend([0, 0, 0, 4]);
                bytes.extend(gap);
                bytes.extend(value.to_be_bytes());
            }
            assert_eq!(statistics(&bytes), Some(AllTime { downloaded: 5, uploaded: 7 }));
        }
        assert_eq!(statistics(b"x"), None);
    }
}
