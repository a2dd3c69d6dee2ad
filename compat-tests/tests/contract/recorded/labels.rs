//! Categories and tags: every action with success, and names that conflict or are missing.

use anyhow::Result;
use compat_tests::{Level, Transcript, at_each_level, differs};
use serde_json::{Value, json};

use crate::support::{UNKNOWN, add_stopped, server, two_files};

async fn categories(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("labelled")).await?;
    let id = id.as_str();
    // The newest level always has subcategories, Revaer follows the preference, which that level does not have.
    let _ = differs("Subcategories follow the stored preference");
    let nested = if level == Level::L53 { "flat" } else { "a/b/c" };
    client.set_preferences(&json!({"use_subcategories": true})).await?;
    let mut transcript = Transcript::of(&target, "categories");
    for (action, form) in [
        ("createCategory", vec![("category", "films"), ("savePath", "/srv/films")]),
        ("createCategory", vec![("category", "films")]),
        ("createCategory", vec![("category", "")]),
        ("createCategory", vec![("category", " blanks ")]),
        ("createCategory", vec![("category", "a//b")]),
        ("createCategory", vec![("category", nested), ("savePath", "relative")]),
        (
            "createCategory",
            vec![
                ("category", "below"),
                ("downloadPathEnabled", "true"),
                ("downloadPath", "/srv/below"),
            ],
        ),
        ("createCategory", vec![("category", "no"), ("downloadPathEnabled", "false")]),
        ("editCategory", vec![("category", "films"), ("savePath", "/srv/moved")]),
        ("editCategory", vec![("category", "films"), ("savePath", "/srv/moved")]),
        ("editCategory", vec![("category", "none"), ("savePath", "/srv")]),
        ("editCategory", vec![("category", ""), ("savePath", "/srv")]),
        ("setCategory", vec![("hashes", id), ("category", "films")]),
        ("setCategory", vec![("hashes", id), ("category", "films")]),
        ("setCategory", vec![("hashes", id), ("category", "missing")]),
        ("setCategory", vec![("hashes", id), ("category", "a//b")]),
        ("setCategory", vec![("hashes", UNKNOWN), ("category", "missing")]),
        ("setCategory", vec![("hashes", UNKNOWN), ("category", "films")]),
        ("setCategory", vec![("hashes", id), ("category", "")]),
        ("setCategory", vec![("hashes", "all"), ("category", nested)]),
        ("removeCategories", vec![("categories", "none")]),
        ("removeCategories", vec![("categories", "films\nnone\nfilms")]),
        ("removeCategories", vec![("categories", "")]),
    ] {
        transcript.post(client, &format!("torrents/{action}"), &form).await?;
        transcript.get(client, "torrents/categories", &[]).await?;
    }
    let listed = client.torrent_when(id, "its category", |t| t["category"] == nested).await?;
    transcript.show("category of the torrent", &listed["category"]);
    transcript.finish()
}

async fn tags(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("tagged")).await?;
    let id = id.as_str();
    let mut transcript = Transcript::of(&target, "tags");
    for (action, form) in [
        ("createTags", vec![("tags", "one,two")]),
        ("createTags", vec![("tags", "one")]),
        ("createTags", vec![("tags", "")]),
        ("createTags", vec![("tags", ",,three ,")]),
        ("addTags", vec![("hashes", id), ("tags", "one,four")]),
        ("addTags", vec![("hashes", id), ("tags", "")]),
        ("addTags", vec![("hashes", UNKNOWN), ("tags", "five")]),
        ("removeTags", vec![("hashes", id), ("tags", "one,none")]),
        ("setTags", vec![("hashes", id), ("tags", "six,two")]),
        ("setTags", vec![("hashes", id), ("tags", "")]),
        ("addTags", vec![("hashes", "all"), ("tags", "a,b")]),
        ("removeTags", vec![("hashes", "all")]),
        ("addTags", vec![("hashes", id), ("tags", "two,three")]),
        ("deleteTags", vec![("tags", "two,none")]),
        ("deleteTags", vec![("tags", "")]),
    ] {
        transcript.post(client, &format!("torrents/{action}"), &form).await?;
        let mut tags = client.json("torrents/tags", &[]).await?;
        // Their order differs on purpose.
        let _ = differs("Tags are sorted as people read them");
        if let Some(tags) = tags.as_array_mut() {
            tags.sort_by_key(Value::to_string);
        }
        transcript.show("tags", &tags);
        let listed = client.torrent_when(id, "the torrent", |_| true).await?;
        transcript.show("tags of the torrent", &listed["tags"]);
    }
    let all = client.json("torrents/tags", &[]).await?;
    let mut names: Vec<&str> =
        all.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    names.sort_unstable();
    transcript.post(client, "torrents/deleteTags", &[("tags", &names.join(","))]).await?;
    transcript.get(client, "torrents/tags", &[]).await?;
    transcript.finish()
}

at_each_level!(categories, tags);
