//! The content of torrents as a server left it on disk, told by names and pieces instead of being kept.
//!
//! Contents are made up but repeatable, so a file is described by the made-up file that it holds and by which of its
//! blocks are there.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use compat_tests::Payload;
use serde_json::{Value, json};

const BLOCK: usize = 16 * 1024;

/// Describes all files below `root` that hold parts of the payloads; pieces of files that nobody wants are left out.
///
/// # Errors
/// When a file of content cannot be told.
pub(crate) fn describe(root: &Path, payloads: &[Payload]) -> Result<Value> {
    let mut paths = Vec::new();
    walk(root, &mut paths)?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let bytes = fs_err::read(&path)?;
        let name = path.strip_prefix(root)?.to_str().context("a plain name")?;
        let known = payloads.iter().flat_map(|payload| {
            payload.files.iter().map(move |file| (payload.path_of(file), &file.bytes))
        });
        let found = known.filter_map(|(source, content)| Some((source, blocks(&bytes, content)?)));
        if let Some((source, blocks)) = found.max_by_key(|(_, blocks)| blocks.matches('1').count())
        {
            files.push(json!([name, source, blocks]));
        } else {
            let is_content = ["data/", "temp/"].iter().any(|folder| name.starts_with(folder));
            ensure!(
                !is_content || path.extension().is_some_and(|ending| ending == "parts"),
                "`{name}` is no known content"
            );
        }
    }
    Ok(files.into())
}

/// Writes what was described.
pub(crate) fn restore(root: &Path, described: &Value, payloads: &[Payload]) -> Result<()> {
    for file in described.as_array().context("a list of files")? {
        let [name, source, blocks] = [0, 1, 2].map(|at| file[at].as_str().unwrap_or_default());
        let content = payloads
            .iter()
            .flat_map(|payload| payload.files.iter().map(move |file| (payload.path_of(file), file)))
            .find_map(|(path, file)| (path == source).then_some(&file.bytes))
            .with_context(|| format!("no payload has `{source}`"))?;
        let mut bytes = vec![0; content.len()];
        for (at, _) in blocks.char_indices().filter(|(_, there)| *there == '1') {
            let range = at * BLOCK..((at + 1) * BLOCK).min(content.len());
            bytes[range.clone()].copy_from_slice(&content[range]);
        }
        let path = root.join(name);
        fs_err::create_dir_all(path.parent().context("a folder")?)?;
        fs_err::write(path, bytes)?;
    }
    Ok(())
}

fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Which blocks of `content` a file holds: the same or zeros; `None` if it is another file.
fn blocks(bytes: &[u8], content: &[u8]) -> Option<String> {
    if bytes.len() > content.len() {
        return None;
    }
    let mut bytes = bytes.to_vec();
    bytes.resize(content.len(), 0);
    let same = bytes.chunks(BLOCK).zip(content.chunks(BLOCK)).map(|(ours, theirs)| {
        match (ours == theirs, ours.iter().all(|byte| *byte == 0)) {
            (true, _) => Some('1'),
            (false, true) => Some('0'),
            (false, false) => None,
        }
    });
    same.collect()
}
