//! One request as its handler sees it: checked, identified, with its level and parameters.

use std::sync::Arc;

use super::level::Level;
use super::params::Params;
use super::sync::Memory;
use crate::app::App;
use crate::engine::{Engine, Snapshot};
use crate::http::guard::Visitor;
use crate::model::Actor;
use crate::settings::{self, Adjustment, Author, Patch};

/// A request that passed all checks of the table.
pub struct Call {
    pub app: Arc<App>,
    pub level: Level,
    /// Only what the real server of the level does; no lenient additions.
    pub strict: bool,
    pub params: Params,
    pub actor: Actor,
    /// Names the web session or API key: the scope of per-session state.
    pub session: Arc<str>,
    /// The `Range` header.
    pub range: Option<String>,
    /// What the server remembers of earlier answers; one for the whole server.
    pub memory: Arc<Memory>,
    /// Address, session and cookie of the client.
    pub visitor: Visitor,
}

impl Call {
    /// The engine, acting for this client.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.app.engine.acting_as(self.actor.clone())
    }

    /// Changes settings in the name of this client.
    pub async fn change_settings(&self, patch: Patch) -> settings::Result<Vec<Adjustment>> {
        let origin = self.visitor.client.to_string();
        self.app.settings.patch(patch, Author::new(&self.actor).at(&origin)).await
    }

    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.app.engine.snapshot()
    }

    /// True if the lenient additions apply.
    #[must_use]
    pub fn lenient(&self) -> bool {
        !self.strict
    }
}
