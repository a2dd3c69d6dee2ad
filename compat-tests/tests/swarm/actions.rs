//! What a share limit does: each action, by torrent and by category, and limits that a category inherits.

use anyhow::Result;
use compat_tests::{Level, Payload, Target, Torrent, at_levels, until};
use serde_json::Value;

use crate::support::{Swarm, is_seeding};

const ACTIONS: [&str; 4] = ["Stop", "Remove", "RemoveWithContent", "EnableSuperSeeding"];

/// Adds a torrent whose content is there already, and waits until it seeds.
async fn seeding(
    swarm: &Swarm,
    name: &str,
    options: &[(&str, &str)],
) -> Result<(Torrent, Payload)> {
    let payload = Payload::single(name, 60_000);
    let torrent = swarm.torrent(&payload);
    payload.write_to(&swarm.target.data())?;
    swarm.add(&torrent, options).await?;
    swarm.finished(&torrent.id()).await?;
    Ok((torrent, payload))
}

/// Waits for what an action leads to.
async fn happens(swarm: &Swarm, torrent: &Torrent, payload: &Payload, action: &str) -> Result<()> {
    let (client, id) = (swarm.client(), torrent.id());
    let gone = async || {
        until(action, async || Ok(client.torrent(&id).await?.is_none().then_some(()))).await
    };
    match action {
        "Stop" => {
            let stopped = swarm.level.stopped_upload();
            client.torrent_when(&id, action, |t| t["state"] == stopped).await?;
        }
        "EnableSuperSeeding" => {
            let is_super = |t: &Value| t["super_seeding"] == true && is_seeding(t);
            client.torrent_when(&id, action, is_super).await?;
        }
        "Remove" => {
            gone().await?;
            payload.verify_in(&swarm.target.data())?;
        }
        _ => {
            gone().await?;
            let file = swarm.target.data().join(&payload.name);
            until("the content is gone", async || Ok((!file.exists()).then_some(()))).await?;
        }
    }
    Ok(())
}

fn limits<'a>(id: &'a str, ratio: &'a str, action: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("hashes", id),
        ("ratioLimit", ratio),
        ("seedingTimeLimit", "-2"),
        ("inactiveSeedingTimeLimit", "-2"),
        ("shareLimitAction", action),
        ("shareLimitsMode", "Default"),
    ]
}

async fn each_action_of_a_torrent(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    for action in ACTIONS {
        let (torrent, payload) = seeding(&swarm, &format!("{action}.bin"), &[]).await?;
        swarm.client().ok("torrents/setShareLimits", &limits(&torrent.id(), "0", action)).await?;
        happens(&swarm, &torrent, &payload, action).await?;
    }
    Ok(())
}

/// At 5.1 an action of one torrent can only be chosen when it is added.
async fn each_action_of_an_add(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    for action in ACTIONS {
        let options = [("ratioLimit", "0"), ("shareLimitAction", action)];
        let payload = Payload::single(&format!("{action}.bin"), 60_000);
        let torrent = swarm.torrent(&payload);
        payload.write_to(&swarm.target.data())?;
        swarm.add(&torrent, &options).await?;
        happens(&swarm, &torrent, &payload, action).await?;
    }
    Ok(())
}

async fn each_action_of_a_category(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    for action in ACTIONS {
        swarm.client().ok("torrents/createCategory", &[("category", action)]).await?;
        let name = format!("{action}.bin");
        let (torrent, payload) = seeding(&swarm, &name, &[("category", action)]).await?;
        let form = [
            ("category", action),
            ("savePath", ""),
            ("ratioLimit", "0"),
            ("shareLimitAction", action),
        ];
        swarm.client().ok("torrents/editCategory", &form).await?;
        happens(&swarm, &torrent, &payload, action).await?;
    }
    Ok(())
}

/// Each limit and the action come from the nearest that has one: torrent, category, its parents, the preferences.
async fn a_category_inherits(level: Level) -> Result<()> {
    // At 5.3 subcategories are always on; Revaer follows its setting.
    let setup = Target::setup(level).set("downloads.subcategories", "true");
    let swarm = Swarm::of(setup).await?;
    let client = swarm.client();
    for form in [
        [
            ("category", "top"),
            ("seedingTimeLimit", "0"),
            ("shareLimitAction", "EnableSuperSeeding"),
        ],
        [("category", "top/mid"), ("ratioLimit", "9000"), ("", "")],
        [("category", "top/mid/low"), ("shareLimitAction", "Stop"), ("", "")],
        [("category", "other"), ("seedingTimeLimit", "9000"), ("", "")],
    ] {
        client.ok("torrents/createCategory", &form).await?;
    }
    let (mid, payload) = seeding(&swarm, "mid.bin", &[("category", "top/mid")]).await?;
    happens(&swarm, &mid, &payload, "EnableSuperSeeding").await?;
    let listed = client.torrent_when(&mid.id(), "listed", |_| true).await?;
    assert_eq!((&listed["max_ratio"], &listed["max_seeding_time"]), (&9000.into(), &0.into()));
    let payload = Payload::single("low.bin", 60_000);
    let low = swarm.torrent(&payload);
    payload.write_to(&swarm.target.data())?;
    swarm.add(&low, &[("category", "top/mid/low")]).await?;
    happens(&swarm, &low, &payload, "Stop").await?;
    let (other, _) = seeding(&swarm, "other.bin", &[("category", "other")]).await?;
    let listed = client.torrent_when(&other.id(), "listed", |_| true).await?;
    assert_eq!((&listed["max_ratio"], &listed["max_seeding_time"]), (&(-1).into(), &9000.into()));
    Ok(())
}

at_levels!(each_action_of_a_torrent: l53 L53);
at_levels!(each_action_of_an_add: l51 L51, l53 L53);
at_levels!(each_action_of_a_category: l53 L53);
at_levels!(a_category_inherits: l53 L53);
