//! A take-over that is killed or cancelled goes on or starts over, and takes nothing twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use compat_tests::{Level, Target, at_any_level, has_no_counterpart, profile, until};
use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::made::{Made, Storage};
use crate::maker::{COUNT, settle};
use crate::picture;

/// Torrents besides the recorded ones, so that there are several commits.
const MANY: usize = 1200;

const ROUNDS: usize = 4;

/// Numbers that go on by themselves.
const PASSING: &[&str] = &[
    "last_activity",
    "time_active",
    "seeding_time",
    "eta",
    "reannounce",
    "popularity",
    "uploaded_session",
    "downloaded_session",
    "upspeed",
    "dlspeed",
    "availability",
    "seen_complete",
];

/// A large profile with the recorded torrents in it, and their content beside it.
fn large(level: Level, place: &Path) -> Result<Made> {
    let made = Made::recorded(level, Storage::Folder)?;
    made.lay_out(place)?;
    profile::write(&place.join("qBittorrent"), MANY)?;
    Ok(made)
}

/// All torrents by id with what must be the same whatever happened; fails where one is there twice.
async fn torrents(target: &Target) -> Result<BTreeMap<String, Value>> {
    settle(target.client()).await?;
    let list = target.client().json("torrents/info", &[]).await?;
    let mut torrents = BTreeMap::new();
    for torrent in list.as_array().context("a list")? {
        let mut fields = torrent.as_object().context("fields")?.clone();
        fields.retain(|key, _| !PASSING.contains(&key.as_str()));
        // The many were complete and their content is nowhere: each takes a place in the queue when its files are
        // looked for, in whatever order that happens.
        fields.remove("priority");
        // The default folder is each target's own.
        let data = target.data().to_string_lossy().into_owned();
        for field in fields.values_mut() {
            if let Some(inner) = field.as_str().and_then(|text| text.strip_prefix(&data)) {
                *field = json!(format!("default{inner}"));
            }
        }
        let id = torrent["hash"].as_str().context("an id")?.to_owned();
        let twice = torrents.insert(id, Value::Object(fields));
        assert_eq!(twice, None, "a torrent is there twice");
    }
    Ok(torrents)
}

async fn expect_same(target: &Target, expected: &BTreeMap<String, Value>) -> Result<()> {
    let same = until("the same torrents", async || {
        Ok((torrents(target).await? == *expected).then_some(()))
    });
    if same.await.is_err() {
        let found = torrents(target).await?;
        assert_eq!(found.len(), expected.len());
        for (id, torrent) in expected {
            assert_eq!(found.get(id), Some(torrent));
        }
    }
    Ok(())
}

/// The rest of what is compared after an adoption that nothing disturbs.
async fn labels(target: &Target) -> Result<Value> {
    let client = target.client();
    let main = client.json("sync/maindata", &[]).await?;
    let mut preferences = client.json("app/preferences", &[]).await?;
    for (other, _) in picture::OTHER_PREFERENCES {
        preferences[*other] = Value::Null;
    }
    // Below the target's own folder.
    for path in ["save_path", "temp_path"] {
        preferences[path] = Value::Null;
    }
    Ok(json!({
        "categories": client.json("torrents/categories", &[]).await?,
        "tags": client.json("torrents/tags", &[]).await?,
        "totals": [main["server_state"]["alltime_dl"], main["server_state"]["alltime_ul"]],
        "preferences": preferences,
    }))
}

async fn a_killed_adoption_goes_on(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let made = large(level, place.path())?;
    let map = format!("{}={}", made.there(), place.path().display());
    let setup = Target::setup(level).strict().argument("--profile");
    let setup = setup.argument(&place.path().to_string_lossy()).argument("--map").argument(&map);
    let began = Instant::now();
    let mut undisturbed = setup.clone().spawn().await?;
    let whole = began.elapsed();
    let expected = torrents(&undisturbed).await?;
    assert_eq!(expected.len(), COUNT + MANY);
    let expected_labels = labels(&undisturbed).await?;
    undisturbed.stop().await?;

    for round in 0..ROUNDS {
        let mut target = setup.clone().prepare()?;
        // Once at any moment of a start, once surely between two commits.
        let moment = whole.mul_f64(rand::rng().random_range(0.0..0.9));
        let started = Instant::now();
        target.start_and_kill(|_| started.elapsed() >= moment).await?;
        let commits = 1 + round % 3;
        let log = target
            .start_and_kill(|log| {
                log.matches("torrents looked at").count() >= commits || log.contains("listens on")
            })
            .await?;
        let is_marked = target.home().join("adopting").exists();
        // The mark goes between the report and the start.
        let (is_reported, is_started) =
            (log.contains("the profile in"), log.contains("listens on"));
        assert!(
            if is_marked { !is_started } else { is_reported || is_started },
            "marked: {is_marked}\n{log}"
        );

        target.start().await?;

        expect_same(&target, &expected).await?;
        assert_eq!(labels(&target).await?, expected_labels, "round {round}, {moment:?}");
        assert!(!target.home().join("adopting").exists());
        target.restart().await?;
        expect_same(&target, &expected).await?;
        target.stop().await?;
    }
    Ok(())
}

