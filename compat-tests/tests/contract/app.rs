//! `app/*`.

use anyhow::{Context, Result};
use compat_tests::{Level, at_each_level, at_levels};
use serde_json::{Value, json};

use crate::support::{get, post, server};

async fn versions(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    assert_eq!(get(client, "app/version", &[]).await?, format!("200 {}", level.app_version()));
    assert_eq!(
        get(client, "app/webapiVersion", &[]).await?,
        format!("200 {}", level.api_version())
    );
    assert_eq!(post(client, "app/version", &[]).await?, format!("200 {}", level.app_version()));
    let info = client.json("app/buildInfo", &[]).await?;
    assert_eq!(info["bitness"], 64);
    let libtorrent = info["libtorrent"].as_str().context("libtorrent")?;
    assert!(libtorrent.starts_with("2.") && libtorrent.split('.').count() == 4, "{libtorrent}");
    let expected = if level == Level::L45 { Value::Null } else { json!("linux") };
    assert_eq!(info["platform"], expected);
    let path = target.data().to_string_lossy().into_owned();
    assert_eq!(get(client, "app/defaultSavePath", &[]).await?, format!("200 {path}"));
    Ok(())
}

async fn network_interfaces(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let list = client.json("app/networkInterfaceList", &[]).await?;
    let loopback = json!({"name": "lo", "value": "lo"});
    assert!(list.as_array().is_some_and(|list| list.contains(&loopback)), "{list}");
    let of = async |iface: &str| {
        client.json("app/networkInterfaceAddressList", &[("iface", iface)]).await
    };
    let has_loopback =
        |list: &Value| list.as_array().is_some_and(|l| l.contains(&json!("127.0.0.1")));
    assert!(has_loopback(&of("lo").await?));
    assert!(has_loopback(&of("").await?));
    assert_eq!(of("nothing0").await?, json!([]));
    Ok(())
}

async fn preferences_are_taken_one_by_one(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let before = client.json("app/preferences", &[]).await?;

    // What cannot be understood changes nothing and is no error.
    for text in ["", "{", "[]", "null", "5", "\"text\"", r#"{"no_such_key":1}"#, "{}"] {
        assert_eq!(post(client, "app/setPreferences", &[("json", text)]).await?, "200", "{text}");
    }
    assert_eq!(client.json("app/preferences", &[]).await?, before);

    for (key, set, expected) in [
        ("max_connec", json!(123), json!(123)),
        ("max_connec", json!("77"), json!(77)),
        ("max_connec_per_torrent", json!(12), json!(12)),
        ("dht", json!(false), json!(false)),
        ("queueing_enabled", json!(true), json!(true)),
        ("max_active_downloads", json!(7), json!(7)),
        ("incomplete_files_ext", json!(true), json!(true)),
        ("preallocate_all", json!(true), json!(true)),
        ("torrent_content_layout", json!("Subfolder"), json!("Subfolder")),
        ("torrent_stop_condition", json!("MetadataReceived"), json!("MetadataReceived")),
        ("auto_tmm_enabled", json!(true), json!(true)),
        ("category_changed_tmm_enabled", json!(true), json!(true)),
        ("dl_limit", json!(2048), json!(2048)),
        ("alt_up_limit", json!(10240), json!(10240)),
        ("scheduler_enabled", json!(true), json!(true)),
        ("excluded_file_names", json!("*.exe\n*.scr"), json!("*.exe\n*.scr")),
        ("web_ui_session_timeout", json!(7200), json!(7200)),
        ("refresh_interval", json!(700), json!(700)),
    ] {
        client.set_preferences(&json!({key: set})).await?;
        let after = client.json("app/preferences", &[]).await?;
        assert_eq!(after[key], expected, "{key} = {set}");
    }
    let missing: Vec<&String> = before
        .as_object()
        .context("preferences")?
        .keys()
        .filter(|key| *key == "web_ui_password" || *key == "rss_parser_enabled")
        .collect();
    assert!(missing.is_empty(), "keys that no level has: {missing:?}");
    Ok(())
}

