//! Every route of these scopes: who may call it, how, and with which parameters.

use anyhow::Result;
use compat_tests::{Level, at_each_level};
use reqwest::Method;

use crate::support::{get, post, server};

/// One route: action, whether it wants POST, first and last level, required parameters by level.
struct Route {
    action: &'static str,
    is_post: bool,
    since: Level,
    until: Level,
    required: &'static [&'static str],
}

const fn all(action: &'static str, is_post: bool, required: &'static [&'static str]) -> Route {
    Route { action, is_post, since: Level::L45, until: Level::L53, required }
}

const fn since(
    since: Level,
    action: &'static str,
    is_post: bool,
    required: &'static [&'static str],
) -> Route {
    Route { action, is_post, since, until: Level::L53, required }
}

const GET: bool = false;
const POST: bool = true;
const H: &[&str] = &["hash"];
const HS: &[&str] = &["hashes"];

/// Routes whose required parameters are the same at every level that has them.
const ROUTES: &[Route] = &[
    all("app/buildInfo", GET, &[]),
    since(Level::L51, "app/cookies", GET, &[]),
    all("app/defaultSavePath", GET, &[]),
    since(Level::L53, "app/deleteAPIKey", POST, &[]),
    since(Level::L51, "app/getDirectoryContent", GET, &["dirPath"]),
    since(Level::L53, "app/getFreeSpaceAtPath", GET, &["path"]),
    all("app/networkInterfaceAddressList", GET, &["iface"]),
    all("app/networkInterfaceList", GET, &[]),
    all("app/preferences", GET, &[]),
    since(Level::L53, "app/processInfo", GET, &[]),
    since(Level::L53, "app/rotateAPIKey", POST, &[]),
    since(Level::L51, "app/sendTestEmail", POST, &[]),
    since(Level::L51, "app/setCookies", POST, &["cookies"]),
    all("app/setPreferences", POST, &["json"]),
    all("app/shutdown", POST, &[]),
    all("app/version", GET, &[]),
    all("app/webapiVersion", GET, &[]),
    all("auth/login", POST, &[]),
    all("auth/logout", POST, &[]),
    since(Level::L53, "clientdata/load", GET, &[]),
    since(Level::L53, "clientdata/store", POST, &["data"]),
    all("log/main", GET, &[]),
    all("log/peers", GET, &[]),
    all("rss/addFeed", POST, &["url", "path"]),
    all("rss/addFolder", POST, &["path"]),
    since(Level::L53, "rss/cloneRule", POST, &["sourceName", "cloneName"]),
    since(Level::L53, "rss/exportRules", GET, &[]),
    since(Level::L53, "rss/importRules", POST, &[]),
    all("rss/items", GET, &[]),
    all("rss/markAsRead", POST, &["itemPath"]),
    all("rss/matchingArticles", GET, &["ruleName"]),
    all("rss/moveItem", POST, &["itemPath", "destPath"]),
    all("rss/refreshItem", POST, &["itemPath"]),
    all("rss/removeItem", POST, &["path"]),
    all("rss/removeRule", POST, &["ruleName"]),
    all("rss/renameRule", POST, &["ruleName", "newRuleName"]),
    all("rss/rules", GET, &[]),
    since(Level::L53, "rss/setFeedRefreshInterval", POST, &["path", "refreshInterval"]),
    since(Level::L51, "rss/setFeedURL", POST, &["path", "url"]),
    all("rss/setRule", POST, &["ruleName", "ruleDef"]),
    all("search/delete", POST, &["id"]),
    all("search/enablePlugin", POST, &["names", "enable"]),
    all("search/installPlugin", POST, &["sources"]),
    all("search/plugins", GET, &[]),
    all("search/results", GET, &["id"]),
    all("search/start", POST, &["pattern", "category", "plugins"]),
    all("search/status", GET, &[]),
    all("search/stop", POST, &["id"]),
    all("search/uninstallPlugin", POST, &["names"]),
    all("search/updatePlugins", POST, &[]),
    all("sync/maindata", GET, &[]),
    all("sync/torrentPeers", GET, &[]),
    since(Level::L51, "torrentcreator/addTask", POST, &["sourcePath"]),
    since(Level::L51, "torrentcreator/deleteTask", POST, &["taskID"]),
    since(Level::L51, "torrentcreator/status", GET, &[]),
    since(Level::L51, "torrentcreator/torrentFile", GET, &["taskID"]),
    all("torrents/add", POST, &[]),
    all("torrents/addPeers", POST, &["hashes", "peers"]),
    all("torrents/addTags", POST, &["hashes", "tags"]),
    all("torrents/addTrackers", POST, &["hash", "urls"]),
    since(Level::L51, "torrents/addWebSeeds", POST, &["hash", "urls"]),
    all("torrents/bottomPrio", POST, HS),
    all("torrents/categories", GET, &[]),
    since(Level::L51, "torrents/count", GET, &[]),
    all("torrents/createCategory", POST, &["category"]),
    all("torrents/createTags", POST, &["tags"]),
    all("torrents/decreasePrio", POST, HS),
    all("torrents/delete", POST, &["hashes", "deleteFiles"]),
    all("torrents/deleteTags", POST, &["tags"]),
    since(Level::L53, "torrents/downloadFile", GET, &["hash", "file"]),
    all("torrents/downloadLimit", GET, HS),
    since(Level::L51, "torrents/editWebSeed", POST, &["hash", "origUrl", "newUrl"]),
    all("torrents/export", GET, H),
    since(Level::L53, "torrents/fetchMetadata", POST, &["source"]),
    all("torrents/filePrio", POST, &["hash", "id", "priority"]),
    all("torrents/files", GET, H),
    all("torrents/increasePrio", POST, HS),
    all("torrents/info", GET, &[]),
    since(Level::L53, "torrents/parseMetadata", POST, &[]),
    Route {
        action: "torrents/pause",
        is_post: POST,
        since: Level::L45,
        until: Level::L45,
        required: HS,
    },
    since(Level::L53, "torrents/pieceAvailability", GET, H),
    all("torrents/pieceHashes", GET, H),
    all("torrents/pieceStates", GET, H),
    all("torrents/properties", GET, H),
    all("torrents/reannounce", POST, HS),
    all("torrents/recheck", POST, HS),
    all("torrents/removeCategories", POST, &["categories"]),
    all("torrents/removeTags", POST, HS),
    all("torrents/removeTrackers", POST, &["hash", "urls"]),
    since(Level::L51, "torrents/removeWebSeeds", POST, &["hash", "urls"]),
    all("torrents/rename", POST, &["hash", "name"]),
    all("torrents/renameFile", POST, &["hash", "oldPath", "newPath"]),
    all("torrents/renameFolder", POST, &["hash", "oldPath", "newPath"]),
    Route {
        action: "torrents/resume",
        is_post: POST,
        since: Level::L45,
        until: Level::L45,
        required: HS,
    },
    since(Level::L53, "torrents/saveMetadata", GET, &["source"]),
    all("torrents/setAutoManagement", POST, &["hashes", "enable"]),
    all("torrents/setCategory", POST, &["hashes", "category"]),
    since(Level::L53, "torrents/setComment", POST, &["hashes", "comment"]),
    all("torrents/setDownloadLimit", POST, &["hashes", "limit"]),
    all("torrents/setDownloadPath", POST, &["id", "path"]),
    all("torrents/setForceStart", POST, &["hashes", "value"]),
    all("torrents/setLocation", POST, &["hashes", "location"]),
    since(
        Level::L51,
        "torrents/setSSLParameters",
        POST,
        &["hash", "ssl_certificate", "ssl_private_key", "ssl_dh_params"],
    ),
    all("torrents/setSavePath", POST, &["id", "path"]),
    all("torrents/setSuperSeeding", POST, &["hashes", "value"]),
    since(Level::L51, "torrents/setTags", POST, &["hashes", "tags"]),
    all("torrents/setUploadLimit", POST, &["hashes", "limit"]),
    since(Level::L51, "torrents/SSLParameters", GET, H),
    since(Level::L51, "torrents/start", POST, HS),
    since(Level::L51, "torrents/stop", POST, HS),
    all("torrents/tags", GET, &[]),
    all("torrents/toggleFirstLastPiecePrio", POST, HS),
    all("torrents/toggleSequentialDownload", POST, HS),
    all("torrents/topPrio", POST, HS),
    all("torrents/trackers", GET, H),
    all("torrents/uploadLimit", GET, HS),
    all("torrents/webseeds", GET, H),
    all("transfer/banPeers", POST, &["peers"]),
    all("transfer/downloadLimit", GET, &[]),
    since(Level::L53, "transfer/getSpeedLimits", GET, &[]),
    all("transfer/info", GET, &[]),
    since(Level::L53, "transfer/pauseSession", POST, &[]),
    since(Level::L53, "transfer/resumeSession", POST, &[]),
    all("transfer/setDownloadLimit", POST, &["limit"]),
    since(
        Level::L53,
        "transfer/setSpeedLimits",
        POST,
        &["up_limit", "dl_limit", "alt_up_limit", "alt_dl_limit"],
    ),
    all("transfer/setSpeedLimitsMode", POST, &["mode"]),
    all("transfer/setUploadLimit", POST, &["limit"]),
    all("transfer/speedLimitsMode", GET, &[]),
    all("transfer/toggleSpeedLimitsMode", POST, &[]),
    all("transfer/uploadLimit", GET, &[]),
];

