//! Which files are wanted, what they are called, and in which order they come.

use std::os::unix::fs::MetadataExt as _;

use anyhow::{Context, Result};
use compat_tests::{Form, Level, Payload, at_any_level, at_each_level, at_levels, torrent, until};
use serde_json::{Value, json};

use crate::support::{Swarm, is_complete, progress};

/// Four files of whole pieces: the contract counts what is wanted by pieces.
fn payload() -> Payload {
    Payload::folder(
        "set",
        &[("a.bin", 409_600), ("b.bin", 409_600), ("sub/c.bin", 409_600), ("sub/d.bin", 65_536)],
    )
}

async fn names(swarm: &Swarm, id: &str) -> Result<Vec<String>> {
    let files = swarm.client().json("torrents/files", &[("hash", id)]).await?;
    let files = files.as_array().context("a list of files")?;
    Ok(files.iter().map(|file| file["name"].as_str().unwrap_or_default().to_owned()).collect())
}

/// With pre-allocation a file has its whole size on the disk as soon as it is there; without it grows.
async fn files_are_allocated_if_asked(level: Level) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;
    for preallocate in [true, false] {
        swarm.client().set_preferences(&json!({"preallocate_all": preallocate})).await?;
        let payload = Payload::single(&format!("{preallocate}.bin"), 8_000_000);
        let torrent = swarm.torrent(&payload);
        swarm.seed(&torrent, &payload, 300_000).await?;
        swarm.add(&torrent, &[]).await?;
        let file = swarm.target.data().join(&payload.name);
        until("the first piece on the disk", async || {
            let blocks = fs_err::metadata(&file).map_or(0, |found| found.blocks());
            Ok((blocks > 0).then_some(()))
        })
        .await?;
        let on_disk = fs_err::metadata(&file)?.blocks() * 512;
        assert_eq!(on_disk >= 8_000_000, preallocate, "{on_disk} bytes");
        let form = [("hashes", torrent.id()), ("deleteFiles", "true".to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        swarm.client().ok("torrents/delete", &form).await?;
    }
    Ok(())
}

async fn unwanted_files_stay_away(level: Level) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    swarm.add_stopped(&torrent).await?;

    for (file, priority) in [("0|3", "0"), ("1", "7"), ("2", "6")] {
        let form = [("hash", id.as_str()), ("id", file), ("priority", priority)];
        swarm.client().ok("torrents/filePrio", &form).await?;
    }
    swarm.start(&id).await?;
    let listed = swarm.finished(&id).await?;

    assert_eq!(listed["size"], 819_200);
    assert_eq!(listed["completed"], 819_200);
    assert_eq!(listed["total_size"], payload.size());
    torrent::verify(&swarm.target.data().join("set/b.bin"), &payload.files[1])?;
    torrent::verify(&swarm.target.data().join("set/sub/c.bin"), &payload.files[2])?;
    assert!(!swarm.target.data().join("set/a.bin").exists(), "an unwanted file was written");
    let files = swarm.client().json("torrents/files", &[("hash", &id)]).await?;
    let priorities: Vec<&Value> =
        files.as_array().context("files")?.iter().map(|file| &file["priority"]).collect();
    assert_eq!(priorities, [0, 7, 6, 0]);

    // Wanting the rest later fetches it.
    swarm
        .client()
        .ok("torrents/filePrio", &[("hash", &id), ("id", "0|3"), ("priority", "1")])
        .await?;
    swarm
        .client()
        .torrent_when(&id, "the rest is fetched", |torrent| {
            torrent["completed"] == payload.size() && is_complete(torrent)
        })
        .await?;
    payload.verify_in(&swarm.target.data())
}

async fn priorities_need_metadata(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload());
    swarm.add_magnet(&torrent.magnet(&[]), &torrent.id(), &[]).await?;

    let form = [("hash", &*torrent.id()), ("id", "0"), ("priority", "0")];
    let reply = swarm.client().post("torrents/filePrio", &form).await?;

    assert_eq!(reply.brief(), "409 Torrent's metadata has not yet downloaded");
    Ok(())
}

