//! What a client was promised, and how to read it back.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use compat_tests::{Client, Form, Level, Torrent};
use serde_json::{Value, json};

/// What a client can set on one torrent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) category: String,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) limits: (u64, u64),
    pub(crate) priorities: Vec<u64>,
    pub(crate) save_path: String,
    pub(crate) is_stopped: bool,
    pub(crate) is_sequential: bool,
}

/// Everything that was acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) torrents: BTreeMap<String, Entry>,
    pub(crate) categories: BTreeMap<String, String>,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) rate_limit: u64,
    pub(crate) connections: u64,
}

/// One request that changes something.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Add(Box<Torrent>, Entry),
    AddMagnet(String, Entry),
    /// A torrent whose data is complete.
    Seed(Box<Torrent>, Entry),
    Remove(String, bool),
    Start(String),
    Stop(String),
    Sequential(String),
    Rename(String, String),
    Category(String, String),
    AddTag(String, String),
    RemoveTag(String, String),
    DownloadLimit(String, u64),
    UploadLimit(String, u64),
    Priority(String, usize, u64),
    Move(String, String),
    CreateCategory(String, String),
    RemoveCategory(String),
    CreateTag(String),
    DeleteTag(String),
    RateLimit(u64),
    Connections(u64),
}

impl Model {
    /// Changes the model as the order changes the server.
    pub(crate) fn apply(&mut self, order: &Order) {
        match order {
            Order::Add(torrent, entry) | Order::Seed(torrent, entry) => {
                self.insert(torrent.id(), entry);
            }
            Order::AddMagnet(id, entry) => self.insert(id.clone(), entry),
            Order::Remove(id, _) => {
                self.torrents.remove(id);
            }
            Order::Start(id) => self.change(id, |entry| entry.is_stopped = false),
            Order::Stop(id) => self.change(id, |entry| entry.is_stopped = true),
            Order::Sequential(id) => {
                self.change(id, |entry| entry.is_sequential = !entry.is_sequential);
            }
            Order::Rename(id, name) => self.change(id, |entry| entry.name.clone_from(name)),
            Order::Category(id, name) => self.change(id, |entry| entry.category.clone_from(name)),
            Order::AddTag(id, tag) => {
                self.tags.insert(tag.clone());
                self.change(id, |entry| {
                    entry.tags.insert(tag.clone());
                });
            }
            Order::RemoveTag(id, tag) => self.change(id, |entry| {
                entry.tags.remove(tag);
            }),
            Order::DownloadLimit(id, limit) => self.change(id, |entry| entry.limits.0 = *limit),
            Order::UploadLimit(id, limit) => self.change(id, |entry| entry.limits.1 = *limit),
            Order::Priority(id, file, priority) => {
                self.change(id, |entry| entry.priorities[*file] = *priority);
            }
            Order::Move(id, path) => self.change(id, |entry| entry.save_path.clone_from(path)),
            Order::CreateCategory(name, path) => {
                self.categories.insert(name.clone(), path.clone());
            }
            Order::RemoveCategory(name) => {
                self.categories.remove(name);
                for entry in self.torrents.values_mut().filter(|entry| entry.category == *name) {
                    entry.category.clear();
                }
            }
            Order::CreateTag(tag) => {
                self.tags.insert(tag.clone());
            }
            Order::DeleteTag(tag) => {
                self.tags.remove(tag);
                for entry in self.torrents.values_mut() {
                    entry.tags.remove(tag);
                }
            }
            Order::RateLimit(limit) => self.rate_limit = *limit,
            Order::Connections(count) => self.connections = *count,
        }
    }

    fn insert(&mut self, id: String, entry: &Entry) {
        self.tags.extend(entry.tags.iter().cloned());
        self.torrents.insert(id, entry.clone());
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.torrents.get_mut(id) {
            change(entry);
        }
    }

    /// Reads the server's own account.
    pub(crate) async fn read(client: &Client, level: Level) -> Result<Self> {
        let mut model = Self::default();
        let list = client.json("torrents/info", &[]).await?;
        for torrent in list.as_array().context("a list")? {
            let id = text(&torrent["hash"]);
            let files = client.json("torrents/files", &[("hash", &id)]).await?;
            let entry = read_entry(torrent, &files, level)?;
            model.torrents.insert(id, entry);
        }
        let categories = client.json("torrents/categories", &[]).await?;
        for (name, category) in categories.as_object().context("categories")? {
            model.categories.insert(name.clone(), text(&category["savePath"]));
        }
        model.tags = serde_json::from_value(client.json("torrents/tags", &[]).await?)?;
        let limit = client.get("transfer/downloadLimit", &[]).await?;
        model.rate_limit = limit.text().parse()?;
        let preferences = client.json("app/preferences", &[]).await?;
        model.connections = preferences["max_connec"].as_u64().unwrap_or(0);
        Ok(model)
    }
}

