//! Compares libtorrent's settings with those that the profile asks for, and brings them together again.
//!
//! libtorrent is asked on the query path: the engine thread only says what should be, and libtorrent's answer comes
//! after everything that it was told before, so that a difference is never just a change under way.

use std::time::Duration;

use revaer_native::{SessionInspector, Setting, Value};
use serde_json::Value as Json;
use tokio::sync::{mpsc, oneshot};

use super::AT_START_ONLY;
use crate::engine::health::Part;
use crate::engine::query;
use crate::engine::worker::{FollowUp, Worker};
use crate::engine::{Engine, Result, Shared};

/// Time between two looks. A difference is mended at the first and reported at the second.
const PERIOD: Duration = Duration::from_secs(1);

/// One setting of libtorrent by its own name.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSetting {
    pub name: String,
    /// What the running session has; a secret is `null` when unset, else `"set"`.
    pub live: Json,
    /// What the profile asks for, in the same form. A change of disk access waits for the next start.
    pub planned: Json,
}

impl Engine {
    /// The settings of the running session as libtorrent tells them, in the order of their names.
    ///
    /// # Errors
    /// `Unavailable` while there is no session, or if libtorrent does not answer.
    pub async fn live_settings(&self) -> Result<Vec<LiveSetting>> {
        let (planned, inspector) =
            self.run("read settings", |worker| Ok(worker.planned_settings())).await?;
        let (planned, live) = read(&self.shared, planned, inspector).await?;
        let mut all: Vec<LiveSetting> = planned
            .iter()
            .zip(&live)
            .map(|(planned, live)| LiveSetting {
                name: planned.name.clone(),
                live: shown(live),
                planned: shown(planned),
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }
}

/// Looks once a second until the session ends.
pub(in crate::engine) async fn run(
    shared: std::sync::Arc<Shared>,
    follow_ups: mpsc::UnboundedSender<FollowUp>,
) {
    loop {
        tokio::time::sleep(PERIOD).await;
        let (answer, plan) = oneshot::channel();
        let ask: FollowUp = Box::new(move |worker| {
            let _ = answer.send(worker.planned_settings());
        });
        if follow_ups.send(ask).is_err() {
            return;
        }
        let Ok((planned, inspector)) = plan.await else { return };
        match read(&shared, planned, inspector).await {
            Ok((planned, live)) => {
                let apart = differences(&planned, &live);
                let settle: FollowUp =
                    Box::new(move |worker| worker.settle_settings(&planned, &apart));
                if follow_ups.send(settle).is_err() {
                    return;
                }
            }
            Err(error) => tracing::warn!("libtorrent's settings cannot be read: {error}"),
        }
    }
}

async fn read(
    shared: &Shared,
    planned: Vec<Setting>,
    inspector: SessionInspector,
) -> Result<(Vec<Setting>, Vec<Setting>)> {
    query::inspect(shared, inspector, move |inspector| {
        let names: Vec<&str> = planned.iter().map(|setting| setting.name.as_str()).collect();
        let live = inspector.settings(&names)?;
        Ok((planned, live))
    })
    .await
}

/// The planned settings that libtorrent has otherwise.
fn differences(planned: &[Setting], live: &[Setting]) -> Vec<Setting> {
    let pairs = planned.iter().zip(live);
    pairs.filter(|(planned, live)| !agree(planned, live)).map(|(one, _)| one.clone()).collect()
}

fn agree(planned: &Setting, live: &Setting) -> bool {
    if AT_START_ONLY.contains(&planned.name.as_str()) {
        return true;
    }
    match (planned.name.as_str(), &planned.value, &live.value) {
        // libtorrent puts what the system allows in place of "unlimited", and of what is beyond that.
        ("connections_limit", Value::Int(planned), Value::Int(live)) => {
            *planned == *live || (*live > 0 && (*planned <= 0 || *live < *planned))
        }
        (_, planned, live) => planned == live,
    }
}

fn shown(setting: &Setting) -> Json {
    match &setting.value {
        Value::Text(text) if setting.name == "proxy_password" => {
            if text.is_empty() {
                Json::Null
            } else {
                Json::from("set")
            }
        }
        Value::Text(text) => Json::from(text.as_str()),
        Value::Bool(on) => Json::from(*on),
        Value::Int(number) => Json::from(*number),
    }
}

impl Worker {
    fn planned_settings(&mut self) -> (Vec<Setting>, SessionInspector) {
        (self.settings.clone(), self.session.session_inspector())
    }

    /// Tells libtorrent again what it has otherwise, and lets people know if that did not help the last time.
    fn settle_settings(&mut self, planned: &[Setting], apart: &[Setting]) {
        if self.settings != planned {
            // The profile has changed since; the next look decides.
            return;
        }
        let board = &self.shared.health;
        if apart.is_empty() {
            self.were_apart = false;
            board.relieve(Part::Settings);
            return;
        }
        let names: Vec<&str> = apart.iter().map(|setting| setting.name.as_str()).collect();
        let names = names.join(", ");
        tracing::warn!("libtorrent has other settings than asked for and is told again: {names}");
        if self.were_apart {
            board.worry(Part::Settings, format!("libtorrent does not take the settings {names}"));
        }
        self.were_apart = true;
        if let Err(error) = self.session.apply(apart) {
            tracing::error!("libtorrent refuses the settings: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use revaer_native::{Setting, Value};
    use serde_json::json;

    use crate::engine::{Engine, Health};
    use crate::events::Events;
    use crate::model::Actor;
    use crate::settings::{Ground, Patch, Settings};
    use crate::store::Store;

    async fn launched() -> (tempfile::TempDir, Settings, Engine) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), None).await.unwrap();
        let mut defaults = Patch::new();
        defaults.set("downloads.save_path", "/downloads");
        defaults.set("connection.interface_address", "127.0.0.1");
        defaults.set("bittorrent.dht", false);
        defaults.set("connection.listen_port", 0);
        let ground = Ground { home: home.path().to_owned(), defaults, ..Ground::default() };
        let settings = Settings::open(store.clone(), ground).await.unwrap();
        let events = Events::open(store.clone()).await.unwrap();
        let engine = Engine::launch(store, settings.clone(), events).await.unwrap();
        (home, settings, engine)
    }

    async fn wait_for(engine: &Engine, what: &str, wanted: impl Fn(&Health) -> bool) -> Health {
        let mut health = engine.health();
        let waiting = health.wait_for(|health| wanted(health));
        let found = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        let found = found.unwrap_or_else(|_| panic!("{what} in time")).unwrap();
        found.clone()
    }

    async fn live(engine: &Engine, name: &str) -> serde_json::Value {
        let all = engine.live_settings().await.unwrap();
        all.into_iter().find(|setting| setting.name == name).unwrap().live
    }

    /// Waits until the session has a value, at most two seconds.
    async fn comes_to(engine: &Engine, name: &str, wanted: serde_json::Value) {
        let waiting = async {
            while live(engine, name).await != wanted {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), waiting).await.expect("within two seconds");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_change_is_in_force_within_two_seconds() {
        let (_home, settings, engine) = launched().await;
        wait_for(&engine, "running", |health| *health == Health::Running).await;

        let mut patch = Patch::new();
        patch.set("limits.upload_bytes_per_second", 123_456);
        patch.set("proxy.kind", "socks5").set("proxy.bittorrent", true);
        patch.set("proxy.host", "127.0.0.1").set("proxy.auth_enabled", true);
        patch.set("proxy.username", "u").set("proxy.password", "geheim");
        settings.patch(patch, &Actor::System).await.unwrap();

        comes_to(&engine, "upload_rate_limit", json!(123_456)).await;
        comes_to(&engine, "proxy_password", json!("set")).await;
        engine.stop_thread(Duration::from_secs(10)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_drifts_is_brought_back() {
        let (_home, _settings, engine) = launched().await;
        wait_for(&engine, "running", |health| *health == Health::Running).await;

        drift(&engine).await;
        assert_eq!(live(&engine, "max_pex_peers").await, json!(7));

        let back = async {
            while live(&engine, "max_pex_peers").await != json!(50) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), back).await.expect("it is brought back");
        engine.stop_thread(Duration::from_secs(10)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_stays_apart_degrades_health_by_name_and_heals() {
        let (_home, _settings, engine) = launched().await;
        wait_for(&engine, "running", |health| *health == Health::Running).await;

        let drifting = tokio::spawn({
            let engine = engine.clone();
            async move {
                loop {
                    drift(&engine).await;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        });
        let worried = |health: &Health| matches!(health, Health::Degraded(reason) if reason.contains("max_pex_peers"));
        wait_for(&engine, "degraded health", worried).await;
        drifting.abort();

        wait_for(&engine, "health again", |health| *health == Health::Running).await;
        engine.stop_thread(Duration::from_secs(10)).await;
    }

    /// Changes a setting of libtorrent past the profile.
    async fn drift(engine: &Engine) {
        let other = [Setting::new("max_pex_peers", Value::Int(7))];
        engine.run("drift", move |worker| Ok(worker.session.apply(&other)?)).await.unwrap();
    }
}