/// Routes whose required parameters changed.
fn changed(level: Level) -> Vec<(&'static str, &'static [&'static str])> {
    match level {
        Level::L45 => vec![
            ("torrents/editTracker", &["hash", "origUrl", "newUrl"]),
            ("torrents/editCategory", &["category", "savePath"]),
            ("torrents/setShareLimits", &["hashes", "ratioLimit", "seedingTimeLimit"]),
        ],
        Level::L51 => vec![
            ("torrents/editTracker", &["hash", "origUrl", "newUrl"]),
            ("torrents/editCategory", &["category", "savePath"]),
            (
                "torrents/setShareLimits",
                &["hashes", "ratioLimit", "seedingTimeLimit", "inactiveSeedingTimeLimit"],
            ),
        ],
        Level::L53 => vec![
            ("torrents/editTracker", &["hash", "url"]),
            ("torrents/editCategory", &["category"]),
            (
                "torrents/setShareLimits",
                &[
                    "hashes",
                    "ratioLimit",
                    "seedingTimeLimit",
                    "inactiveSeedingTimeLimit",
                    "shareLimitAction",
                    "shareLimitsMode",
                ],
            ),
        ],
    }
}

fn exists(route: &Route, level: Level) -> bool {
    route.since <= level && level <= route.until
}

fn unknown_action(level: Level) -> &'static str {
    if level == Level::L53 { "404 Endpoint does not exist" } else { "404 Not Found" }
}

