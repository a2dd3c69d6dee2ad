//! Imports into a running instance: one at a time, remembered until the process ends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Report;

/// Imports that are remembered.
const REMEMBERED: usize = 64;

/// One import as clients see it.
#[derive(Debug, Clone)]
pub struct Import {
    pub id: String,
    /// The folder of the profile.
    pub from: String,
    pub state: State,
    /// Torrents that were looked at, and how many there are.
    pub seen: usize,
    pub total: usize,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Ends it between two commits.
    pub cancel: CancellationToken,
}

/// How far an import is.
#[derive(Debug, Clone)]
pub enum State {
    Running,
    Finished(Report),
    Failed(String),
}

/// An import runs already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an import is under way")]
pub struct Busy;

/// All imports, oldest first.
#[derive(Debug, Default)]
pub struct Imports(Mutex<Vec<Import>>);

impl Imports {
    /// Notes that an import begins.
    ///
    /// # Errors
    /// [`Busy`]: two at once could take the same torrent.
    pub fn begin(&self, from: &str, now: Timestamp) -> Result<Import, Busy> {
        let mut imports = self.imports();
        if imports.iter().any(|import| matches!(import.state, State::Running)) {
            return Err(Busy);
        }
        if imports.len() >= REMEMBERED {
            imports.remove(0);
        }
        let import = Import {
            id: uuid::Uuid::new_v4().hyphenated().to_string(),
            from: from.to_owned(),
            state: State::Running,
            seen: 0,
            total: 0,
            started_at: now,
            finished_at: None,
            cancel: CancellationToken::new(),
        };
        imports.push(import.clone());
        Ok(import)
    }

    pub fn progress(&self, id: &str, seen: usize, total: usize) {
        if let Some(import) = self.imports().iter_mut().find(|import| import.id == id) {
            (import.seen, import.total) = (seen, total);
        }
    }

    pub fn end(&self, id: &str, state: State, now: Timestamp) {
        if let Some(import) = self.imports().iter_mut().find(|import| import.id == id) {
            import.state = state;
            import.finished_at = Some(now);
        }
    }

    #[must_use]
    pub fn list(&self) -> Vec<Import> {
        self.imports().clone()
    }

    #[must_use]
    pub fn find(&self, id: &str) -> Option<Import> {
        self.imports().iter().find(|import| import.id == id).cloned()
    }

    /// Cancels an import that runs, and forgets one that has ended.
    pub fn delete(&self, id: &str) {
        let mut imports = self.imports();
        let found = imports.iter().find(|import| import.id == id);
        if let Some(import) = found.filter(|import| matches!(import.state, State::Running)) {
            import.cancel.cancel();
        } else {
            imports.retain(|import| import.id != id);
        }
    }

    fn imports(&self) -> MutexGuard<'_, Vec<Import>> {
        // Nothing that runs under the lock can leave a list half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_import_runs_at_a_time() {
        let imports = Imports::default();
        let now = Timestamp::UNIX_EPOCH;
        let first = imports.begin("/a", now).unwrap();

        assert_eq!(imports.begin("/b", now).unwrap_err(), Busy);
        imports.delete(&first.id);
        assert!(first.cancel.is_cancelled());
        assert_eq!(imports.begin("/b", now).unwrap_err(), Busy);
        imports.progress(&first.id, 3, 7);
        imports.end(&first.id, State::Failed("x".to_owned()), now);

        assert!(imports.begin("/b", now).is_ok());
        assert_eq!(imports.find(&first.id).map(|import| (import.seen, import.total)), Some((3, 7)));
        imports.delete(&first.id);
        assert_eq!(imports.list().len(), 1);
    }
}
