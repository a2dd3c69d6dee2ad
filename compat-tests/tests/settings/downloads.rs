//! Where content goes when categories and paths change, and what is not taken at all.

use anyhow::{Context, Result};
use compat_tests::bencode;
use compat_tests::{Authoring, Form, Level, Payload, Target, at_any_level, until};
use serde_json::{Value, json};

use crate::servers::Server;
use crate::{add, is_reference, payload};

async fn torrent_with(target: &Target, name: &str, options: &[(&str, &str)]) -> Result<String> {
    let content = Payload::single(name, 40_000);
    let torrent = Authoring::of(&content).build();
    let form = Form::torrent(&torrent.bytes);
    let form = options.iter().fold(form, |form, (name, value)| form.text(name, value));
    target.client().add(&form).await?;
    let settled = |torrent: &Value| torrent["state"] != "checkingResumeData";
    target.client().torrent_when(&torrent.id(), "listed", settled).await?;
    Ok(torrent.id())
}

async fn row(target: &Target, id: &str) -> Result<Value> {
    target.client().torrent(id).await?.context("the torrent")
}

/// A manual torrent is put into the folder of its category only if that is wished.
async fn a_manual_torrent_may_follow_its_category(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let folder = target.folder_named("films")?;
    let folder = folder.to_string_lossy();
    let category = [("category", "films"), ("savePath", &*folder)];
    target.client().ok("torrents/createCategory", &category).await?;
    for (name, on) in [("on.bin", true), ("off.bin", false)] {
        target.client().set_preferences(&json!({"use_category_paths_in_manual_mode": on})).await?;

        let id =
            torrent_with(&target, name, &[("category", "films"), ("autoTMM", "false")]).await?;

        let data = target.data();
        let expected = if on { folder.clone() } else { data.to_string_lossy() };
        assert_eq!(row(&target, &id).await?["save_path"], *expected, "{name}");
    }
    Ok(())
}

/// What a managed torrent does when its category changes, or the path of all: it moves, or is on its own from then on.
async fn managed_torrents_move_or_are_let_go(level: Level) -> Result<()> {
    for follows in [true, false] {
        let target = Target::spawn(level).await?;
        let (films, later) = (target.folder_named("films")?, target.folder_named("later")?);
        let films = films.to_string_lossy();
        target
            .client()
            .set_preferences(&json!({
                "torrent_changed_tmm_enabled": follows, "save_path_changed_tmm_enabled": follows,
            }))
            .await?;
        let category = [("category", "films"), ("savePath", &*films)];
        target.client().ok("torrents/createCategory", &category).await?;
        let moved = torrent_with(&target, "moved.bin", &[("autoTMM", "true")]).await?;
        let kept = torrent_with(&target, "kept.bin", &[("autoTMM", "true")]).await?;

        let form = [("hashes", moved.as_str()), ("category", "films")];
        target.client().ok("torrents/setCategory", &form).await?;
        let data = target.data();
        let expected = if follows { films.clone() } else { data.to_string_lossy() };
        let is_so =
            |torrent: &Value| torrent["auto_tmm"] == follows && torrent["save_path"] == *expected;
        target.client().torrent_when(&moved, "its own category changed", is_so).await?;

        target.client().set_preferences(&json!({"save_path": later})).await?;
        let expected = if follows { later.to_string_lossy() } else { data.to_string_lossy() };
        let is_so =
            |torrent: &Value| torrent["auto_tmm"] == follows && torrent["save_path"] == *expected;
        target.client().torrent_when(&kept, "the path of all changed", is_so).await?;
    }
    Ok(())
}

/// Files of torrents have a largest size and a largest depth.
async fn large_and_deep_files_are_refused(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let target = Target::spawn(level).await?;
    let deep = |depth: usize| -> Result<Vec<u8>> {
        let content = Payload::single(&format!("deep{depth}.bin"), 20_000);
        let torrent = Authoring::of(&content).build();
        let mut top = bencode::Value::decode(&torrent.bytes)?;
        let nested =
            (0..depth).fold(bencode::Value::Int(1), |inner, _| bencode::Value::List(vec![inner]));
        top.insert("nested", nested);
        Ok(top.encode())
    };
    let is_taken = async |bytes: &[u8]| -> Result<bool> {
        let reply = target.client().upload("torrents/add", &Form::torrent(bytes)).await?;
        Ok(reply.status == 200 && reply.text() != "Fails.")
    };
    assert!(is_taken(&deep(50)?).await?);
    target.client().set_preferences(&json!({"bdecode_depth_limit": 20})).await?;
    assert!(!is_taken(&deep(51)?).await?);
    assert!(is_taken(&deep(5)?).await?);

    let large = Authoring::of(&Payload::single("large.bin", 4_000_000)).build();
    target.client().set_preferences(&json!({"torrent_file_size_limit": 2000})).await?;
    assert!(large.bytes.len() > 2000 && !is_taken(&large.bytes).await?);
    target.client().set_preferences(&json!({"torrent_file_size_limit": 1_000_000})).await?;
    assert!(is_taken(&large.bytes).await?);
    Ok(())
}