/// Since 5.3 a torrent that the session has parsed can be added with its priorities.
async fn priorities_can_come_with_the_add(level: Level) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let parsed =
        swarm.client().upload("torrents/parseMetadata", &Form::torrent(&torrent.bytes)).await?;
    assert_eq!(parsed.status, 200, "{}", parsed.brief());

    swarm.add_magnet(&torrent.id(), &torrent.id(), &[("filePriorities", "0,1,0,0")]).await?;
    let listed = swarm.finished(&torrent.id()).await?;

    assert_eq!(listed["size"], 409_600);
    torrent::verify(&swarm.target.data().join("set/b.bin"), &payload.files[1])
}

async fn sequential_download_goes_from_the_front(level: Level) -> Result<()> {
    let payload = Payload::single("sequence.bin", 3_200_000);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 600_000).await?;
    let id = torrent.id();

    let listed = swarm.add(&torrent, &[("sequentialDownload", "true")]).await?;
    assert_eq!(listed["seq_dl"], true);
    assert_eq!(listed["f_l_piece_prio"], false);
    let pieces = until("a third of the pieces", async || {
        let pieces = swarm.client().json("torrents/pieceStates", &[("hash", &id)]).await?;
        let pieces: Vec<u64> =
            pieces.as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        let have = pieces.iter().filter(|state| **state == 2).count();
        Ok((have * 3 >= pieces.len() && have > 0).then_some(pieces))
    })
    .await?;
    let have = |pieces: &[u64]| pieces.iter().filter(|state| **state == 2).count();
    let (front, back) = pieces.split_at(pieces.len() / 2);
    if have(&pieces) < pieces.len() / 2 {
        assert!(have(back) * 4 <= have(front), "pieces came out of order: {pieces:?}");
    }
    swarm.seeder.set_limit(&torrent, 0).await?;
    swarm.finished(&id).await?;

    payload.verify_in(&swarm.target.data())
}

async fn first_and_last_pieces_come_first(level: Level) -> Result<()> {
    let payload = Payload::single("ends.bin", 3_200_000);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 300_000).await?;
    let id = torrent.id();

    let options = [("firstLastPiecePrio", "true"), ("sequentialDownload", "true")];
    let listed = swarm.add(&torrent, &options).await?;
    assert_eq!(listed["f_l_piece_prio"], true);
    until("the last piece", async || {
        let pieces = swarm.client().json("torrents/pieceStates", &[("hash", &id)]).await?;
        Ok(pieces.as_array().and_then(|pieces| pieces.last().cloned()).filter(|last| *last == 2))
    })
    .await?;
    let listed = swarm.client().torrent(&id).await?.context("the torrent is listed")?;

    assert!(progress(&listed) < 0.9, "the last piece came last");
    for (action, field) in
        [("toggleSequentialDownload", "seq_dl"), ("toggleFirstLastPiecePrio", "f_l_piece_prio")]
    {
        swarm.client().ok(&format!("torrents/{action}"), &[("hashes", &id)]).await?;
        swarm
            .client()
            .torrent_when(&id, "the switch is off", |torrent| torrent[field] == false)
            .await?;
    }
    Ok(())
}

async fn files_and_folders_can_be_renamed(level: Level) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 400_000).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    swarm.client().torrent_when(&id, "some of the data", |torrent| progress(torrent) > 0.1).await?;

    // While it downloads.
    let during = [("hash", id.as_str()), ("oldPath", "set/a.bin"), ("newPath", "set/new/first")];
    swarm.client().ok("torrents/renameFile", &during).await?;
    until("the new name", async || {
        Ok(names(&swarm, &id).await?.contains(&"set/new/first".to_owned()).then_some(()))
    })
    .await?;
    swarm.seeder.set_limit(&torrent, 0).await?;
    swarm.finished(&id).await?;
    torrent::verify(&swarm.target.data().join("set/new/first"), &payload.files[0])?;

    // After it is complete.
    let after = [("hash", id.as_str()), ("oldPath", "set/sub"), ("newPath", "set/renamed/deep")];
    swarm.client().ok("torrents/renameFolder", &after).await?;
    let expected =
        ["set/new/first", "set/b.bin", "set/renamed/deep/c.bin", "set/renamed/deep/d.bin"];
    until("the new folder", async || {
        let moved = swarm.target.data().join("set/renamed/deep/d.bin").exists()
            && swarm.target.data().join("set/renamed/deep/c.bin").exists();
        Ok((moved && names(&swarm, &id).await? == expected).then_some(()))
    })
    .await?;
    torrent::verify(&swarm.target.data().join("set/renamed/deep/c.bin"), &payload.files[2])?;
    let gone = async |folder: &str| {
        let folder = swarm.target.data().join(folder);
        until("the folder that held it is gone", async || Ok((!folder.exists()).then_some(())))
            .await
    };
    gone("set/sub").await?;

    // The root folder itself, and the name in the list, which is only a name.
    let root = [("hash", id.as_str()), ("oldPath", "set"), ("newPath", "other")];
    swarm.client().ok("torrents/renameFolder", &root).await?;
    until("the new root", async || {
        let content = swarm.client().torrent(&id).await?.context("listed")?["content_path"].clone();
        let moved = swarm.target.data().join("other/renamed/deep/d.bin").exists();
        Ok((moved && content == swarm.target.data().join("other").to_string_lossy().as_ref())
            .then_some(()))
    })
    .await?;
    gone("set").await?;
    swarm.client().ok("torrents/rename", &[("hash", &id), ("name", "Shown name")]).await?;
    swarm
        .client()
        .torrent_when(&id, "the shown name", |torrent| torrent["name"] == "Shown name")
        .await?;
    torrent::verify(&swarm.target.data().join("other/b.bin"), &payload.files[1])
}

