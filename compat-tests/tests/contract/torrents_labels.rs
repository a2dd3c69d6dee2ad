//! Categories and tags.

use anyhow::Result;
use compat_tests::{Level, Target, at_each_level, at_levels, until};
use serde_json::{Value, json};

use crate::support::{add_stopped, post, server, two_files};

/// A category as the level shows it, when nothing but its path is set.
fn category(level: Level, name: &str, path: &str) -> Value {
    let mut shown = json!({"name": name, "savePath": path});
    if level == Level::L53 {
        shown["download_path"] = Value::Null;
        shown["ratio_limit"] = json!(-2);
        shown["seeding_time_limit"] = json!(-2);
        shown["inactive_seeding_time_limit"] = json!(-2);
        shown["share_limit_action"] = json!("Default");
        shown["share_limits_mode"] = json!("Default");
    }
    shown
}

async fn creating(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for (name, expected) in [
        ("", "400 Category cannot be empty"),
        ("/a", "409 Incorrect category name"),
        ("a/", "409 Incorrect category name"),
        ("a//b", "409 Incorrect category name"),
        ("a\\b", "409 Incorrect category name"),
        ("films", "200"),
        ("films", "409 Unable to create category"),
        ("Films", "200"),
        ("a & <b> ü", "200"),
    ] {
        let found = post(client, "torrents/createCategory", &[("category", name)]).await?;
        assert_eq!(found, expected, "{name:?}");
    }
    let form = [("category", "placed"), ("savePath", "/srv/placed")];
    assert_eq!(post(client, "torrents/createCategory", &form).await?, "200");
    let all = client.json("torrents/categories", &[]).await?;
    assert_eq!(
        all,
        json!({
            "films": category(level, "films", ""),
            "Films": category(level, "Films", ""),
            "a & <b> ü": category(level, "a & <b> ü", ""),
            "placed": category(level, "placed", "/srv/placed"),
        })
    );
    for (enabled, path, expected) in [
        ("true", "/srv/incomplete", json!("/srv/incomplete")),
        ("true", "", json!("")),
        ("false", "/srv/ignored", json!(false)),
    ] {
        let name = format!("{enabled}{}", path.len());
        let form =
            [("category", name.as_str()), ("downloadPathEnabled", enabled), ("downloadPath", path)];
        assert_eq!(post(client, "torrents/createCategory", &form).await?, "200");
        let all = client.json("torrents/categories", &[]).await?;
        assert_eq!(all[&name]["download_path"], expected, "{enabled} {path}");
    }
    let form = [("category", "odd"), ("downloadPathEnabled", "maybe")];
    let expected = if level == Level::L53 {
        "400 'downloadPathEnabled' parameter has invalid value"
    } else {
        "200"
    };
    assert_eq!(post(client, "torrents/createCategory", &form).await?, expected);
    Ok(())
}

async fn editing(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.ok("torrents/createCategory", &[("category", "films"), ("savePath", "/srv/a")]).await?;
    let is_new = level == Level::L53;
    let same = if is_new { "200" } else { "409 Unable to edit category" };
    let unknown =
        if is_new { "404 Category does not exist" } else { "409 Unable to edit category" };
    for (name, path, expected) in [
        ("", "/x", "400 Category cannot be empty"),
        ("none", "/x", unknown),
        ("films", "/srv/a", same),
        ("films", "/srv/b", "200"),
    ] {
        let form = [("category", name), ("savePath", path)];
        let found = post(client, "torrents/editCategory", &form).await?;
        assert_eq!(found, expected, "{name} {path}");
    }
    let all = client.json("torrents/categories", &[]).await?;
    assert_eq!(all, json!({"films": category(level, "films", "/srv/b")}));
    Ok(())
}

async fn assigning_and_removing(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("labelled")).await?;
    client.ok("torrents/createCategory", &[("category", "films")]).await?;
    client.ok("torrents/createCategory", &[("category", "other")]).await?;
    let set = async |hashes: &str, category: &str| {
        let form = [("hashes", hashes), ("category", category)];
        post(client, "torrents/setCategory", &form).await
    };
    let becomes = async |category: &str| {
        client.torrent_when(&id, category, |t| t["category"] == category).await
    };

    assert_eq!(set(&id, "none").await?, "409 Incorrect category name");
    assert_eq!(set("all", "films").await?, "200");
    becomes("films").await?;
    assert_eq!(set(&id, "").await?, "200");
    becomes("").await?;
    assert_eq!(set(&id, "films").await?, "200");
    let form = [("categories", "films\nunknown\n")];
    assert_eq!(post(client, "torrents/removeCategories", &form).await?, "200");
    becomes("").await?;
    let all = client.json("torrents/categories", &[]).await?;
    assert_eq!(all, json!({"other": category(level, "other", "")}));
    Ok(())
}