/// Nothing is put outside of the roots.
async fn content_stays_below_the_roots(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let target = Target::spawn(level).await?;
    let (inside, outside) = (target.folder_named("data/inside")?, target.folder_named("outside")?);
    crate::set(&target, &json!({"paths.roots": [target.data()]})).await?;
    let torrent = Authoring::of(&payload()).build();
    let to = |folder: &std::path::Path| {
        Form::torrent(&torrent.bytes).text("savepath", &folder.to_string_lossy())
    };

    let refused = target.client().upload("torrents/add", &to(&outside)).await?;
    assert!(refused.status >= 400 || refused.text() == "Fails.", "{}", refused.brief());
    assert!(target.client().torrent(&torrent.id()).await?.is_none());

    target.client().add(&to(&inside)).await?;
    let row = target.client().torrent_when(&torrent.id(), "listed", |_| true).await?;
    assert_eq!(row["save_path"], *inside.to_string_lossy());
    let id = torrent.id();
    let outside = outside.to_string_lossy();
    let form = [("hashes", id.as_str()), ("location", &*outside)];
    let refused = target.client().post("torrents/setLocation", &form).await?;
    assert!(refused.status >= 400, "{}", refused.brief());
    Ok(())
}

/// Cookies go along with what is fetched by URL, to their host alone.
async fn fetches_carry_the_cookies_of_their_host(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let (target, server) = (Target::spawn(level).await?, Server::tracker().await?);
    let cookies = json!([
        {"name": "pass", "domain": "127.0.0.1", "path": "/", "value": "through"},
        {"name": "other", "domain": "example.org", "path": "/", "value": "elsewhere"},
    ]);
    crate::set(&target, &json!({"downloads.cookies": cookies.to_string()})).await?;

    let url = format!("http://{}/fetched.torrent", server.address());
    target.client().upload("torrents/add", &Form::url(&url)).await?;

    let head = until("the fetch", async || Ok(server.seen().first().cloned())).await?;
    assert!(head.to_lowercase().contains("cookie: pass=through\r\n"), "{head}");
    Ok(())
}

/// Torrents are put where the path of all says.
async fn content_goes_to_the_path_of_all(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let folder = target.folder_named("elsewhere")?;
    target.client().set_preferences(&json!({"save_path": folder})).await?;

    let row = add(&target, &Authoring::of(&payload()).build()).await?;

    assert_eq!(row["save_path"], *folder.to_string_lossy());
    Ok(())
}

/// Content has a folder of its own, has none, or is left as its author made it.
async fn content_is_laid_out_as_preferred(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    for (layout, file, folder) in [
        ("Original", "one.bin", "two/inner.bin"),
        ("Subfolder", "one/one.bin", "two/inner.bin"),
        ("NoSubfolder", "one.bin", "inner.bin"),
    ] {
        target.client().set_preferences(&json!({"torrent_content_layout": layout})).await?;
        for (payload, expected) in [
            (Payload::single("one.bin", 20_000), file),
            (Payload::folder("two", &[("inner.bin", 20_000)]), folder),
        ] {
            // The comment makes no other torrent of it.
            let torrent = Authoring::of(&payload).comment(layout).build();
            add(&target, &torrent).await?;
            let files = target.client().json("torrents/files", &[("hash", &torrent.id())]).await?;

            assert_eq!(files[0]["name"], expected, "{layout}");
            let form = [("hashes", torrent.id()), ("deleteFiles", "true".to_owned())];
            let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
            target.client().ok("torrents/delete", &form).await?;
            until("it is gone", async || {
                Ok(target.client().torrent(&torrent.id()).await?.is_none().then_some(()))
            })
            .await?;
        }
    }
    Ok(())
}

/// New torrents are managed, or not, where the add says nothing of it.
async fn torrents_are_managed_if_preferred(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    for managed in [true, false] {
        target.client().set_preferences(&json!({"auto_tmm_enabled": managed})).await?;

        let id = torrent_with(&target, &format!("{managed}.bin"), &[]).await?;

        assert_eq!(row(&target, &id).await?["auto_tmm"], managed);
    }
    Ok(())
}

at_any_level!(
    content_is_laid_out_as_preferred,
    torrents_are_managed_if_preferred,
    a_manual_torrent_may_follow_its_category,
    managed_torrents_move_or_are_let_go,
    large_and_deep_files_are_refused,
    content_stays_below_the_roots,
    fetches_carry_the_cookies_of_their_host,
    content_goes_to_the_path_of_all,
);
