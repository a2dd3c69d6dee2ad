//! Logins at trackers, kept apart from their URLs.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use compat_tests::{Authoring, Form, Level, Payload, Target, at_any_level, until};
use serde_json::{Value, json};

use crate::secrets::is_anywhere;
use crate::servers::Server;
use crate::{add, is_reference, payload, set};

const PASSWORD: &str = "tracker-geheim-71";

/// The login of a host reaches its trackers and no others, stands in no URL that anybody sees, and in no file.
async fn a_login_reaches_the_trackers_of_its_host(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let mut target = Target::spawn(level).await?;
    let (tracker, other) = (Server::tracker().await?, Server::tracker().await?);
    let url = format!("http://{}/announce", tracker.address());
    let torrent = Authoring::of(&payload())
        .tracker(&url)
        .tracker(&format!("http://{}/announce", other.address()))
        .build();
    add(&target, &torrent).await?;
    until("an announce without a login", async || Ok((!tracker.seen().is_empty()).then_some(())))
        .await?;

    let host = tracker.address().to_string();
    let login = json!([{"host": host, "username": "somebody", "password": PASSWORD}]);
    set(&target, &json!({"trackers.logins": login.to_string()})).await?;

    let header =
        format!("Authorization: Basic {}", STANDARD.encode(format!("somebody:{PASSWORD}")));
    let logged_in = || tracker.seen().iter().filter(|head| head.contains(&header)).count();
    let id = torrent.id();
    until("the login", async || {
        target.client().ok("torrents/reannounce", &[("hashes", &id)]).await?;
        Ok((logged_in() > 0).then_some(()))
    })
    .await?;
    let works = async |target: &Target| {
        until("a tracker that works", async || {
            let rows = target.client().json("torrents/trackers", &[("hash", &id)]).await?;
            let row = rows.as_array().and_then(|rows| rows.iter().find(|row| row["url"] == url));
            Ok(row.filter(|row| row["status"] == 2).cloned())
        })
        .await
    };
    works(&target).await?;
    let before = logged_in();
    target.restart().await?;
    until("the login after a restart", async || Ok((logged_in() > before).then_some(()))).await?;
    works(&target).await?;
    target.stop().await?;

    assert!(other.seen().iter().all(|head| !head.contains("Authorization")), "{:?}", other.seen());
    assert_eq!(is_anywhere(target.folder(), PASSWORD)?, Vec::<String>::new());
    Ok(())
}

/// What stands in the passwords of all URLs below.
const MARK: &str = "veiled-";

/// Whether a request carries this login.
fn has_login(server: &Server, password: &str) -> bool {
    let expected = STANDARD.encode(format!("somebody:{password}"));
    let is_it = |head: &String| head.to_lowercase().contains("authorization: basic");
    server.seen().iter().any(|head| is_it(head) && head.contains(&expected))
}

