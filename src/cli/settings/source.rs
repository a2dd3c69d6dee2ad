//! Where settings are read and changed: at a server, or in the database of this machine.

use anyhow::Context as _;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::app::unsupported;
use crate::cli::client::{Client, Failure, Result, query};
use crate::cli::ground::GroundArgs;
use crate::model::Actor;
use crate::settings::{Adjustment, Error, Ground, Patch, Settings, keys};
use crate::store::Store;

/// A server, or the database that one may run on. Both answer with the documents of `/v1/settings`.
pub(super) enum Source<'a> {
    Server(&'a Client),
    Database(Store, Settings),
}

impl Source<'_> {
    /// Opens the database of an instance, whether a server runs on it or not.
    pub(super) async fn database(ground: &GroundArgs) -> anyhow::Result<Self> {
        let home = ground.home()?;
        let home = fs_err::canonicalize(&home).context("finding the instance")?;
        let store = Store::open_shared(&home, ground.database_url.as_deref())
            .await
            .context("opening the database")?;
        let ground = Ground {
            home,
            secret_key: ground.secret_key(),
            unsupported: unsupported(),
            ..Ground::default()
        };
        let settings =
            Settings::open(store.clone(), ground).await.context("reading the settings")?;
        Ok(Self::Database(store, settings))
    }

    /// What is stored, and what is in force.
    pub(super) async fn document(&self) -> Result<Value> {
        let settings = match self {
            Self::Server(client) => return client.get("/v1/settings").await,
            Self::Database(_, settings) => settings,
        };
        let current = settings.current();
        let effective: Map<String, Value> = keys::rows()
            .filter_map(|row| Some((row.key.to_owned(), current.effective.get(row.key)?)))
            .collect();
        Ok(json!({
            "revision": current.revision,
            "stored": *current.stored,
            "effective": effective,
            "adjustments": shown(&current.adjustments),
        }))
    }

    /// Changes settings, all or nothing; `null` goes back to the default.
    pub(super) async fn change(&self, changes: Map<String, Value>) -> Result<Value> {
        let settings = match self {
            Self::Server(client) => {
                return client.put(Method::PATCH, "/v1/settings", &changes.into()).await;
            }
            Self::Database(_, settings) => settings,
        };
        let mut patch = Patch::new();
        for (key, value) in changes {
            if key == "webui.password_hash" {
                return Err(Failure::Usage(format!("`{key}` is set by `revaer password`")));
            }
            match value {
                Value::Null => patch.reset(&key),
                value => patch.set(&key, value),
            };
        }
        let adjustments = settings.patch(patch, &Actor::System).await.map_err(failure)?;
        Ok(json!({ "revision": settings.revision(), "adjustments": shown(&adjustments) }))
    }

    /// The newest changes, newest first.
    pub(super) async fn history(&self, limit: u64) -> Result<Value> {
        let settings = match self {
            Self::Server(client) => {
                let query = query(&[("limit", limit.to_string())]);
                return client.get(&format!("/v1/settings/history{query}")).await;
            }
            Self::Database(_, settings) => settings,
        };
        let lines = settings.history(None, limit).await.map_err(failure)?;
        let time = |at| Timestamp::from_second(at).map(|at| at.to_string()).unwrap_or_default();
        let changes = lines.into_iter().map(|line| {
            json!({
                "revision": line.revision, "at": time(line.at), "actor": line.actor, "origin": line.origin,
                "key": line.key, "old": line.old, "new": line.new,
            })
        });
        Ok(json!({ "changes": changes.collect::<Vec<Value>>() }))
    }

    /// Goes back to an earlier revision.
    pub(super) async fn revert(&self, revision: u64) -> Result<Value> {
        let settings = match self {
            Self::Server(client) => {
                let body = json!({ "revision": revision });
                return client.put(Method::POST, "/v1/settings/revert", &body).await;
            }
            Self::Database(_, settings) => settings,
        };
        let adjustments = settings.revert(revision, &Actor::System).await.map_err(failure)?;
        Ok(json!({ "revision": settings.revision(), "adjustments": shown(&adjustments) }))
    }

    /// Ends the use of the database.
    pub(super) async fn close(self) {
        if let Self::Database(store, _) = self {
            store.close().await;
        }
    }
}

fn shown(adjustments: &[Adjustment]) -> Vec<Value> {
    let shown = |adjustment: &Adjustment| {
        json!({
            "key": adjustment.key, "asked": adjustment.asked, "used": adjustment.used, "reason": adjustment.reason,
        })
    };
    adjustments.iter().map(shown).collect()
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Refused(_) | Error::NoRevision(_) => Failure::Usage(error.to_string()),
        error => Failure::Other(error.into()),
    }
}
