//! Authoring: files become a `.torrent`, one task after the other.
//!
//! Tasks live in memory only, as upstream's do. One runs at a time, on a blocking thread, because hashing is bound by
//! the disk; the others wait in the order they came. Deleting a task or stopping the server ends its hashing at the
//! next piece.

mod author;
pub mod notices;
mod source;
mod task;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

pub use task::{Failure, State, Task, Wishes};

use crate::engine::{Engine, HashMonitor};
use crate::intake::{Intake, NewTorrent, Source};
use crate::model::{ContentLayout, path};
use author::{Author, Authored};

/// Tasks that are remembered, whatever their state.
const TASKS: usize = 256;

/// All remembered tasks are still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many torrents are waiting to be created")]
pub struct Full;

/// The queue; cheap to clone.
#[derive(Clone)]
pub struct Creator(Arc<Inner>);

struct Inner {
    intake: Intake,
    /// Where results go that the client wants no file of.
    temporary: PathBuf,
    entries: Mutex<Vec<Entry>>,
    added: Notify,
}

struct Entry {
    task: Task,
    /// Acts for whoever asked for the task.
    engine: Engine,
    monitor: Arc<HashMonitor>,
}

impl Creator {
    /// `temporary` must be emptied at each start: nothing here outlives the process.
    #[must_use]
    pub fn new(intake: Intake, temporary: PathBuf) -> Self {
        Self(Arc::new(Inner { intake, temporary, entries: Mutex::default(), added: Notify::new() }))
    }

    /// Takes a task on behalf of whoever `engine` acts for, and returns its id.
    ///
    /// # Errors
    /// [`Full`] if no finished task can make room.
    pub fn add(&self, wishes: Wishes, engine: Engine) -> Result<String, Full> {
        let id = uuid::Uuid::new_v4().hyphenated().to_string();
        let mut entries = self.entries();
        if entries.len() >= TASKS {
            let oldest = entries
                .iter()
                .enumerate()
                .filter_map(|(at, entry)| Some((entry.task.finished_at?, at)))
                .min()
                .ok_or(Full)?;
            let dropped = entries.remove(oldest.1);
            self.discard(&dropped.task.id);
        }
        entries.push(Entry {
            task: Task::new(id.clone(), wishes, Timestamp::now()),
            engine,
            monitor: Arc::default(),
        });
        drop(entries);
        self.0.added.notify_one();
        Ok(id)
    }

    /// All tasks: those to be done in their order, then the others, those that ended last first.
    #[must_use]
    pub fn list(&self) -> Vec<Task> {
        let mut tasks: Vec<Task> = self.entries().iter().map(Entry::view).collect();
        tasks.sort_by_key(|task| {
            (task.finished_at.is_some(), std::cmp::Reverse(task.finished_at), task.added_at)
        });
        tasks
    }

    #[must_use]
    pub fn task(&self, id: &str) -> Option<Task> {
        self.entries().iter().find(|entry| entry.task.id == id).map(Entry::view)
    }

    /// Where the `.torrent` of a finished task is.
    #[must_use]
    pub fn result(&self, task: &Task) -> PathBuf {
        if task.wishes.torrent_file.is_empty() {
            self.temporary(&task.id)
        } else {
            PathBuf::from(&task.wishes.torrent_file)
        }
    }

    /// Forgets a task, and ends it if it runs; `false` if there is none. A file that the client asked for stays.
    #[must_use]
    pub fn delete(&self, id: &str) -> bool {
        let mut entries = self.entries();
        let Some(at) = entries.iter().position(|entry| entry.task.id == id) else { return false };
        let deleted = entries.remove(at);
        drop(entries);
        deleted.monitor.cancel();
        self.discard(id);
        true
    }

    /// Works the queue off until the server stops.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            let Some((task, engine, monitor)) = self.begin() else {
                tokio::select! {
                    () = self.0.added.notified() => continue,
                    () = stop.cancelled() => return,
                }
            };
            let policy = self.0.intake.policy();
            let author = Author {
                wishes: task.wishes.clone(),
                target: self.result(&task),
                policy,
                now: Timestamp::now().as_second(),
            };
            let watched = Arc::clone(&monitor);
            let mut work = pin!(tokio::task::spawn_blocking(move || author.run(&watched)));
            let ended = tokio::select! {
                ended = &mut work => ended,
                () = stop.cancelled() => {
                    monitor.cancel();
                    // It reads a piece at a time, so this is soon.
                    let _ = work.await;
                    return;
                }
            };
            let result = ended.unwrap_or_else(|error| Err(Failure::Other(error.to_string())));
            if let Ok(authored) = &result
                && task.wishes.start_seeding
                && !monitor.is_cancelled()
            {
                self.seed(&engine, &task.wishes, authored.bytes.clone()).await;
            }
            self.end(&task.id, result);
        }
    }

    /// Marks the first waiting task as running.
    fn begin(&self) -> Option<(Task, Engine, Arc<HashMonitor>)> {
        let mut entries = self.entries();
        let next = entries.iter_mut().find(|entry| entry.task.state == State::Queued)?;
        next.task.state = State::Running;
        next.task.started_at = Some(Timestamp::now());
        Some((next.task.clone(), next.engine.clone(), Arc::clone(&next.monitor)))
    }

    fn end(&self, id: &str, result: Result<Authored, Failure>) {
        let mut entries = self.entries();
        let Some(entry) = entries.iter_mut().find(|entry| entry.task.id == id) else {
            // It was deleted while it ran.
            drop(entries);
            self.discard(id);
            return;
        };
        let task = &mut entry.task;
        task.finished_at = Some(Timestamp::now());
        match result {
            Ok(authored) => {
                task.state = State::Finished;
                task.wishes.piece_size = authored.piece_size;
            }
            Err(failure) => {
                debug!("a torrent could not be created: {failure}");
                task.state = State::Failed(failure);
            }
        }
    }

    /// Adds the new torrent where its files are; they were just read, so they are not checked again.
    async fn seed(&self, engine: &Engine, wishes: &Wishes, metainfo: Bytes) {
        let parent = Path::new(&wishes.source).parent().unwrap_or(Path::new("/"));
        let torrent = NewTorrent {
            auto_managed: Some(false),
            save_path: parent.to_string_lossy().into_owned(),
            use_download_path: Some(false),
            layout: Some(ContentLayout::Original),
            skip_checking: true,
            ..NewTorrent::default()
        };
        if let Err(error) = self.0.intake.add(engine, Source::File(metainfo), &torrent).await {
            warn!("a created torrent could not be added: {error}");
        }
    }

    fn temporary(&self, id: &str) -> PathBuf {
        self.0.temporary.join(format!("{id}.torrent"))
    }

    /// Removes the file of a task whose client asked for none.
    fn discard(&self, id: &str) {
        let file = self.temporary(id);
        tokio::task::spawn_blocking(move || match fs_err::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                warn!("the file of a forgotten task stays until the next start: {error}");
            }
            _ => {}
        });
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn view(&self) -> Task {
        let mut task = self.task.clone();
        task.percent = self.monitor.percent();
        task
    }
}

/// The path of a source or a result as a task keeps it: normalised if it is absolute, else as it was given.
#[must_use]
pub fn normalised(text: &str) -> String {
    path::absolute(text).unwrap_or_else(|| text.to_owned())
}