async fn a_password_is_checked_since_5_3(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for (json, refusal) in [
        (r#"{"web_ui_username":"ab"}"#, "400 WebUI username must be at least 3 characters long"),
        (r#"{"web_ui_username":"a:bc"}"#, "400 WebUI username cannot contain a colon"),
        (r#"{"web_ui_password":"short"}"#, "400 WebUI password must be at least 6 characters long"),
    ] {
        let expected = if level == Level::L53 { refusal } else { "200" };
        assert_eq!(
            post(client, "app/setPreferences", &[("json", json)]).await?,
            expected,
            "{json}"
        );
    }
    Ok(())
}

async fn directory_content(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let root = target.folder_named("listed")?;
    fs_err::create_dir_all(root.join("folder/below"))?;
    fs_err::write(root.join("file.txt"), "content")?;
    fs_err::write(root.join(".hidden"), "content")?;
    let root = root.to_string_lossy().into_owned();
    let list = async |mode: &str| -> Result<Vec<String>> {
        let query = [("dirPath", root.as_str()), ("mode", mode)];
        let list = client.json("app/getDirectoryContent", &query).await?;
        let mut list: Vec<String> = serde_json::from_value(list)?;
        list.sort();
        Ok(list)
    };
    let (file, folder) = (format!("{root}/file.txt"), format!("{root}/folder"));

    assert_eq!(list("all").await?, [file.clone(), folder.clone()]);
    assert_eq!(list("dirs").await?, [folder]);
    assert_eq!(list("files").await?, [file]);
    for (query, expected) in [
        (vec![("dirPath", "")], "400 Invalid directory path"),
        (vec![("dirPath", "relative")], "400 Invalid directory path"),
        (vec![("dirPath", ":/x")], "400 Invalid directory path"),
        (vec![("dirPath", "/no/such/folder")], "404 Directory does not exist"),
        (
            vec![("dirPath", root.as_str()), ("mode", "some")],
            "400 Invalid mode, allowed values: all, dirs, files",
        ),
    ] {
        assert_eq!(get(client, "app/getDirectoryContent", &query).await?, expected, "{query:?}");
    }
    Ok(())
}

async fn cookies(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    assert_eq!(client.json("app/cookies", &[]).await?, json!([]));
    let jar = json!([{
        "name": "uid", "domain": "tracker.example", "path": "/", "value": "7",
        "expirationDate": 4_102_444_800_u64,
    }]);
    assert_eq!(post(client, "app/setCookies", &[("cookies", &jar.to_string())]).await?, "200");
    assert_eq!(client.json("app/cookies", &[]).await?, jar);
    assert_eq!(
        post(client, "app/setCookies", &[("cookies", "{}")]).await?,
        "400 cookies must be array"
    );
    assert_eq!(post(client, "app/setCookies", &[("cookies", "[1]")]).await?, "400 Bad Request");
    assert_eq!(client.post("app/setCookies", &[("cookies", "[")]).await?.status, 400);
    assert_eq!(client.json("app/cookies", &[]).await?, jar);
    assert_eq!(post(client, "app/setCookies", &[("cookies", "[]")]).await?, "200");
    assert_eq!(client.json("app/cookies", &[]).await?, json!([]));
    Ok(())
}

async fn process_and_space(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let launched = client.json("app/processInfo", &[]).await?;
    assert!(launched["launch_time"].as_u64() > Some(1_700_000_000), "{launched}");
    let space = async |path: &str| -> Result<i64> {
        Ok(client.get("app/getFreeSpaceAtPath", &[("path", path)]).await?.text().parse()?)
    };
    let folder = target.folder().to_string_lossy().into_owned();
    assert!(space(&folder).await? > 0);
    assert!(space(&format!("{folder}/not/there")).await? > 0);
    assert_eq!(space("").await?, -1);
    assert_eq!(level, Level::L53);
    Ok(())
}

async fn shutdown_ends_the_process(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    assert_eq!(post(target.client(), "app/shutdown", &[]).await?, "200");
    let status = target.exited().await?;
    assert!(status.success(), "{status}");
    Ok(())
}

at_each_level!(
    versions,
    network_interfaces,
    preferences_are_taken_one_by_one,
    a_password_is_checked_since_5_3,
    shutdown_ends_the_process,
);
at_levels!(directory_content: l51 L51, l53 L53);
at_levels!(cookies: l51 L51, l53 L53);
at_levels!(process_and_space: l53 L53);