async fn everything_is_forbidden_without_a_session(level: Level) -> Result<()> {
    let target = server(level).await?;
    let stranger = target.anonymous()?;
    for route in ROUTES.iter().filter(|route| route.action != "auth/login") {
        assert_eq!(get(&stranger, route.action, &[]).await?, "403 Forbidden", "{}", route.action);
        assert_eq!(post(&stranger, route.action, &[]).await?, "403 Forbidden", "{}", route.action);
    }
    // Also what does not exist: a stranger learns nothing.
    for action in ["app/nothing", "nothing/at_all", "auth/nothing"] {
        assert_eq!(get(&stranger, action, &[]).await?, "403 Forbidden", "{action}");
    }
    stranger.set_cookie(Some("SID=invented".to_owned()));
    assert_eq!(get(&stranger, "app/version", &[]).await?, "403 Forbidden");
    Ok(())
}

async fn the_wrong_verb_is_405(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for route in ROUTES.iter().filter(|route| route.is_post && exists(route, level)) {
        let expected = "405 Method Not Allowed";
        assert_eq!(get(client, route.action, &[]).await?, expected, "{}", route.action);
        let head = client.send(client.request(Method::HEAD, route.action)).await?;
        assert_eq!(head.status, 405, "HEAD {}", route.action);
    }
    // What may be read may also be POSTed; HEAD came later.
    for route in ROUTES.iter().filter(|route| !route.is_post && exists(route, level)) {
        if !route.required.is_empty() || route.action == "sync/torrentPeers" {
            continue;
        }
        assert_eq!(client.post(route.action, &[]).await?.status, 200, "POST {}", route.action);
        let head = client.send(client.request(Method::HEAD, route.action)).await?;
        let expected = if level == Level::L45 { 405 } else { 200 };
        assert_eq!(head.status, expected, "HEAD {}", route.action);
        assert!(head.body.is_empty());
    }
    Ok(())
}

async fn what_the_level_lacks_is_404(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for route in ROUTES.iter().filter(|route| !exists(route, level)) {
        let found = post(client, route.action, &[("hashes", "all"), ("hash", "")]).await?;
        assert_eq!(found, unknown_action(level), "{}", route.action);
    }
    for action in ["app/nothing", "torrents/Info", "app/Version", "torrents/info_"] {
        assert_eq!(get(client, action, &[]).await?, unknown_action(level), "{action}");
    }
    for path in
        ["nothing/at_all", "nothing", "", "app", "app/version/more", "app/ver-sion", "App/version"]
    {
        assert_eq!(get(client, path, &[]).await?, "404 Not Found", "`{path}`");
    }
    Ok(())
}

async fn a_missing_parameter_is_400(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let listed = ROUTES
        .iter()
        .filter(|route| exists(route, level))
        .map(|route| (route.action, route.required));
    for (action, required) in listed.chain(changed(level)) {
        for missing in required {
            let form: Vec<(&str, &str)> =
                required.iter().filter(|name| *name != missing).map(|name| (*name, "1")).collect();
            let expected = if level == Level::L53 {
                format!("400 Missing required parameters: {missing}")
            } else {
                "400 Bad Request".to_owned()
            };
            assert_eq!(post(client, action, &form).await?, expected, "{action} without {missing}");
        }
        if level == Level::L53 && required.len() > 1 {
            let expected = format!("400 Missing required parameters: {}", required.join(", "));
            assert_eq!(post(client, action, &[]).await?, expected, "{action}");
        }
    }
    // The query of a POST carries no parameters.
    let request = client.request(Method::POST, "torrents/properties?hash=1");
    assert_eq!(client.send(request).await?.status, 400);
    Ok(())
}

at_each_level!(
    everything_is_forbidden_without_a_session,
    the_wrong_verb_is_405,
    what_the_level_lacks_is_404,
    a_missing_parameter_is_400,
);
