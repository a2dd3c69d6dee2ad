//! Rounds of random orders, each ended by a crash at a random moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use compat_tests::{Authoring, Client, Level, Payload, Product, Seeder, Target, Torrent, until};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::model::{Entry, Model, Order};

const ROUNDS: usize = 30;
const CATEGORIES: [&str; 4] = ["films", "series", "books", "music"];
const TAGS: [&str; 5] = ["red", "green", "blue", "new", "old"];
/// The download in the background, in bytes per second.
const RATE: u64 = 300_000;

/// The whole experiment.
struct Experiment {
    target: Target,
    level: Level,
    rng: SmallRng,
    model: Model,
    serial: usize,
    /// The id of the download that goes on all the time; no order concerns it.
    background: String,
    seeded: Vec<(Torrent, Payload)>,
    /// Folders of data whose deletion was acknowledged.
    doomed: Vec<std::path::PathBuf>,
}

#[tokio::test]
async fn nothing_acknowledged_is_lost() -> Result<()> {
    let level = compat_tests::target::selected_level().unwrap_or(Level::L51);
    let seed = std::env::var("COMPAT_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random::<u64>);
    println!("COMPAT_SEED={seed}");
    let target = Target::spawn(level).await?;
    target
        .client()
        .set_preferences(&serde_json::json!({"refresh_interval": 200, "queueing_enabled": false}))
        .await?;

    // One real download goes on all the time.
    let mut seeder = Seeder::start().await?;
    let payload = Payload::single("background.bin", 6_000_000);
    let background = Authoring::of(&payload).build();
    seeder.seed(&background, &payload, RATE).await?;
    let id = background.id();
    target.client().add(&compat_tests::Form::torrent(&background.bytes)).await?;
    target.client().torrent_when(&id, "the background download", |_| true).await?;
    seeder.connect(&background, target.torrenting()?).await?;

    let model = Model::read(target.client(), level).await?;
    let rng = SmallRng::seed_from_u64(seed);
    let mut experiment = Experiment {
        target,
        level,
        rng,
        model,
        serial: 0,
        background: id.clone(),
        seeded: Vec::new(),
        doomed: Vec::new(),
    };
    for round in 0..ROUNDS {
        let context = || format!("round {round}, COMPAT_SEED={seed}");
        let before = completed(experiment.target.client(), &id).await.with_context(context)?;
        let in_flight = experiment.act_until_crash().await.with_context(context)?;
        experiment.judge(in_flight.as_ref(), &id, before).await.with_context(context)?;
        seeder.connect(&background, experiment.target.torrenting()?).await?;
    }
    seeder.set_limit(&background, 0).await?;
    experiment
        .target
        .client()
        .torrent_when(&id, "the background download", |torrent| torrent["amount_left"] == 0)
        .await?;
    payload.verify_in(&experiment.target.data())
}

async fn completed(client: &Client, id: &str) -> Result<u64> {
    let torrent = client.torrent(id).await?.context("the background download is listed")?;
    torrent["completed"].as_u64().context("a number")
}

impl Experiment {
    /// Sends orders until the server dies, and returns the one that got no answer.
    async fn act_until_crash(&mut self) -> Result<Option<Order>> {
        // The moment of a crash is the one thing here that must not depend on any condition.
        let fuse = Duration::from_millis(self.rng.random_range(0..400));
        let client = self.target.login().await?;
        let mut in_flight = None;
        let orders = async {
            loop {
                let order = self.next_order()?;
                in_flight = Some(order.clone());
                order.send(&client, self.level).await?;
                self.acknowledge(&order);
                in_flight = None;
            }
        };
        let result: Result<()> = tokio::select! {
            result = orders => result,
            () = tokio::time::sleep(fuse) => Ok(()),
        };
        result.context("an order was refused")?;
        // A reference server forgets what it acknowledged, even in an orderly stop; it is only watched.
        if self.target.product() == Product::Revaer {
            self.target.kill().await?;
            self.target.start().await?;
        }
        Ok(in_flight)
    }

    fn acknowledge(&mut self, order: &Order) {
        if let Order::Remove(id, true) = order
            && let Some((_, payload)) = self.seeded.iter().find(|(torrent, _)| torrent.id() == *id)
        {
            let folder = Path::new(&self.model.torrents[id].save_path);
            self.doomed.push(folder.join(&payload.name));
        }
        self.model.apply(order);
    }

    /// Compares what the server says after the crash with what was promised before.
    async fn judge(&mut self, in_flight: Option<&Order>, id: &str, before: u64) -> Result<()> {
        let client = self.target.client();
        let after = completed(client, id).await?;
        ensure!(after + 10 * RATE >= before, "{after} bytes are left of {before}");
        // What was asked last and got no answer may have happened or not.
        let mut possible = vec![self.model.clone()];
        if let Some(order) = in_flight {
            let mut with = self.model.clone();
            with.apply(order);
            possible.push(with);
        }
        let mut seen: Vec<String> = Vec::new();
        let mut found = Model::default();
        let settled = until("the state that was promised", async || {
            for torrent in client.json("torrents/info", &[]).await?.as_array().into_iter().flatten()
            {
                let state = crate::model::text(&torrent["state"]);
                ensure!(
                    !matches!(state.as_str(), "checkingDL" | "checkingUP"),
                    "rechecked: {torrent}"
                );
                if !seen.contains(&state) {
                    seen.push(state);
                }
            }
            found = Model::read(client, self.level).await?;
            Ok(possible.contains(&found).then_some(()))
        })
        .await;
        settled.with_context(|| {
            format!("in flight {in_flight:?}, states {seen:?}: {}", difference(&self.model, &found))
        })?;
        self.model = found;
        self.judge_data().await?;
        if self.target.product() == Product::Revaer {
            nothing_half_written(&self.target.home())?;
        }
        Ok(())
    }

    /// Complete data is where the server says it is; deleted data goes away.
    async fn judge_data(&mut self) -> Result<()> {
        let client = self.target.client();
        self.seeded.retain(|(torrent, _)| self.model.torrents.contains_key(&torrent.id()));
        for (torrent, payload) in &self.seeded {
            let id = torrent.id();
            let save_path = &self.model.torrents[&id].save_path;
            until("complete data at its place", async || {
                Ok(payload.verify_in(Path::new(save_path)).is_ok().then_some(()))
            })
            .await?;
            client
                .torrent_when(&id, "complete and well", |torrent| {
                    torrent["progress"] == 1 && torrent["state"] != "missingFiles"
                })
                .await?;
        }
        for folder in self.doomed.drain(..) {
            until("deleted data", async || Ok((!folder.exists()).then_some(()))).await?;
        }
        Ok(())
    }

    fn next_order(&mut self) -> Result<Order> {
        let choice = self.rng.random_range(0..20);
        let pick = |rng: &mut SmallRng, words: &[&str]| -> String {
            (*words.choose(rng).expect("the words are a constant")).to_owned()
        };
        let others = self.model.torrents.keys().filter(|id| **id != self.background);
        let others: Vec<String> = others.cloned().collect();
        let Some(id) = others.choose(&mut self.rng).cloned() else { return self.next_add(choice) };
        let tag = pick(&mut self.rng, &TAGS);
        let category = pick(&mut self.rng, &CATEGORIES);
        let number = self.rng.random_range(1..1000) * 1024;
        let order = match choice {
            0..=3 => return self.next_add(choice),
            4 if others.len() > 6 => Order::Remove(id, self.rng.random_bool(0.5)),
            5 => Order::Start(id),
            6 => Order::Stop(id),
            7 => Order::Sequential(id),
            8 => Order::Rename(id, format!("name {number}")),
            9 if self.model.categories.contains_key(&category) => Order::Category(id, category),
            10 => Order::AddTag(id, tag),
            11 => Order::RemoveTag(id, tag),
            12 => Order::DownloadLimit(id, number),
            13 => Order::UploadLimit(id, number),
            14 if !self.model.torrents[&id].priorities.is_empty() => {
                let file = self.rng.random_range(0..self.model.torrents[&id].priorities.len());
                Order::Priority(id, file, [0, 1, 6, 7][self.rng.random_range(0..4)])
            }
            15 => {
                let number = self.rng.random_range(0..3);
                let path = self.target.folder().join(format!("place {number}"));
                Order::Move(id, path.to_string_lossy().into_owned())
            }
            16 if self.model.categories.contains_key(&category) => Order::RemoveCategory(category),
            17 if self.model.tags.contains(&tag) => Order::DeleteTag(tag),
            18 => Order::RateLimit(number * 16),
            19 => Order::Connections(100 + number / 1024),
            _ if !self.model.categories.contains_key(&category) => {
                let path = self.target.folder().join(&category).to_string_lossy().into_owned();
                Order::CreateCategory(category, path)
            }
            _ => Order::CreateTag(tag),
        };
        Ok(order)
    }

    fn next_add(&mut self, choice: usize) -> Result<Order> {
        self.serial += 1;
        let name = format!("torrent{}", self.serial);
        let tags = TAGS.choose(&mut self.rng).map(|tag| (*tag).to_owned());
        let categories: Vec<&String> = self.model.categories.keys().collect();
        let category = categories.choose(&mut self.rng).map(|name| (*name).clone());
        let mut entry = Entry {
            name: name.clone(),
            category: category.unwrap_or_default(),
            tags: tags.into_iter().collect::<BTreeSet<_>>(),
            limits: (self.rng.random_range(1..1000) * 1000, 0),
            save_path: self.target.data().to_string_lossy().into_owned(),
            is_stopped: choice.is_multiple_of(2),
            ..Entry::default()
        };
        if choice == 1 {
            let id = format!("{:040x}", self.serial);
            return Ok(Order::AddMagnet(id, entry));
        }
        let payload = Payload::folder(&name, &[("a.bin", 40_000), ("b/c.bin", 40_000)]);
        let torrent = Box::new(Authoring::of(&payload).build());
        entry.priorities = vec![1, 1];
        if choice < 2 {
            return Ok(Order::Add(torrent, entry));
        }
        payload.write_to(&self.target.data())?;
        self.seeded.push((*torrent.clone(), payload));
        Ok(Order::Seed(torrent, entry))
    }
}

/// Shows only what differs.
fn difference(expected: &Model, found: &Model) -> String {
    let mut lines = Vec::new();
    let ids: BTreeSet<&String> = expected.torrents.keys().chain(found.torrents.keys()).collect();
    for id in ids {
        let (a, b) = (expected.torrents.get(id), found.torrents.get(id));
        if a != b {
            lines.push(format!("{id}: promised {a:?}, found {b:?}"));
        }
    }
    let rest = |model: &Model| Model { torrents: BTreeMap::default(), ..model.clone() };
    if rest(expected) != rest(found) {
        lines.push(format!("promised {:?}, found {:?}", rest(expected), rest(found)));
    }
    lines.join("\n")
}

/// Fails when the home holds anything that looks like an unfinished write.
fn nothing_half_written(home: &Path) -> Result<()> {
    let mut folders = vec![home.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_stray = folder.ends_with("tmp")
                || [".tmp", ".partial", ".part", ".new", "~"].iter().any(|end| name.ends_with(end));
            ensure!(!is_stray, "{} was left behind", path.display());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(())
}
