//! House rules of `docs/style.md` that no lint knows.

use std::path::{Path, PathBuf};

use proc_macro2::TokenTree;

use crate::source::{self, CodePath};

const OURS: &[&str] = &["src", "native", "migrations", "compat-tests", "tests"];
const CODE: &[&str] = &["rs", "cpp", "hpp", "h"];

const LONGEST_FILE: usize = 600;

/// Tables are data: one row a line, longer than code may be, and split by subject when they grow.
const TABLES: &[&str] = &[
    "src/http/qbittorrent/fields.rs",
    "src/http/qbittorrent/preferences.rs",
    "src/http/qbittorrent/routes.rs",
    "src/settings/keys.rs",
];

/// Plain data that `fs_err` itself takes and returns.
const ALLOWED_OF_FS: &[&str] = &["FileType", "Metadata", "Permissions"];

fn assert_none(breaches: &[String], rule: &str) {
    assert!(breaches.is_empty(), "{rule}:\n{}", breaches.join("\n"));
}

/// Asks `breaches` about every file and puts the file's name before each answer.
fn each(files: &[PathBuf], breaches: impl Fn(&Path, &str) -> Vec<String>) -> Vec<String> {
    let ask = |file: &PathBuf| {
        let found = breaches(file, &source::read(file));
        found.into_iter().map(|breach| format!("{}{breach}", file.display())).collect::<Vec<_>>()
    };
    files.iter().flat_map(ask).collect()
}

fn is_old_style_module(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "mod.rs")
}

fn too_long(file: &Path, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let is_table = TABLES.iter().any(|table| file == Path::new(table));
    if lines > LONGEST_FILE && !is_table { vec![format!(": {lines} lines")] } else { Vec::new() }
}

/// Finds the two words that put off what belongs in an issue. They are spelled in two halves here,
/// so that this file passes its own test.
fn put_off(text: &str) -> Vec<String> {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let lines = text.lines().zip(1..);
    lines
        .filter(|(line, _)| words.iter().any(|word| line.contains(word)))
        .map(|(line, number)| format!(":{number}: {}", line.trim()))
        .collect()
}

fn nameless_file_calls(text: &str) -> Vec<String> {
    let is_nameless = |path: &CodePath| {
        let from_fs = path.starts_with(&["std", "fs"]) || path.starts_with(&["tokio", "fs"]);
        let item = path.segments.get(2).map_or("", String::as_str);
        from_fs && !ALLOWED_OF_FS.contains(&item)
    };
    source::paths(text)
        .iter()
        .filter(|path| is_nameless(path))
        .map(|path| format!(":{}: `{}`", path.line, path.segments.join("::")))
        .collect()
}

fn ignored_tests(text: &str) -> Vec<String> {
    fn walk(stream: proc_macro2::TokenStream, found: &mut Vec<String>) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            let is_attribute = at > 0
                && matches!(&tokens[at - 1], TokenTree::Punct(hash) if hash.as_char() == '#');
            let name = group.stream().into_iter().next().map(|first| first.to_string());
            if is_attribute && name.as_deref() == Some("ignore") {
                found.push(format!(":{}: a test is ignored", group.span_open().start().line));
            }
            walk(group.stream(), found);
        }
    }
    let mut found = Vec::new();
    walk(source::tokens(text), &mut found);
    found
}

#[test]
fn no_module_is_called_mod() {
    let old: Vec<String> = source::files(OURS, &["rs"])
        .iter()
        .filter(|file| is_old_style_module(file))
        .map(|file| file.display().to_string())
        .collect();

    assert_none(&old, "`foo.rs` + `foo/`, never `foo/mod.rs`");
}

#[test]
fn no_file_is_too_long() {
    let files = source::files(&["src", "native", "migrations"], CODE);

    assert_none(&each(&files, too_long), "split what is longer than 600 lines by subject");
}

#[test]
fn nothing_is_put_off_in_a_comment() {
    let files = source::files(OURS, CODE);

    assert_none(&each(&files, |_, text| put_off(text)), "finish it, or open an issue");
}

#[test]
fn files_are_used_through_fs_err() {
    let files = source::files(&["src"], &["rs"]);

    assert_none(&each(&files, |_, text| nameless_file_calls(text)), "use `fs_err`");
}

#[test]
fn no_test_is_ignored() {
    let files = source::files(OURS, &["rs"]);

    assert_none(&each(&files, |_, text| ignored_tests(text)), "a test runs or is deleted");
}

/// A rule that finds nothing may have stopped looking, so each is shown something to find.
#[test]
fn each_rule_finds_its_breach() {
    let long = "\n".repeat(LONGEST_FILE + 1);

    assert!(is_old_style_module(Path::new("src/engine/mod.rs")));
    assert_eq!(too_long(Path::new("src/engine.rs"), &long), [": 601 lines"]);
    assert_eq!(too_long(Path::new("src/settings/keys.rs"), &long), [""; 0]);
    assert_eq!(put_off(concat!("x\n// TO", "DO: later")), [concat!(":2: // TO", "DO: later")]);
    assert_eq!(nameless_file_calls("use std::{fs, io};"), [":1: `std::fs`"]);
    assert_eq!(nameless_file_calls("async fn f() { tokio::fs::read(p).await }").len(), 1);
    assert_eq!(nameless_file_calls("use std::fs::{Metadata, File};"), [":1: `std::fs::File`"]);
    assert_eq!(nameless_file_calls("use std::os::unix::fs::PermissionsExt;"), [""; 0]);
    assert_eq!(ignored_tests("#[test]\n#[ignore = \"slow\"]\nfn f() {}").len(), 1);
    assert_eq!(ignored_tests("mod tests { #[ignore] fn f() {} }").len(), 1);
}
