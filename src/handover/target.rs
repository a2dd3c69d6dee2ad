//! Where what is taken over goes: into the database of a stopped instance, or by way of a running engine.

use tokio::sync::oneshot;

use super::{Error, Result};
use crate::engine::Engine;
use crate::model::Actor;
use crate::store::{Change, Store};

/// An instance, stopped or running.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    Stopped(&'a Store),
    Running(&'a Store, &'a Engine),
}

impl<'a> Target<'a> {
    pub(super) fn store(self) -> &'a Store {
        match self {
            Self::Stopped(store) | Self::Running(store, _) => store,
        }
    }

    /// Who takes the profile over.
    pub(super) fn actor(self) -> Actor {
        match self {
            Self::Stopped(_) => Actor::System,
            Self::Running(_, engine) => engine.actor().clone(),
        }
    }

    /// Makes changes durable, and known to the engine that runs; returns how many torrents it had already.
    pub(super) async fn commit(self, changes: Vec<Change>) -> Result<usize> {
        if changes.is_empty() {
            return Ok(0);
        }
        match self {
            Self::Stopped(store) => {
                let (done, answer) = oneshot::channel();
                let reply = Box::new(move |outcome| {
                    let _ = done.send(outcome);
                });
                store.submit(changes, Some(reply));
                let outcome = answer.await.map_err(|_| Error::Store("it was closed".to_owned()))?;
                outcome.map(|()| 0).map_err(Error::Store)
            }
            Self::Running(_, engine) => Ok(engine.take_over(changes).await?),
        }
    }
}
