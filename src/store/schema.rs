//! Is the database's schema ours, older or newer?

use sea_orm::DatabaseConnection;

use super::{Error, Result};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// Nothing is there yet.
    Absent,
    /// Some migrations are missing; the name of the last one that is there.
    Older(String),
    Current,
}

/// Compares the database with the migrations this version knows.
pub(super) async fn check(db: &DatabaseConnection) -> Result<Schema> {
    compare(&migrations::known(), &migrations::applied(db).await?)
}

fn compare(known: &[String], applied: &[String]) -> Result<Schema> {
    if let Some(found) = applied.iter().filter(|name| !known.contains(name)).max() {
        let known = known.last().cloned().unwrap_or_default();
        return Err(Error::NewerSchema { found: found.clone(), known });
    }
    let last = known.iter().rev().find(|name| applied.contains(name));
    Ok(match last {
        None => Schema::Absent,
        Some(_) if applied.len() == known.len() => Schema::Current,
        Some(last) => Schema::Older(last.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn schemas_are_told_apart() {
        let known = names(&["a", "b"]);

        assert_eq!(compare(&known, &[]).unwrap(), Schema::Absent);
        assert_eq!(compare(&known, &names(&["a"])).unwrap(), Schema::Older("a".to_owned()));
        assert_eq!(compare(&known, &names(&["b", "a"])).unwrap(), Schema::Current);
        assert!(matches!(
            compare(&known, &names(&["a", "b", "c"])),
            Err(Error::NewerSchema { found, known }) if found == "c" && known == "b"
        ));
    }
}
