//! Logins at trackers, kept apart from their URLs.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use compat_tests::{Authoring, Level, Target, at_any_level, until};
use serde_json::json;

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

at_any_level!(a_login_reaches_the_trackers_of_its_host);
