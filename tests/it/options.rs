//! Options of one torrent: what is wished is what libtorrent does, when it is set, when the preferences change, and after
//! a restart.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use revaer::app::{App, Launch};
use revaer::engine::Error;
use revaer::engine::options::LiveOptions;
use revaer::intake::{Accepted, Link, NewTorrent, Prepared, Source};
use revaer::model::{Actor, OwnLimit, PeerSources, Selection, TorrentId};
use revaer::settings::Patch;
use revaer::telemetry::LogRing;

const MAGNET: &str = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567";

async fn start(home: &Path) -> Arc<App> {
    let mut overrides = Patch::new();
    overrides.set("connection.listen_port", 0);
    overrides.set("connection.interface_address", "127.0.0.1");
    overrides.set("bittorrent.dht", false);
    overrides.set("downloads.save_path", home.join("content").to_str().unwrap());
    let launch = Launch { home: home.join("home"), overrides, ..Launch::default() };
    App::start(launch, Arc::new(LogRing::default())).await.unwrap()
}

async fn add(app: &App, wishes: &NewTorrent) -> TorrentId {
    let source = Source::Link(Link::parse(MAGNET).unwrap());
    let mut prepared = pin!(app.intake.prepare(vec![source]));
    let prepared: Prepared = prepared.next().await.unwrap().unwrap();
    let accepted = app.intake.submit(&app.engine, prepared, wishes).await.unwrap().await.unwrap();
    let Accepted::Added(id) = accepted else { panic!("a magnet is added at once") };
    id
}

/// What libtorrent does, once it does what is wanted.
async fn live(app: &App, id: TorrentId, wanted: impl Fn(&LiveOptions) -> bool) -> LiveOptions {
    let waiting = async {
        loop {
            match app.engine.live_options(id).await {
                Ok(Some(live)) if wanted(&live) => return live,
                Ok(_) | Err(Error::Unavailable(_)) => {}
                Err(error) => panic!("{error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("libtorrent follows")
}

async fn prefer(app: &App, key: &str, value: impl Into<serde_json::Value>) {
    let mut patch = Patch::new();
    patch.set(key, value);
    app.settings.patch(patch, &Actor::System).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_are_set_followed_and_kept() {
    let home = tempfile::tempdir().unwrap();
    let app = start(home.path()).await;
    let id = add(&app, &NewTorrent::default()).await;
    let all = || Selection::from(id);
    let first = live(&app, id, |_| true).await;
    assert_eq!((first.max_connections, first.max_uploads), (Some(100), Some(4)));
    assert!(first.dht && first.pex && first.lsd && !first.sequential);

    app.engine.set_slots(all(), Some(OwnLimit::At(7)), None).await.unwrap();
    live(&app, id, |live| live.max_connections == Some(7) && live.max_uploads == Some(4)).await;
    // Its own limit stays when the preference changes, the other follows.
    prefer(&app, "connection.max_connections_per_torrent", 50).await;
    prefer(&app, "connection.max_upload_slots_per_torrent", 9).await;
    live(&app, id, |live| live.max_connections == Some(7) && live.max_uploads == Some(9)).await;
    app.engine.set_slots(all(), None, Some(OwnLimit::Unlimited)).await.unwrap();
    live(&app, id, |live| live.max_uploads.is_none()).await;
    let refused = app.engine.set_slots(all(), Some(OwnLimit::At(1)), None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));

    let sources = PeerSources { dht: Some(false), pex: Some(true), lsd: Some(false) };
    app.engine.set_sources(all(), sources).await.unwrap();
    live(&app, id, |live| !live.dht && live.pex && !live.lsd).await;
    prefer(&app, "bittorrent.pex", false).await;
    app.engine.set_download_limit(all(), Some(12_345)).await.unwrap();
    app.engine.set_sequential(all(), true).await.unwrap();
    let before = live(&app, id, |live| live.sequential).await;
    assert!(before.pex && before.download_limit == Some(12_345), "{before:?}");
    app.shut_down().await;
    drop(app);

    let app = start(home.path()).await;

    let after = live(&app, id, |_| true).await;
    assert_eq!(after, before);
    let snapshot = app.engine.snapshot();
    let options = &snapshot.torrent(&id).unwrap().options;
    assert_eq!(
        (options.max_connections, options.max_uploads),
        (OwnLimit::At(7), OwnLimit::Unlimited)
    );
    assert_eq!(options.sources, sources);
    app.engine.set_slots(all(), Some(OwnLimit::Default), Some(OwnLimit::Default)).await.unwrap();
    app.engine.set_sources(all(), PeerSources::default()).await.unwrap();
    let back = live(&app, id, |live| live.max_connections == Some(50)).await;
    assert!(back.max_uploads == Some(9) && back.dht && !back.pex && back.lsd, "{back:?}");
    app.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_can_be_given_when_adding() {
    let home = tempfile::tempdir().unwrap();
    let app = start(home.path()).await;
    let wishes = NewTorrent {
        max_connections: OwnLimit::At(11),
        max_uploads: OwnLimit::At(3),
        sources: PeerSources { pex: Some(false), ..PeerSources::default() },
        upload_limit: Some(5000),
        sequential: true,
        ..NewTorrent::default()
    };

    let id = add(&app, &wishes).await;

    let live = live(&app, id, |_| true).await;
    assert_eq!((live.max_connections, live.max_uploads), (Some(11), Some(3)));
    assert!(!live.pex && live.dht && live.sequential && live.upload_limit == Some(5000));
    app.shut_down().await;
}
