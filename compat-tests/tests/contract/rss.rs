//! `rss/*` of a server that has no feeds and no rules.

use anyhow::Result;
use compat_tests::{Form, Level, at_each_level, at_levels, differs};

use crate::support::{get, post, server};

const REFUSED: &str = "409 Revaer has no RSS yet, so nothing was changed.";

async fn nothing_is_listed(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    assert_eq!(get(client, "rss/items", &[]).await?, "200 {}");
    assert_eq!(get(client, "rss/items", &[("withData", "true")]).await?, "200 {}");
    assert_eq!(get(client, "rss/rules", &[]).await?, "200 {}");
    assert_eq!(get(client, "rss/matchingArticles", &[("ruleName", "x")]).await?, "200 {}");
    Ok(())
}

async fn what_does_not_exist_is_named(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for (path, expected) in [
        ("", "409 Cannot delete root folder."),
        ("x", "409 Item doesn't exist: x."),
        ("a\\", "409 Item doesn't exist: a\\."),
    ] {
        assert_eq!(post(client, "rss/removeItem", &[("path", path)]).await?, expected);
    }
    for (from, expected) in
        [("", "409 Cannot move root folder."), ("x", "409 Item doesn't exist: x.")]
    {
        let form = [("itemPath", from), ("destPath", "p\\q")];
        assert_eq!(post(client, "rss/moveItem", &form).await?, expected);
    }
    if level >= Level::L51 {
        let form = [("path", "x"), ("url", "http://127.0.0.1:9/")];
        assert_eq!(post(client, "rss/setFeedURL", &form).await?, "409 Feed doesn't exist: x.");
    }
    if level >= Level::L53 {
        for (interval, expected) in [
            ("5", "409 Feed doesn't exist: x."),
            ("-5", "400 Invalid 'refreshInterval' value"),
            ("a", "400 Invalid 'refreshInterval' value"),
        ] {
            let form = [("path", "x"), ("refreshInterval", interval)];
            assert_eq!(post(client, "rss/setFeedRefreshInterval", &form).await?, expected);
        }
    }
    Ok(())
}

async fn what_has_nothing_to_do_succeeds(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let unknown = if level >= Level::L53 { "204" } else { "200" };
    for (form, expected) in [
        (vec![("itemPath", "")], "200"),
        (vec![("itemPath", "x")], unknown),
        (vec![("itemPath", "x"), ("articleId", "1")], unknown),
        (vec![("itemPath", ""), ("articleId", "1")], "200"),
    ] {
        assert_eq!(post(client, "rss/markAsRead", &form).await?, expected, "{form:?}");
    }
    assert_eq!(post(client, "rss/refreshItem", &[("itemPath", "")]).await?, "200");
    assert_eq!(post(client, "rss/refreshItem", &[("itemPath", "x")]).await?, "200");
    let form = [("ruleName", "x"), ("newRuleName", "y")];
    assert_eq!(post(client, "rss/renameRule", &form).await?, "200");
    assert_eq!(post(client, "rss/removeRule", &[("ruleName", "x")]).await?, "200");
    if level >= Level::L53 {
        let form = [("sourceName", "x"), ("cloneName", "y")];
        assert_eq!(post(client, "rss/cloneRule", &form).await?, "200");
    }
    assert_eq!(get(client, "rss/rules", &[]).await?, "200 {}");
    Ok(())
}

async fn paths_are_checked(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for path in ["", "\\", "\\a", "a\\", "a\\\\b"] {
        let expected = format!("409 Incorrect RSS Item path: {path}.");
        assert_eq!(post(client, "rss/addFolder", &[("path", path)]).await?, expected);
        let form = [("url", ""), ("path", path)];
        assert_eq!(post(client, "rss/addFeed", &form).await?, expected);
    }
    let form = [("url", "http://127.0.0.1:9/a\\b"), ("path", "")];
    let expected = "409 Parent folder doesn't exist: http://127.0.0.1:9/a.";
    assert_eq!(post(client, "rss/addFeed", &form).await?, expected);
    let expected = "409 Parent folder doesn't exist: p\\q.";
    assert_eq!(post(client, "rss/addFolder", &[("path", "p\\q\\r")]).await?, expected);
    assert_eq!(get(client, "rss/items", &[]).await?, "200 {}");
    Ok(())
}

/// The deliberate difference: there is nothing yet that could keep a feed, folder or rule.
async fn what_would_be_kept_is_refused(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let refused = if differs("`rss/addFeed`, `rss/addFolder`") { REFUSED } else { "200" };
    let form = [("url", "http://127.0.0.1:9/x"), ("path", "")];
    assert_eq!(post(client, "rss/addFeed", &form).await?, refused);
    assert_eq!(post(client, "rss/addFolder", &[("path", "folder")]).await?, refused);
    let form = [("ruleName", "x"), ("ruleDef", "{}")];
    assert_eq!(post(client, "rss/setRule", &form).await?, refused);
    if differs("`rss/addFeed`, `rss/addFolder`") {
        assert_eq!(get(client, "rss/items", &[]).await?, "200 {}");
        assert_eq!(get(client, "rss/rules", &[]).await?, "200 {}");
    }
    Ok(())
}

async fn rules_travel_as_files(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let rules = client.get("rss/exportRules", &[]).await?;
    assert_eq!((rules.status, rules.text().as_str()), (200, "{\n}\n"));
    assert_eq!(rules.header("content-type"), Some("application/json"));
    assert_eq!(
        rules.header("content-disposition"),
        Some("attachment; filename=\"rss-downloader-rules.json\"")
    );
    let import = async |text: &str| -> Result<String> {
        let form = Form::new().file("file", "rules.json", text.as_bytes());
        Ok(client.upload("rss/importRules", &form).await?.brief())
    };
    let one = "400 Exactly one rules file is required";
    assert_eq!(post(client, "rss/importRules", &[]).await?, one);
    let two = Form::new().file("a", "a.json", b"{}").file("b", "b.json", b"{}");
    assert_eq!(client.upload("rss/importRules", &two).await?.brief(), one);
    assert_eq!(import("{}").await?, "204");
    assert_eq!(import("[]").await?, "400 Invalid data format.");
    assert_eq!(import(r#"{"r":5}"#).await?, "400 Invalid data format.");
    assert_eq!(import("").await?, "400 illegal value");
    let kept = if differs("`rss/addFeed`, `rss/addFolder`") { REFUSED } else { "204" };
    assert_eq!(import(r#"{"r":{}}"#).await?, kept);
    assert_eq!(level, Level::L53);
    Ok(())
}

at_each_level!(
    nothing_is_listed,
    what_does_not_exist_is_named,
    what_has_nothing_to_do_succeeds,
    paths_are_checked,
    what_would_be_kept_is_refused,
);
at_levels!(rules_travel_as_files: l53 L53);
