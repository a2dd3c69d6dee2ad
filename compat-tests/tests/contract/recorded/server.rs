//! The server itself: sessions, preferences, limits, logs, what web UIs keep, the end.

use anyhow::Result;
use compat_tests::{Client, Level, Transcript, at_each_level};
use reqwest::Method;

use crate::support::server;

/// Asks for everything that can be read without a parameter or with an obvious one.
async fn reads(transcript: &mut Transcript, client: &Client, folder: &str) -> Result<()> {
    for (action, query) in [
        ("app/version", vec![]),
        ("app/webapiVersion", vec![]),
        ("app/buildInfo", vec![]),
        ("app/processInfo", vec![]),
        ("app/preferences", vec![]),
        ("app/defaultSavePath", vec![]),
        ("app/networkInterfaceList", vec![]),
        ("app/networkInterfaceAddressList", vec![("iface", "lo")]),
        ("app/getDirectoryContent", vec![("dirPath", folder), ("mode", "dirs")]),
        ("app/cookies", vec![]),
        ("log/main", vec![]),
        ("log/main", vec![("last_known_id", "100000"), ("normal", "nonsense")]),
        ("log/peers", vec![]),
        ("log/peers", vec![("last_known_id", "x")]),
        ("sync/maindata", vec![]),
        ("sync/maindata", vec![("rid", "nonsense")]),
        ("sync/torrentPeers", vec![]),
        ("rss/items", vec![]),
        ("rss/items", vec![("withData", "nonsense")]),
        ("rss/rules", vec![]),
        ("rss/matchingArticles", vec![("ruleName", "none")]),
        ("search/status", vec![]),
        ("search/status", vec![("id", "7")]),
        ("search/plugins", vec![]),
        ("torrentcreator/status", vec![]),
        ("torrentcreator/status", vec![("taskID", "none")]),
        ("torrents/count", vec![]),
        ("torrents/info", vec![]),
        ("torrents/categories", vec![]),
        ("torrents/tags", vec![]),
    ] {
        transcript.get(client, action, &query).await?;
    }
    Ok(())
}

async fn an_empty_server(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let folder = target.folder_named("empty")?.to_string_lossy().into_owned();
    let mut transcript = Transcript::of(&target, "empty-server");
    reads(&mut transcript, client, &folder).await?;
    for (action, form) in [
        ("app/setCookies", vec![("cookies", "[]")]),
        ("app/setCookies", vec![("cookies", "{}")]),
        ("clientdata/store", vec![("data", r#"{"key":[1,true]}"#)]),
        ("clientdata/load", vec![("keys", r#"["key"]"#)]),
        ("clientdata/load", vec![("keys", r#"{"key":1}"#)]),
        ("app/setPreferences", vec![("json", r#"{"max_connec":77,"no_such_key":1}"#)]),
        ("app/setPreferences", vec![("json", "malformed")]),
        ("app/setPreferences", vec![("json", "first"), ("json", "{}")]),
        ("app/setPreferences", vec![("json", "{}"), ("surplus", "1")]),
        ("app/setPreferences", vec![]),
        ("rss/exportRules", vec![]),
        ("rss/refreshItem", vec![("itemPath", "")]),
        ("rss/refreshItem", vec![("itemPath", "none")]),
        ("rss/markAsRead", vec![("itemPath", "none")]),
        ("rss/removeRule", vec![("ruleName", "none")]),
        ("rss/renameRule", vec![("ruleName", "none"), ("newRuleName", "x")]),
        ("search/enablePlugin", vec![("names", "none"), ("enable", "true")]),
        ("search/uninstallPlugin", vec![("names", "none")]),
    ] {
        transcript.post(client, action, &form).await?;
    }
    transcript.post(client, "app/sendTestEmail", &[]).await?;
    if level >= Level::L51 {
        let words = "`app/sendTestEmail` answers 501";
        transcript.deliberate(words, |asked| asked.status == 501)?;
    }
    transcript.ask(client, &Method::GET, "app/setPreferences", &[("json", "{}")]).await?;
    let preferences = client.json("app/preferences", &[]).await?;
    transcript.show("max_connec", &preferences["max_connec"]);
    transcript.finish()
}

async fn speed_limits(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "transfer");
    for (action, form) in [
        ("setDownloadLimit", vec![("limit", "10240")]),
        ("setDownloadLimit", vec![("limit", "nonsense")]),
        ("setDownloadLimit", vec![("limit", "-5")]),
        ("setDownloadLimit", vec![("limit", "99999999999")]),
        ("setUploadLimit", vec![("limit", "5000")]),
        ("setUploadLimit", vec![("limit", "0")]),
        ("setSpeedLimitsMode", vec![("mode", "1")]),
        ("setDownloadLimit", vec![("limit", "20480")]),
        ("toggleSpeedLimitsMode", vec![]),
        ("setSpeedLimitsMode", vec![("mode", "nonsense")]),
        ("setSpeedLimitsMode", vec![("mode", "5")]),
        (
            "setSpeedLimits",
            vec![
                ("up_limit", "1024"),
                ("dl_limit", "2048"),
                ("alt_up_limit", "3072"),
                ("alt_dl_limit", "4096"),
            ],
        ),
        ("pauseSession", vec![]),
        ("pauseSession", vec![]),
        ("resumeSession", vec![]),
        ("banPeers", vec![("peers", "127.0.0.2:1|nonsense")]),
        ("banPeers", vec![("peers", "")]),
    ] {
        transcript.post(client, &format!("transfer/{action}"), &form).await?;
        for read in ["downloadLimit", "uploadLimit", "speedLimitsMode", "getSpeedLimits"] {
            transcript.get(client, &format!("transfer/{read}"), &[]).await?;
        }
    }
    transcript.get(client, "transfer/info", &[]).await?;
    transcript.finish()
}

/// The last scenario of a server: sessions come and go, then it ends.
async fn sessions_and_the_end(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    let mut transcript = Transcript::of(&target, "sessions");
    let (username, password) = target.credentials();
    transcript.replace(&password, "{password}");
    let right = [("username", username.as_str()), ("password", password.as_str())];
    let client = target.anonymous()?;
    for form in [
        vec![],
        vec![("username", "admin")],
        vec![("username", "admin"), ("password", "wrong")],
        right.to_vec(),
        vec![right[0], right[1], ("surplus", "1")],
        vec![right[0], ("password", "first"), right[1]],
    ] {
        transcript.post(&client, "auth/login", &form).await?;
    }
    transcript.get(&client, "auth/login", &right).await?;
    let other = target.login().await?;
    transcript.get(&other, "auth/logout", &[]).await?;
    transcript.post(&other, "auth/logout", &[("surplus", "1")]).await?;
    transcript.post(&other, "auth/logout", &[]).await?;
    let client = target.login().await?;
    transcript.post(&client, "app/deleteAPIKey", &[]).await?;
    transcript.post(&client, "app/rotateAPIKey", &[]).await?;
    transcript.post(&client, "app/deleteAPIKey", &[]).await?;
    transcript.get(&client, "app/shutdown", &[]).await?;
    transcript.post(&client, "app/shutdown", &[("surplus", "1")]).await?;
    target.exited().await?;
    transcript.finish()
}

at_each_level!(an_empty_server, speed_limits, sessions_and_the_end);