/// Begins an import by the API and returns the place of its job.
async fn import(target: &Target, place: &Path, map: &str) -> Result<String> {
    let client = target.client();
    let body = json!({ "from": place, "map": [map] });
    let request = client.request(Method::POST, "/v1/imports");
    let request = request.header("content-type", "application/json").body(body.to_string());
    let reply = client.send(request).await?;
    assert_eq!(reply.status, 202, "{}", reply.brief());
    Ok(reply.header("location").context("a place")?.to_owned())
}

async fn finished(target: &Target, job: &str) -> Result<Value> {
    until("the end of the import", async || {
        let job = target.client().json(job, &[]).await?;
        Ok((job["state"] != "running").then_some(job))
    })
    .await
}

async fn a_killed_import_goes_on(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let made = large(level, place.path())?;
    let map = format!("{}={}", made.there(), place.path().display());
    let mut undisturbed = Target::setup(level).strict().spawn().await?;
    let began = Instant::now();
    let job = import(&undisturbed, place.path(), &map).await?;
    let job = finished(&undisturbed, &job).await?;
    let whole = began.elapsed();
    assert_eq!(job["report"]["torrents"], COUNT + MANY, "{job}");
    let expected = torrents(&undisturbed).await?;
    undisturbed.stop().await?;

    for round in 0..ROUNDS {
        let mut target = Target::setup(level).strict().spawn().await?;
        let job = import(&target, place.path(), &map).await?;
        let moment = whole.mul_f64(rand::rng().random_range(0.0..1.0));
        let started = Instant::now();
        until("a moment of the import", async || {
            let job = target.client().json(&job, &[]).await?;
            let is_under_way = job["progress"].as_f64().is_some_and(|done| done > 0.0);
            Ok((is_under_way && started.elapsed() >= moment).then_some(()))
        })
        .await?;
        target.kill().await?;
        target.start().await?;
        let before = torrents(&target).await?.len();

        let job = import(&target, place.path(), &map).await?;
        let job = finished(&target, &job).await?;

        let report = &job["report"];
        assert_eq!(report["known"], before, "round {round}: {report}");
        assert_eq!(report["torrents"], COUNT + MANY - before, "{report}");
        expect_same(&target, &expected).await?;
        target.kill().await?;
        target.start().await?;
        expect_same(&target, &expected).await?;
        target.stop().await?;
    }
    Ok(())
}

async fn an_import_is_cancelled(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    profile::write(&place.path().join("qBittorrent"), 4 * MANY)?;
    let target = Target::setup(level).spawn().await?;
    let map = "/x=/y";
    let job = import(&target, place.path(), map).await?;
    until("some progress", async || {
        let job = target.client().json(&job, &[]).await?;
        Ok(job["progress"].as_f64().filter(|done| *done > 0.0))
    })
    .await?;

    let delete = async || -> Result<u16> {
        let client = target.client();
        Ok(client.send(client.request(Method::DELETE, &job)).await?.status)
    };
    assert_eq!(delete().await?, 204);

    let ended = finished(&target, &job).await?;
    assert_eq!(ended["state"], "failed", "{ended}");
    assert!(ended["reason"].as_str().is_some_and(|why| why.contains("cancelled")), "{ended}");
    let taken = ended["report"]["torrents"].as_u64().context("a number")?;
    assert!(taken > 0 && taken < 4 * MANY as u64, "{taken}");
    let listed = torrents(&target).await?.len();
    assert_eq!(listed as u64, taken);
    assert_eq!(delete().await?, 204);
    let gone = target.client().get(&job, &[]).await?;
    assert_eq!(gone.status, 404, "{}", gone.brief());
    let job = import(&target, place.path(), map).await?;
    let again = finished(&target, &job).await?;
    assert_eq!(again["report"]["known"], taken, "{again}");
    assert_eq!(torrents(&target).await?.len(), 4 * MANY);
    Ok(())
}

/// An adoption that was interrupted is not forgotten because the profile is away for once.
async fn an_interrupted_adoption_waits_for_its_profile(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    large(level, place.path())?;
    let setup =
        Target::setup(level).argument("--profile").argument(&place.path().to_string_lossy());
    let mut target = setup.prepare()?;
    let looked = |log: &str| log.contains("torrents looked at");
    target.start_and_kill(looked).await?;
    let [there, away] = ["qBittorrent", "away"].map(|name| place.path().join(name));
    fs_err::rename(&there, &away)?;

    let refused = target.start().await.expect_err("a server with a part of the profile");

    assert!(format!("{refused:#}").contains("--no-adopt"), "{refused:#}");
    fs_err::rename(&away, &there)?;
    target.start().await?;
    assert_eq!(torrents(&target).await?.len(), COUNT + MANY);
    Ok(())
}

at_any_level!(
    a_killed_adoption_goes_on,
    a_killed_import_goes_on,
    an_import_is_cancelled,
    an_interrupted_adoption_waits_for_its_profile,
);
