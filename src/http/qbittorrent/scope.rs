//! What an API key with few scopes may do here: the same as in our own contract.
//!
//! The contract's own key has all scopes. Whatever is not named below needs `admin`.

use super::params::Params;
use super::reply::Reply;
use super::routes::{Route, Verb};
use crate::auth::{ApiKey, Scope};
use actix_web::http::StatusCode;

/// The scope of a row.
fn needed(row: &Route) -> Scope {
    match (row.scope(), row.path, row.verb) {
        // The preferences show the contract's own key; the others show secrets or folders of the server.
        (
            _,
            "app/preferences"
            | "app/cookies"
            | "app/getDirectoryContent"
            | "torrents/SSLParameters",
            _,
        ) => Scope::Admin,
        (_, _, Verb::Get) => Scope::Read,
        (_, "torrents/add" | "torrentcreator/addTask" | "torrentcreator/deleteTask", _) => {
            Scope::Add
        }
        (_, "torrents/delete", _) => Scope::Delete,
        ("torrents", ..) => Scope::Control,
        ("transfer" | "rss" | "search" | "clientdata", ..) => Scope::Settings,
        _ => Scope::Admin,
    }
}

/// Takes a request out of the key's share, and refuses what the key may not do.
pub(super) fn check(row: &Route, key: &ApiKey) -> Result<(), Reply> {
    if let Err(exhausted) = key.take() {
        let mut reply = Reply::error(StatusCode::TOO_MANY_REQUESTS, "");
        reply.headers = exhausted.headers;
        return Err(reply);
    }
    // This contract has no way to hide torrents from a client, so a key that must not see all of them sees none.
    if key.categories.is_some() || !key.scopes.contains(needed(row)) {
        return Err(Reply::forbidden(""));
    }
    Ok(())
}

/// Refuses limits that delete, if the key may not.
pub(super) fn check_params(params: &Params, key: &ApiKey) -> Result<(), Reply> {
    let removes = params.text_or_empty("shareLimitAction").starts_with("Remove");
    if removes && !key.scopes.contains(Scope::Delete) {
        return Err(Reply::forbidden(""));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::qbittorrent::routes;

    #[test]
    fn what_changes_something_is_never_mere_reading() {
        for row in routes::rows().filter(|row| row.verb == Verb::Post) {
            assert_ne!(needed(row), Scope::Read, "{}", row.path);
        }
        let scope = |path| needed(routes::rows().find(|row| row.path == path).unwrap());
        assert_eq!(scope("torrents/info"), Scope::Read);
        assert_eq!(scope("app/preferences"), Scope::Admin);
        assert_eq!(scope("app/setPreferences"), Scope::Admin);
        assert_eq!(scope("torrents/stop"), Scope::Control);
    }
}
