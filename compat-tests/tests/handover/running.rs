//! A profile is taken over by a server that runs, and merged with what is there.

use anyhow::{Context as _, Result};
use compat_tests::{
    Authoring, Form, Level, Payload, Target, at_any_level, has_no_counterpart, until,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::made::{Made, Storage};
use crate::maker::{COUNT, settle};
use crate::picture;

async fn post(target: &Target, path: &str, body: &Value) -> Result<compat_tests::Reply> {
    let client = target.client();
    let request = client.request(Method::POST, path).header("content-type", "application/json");
    client.send(request.body(body.to_string())).await
}

async fn a_running_server_takes_a_profile_over(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let mut target = Target::setup(level).strict().spawn().await?;
    let client = target.client();
    let own = Authoring::of(&Payload::single("single.bin", 70_000)).build();
    let form = Form::torrent(&own.bytes).text(level.stopped_param(), "true").text("tags", "mine");
    client.add(&form.text("category", "own")).await?;
    client.ok("torrents/createCategory", &[("category", "tv"), ("savePath", "/mine")]).await?;
    settle(client).await?;
    made.restore(target.folder())?;
    let key = json!({ "name": "k", "scopes": ["admin", "read"] });
    let key = post(&target, "/v1/api-keys", &key).await?.json()?["secret"]
        .as_str()
        .context("a key")?
        .to_owned();
    let url = format!("http://{}", target.http()?);
    let map = format!("{}={}", made.there(), target.folder().display());
    let from = made.folder().to_string_lossy().into_owned();
    let command = [
        "import-qbittorrent",
        "--from",
        &from,
        "--map",
        &map,
        "--keep-settings",
        "--url",
        &url,
        "--api-key",
        &key,
    ];

    let report = target.command(&command).await?;

    assert!(report.starts_with(&format!("{} torrents, ", COUNT - 1)), "{report}");
    assert!(report.contains("1 torrent was known already"), "{report}");
    // Every torrent but the one that was there is as its server left it, but for its place in the queue.
    let mut expected = made.expected(target.folder())?;
    let torrents = expected["torrents"].as_object_mut().context("torrents")?;
    torrents.remove(&own.id());
    for torrent in torrents.values_mut() {
        let fields = torrent.as_object_mut().context("fields")?;
        // These follow the settings, which stay ours.
        for key in ["priority", "max_ratio"] {
            fields.remove(key);
        }
    }
    for part in ["preferences", "categories", "transfer"] {
        expected[part] = json!({});
    }
    let check = async |target: &Target| -> Result<()> {
        settle(target.client()).await?;
        let own_first = until("the same torrents", async || {
            let mut found = picture::picture(target.client()).await?;
            let kept = found["torrents"].as_object_mut().and_then(|all| all.remove(&own.id()));
            found["tags"] = expected["tags"].clone();
            let differences = picture::differences(&expected, &found)?;
            Ok(differences.is_empty().then_some(kept).flatten())
        });
        let own_first = match own_first.await {
            Ok(own) => own,
            Err(error) => {
                let found = picture::picture(target.client()).await?;
                let differences = picture::differences(&expected, &found)?;
                return Err(error.context(differences.join("\n")));
            }
        };
        assert_eq!((&own_first["category"], &own_first["tags"]), (&json!("own"), &json!("mine")));
        let categories = target.client().json("torrents/categories", &[]).await?;
        assert_eq!(categories["tv"]["savePath"], "/mine");
        assert!(categories["with temp"].is_object(), "{categories}");
        let tags = target.client().json("torrents/tags", &[]).await?;
        for tag in ["mine", "unused", "ünï"] {
            assert!(tags.as_array().is_some_and(|tags| tags.contains(&json!(tag))), "{tags}");
        }
        Ok(())
    };
    check(&target).await?;
    let again = target.command(&command).await?;
    assert!(again.contains(&format!("{COUNT} torrents were known already")), "{again}");
    target.kill().await?;
    target.start().await?;
    check(&target).await
}

/// Settings come along, but for where the server is reached: whoever asked finds it where it was.
async fn an_import_moves_no_running_server(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let target = Target::setup(level).strict().spawn().await?;
    let key = json!({ "name": "k", "scopes": ["admin", "read"] });
    let key = post(&target, "/v1/api-keys", &key).await?.json()?;
    let key = key["secret"].as_str().context("a key")?;
    let url = format!("http://{}", target.http()?);
    let from = made.folder().to_string_lossy().into_owned();
    let import = ["import-qbittorrent", "--from", &from, "--url", &url, "--api-key", key];

    let report = target.command(&import).await?;

    assert!(report.contains("webui.port: not taken over"), "{report}");
    let preferences = target.client().json("app/preferences", &[]).await?;
    assert_eq!(preferences["dl_limit"], 1_048_576);
    let history = target.client().json("/v1/settings/history?limit=1000", &[]).await?;
    let changes = history["changes"].as_array().context("changes")?;
    let by_key = |key: &str| changes.iter().find(|change| change["key"] == key);
    assert_eq!(by_key("limits.download_bytes_per_second").context("a change")?["actor"], "key:k");
    assert!(by_key("webui.port").is_none(), "{changes:?}");
    Ok(())
}

async fn what_an_import_may_not_is_refused(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let target = Target::setup(level).spawn().await?;
    let from = made.folder();
    for (body, status, says) in [
        (json!({ "from": from, "map": ["x"] }), 422, "/map"),
        (json!({ "from": "relative" }), 422, "/from"),
        (json!({ "from": target.home() }), 422, "/from"),
        (json!({ "from": "/nowhere" }), 422, "/from"),
        (json!({ "from": from, "unknown": 1 }), 422, "unknown"),
    ] {
        let reply = post(&target, "/v1/imports", &body).await?;
        assert_eq!(reply.status, status, "{body}: {}", reply.brief());
        assert!(reply.text().contains(says), "{body}: {}", reply.brief());
    }
    let key = json!({ "name": "k", "scopes": ["read", "add", "control", "settings"] });
    let key = post(&target, "/v1/api-keys", &key).await?.json()?;
    let nobody = target.anonymous()?;
    let request = nobody.request(Method::POST, "/v1/imports");
    let request = request.header("content-type", "application/json");
    let request = request.bearer_auth(key["secret"].as_str().context("a key")?);
    let reply = nobody.send(request.body(json!({ "from": from }).to_string())).await?;
    assert_eq!(reply.status, 403, "{}", reply.brief());

    let dry = post(&target, "/v1/imports", &json!({ "from": from, "dry_run": true })).await?;

    assert_eq!(dry.status, 202, "{}", dry.brief());
    let job = dry.header("location").context("a place")?.to_owned();
    let job = until("the report", async || {
        let job = target.client().json(&job, &[]).await?;
        Ok((job["state"] != "running").then_some(job))
    })
    .await?;
    assert_eq!((&job["state"], &job["report"]["torrents"]), (&json!("finished"), &json!(COUNT)));
    assert_eq!(target.client().json("torrents/info", &[]).await?, json!([]));
    Ok(())
}

at_any_level!(
    a_running_server_takes_a_profile_over,
    an_import_moves_no_running_server,
    what_an_import_may_not_is_refused,
);
