//! The task that owns all changes on their way to the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::connect::{Database, Lock};
use super::load::Gauges;
use super::pending::Pending;
use super::vault::Vault;
use super::{Change, Done};

/// How long lazy changes wait for company, and how long a failed commit rests before it is tried again.
const PERIOD: Duration = Duration::from_secs(1);

/// How long changes wait for company that nobody waits for: a commit of their own would hold up the next one that
/// somebody does wait for.
const SOON: Duration = Duration::from_millis(20);

pub(super) enum Message {
    Submit(Vec<Change>, Option<Done>),
    SubmitSoon(Vec<Change>, Option<Done>),
    SubmitLazily(Vec<Change>),
    /// Answered when everything before it is durable.
    Flush(oneshot::Sender<()>),
    /// Commits what waits, closes the database and answers.
    Close(oneshot::Sender<()>),
}

pub(super) struct Writer {
    database: Arc<Database>,
    inbox: mpsc::UnboundedReceiver<Message>,
    healthy: Arc<AtomicBool>,
    gauges: Arc<Gauges>,
    vault: Vault,
    pending: Pending,
    done: Vec<Done>,
    flushes: Vec<oneshot::Sender<()>>,
    /// When the next commit happens without being asked for.
    due: Option<Instant>,
    closing: Option<oneshot::Sender<()>>,
    /// Held until the last commit, so that no other engine can start before it.
    lock: Lock,
}

enum Woken {
    By(Message),
    Due,
    /// The last handle is gone.
    Abandoned,
}

impl Writer {
    pub(super) fn new(
        database: Arc<Database>,
        inbox: mpsc::UnboundedReceiver<Message>,
        (healthy, gauges): (Arc<AtomicBool>, Arc<Gauges>),
        vault: Vault,
        lock: Lock,
    ) -> Self {
        Self {
            database,
            inbox,
            healthy,
            gauges,
            vault,
            pending: Pending::default(),
            done: Vec::new(),
            flushes: Vec::new(),
            due: None,
            closing: None,
            lock,
        }
    }

    /// Runs until the store is closed or its last handle is dropped.
    pub(super) async fn run(mut self) {
        loop {
            let mut urgent = match self.wait().await {
                Woken::By(message) => self.take(message),
                Woken::Due => true,
                Woken::Abandoned => break,
            };
            // Whatever came in while the last commit ran goes into this one.
            while let Ok(message) = self.inbox.try_recv() {
                urgent |= self.take(message);
            }
            if urgent && self.closing.is_none() {
                self.commit().await;
            }
            if self.closing.is_some() {
                break;
            }
        }
        self.finish().await;
    }

    async fn wait(&mut self) -> Woken {
        let message = match self.due {
            None => self.inbox.recv().await,
            Some(due) => tokio::select! {
                biased;
                message = self.inbox.recv() => message,
                () = tokio::time::sleep_until(due) => return Woken::Due,
            },
        };
        message.map_or(Woken::Abandoned, Woken::By)
    }

    /// Merges a message into what waits; true if a commit is to follow at once.
    fn take(&mut self, message: Message) -> bool {
        match message {
            Message::Submit(changes, done) => {
                self.merge(changes);
                self.done.extend(done);
                true
            }
            Message::SubmitSoon(changes, done) => {
                self.merge(changes);
                self.done.extend(done);
                let soon = Instant::now() + SOON;
                // After a failure the rest before the next attempt counts.
                if self.healthy.load(Ordering::Relaxed) {
                    self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
                }
                false
            }
            Message::SubmitLazily(changes) => {
                self.merge(changes);
                false
            }
            Message::Flush(flushed) => {
                self.flushes.push(flushed);
                true
            }
            Message::Close(closed) => {
                self.closing = Some(closed);
                true
            }
        }
    }

    fn merge(&mut self, changes: Vec<Change>) {
        for mut change in changes {
            self.vault.close(&mut change);
            self.pending.merge(change);
        }
        if !self.pending.is_empty() {
            self.due.get_or_insert_with(|| Instant::now() + PERIOD);
        }
    }

    async fn commit(&mut self) {
        let rows = self.pending.rows();
        self.gauges.wait(rows + self.inbox.len());
        let outcome = if self.pending.is_empty() {
            Ok(())
        } else {
            let begun = Instant::now();
            let outcome = self.database.write(&self.pending).await;
            self.gauges.note(rows, begun.elapsed(), outcome.is_ok());
            outcome
        };
        let kept = if outcome.is_ok() { 0 } else { rows };
        self.gauges.wait(kept + self.inbox.len());
        match outcome {
            Ok(()) => {
                self.pending = Pending::default();
                self.due = None;
                if !self.healthy.swap(true, Ordering::Relaxed) {
                    tracing::info!("the database takes changes again");
                }
                self.answer(&Ok(()));
                for flushed in self.flushes.drain(..) {
                    // Whoever waited may have given up.
                    let _ = flushed.send(());
                }
            }
            Err(error) => {
                let reason = error.to_string();
                self.due = Some(Instant::now() + PERIOD);
                if self.healthy.swap(false, Ordering::Relaxed) {
                    tracing::error!(
                        rows = self.pending.rows(),
                        "the database takes no changes, they wait: {reason}"
                    );
                } else {
                    tracing::debug!(
                        rows = self.pending.rows(),
                        "the database still takes no changes: {reason}"
                    );
                }
                self.answer(&Err(reason));
            }
        }
    }

    fn answer(&mut self, outcome: &Result<(), String>) {
        for done in self.done.drain(..) {
            done(outcome.clone());
        }
    }

    /// The last commit, then everything is closed and what came too late is told so.
    async fn finish(mut self) {
        self.commit().await;
        if !self.pending.is_empty() {
            tracing::error!(
                rows = self.pending.rows(),
                "the database was closed before all changes were durable"
            );
        }
        self.inbox.close();
        while let Ok(message) = self.inbox.try_recv() {
            if let Message::Submit(_, Some(done)) | Message::SubmitSoon(_, Some(done)) = message {
                done(Err(super::CLOSED.to_owned()));
            }
        }
        self.database.close().await;
        drop(self.lock);
        if let Some(closed) = self.closing {
            let _ = closed.send(());
        }
    }
}