async fn subcategories(level: Level) -> Result<()> {
    // At 5.3 they are always on, and the preference is unknown there; Revaer follows its setting at every level.
    let setup = Target::setup(level).strict().set("downloads.subcategories", "true");
    let target = setup.spawn().await?;
    let client = target.client();
    if level == Level::L51 {
        client.set_preferences(&json!({"use_subcategories": true})).await?;
    }
    let id = add_stopped(client, level, &two_files("nested")).await?;
    client.ok("torrents/createCategory", &[("category", "a/b/c")]).await?;
    let all = client.json("torrents/categories", &[]).await?;
    let names: Vec<&String> = all.as_object().into_iter().flat_map(|all| all.keys()).collect();
    assert_eq!(names, ["a", "a/b", "a/b/c"]);
    client.ok("torrents/setCategory", &[("hashes", &id), ("category", "a/b/c")]).await?;
    client.torrent_when(&id, "the category", |t| t["category"] == "a/b/c").await?;
    for parent in ["a", "a/b", "a/b/c"] {
        let list = client.json("torrents/info", &[("category", parent)]).await?;
        assert_eq!(list.as_array().map(Vec::len), Some(1), "{parent}");
    }
    client.ok("torrents/removeCategories", &[("categories", "a/b")]).await?;
    let expected = if level == Level::L53 { "a" } else { "" };
    client.torrent_when(&id, "what is left", |t| t["category"] == expected).await?;
    let all = client.json("torrents/categories", &[]).await?;
    assert_eq!(all, json!({"a": category(level, "a", "")}));
    Ok(())
}

async fn tags(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("tagged")).await?;
    let act = async |action: &str, form: &[(&str, &str)]| {
        post(client, &format!("torrents/{action}"), form).await
    };
    let known = async |expected: &[&str]| {
        until("the known tags", async || {
            let tags = client.json("torrents/tags", &[]).await?;
            let mut tags: Vec<String> = serde_json::from_value(tags)?;
            tags.sort();
            Ok((tags == expected).then_some(()))
        })
        .await
    };
    let of_torrent =
        async |expected: &str| client.torrent_when(&id, expected, |t| t["tags"] == expected).await;

    assert_eq!(act("createTags", &[("tags", " b ,a,,a, ")]).await?, "200");
    known(&["a", "b"]).await?;
    assert_eq!(act("addTags", &[("hashes", &id), ("tags", "b, new")]).await?, "200");
    of_torrent("b, new").await?;
    known(&["a", "b", "new"]).await?;
    assert_eq!(act("addTags", &[("hashes", "all"), ("tags", "a,z")]).await?, "200");
    of_torrent("a, b, new, z").await?;
    assert_eq!(act("removeTags", &[("hashes", &id), ("tags", "b,unknown,z")]).await?, "200");
    of_torrent("a, new").await?;
    assert_eq!(act("deleteTags", &[("tags", "a,z,unknown")]).await?, "200");
    of_torrent("new").await?;
    known(&["b", "new"]).await?;
    if level >= Level::L51 {
        let done = level.no_content();
        assert_eq!(act("setTags", &[("hashes", &id), ("tags", "x, y")]).await?, done);
        of_torrent("x, y").await?;
        assert_eq!(act("setTags", &[("hashes", &id), ("tags", "")]).await?, done);
        of_torrent("").await?;
    }
    assert_eq!(act("addTags", &[("hashes", &id), ("tags", "b")]).await?, "200");
    assert_eq!(act("removeTags", &[("hashes", &id)]).await?, "200");
    of_torrent("").await?;
    assert!(client.json("torrents/tags", &[]).await?.to_string().contains("\"b\""));
    Ok(())
}

at_each_level!(creating, editing, assigning_and_removing, tags);
at_levels!(subcategories: l51 L51, l53 L53);
