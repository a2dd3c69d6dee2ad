//! Differences that are kept on purpose: a test that allows one names its row of `docs/differences.md`.

use std::io::Write as _;
use std::path::Path;

use crate::Product;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/differences.md");

/// Returns true where the server under test differs from the reference on purpose, that is: if it is Revaer.
///
/// `words` are part of the first cell of exactly one row of the page. With `COMPAT_NOTES` set, the row and the name of
/// the running test are noted there, which is how the report knows who touches what.
///
/// # Panics
/// If no row, or more than one, has these words: the page and the tests then no longer agree.
#[must_use]
pub fn differs(words: &str) -> bool {
    let rows = rows();
    let found: Vec<&String> = rows.iter().filter(|row| row.contains(words)).collect();
    let [row] = found[..] else {
        panic!("`{words}` is in {} rows of docs/differences.md instead of one", found.len());
    };
    note(row);
    Product::under_test() == Product::Revaer
}

/// What a scenario notes that has nothing to ask a real server for.
pub(crate) const ALONE: &str = "nothing to compare";

/// Returns true if the server under test is a real one, which has no counterpart to what the scenario is about.
///
/// The report does not count such a scenario.
#[must_use]
pub fn has_no_counterpart() -> bool {
    let is_real = Product::under_test() == Product::Reference;
    if is_real {
        note(ALONE);
    }
    is_real
}

/// Returns the first cells of the page's tables.
///
/// # Panics
/// If the page cannot be read.
#[must_use]
pub fn rows() -> Vec<String> {
    let page =
        fs_err::read_to_string(PAGE).expect("the page of differences is part of the repository");
    page.lines()
        .filter(|line| {
            line.starts_with("| ") && !line.starts_with("| ---") && !line.starts_with("| What ")
        })
        .filter_map(|line| line.split(" | ").next())
        .map(|cell| cell.trim_start_matches("| ").to_owned())
        .collect()
}

/// Adds a line `test <tab> row` to a file of this process in the folder `COMPAT_NOTES`.
fn note(row: &str) {
    let Some(folder) = std::env::var_os("COMPAT_NOTES") else { return };
    // The runner tells each process which test it runs.
    let test = std::env::var("NEXTEST_TEST_NAME").unwrap_or_default();
    let path = Path::new(&folder).join(std::process::id().to_string());
    let file = fs_err::OpenOptions::new().create(true).append(true).open(path);
    if let Ok(mut file) = file {
        let _ = writeln!(file, "{test}\t{row}");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_has_rows() {
        let rows = super::rows();
        assert!(rows.len() > 20, "{rows:?}");
        assert!(rows.iter().any(|row| row.starts_with("`rid` in `sync/maindata`")), "{rows:?}");
    }
}
