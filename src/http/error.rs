//! The only place that knows which failure of the core is which status.
//!
//! `/api/v2` has a text of its own for most refusals, which the handlers give; this is what remains. The messages of
//! the core never reach that contract: its clients show the body to people who know qBittorrent's texts.

use actix_web::http::StatusCode;

use super::qbittorrent::reply::Reply;
use crate::{engine, settings, store};

impl From<engine::Error> for Reply {
    fn from(error: engine::Error) -> Self {
        use engine::Error::{
            Duplicate, Exists, Invalid, Missing, Native, NoMetadata, NotFound, QueueingDisabled,
            Store, Unavailable,
        };
        let status = match &error {
            NotFound(_) | Missing(_) => StatusCode::NOT_FOUND,
            Duplicate(_) | Exists(_) | QueueingDisabled | NoMetadata => StatusCode::CONFLICT,
            Invalid(_) => StatusCode::BAD_REQUEST,
            Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Native(_) | Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::error!(%error, "a request failed");
        } else {
            tracing::debug!(%error, "a request was refused");
        }
        Self::error(status, "")
    }
}

impl From<store::Error> for Reply {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "the database was not read or changed");
        Self::error(StatusCode::INTERNAL_SERVER_ERROR, "")
    }
}

impl From<settings::Error> for Reply {
    fn from(error: settings::Error) -> Self {
        if let settings::Error::Refused(refused) = &error {
            tracing::debug!(%refused, "a setting was refused");
            // Upstream takes anything and has no text for this; a client is told which setting refuses what.
            return Self::bad_request(&refused.to_string());
        }
        tracing::error!(%error, "settings were not changed");
        Self::error(StatusCode::INTERNAL_SERVER_ERROR, "")
    }
}
