//! `search/*` of a server that has no plugins and no searches.

use anyhow::Result;
use compat_tests::{Level, at_each_level, at_levels, differs};

use crate::support::{MAGNET, MAGNET_ID, get, post, server};

const REFUSED: &str = "409 Revaer has no search yet, so nothing was started or installed.";

async fn nothing_is_listed(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    assert_eq!(get(client, "search/plugins", &[]).await?, "200 []");
    for (query, expected) in [
        (vec![], "200 []"),
        (vec![("id", "0")], "200 []"),
        (vec![("id", "x")], "200 []"),
        (vec![("id", "5")], "404 Not Found"),
        (vec![("id", "-1")], "404 Not Found"),
    ] {
        assert_eq!(get(client, "search/status", &query).await?, expected, "{query:?}");
    }
    for id in ["0", "5", ""] {
        for action in ["search/results", "search/stop", "search/delete"] {
            assert_eq!(post(client, action, &[("id", id)]).await?, "404 Not Found", "{action}");
        }
    }
    Ok(())
}

async fn plugins_that_do_not_exist_are_no_error(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    assert_eq!(post(client, "search/uninstallPlugin", &[("names", "x")]).await?, "200");
    let form = [("names", "x"), ("enable", "true")];
    assert_eq!(post(client, "search/enablePlugin", &form).await?, "200");
    assert_eq!(post(client, "search/installPlugin", &[("sources", "")]).await?, "200");
    assert_eq!(get(client, "search/plugins", &[]).await?, "200 []");
    Ok(())
}

/// The deliberate difference: there is nothing yet that could search.
async fn searches_are_refused(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let form = [("pattern", "x"), ("category", "all"), ("plugins", "none")];
    let started = post(client, "search/start", &form).await?;
    if differs("`search/start`, `search/installPlugin`") {
        assert_eq!(started, REFUSED);
        assert_eq!(get(client, "search/status", &[]).await?, "200 []");
        let form = [("sources", "http://127.0.0.1:9/plugin.py")];
        assert_eq!(post(client, "search/installPlugin", &form).await?, REFUSED);
        assert_eq!(post(client, "search/updatePlugins", &[]).await?, REFUSED);
    } else {
        assert!(started.starts_with("200 {\"id\":"), "{started}");
    }
    Ok(())
}

async fn a_found_magnet_is_added(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let form = [("torrentUrl", MAGNET), ("pluginName", "x")];

    let read = get(client, "search/downloadTorrent", &form).await?;
    let expected = if level == Level::L51 { "200" } else { "405 Method Not Allowed" };
    assert_eq!(read, expected);
    assert_eq!(post(client, "search/downloadTorrent", &form).await?, "200");
    client.torrent_when(MAGNET_ID, "the magnet", |_| true).await?;

    // What only the plugin could fetch goes nowhere, and so do repetitions.
    let form = [("torrentUrl", "http://127.0.0.1:9/x.torrent"), ("pluginName", "x")];
    assert_eq!(post(client, "search/downloadTorrent", &form).await?, "200");
    let missing = post(client, "search/downloadTorrent", &form[..1]).await?;
    assert!(missing.starts_with("400 "), "{missing}");
    Ok(())
}

at_each_level!(nothing_is_listed, plugins_that_do_not_exist_are_no_error, searches_are_refused,);
at_levels!(a_found_magnet_is_added: l51 L51, l53 L53);
