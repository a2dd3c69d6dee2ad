//! Rows of `rss/*` and `search/*`.

use super::{ALL, L51, L53, Route, User, get, only, post, since};
use crate::http::qbittorrent::{rss, search};

pub(super) const ROWS: &[Route] = &[
    post("rss/addFolder", User, ALL, &["path"], rss::add_folder),
    post("rss/addFeed", User, ALL, &["url", "path"], rss::add_feed),
    post("rss/setFeedURL", User, since(L51), &["path", "url"], rss::set_feed_url),
    post(
        "rss/setFeedRefreshInterval",
        User,
        since(L53),
        &["path", "refreshInterval"],
        rss::set_feed_refresh_interval,
    ),
    post("rss/removeItem", User, ALL, &["path"], rss::remove_item),
    post("rss/moveItem", User, ALL, &["itemPath", "destPath"], rss::move_item),
    get("rss/items", User, ALL, &[], rss::nothing),
    post("rss/markAsRead", User, ALL, &["itemPath"], rss::mark_as_read),
    post("rss/refreshItem", User, ALL, &["itemPath"], rss::done),
    post("rss/setRule", User, ALL, &["ruleName", "ruleDef"], rss::set_rule),
    post("rss/renameRule", User, ALL, &["ruleName", "newRuleName"], rss::done),
    post("rss/removeRule", User, ALL, &["ruleName"], rss::done),
    post("rss/cloneRule", User, since(L53), &["sourceName", "cloneName"], rss::done),
    get("rss/rules", User, ALL, &[], rss::nothing),
    get("rss/matchingArticles", User, ALL, &["ruleName"], rss::nothing),
    get("rss/exportRules", User, since(L53), &[], rss::export_rules),
    post("rss/importRules", User, since(L53), &[], rss::import_rules),
    post("search/start", User, ALL, &["pattern", "category", "plugins"], search::start),
    post("search/stop", User, ALL, &["id"], search::unknown_search),
    get("search/status", User, ALL, &[], search::status),
    get("search/results", User, ALL, &["id"], search::unknown_search),
    post("search/delete", User, ALL, &["id"], search::unknown_search),
    get("search/downloadTorrent", User, only(L51), DOWNLOAD, |call| {
        Box::pin(search::download_torrent(call))
    }),
    post("search/downloadTorrent", User, since(L53), DOWNLOAD, |call| {
        Box::pin(search::download_torrent(call))
    }),
    get("search/plugins", User, ALL, &[], search::plugins),
    post("search/installPlugin", User, ALL, &["sources"], search::install_plugin),
    post("search/uninstallPlugin", User, ALL, &["names"], search::done),
    post("search/enablePlugin", User, ALL, &["names", "enable"], search::done),
    post("search/updatePlugins", User, ALL, &[], search::update_plugins),
];

const DOWNLOAD: &[&str] = &["torrentUrl", "pluginName"];