async fn content_layouts(level: Level) -> Result<()> {
    let single = Payload::single("movie.bin", 100_000);
    let folder = Payload::folder("album", &[("a.bin", 50_000), ("sub/b.bin", 50_000)]);
    let mut swarm = Swarm::at(level).await?;
    for (payload, layout, expected) in [
        (&single, "Original", "movie.bin"),
        (&single, "NoSubfolder", "movie.bin"),
        (&single, "Subfolder", "movie/movie.bin"),
        (&folder, "Original", "album/sub/b.bin"),
        (&folder, "Subfolder", "album/sub/b.bin"),
        (&folder, "NoSubfolder", "sub/b.bin"),
    ] {
        let torrent = swarm.torrent(payload);
        swarm.seed(&torrent, payload, 0).await?;
        let save_path = swarm.target.folder_named(&format!("{layout}-{}", payload.name))?;
        let path = save_path.to_string_lossy().into_owned();

        swarm.add(&torrent, &[("contentLayout", layout), ("savepath", &path)]).await?;
        swarm.finished(&torrent.id()).await?;

        let last = payload.files.last().context("payloads have files")?;
        torrent::verify(&save_path.join(expected), last)
            .with_context(|| format!("{layout} of {}", payload.name))?;
        let form = [("hashes", &*torrent.id()), ("deleteFiles", "true")];
        swarm.client().ok("torrents/delete", &form).await?;
        until("the torrent is gone", async || {
            Ok(swarm.client().torrent(&torrent.id()).await?.is_none().then_some(()))
        })
        .await?;
    }
    Ok(())
}

async fn incomplete_files_carry_a_suffix(level: Level) -> Result<()> {
    let payload = Payload::single("suffix.bin", 1_000_000);
    let mut swarm = Swarm::at(level).await?;
    swarm.client().set_preferences(&json!({"incomplete_files_ext": true})).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 200_000).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    let partial = swarm.target.data().join("suffix.bin.!qB");
    until("the file with the suffix", async || Ok(partial.exists().then_some(()))).await?;

    assert!(!swarm.target.data().join("suffix.bin").exists());
    assert_eq!(names(&swarm, &id).await?, ["suffix.bin"]);
    let listed = swarm.client().torrent(&id).await?.context("listed")?;
    let content = swarm.target.data().join("suffix.bin");
    assert_eq!(listed["content_path"], content.to_string_lossy().as_ref());
    swarm.seeder.set_limit(&torrent, 0).await?;
    swarm.finished(&id).await?;
    until("the suffix is gone", async || Ok((content.exists() && !partial.exists()).then_some(())))
        .await?;
    payload.verify_in(&swarm.target.data())
}

at_each_level!(
    unwanted_files_stay_away,
    files_are_allocated_if_asked,
    priorities_need_metadata,
    files_and_folders_can_be_renamed
);
at_any_level!(
    sequential_download_goes_from_the_front,
    first_and_last_pieces_come_first,
    content_layouts,
    incomplete_files_carry_a_suffix
);
at_levels!(priorities_can_come_with_the_add: l53 L53);
