//! One request as its handler sees it: checked, identified, with its parameters.

use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use serde::de::DeserializeOwned;

use super::access::Principal;
use super::body::{self, Received};
use super::openapi;
use super::problem::{Kind, Problem, Result};
use super::routes::Route;
use crate::app::App;
use crate::engine::{Engine, Row, Snapshot};
use crate::http::guard::Visitor;
use crate::model::TorrentId;

/// A request that passed all checks of the table.
pub struct Call {
    pub app: Arc<App>,
    pub route: &'static Route,
    pub principal: Principal,
    /// Parts of the path, by the names of the template.
    pub params: Vec<(&'static str, String)>,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Received,
    pub visitor: Visitor,
}

impl Call {
    /// The engine, acting for this client.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.app.engine.acting_as(self.principal.actor.clone())
    }

    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.app.engine.snapshot()
    }

    /// A part of the path.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// The query, decoded strictly.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T> {
        body::decode_query(&self.query)
    }

    /// The body, decoded strictly.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        self.decode(&self.body.data)
    }

    /// As [`Self::json`], of a part of the body that stands for the whole.
    pub fn decode<T: DeserializeOwned>(&self, data: &[u8]) -> Result<T> {
        if data.contains(&b'[')
            && let Ok(value) = serde_json::from_slice(data)
            && let Some(place) = openapi::misplaced_list(self.route.method, self.route.path, &value)
        {
            return Err(Problem::invalid(place, "must not be a list"));
        }
        body::decode(data)
    }

    /// As [`Self::json`], with all defaults if there is no body.
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T> {
        if self.body.data.is_empty() { Ok(T::default()) } else { self.json() }
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id in the path.
    pub fn torrent_id(&self) -> Result<TorrentId> {
        let text = self.param("id");
        text.parse().map_err(|_| Problem::not_found(format!("there is no torrent `{text}`")))
    }

    /// The torrent of the path; one outside of the key's categories does not exist for it.
    pub fn torrent(&self) -> Result<(TorrentId, Row)> {
        let id = self.torrent_id()?;
        let snapshot = self.snapshot();
        let row = snapshot.torrent(&id).filter(|row| self.principal.sees(row, &snapshot));
        let row = row.ok_or_else(|| Problem::not_found(format!("there is no torrent `{id}`")))?;
        Ok((id, row.clone()))
    }

    /// Refuses a key that is limited to categories: what is asked for concerns everything.
    pub fn whole(&self) -> Result<()> {
        match self.principal.categories {
            None => Ok(()),
            Some(_) => Err(Problem::new(
                Kind::Scope,
                "a key that is limited to categories may not use what concerns all torrents",
            )),
        }
    }

    /// Compares `If-Match` with the present tag of a resource; a missing header asks for nothing.
    pub fn if_match(&self, present: &str) -> Result<()> {
        let Some(wanted) = self.header("if-match") else { return Ok(()) };
        let is_met = wanted.split(',').map(str::trim).any(|tag| tag == "*" || tag == present);
        if is_met {
            return Ok(());
        }
        Err(Problem::new(Kind::Precondition, "the resource is not the one that If-Match names")
            .header("etag", present.to_owned()))
    }
}

/// The tag of a representation: equal values have equal tags.
#[must_use]
pub fn etag(value: &impl serde::Serialize) -> String {
    use sha2::{Digest as _, Sha256};
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..12]))
}
