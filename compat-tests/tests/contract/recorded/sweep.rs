//! Every action of the contract, asked wrongly in every way that a client may think of, at every level.
//!
//! The questions follow from `docs/contract.md`: the wrong verb, nothing at all, each required parameter missing, an
//! unknown and a malformed hash, other parameters malformed and empty, a parameter twice, and one too many. What comes
//! back, also where the level has no such action, is what the real server recorded.

use anyhow::Result;
use compat_tests::contract::{Action, actions};
use compat_tests::{Client, Level, Transcript, at_each_level};
use reqwest::Method;
use serde_json::json;

use crate::support::{UNKNOWN, add_stopped, server, two_files};

/// What would end the server or the session; `recorded/server.rs` asks for these.
const ELSEWHERE: [&str; 4] = ["app/setPreferences", "app/shutdown", "auth/login", "auth/logout"];

/// What is asked only in ways that cannot succeed: it answers differently on purpose, reaches out into the network, or
/// begins something that ends later. Other scenarios ask for it.
const WITHOUT_EFFECT: [&str; 9] = [
    "app/sendTestEmail",
    "rss/addFeed",
    "rss/addFolder",
    "rss/importRules",
    "rss/setRule",
    "search/installPlugin",
    "search/start",
    "search/updatePlugins",
    "torrentcreator/addTask",
];

/// Parameters that name a place on the server, which is below the scratch folder.
const PATHS: [&str; 6] = ["dirPath", "location", "path", "savePath", "sourcePath", "downloadPath"];

/// Parameters by name; values are made for each question.
type Params = Vec<(String, String)>;

/// What the questions are made of.
struct Words<'a> {
    /// The id of a torrent that exists.
    id: &'a str,
    /// The scratch folder.
    folder: &'a str,
}

impl Words<'_> {
    /// Fills every required parameter: those that name torrents with `hash`, all others with `word`.
    fn filled(&self, action: &Action, hash: &str, word: &str) -> Params {
        let torrent = action.torrent_param();
        let value = |name: &str| {
            if Some(name) == torrent {
                hash.to_owned()
            } else if PATHS.contains(&name) && !word.is_empty() && !action.name.starts_with("rss/")
            {
                format!("{}/{word}", self.folder)
            } else {
                word.to_owned()
            }
        };
        action.required.iter().map(|name| (name.clone(), value(name))).collect()
    }

    /// All ways to ask for an action wrongly.
    fn questions(&self, action: &Action) -> Vec<(Method, Params)> {
        let verb = if action.is_post { Method::POST } else { Method::GET };
        let has_effect = !WITHOUT_EFFECT.contains(&action.name.as_str());
        let mut forms: Vec<Params> = Vec::new();
        if has_effect || !action.required.is_empty() {
            forms.push(Vec::new());
        }
        if action.required.len() > 1 {
            for missing in &action.required {
                let mut form = self.filled(action, "1", "1");
                form.retain(|(name, _)| name != missing);
                forms.push(form);
            }
        }
        if has_effect {
            forms.push(self.surplus(action));
            if !action.required.is_empty() {
                forms.extend(self.with_values(action));
            }
        }
        let wrong_verb = action.is_post.then(|| (Method::GET, Vec::new()));
        wrong_verb.into_iter().chain(forms.into_iter().map(|form| (verb.clone(), form))).collect()
    }

    fn surplus(&self, action: &Action) -> Params {
        let mut form = self.filled(action, self.id, "1");
        form.push(("surplus".to_owned(), "1".to_owned()));
        form
    }

    fn with_values(&self, action: &Action) -> Vec<Params> {
        let mut forms = Vec::new();
        if action.torrent_param().is_some() {
            for hash in [UNKNOWN, "nonsense", ""] {
                forms.push(self.filled(action, hash, "1"));
            }
        }
        forms.push(self.filled(action, self.id, ""));
        forms.push(self.filled(action, self.id, "malformed"));
        // The last one of two counts.
        let mut twice = self.filled(action, UNKNOWN, "first");
        twice.truncate(1);
        twice.extend(self.filled(action, self.id, "last"));
        forms.push(twice);
        forms
    }
}

async fn sweep(level: Level, scope: &str) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false})).await?;
    let torrent = two_files("swept");
    let id = torrent.id();
    add_stopped(client, level, &torrent).await?;
    let folder = target.folder().to_string_lossy().into_owned();
    let words = Words { id: &id, folder: &folder };
    let mut transcript = Transcript::of(&target, &format!("sweep-{scope}"));
    let mut actions: Vec<_> = actions(level)?
        .into_iter()
        .filter(|(name, _)| name.split('/').next() == Some(scope))
        .filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()))
        .collect();
    // What only reads comes first, before anything has begun, and what removes the torrent last.
    actions.sort_by_key(|(name, action)| {
        (name == "torrents/delete", action.as_ref().is_some_and(|action| action.is_post))
    });
    for (name, action) in actions {
        let Some(action) = action else {
            transcript.post(client, &name, &[("hash", &id), ("hashes", &id)]).await?;
            continue;
        };
        for (method, params) in words.questions(&action) {
            let params: Vec<(&str, &str)> =
                params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let reply = transcript.ask(client, &method, &name, &params).await?;
            if reply.status == 400 && reply.text().starts_with("illegal ") {
                let words = "answer `illegal value` for any JSON";
                transcript.deliberate(words, |asked| asked.body == "illegal value")?;
            }
            if scope == "torrents" && action.is_post && name != "torrents/delete" {
                settle(client, level, &id).await?;
            }
        }
    }
    transcript.finish()
}

/// Waits until whatever a question began has ended, and the torrent is stopped again.
async fn settle(client: &Client, level: Level, id: &str) -> Result<()> {
    let listed = client.torrent(id).await?;
    if listed.is_none_or(|torrent| torrent["state"] != level.stopped_download()) {
        client.ok(level.stop_route(), &[("hashes", id)]).await?;
        client.torrent_when(id, "stopped", |t| t["state"] == level.stopped_download()).await?;
    }
    Ok(())
}

/// One test for each scope and level.
macro_rules! scopes {
    ($($scope:ident),*) => {$(
        async fn $scope(level: Level) -> Result<()> {
            sweep(level, stringify!($scope)).await
        }
        at_each_level!($scope);
    )*};
}

scopes!(app, clientdata, log, rss, search, sync, torrentcreator, torrents, transfer);