impl Order {
    /// Sends the request; success means that it was acknowledged.
    pub(crate) async fn send(&self, client: &Client, level: Level) -> Result<()> {
        let (action, form): (&str, Vec<(&str, String)>) = match self {
            Self::Add(torrent, entry) => {
                return add(client, Form::torrent(&torrent.bytes), entry, level).await;
            }
            Self::AddMagnet(id, entry) => {
                let magnet = format!("magnet:?xt=urn:btih:{id}&dn={}", entry.name);
                return add(client, Form::url(&magnet), entry, level).await;
            }
            Self::Seed(torrent, entry) => {
                let form = Form::torrent(&torrent.bytes).text(level.seed_mode_param(), "true");
                return add(client, form, entry, level).await;
            }
            Self::Connections(count) => {
                return client.set_preferences(&json!({"max_connec": count})).await;
            }
            Self::Remove(id, files) => (
                "torrents/delete",
                vec![("hashes", id.clone()), ("deleteFiles", files.to_string())],
            ),
            Self::Start(id) => (level.start_route(), vec![("hashes", id.clone())]),
            Self::Stop(id) => (level.stop_route(), vec![("hashes", id.clone())]),
            Self::Sequential(id) => {
                ("torrents/toggleSequentialDownload", vec![("hashes", id.clone())])
            }
            Self::Rename(id, name) => {
                ("torrents/rename", vec![("hash", id.clone()), ("name", name.clone())])
            }
            Self::Category(id, name) => {
                ("torrents/setCategory", vec![("hashes", id.clone()), ("category", name.clone())])
            }
            Self::AddTag(id, tag) => {
                ("torrents/addTags", vec![("hashes", id.clone()), ("tags", tag.clone())])
            }
            Self::RemoveTag(id, tag) => {
                ("torrents/removeTags", vec![("hashes", id.clone()), ("tags", tag.clone())])
            }
            Self::DownloadLimit(id, limit) => (
                "torrents/setDownloadLimit",
                vec![("hashes", id.clone()), ("limit", limit.to_string())],
            ),
            Self::UploadLimit(id, limit) => (
                "torrents/setUploadLimit",
                vec![("hashes", id.clone()), ("limit", limit.to_string())],
            ),
            Self::Priority(id, file, priority) => (
                "torrents/filePrio",
                vec![
                    ("hash", id.clone()),
                    ("id", file.to_string()),
                    ("priority", priority.to_string()),
                ],
            ),
            Self::Move(id, path) => {
                ("torrents/setLocation", vec![("hashes", id.clone()), ("location", path.clone())])
            }
            Self::CreateCategory(name, path) => (
                "torrents/createCategory",
                vec![("category", name.clone()), ("savePath", path.clone())],
            ),
            Self::RemoveCategory(name) => {
                ("torrents/removeCategories", vec![("categories", name.clone())])
            }
            Self::CreateTag(tag) => ("torrents/createTags", vec![("tags", tag.clone())]),
            Self::DeleteTag(tag) => ("torrents/deleteTags", vec![("tags", tag.clone())]),
            Self::RateLimit(limit) => {
                ("transfer/setDownloadLimit", vec![("limit", limit.to_string())])
            }
        };
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        client.ok(action, &form).await?;
        Ok(())
    }
}

async fn add(client: &Client, form: Form, entry: &Entry, level: Level) -> Result<()> {
    let tags: Vec<&str> = entry.tags.iter().map(String::as_str).collect();
    let form = form
        .text("savepath", &entry.save_path)
        .text("category", &entry.category)
        .text("tags", &tags.join(","))
        .text("dlLimit", &entry.limits.0.to_string())
        .text("upLimit", &entry.limits.1.to_string())
        .text(level.stopped_param(), &entry.is_stopped.to_string());
    client.add(&form).await?;
    Ok(())
}

fn read_entry(torrent: &Value, files: &Value, level: Level) -> Result<Entry> {
    let state = text(&torrent["state"]);
    Ok(Entry {
        name: text(&torrent["name"]),
        category: text(&torrent["category"]),
        tags: text(&torrent["tags"])
            .split(", ")
            .filter(|tag| !tag.is_empty())
            .map(ToOwned::to_owned)
            .collect(),
        limits: (
            torrent["dl_limit"].as_u64().context("a limit")?,
            torrent["up_limit"].as_u64().context("a limit")?,
        ),
        priorities: files
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|file| file["priority"].as_u64())
            .collect(),
        save_path: text(&torrent["save_path"]),
        is_stopped: state == level.stopped_download() || state == level.stopped_upload(),
        is_sequential: torrent["seq_dl"] == true,
    })
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