/// Logins that people type into URLs are used and read back as they were typed, as clients expect; yet they lie in no
/// file, and neither log nor history nor problem tells them.
async fn logins_in_urls_are_sealed_at_rest(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let mut target =
        Target::setup(level).environment("REVAER_LOG", Some("debug,revaer=trace")).spawn().await?;
    let (tracker, slow) = (Server::tracker().await?, Server::silent().await?);
    let with = |password: &str, address: &str, path: &str| {
        format!("http://somebody:{MARK}{password}@{address}/{path}")
    };
    let working = with("1", &tracker.address().to_string(), "announce");
    let (broken, added) =
        (with("2", "127.0.0.1:9", "announce"), with("3", "127.0.0.1:9", "announce"));
    let fetched = with("4", &slow.address().to_string(), "x.torrent");
    let seed = with("5", "127.0.0.1:9", "seed");
    let payload = payload();
    let torrent = Authoring::of(&payload).tracker(&working).tracker(&broken).web_seed(&seed);
    let torrent = torrent.build();
    add(&target, &torrent).await?;
    let id = torrent.id();
    target.client().ok("torrents/addTrackers", &[("hash", &id), ("urls", &added)]).await?;
    let other = Authoring::of(&Payload::single("other.bin", 20_000)).build();
    let failing = with("6", "127.0.0.1:9", "announce");
    let magnet = other.magnet(&[&failing]);
    target.client().upload("torrents/add", &Form::url(&magnet)).await?;
    // It waits for its answer.
    let options = Form::url(&fetched).text("savepath", &target.data().to_string_lossy());
    target.client().upload("torrents/add", &options).await?;
    let extra = |last: &str| {
        json!({
            "trackers.add": with(last, "127.0.0.1:9", "announce"),
            "trackers.add_from_url": with(last, "127.0.0.1:9", "trackers"),
            "trackers.add_from_url_enabled": true,
            "filter.list_url": with(last, "127.0.0.1:9", "addresses"),
            "filter.enabled": true,
        })
    };
    // Twice, so that the history has an old and a new value.
    set(&target, &extra("7")).await?;
    set(&target, &extra("8")).await?;

    let is_as_typed = async |target: &Target| -> Result<()> {
        let rows = target.client().json("torrents/trackers", &[("hash", &id)]).await?;
        for url in [&working, &broken, &added] {
            let rows = rows.as_array().map_or(&[][..], Vec::as_slice);
            assert!(rows.iter().any(|row| row["url"] == **url), "{url}: {rows:?}");
        }
        let seeds = target.client().json("torrents/webseeds", &[("hash", &id)]).await?;
        assert_eq!(seeds[0]["url"], seed);
        let settings = target.client().json("/v1/settings", &[]).await?;
        assert_eq!(settings["effective"]["trackers.add"], extra("8")["trackers.add"]);
        let exported = target.client().get("torrents/export", &[("hash", &id)]).await?;
        assert!(exported.text().contains(&working) && exported.text().contains(&seed));
        Ok(())
    };
    let is_used = async || {
        until("both logins", async || {
            let used = has_login(&tracker, "veiled-1") && has_login(&slow, "veiled-4");
            Ok(used.then_some(()))
        })
        .await
    };
    is_used().await?;
    // Nobody listens there; what is said of it goes through log and events.
    until("a tracker that fails", async || {
        let rows = target.client().json("torrents/trackers", &[("hash", &other.id())]).await?;
        let rows = rows.as_array().cloned().unwrap_or_default();
        let fails = |row: &Value| row["url"] == *failing && row["status"] == 4;
        Ok(rows.iter().any(fails).then_some(()))
    })
    .await?;
    is_as_typed(&target).await?;
    let unknown = with("9", "127.0.0.1:9", "unknown");
    let form = [("hash", &*id), ("origUrl", &unknown), ("newUrl", &failing)];
    let refused = target.client().post("torrents/editTracker", &form).await?;
    assert!(refused.status >= 400 && !refused.text().contains(MARK), "{}", refused.brief());
    for path in ["log/main", "/v1/settings/history", "/v1/health", "/v1/log"] {
        let told = target.client().get(path, &[]).await?.text();
        assert!(!told.contains(MARK), "{path}: {told}");
    }

    let (before, asked) = (tracker.seen().len(), slow.seen().len());
    target.restart().await?;
    until("both again", async || {
        Ok((tracker.seen().len() > before && slow.seen().len() > asked).then_some(()))
    })
    .await?;
    assert!(tracker.seen().iter().all(|head| head.to_lowercase().contains("authorization")));
    assert!(slow.seen().iter().all(|head| head.to_lowercase().contains("authorization")));
    is_as_typed(&target).await?;
    target.kill().await?;
    assert_eq!(is_anywhere(target.folder(), MARK)?, Vec::<String>::new());
    Ok(())
}

at_any_level!(a_login_reaches_the_trackers_of_its_host, logins_in_urls_are_sealed_at_rest);
