//! Save paths and download paths.

use anyhow::Result;
use compat_tests::{Level, at_each_level};
use serde_json::json;

use crate::support::{UNKNOWN, add_stopped, post, server, two_files};

async fn paths(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("paths")).await?;
    let folder = |name: &str| target.folder().join(name).to_string_lossy().into_owned();
    let file = folder("a file");
    fs_err::write(&file, "in the way")?;
    let below_file = format!("{file}/below");

    for (action, form, expected) in [
        (
            "setLocation",
            vec![("hashes", id.as_str()), ("location", " ")],
            "400 Save path cannot be empty",
        ),
        (
            "setLocation",
            vec![("hashes", UNKNOWN), ("location", "")],
            "400 Save path cannot be empty",
        ),
        (
            "setLocation",
            vec![("hashes", &id), ("location", &below_file)],
            "409 Cannot make save path",
        ),
        ("setSavePath", vec![("id", &id), ("path", "")], "400 Save path cannot be empty"),
        (
            "setSavePath",
            vec![("id", &id), ("path", &below_file)],
            "409 Cannot create target directory",
        ),
        (
            "setDownloadPath",
            vec![("id", &id), ("path", &below_file)],
            "409 Cannot create target directory",
        ),
    ] {
        let found = post(client, &format!("torrents/{action}"), &form).await?;
        assert_eq!(found, expected, "{action} {form:?}");
    }

    let place = folder("set location");
    let form = [("hashes", id.as_str()), ("location", &*format!("  {place} "))];
    assert_eq!(post(client, "torrents/setLocation", &form).await?, "200");
    client.torrent_when(&id, "the path", |t| t["save_path"] == *place).await?;
    assert!(std::path::Path::new(&place).is_dir(), "the folder is made");
    let place = folder("save path");
    assert_eq!(
        post(client, "torrents/setSavePath", &[("id", &id), ("path", &place)]).await?,
        "200"
    );
    client.torrent_when(&id, "the path", |t| t["save_path"] == *place).await?;
    let incomplete = folder("incomplete");
    // Without a path it is switched off at 4.5; later levels then show the save path.
    let off = if level == Level::L45 { "" } else { place.as_str() };
    for (path, expected) in [(incomplete.as_str(), incomplete.as_str()), ("", off)] {
        let form = [("id", id.as_str()), ("path", path)];
        assert_eq!(post(client, "torrents/setDownloadPath", &form).await?, "200");
        client.torrent_when(&id, "the download path", |t| t["download_path"] == expected).await?;
    }
    Ok(())
}

async fn automatic_mode(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("automatic")).await?;
    let folder = |name: &str| target.folder().join(name).to_string_lossy().into_owned();
    let (films, elsewhere) = (folder("films"), folder("elsewhere"));
    client.ok("torrents/createCategory", &[("category", "films"), ("savePath", &films)]).await?;
    client.ok("torrents/setCategory", &[("hashes", &id), ("category", "films")]).await?;
    let enable = async |value: &str| {
        let form = [("hashes", id.as_str()), ("enable", value)];
        post(client, "torrents/setAutoManagement", &form).await
    };

    assert_eq!(enable("true").await?, "200");
    client.torrent_when(&id, "on", |t| t["auto_tmm"] == true && t["save_path"] == *films).await?;
    // Only torrents in manual mode take a path; others are skipped.
    let form = [("id", id.as_str()), ("path", elsewhere.as_str())];
    assert_eq!(post(client, "torrents/setSavePath", &form).await?, "200");
    let shown = client.torrent_when(&id, "still there", |_| true).await?;
    assert_eq!(shown["save_path"], json!(films));
    assert_eq!(enable("false").await?, "200");
    let shown = client.torrent_when(&id, "off", |t| t["auto_tmm"] == false).await?;
    assert_eq!(shown["save_path"], json!(films), "the path is frozen");
    // A location of its own ends automatic mode.
    assert_eq!(enable("true").await?, "200");
    client.torrent_when(&id, "on", |t| t["auto_tmm"] == true).await?;
    client.ok("torrents/setLocation", &[("hashes", &id), ("location", &elsewhere)]).await?;
    client
        .torrent_when(&id, "moved", |t| t["auto_tmm"] == false && t["save_path"] == *elsewhere)
        .await?;
    Ok(())
}

at_each_level!(paths, automatic_mode);
