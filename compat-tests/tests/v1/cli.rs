//! The commands against a real server: in `homes` those that need none, in `page` as `docs/cli.md` shows them.

mod homes;
mod page;

use std::path::PathBuf;
use std::process::{Output, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::{Api, MAGNET, MAGNET_ID, UNKNOWN, two_files};

/// A shell with a key for everything.
struct Shell {
    url: String,
    key: String,
}

fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("REVAER_BIN") {
        return Ok(path.into());
    }
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(|folder| folder.parent()).context("a folder")?;
    Ok(folder.join("revaer"))
}

impl Shell {
    async fn of(api: &Api) -> Result<Self> {
        let key = json!({"name": "cli", "scopes": ["read", "add", "control", "delete", "settings", "admin"]});
        let created = api.post("/v1/api-keys", key).await?;
        let key = created["secret"].as_str().context("a secret")?.to_owned();
        Ok(Self { url: format!("http://{}", api.target.http()?), key })
    }

    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(binary()?);
        command.args(arguments).env("REVAER_URL", &self.url).env("REVAER_API_KEY", &self.key);
        command.env("XDG_CONFIG_HOME", "/nonexistent").kill_on_drop(true);
        Ok(command)
    }

    async fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments)?.output().await?)
    }

    /// A success, as text.
    async fn text(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments).await?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        Ok(String::from_utf8(output.stdout)?)
    }

    async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let mut all = arguments.to_vec();
        all.extend(["--output", "json"]);
        Ok(serde_json::from_str(&self.text(&all).await?)?)
    }

    /// Exit code and errors of a failure.
    async fn fails(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let output = self.run(arguments).await?;
        Ok((output.status.code().context("a code")?, String::from_utf8(output.stderr)?))
    }
}

#[tokio::test]
async fn torrents_are_added_listed_changed_and_removed() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    let file = api.target.folder().join("one.torrent");
    fs_err::write(&file, two_files("one").bytes)?;
    let file = file.to_str().context("a path")?;

    let added =
        shell.json(&["add", MAGNET, file, "--stopped", "--category", "tv", "--tag", "t"]).await?;
    assert_eq!(added["results"][0]["id"], MAGNET_ID);
    assert_eq!(added["results"][1]["status"], "added");
    let listed = shell.json(&["ls", "--category", "tv", "--sort", "name"]).await?;
    assert_eq!((&listed[0]["name"], &listed[1]["name"]), (&json!("No metadata"), &json!("one")));
    let table = shell.text(&["ls"]).await?;
    assert!(
        table.lines().any(|line| line.contains("0123456789ab") && line.contains("stopped")),
        "{table}"
    );
    let status = shell.json(&["status", "0123456"]).await?;
    assert_eq!(status["id"], MAGNET_ID);
    assert_eq!(shell.json(&["action", "start", MAGNET_ID]).await?["count"], 1);
    let dry = shell.json(&["action", "recheck", "--tag", "t", "--dry-run"]).await?;
    assert_eq!(dry["count"], 2);
    assert_eq!(shell.json(&["trackers", &two_files("one").id()]).await?["trackers"][0]["tier"], 0);
    assert_eq!(shell.json(&["categories"]).await?["categories"][0]["torrents"], 2);
    let renamed = |from: &'static str, to: &'static str| {
        let shell = &shell;
        async move { shell.json(&["files", &two_files("one").id()[..8], "rename", from, to]).await }
    };
    let listed = renamed("one/a.bin", "one/first.bin").await?;
    assert_eq!(listed["files"][0]["path"], "one/first.bin");
    let listed = renamed("one/sub", "one/notes").await?;
    assert_eq!(listed["files"][1]["path"], "one/notes/b.nfo");
    let (code, errors) =
        shell.fails(&["files", &two_files("one").id(), "rename", "one/none", "one/x"]).await?;
    assert!(code == 3 && errors.contains("`one/none`"), "{code} {errors}");
    let table = shell.text(&["files", &two_files("one").id()]).await?;
    assert!(table.lines().any(|line| line.ends_with("one/notes/b.nfo")), "{table}");
    let one = two_files("one").id();
    let told =
        shell.text(&["tail", "--torrent", &one[..8], "--since", "0", "--count", "1"]).await?;
    assert!(told.contains(&one), "{told}");
    let (code, errors) = shell.fails(&["tail", "--torrent", "ffff", "--count", "1"]).await?;
    assert!(code == 3 && errors.contains("begins with `ffff`"), "{code} {errors}");
    let table = shell.text(&["status", &one]).await?;
    assert!(table.lines().any(|line| line.ends_with("64.0 KiB")), "{table}");
    let selected = shell.json(&["select", &two_files("one").id(), "--skip-fluff"]).await?;
    assert_eq!(selected["files"][1]["priority"], "skip");
    let table = shell.text(&["rm", "--name", "one", "--with-data", "--dry-run"]).await?;
    assert_eq!(table.lines().count(), 3, "a head and a line for each file: {table}");
    let gone = shell.json(&["rm", "--name", "*", "--dry-run"]).await?;
    assert_eq!((gone["count"].clone(), gone["dry_run"].clone()), (json!(2), json!(true)));
    assert_eq!(shell.json(&["rm", "--tag", "t"]).await?["count"], 2);
    assert_eq!(shell.json(&["ls"]).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn labels_trackers_and_peers_are_listed_and_changed() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    let made = shell.json(&["categories", "add", "tv", "--download-path", "disabled"]).await?;
    assert_eq!((&made["name"], &made["download_path"]), (&json!("tv"), &json!("disabled")));
    let path = api.target.data().join("tv");
    let path = path.to_str().context("a path")?;
    let set = shell.json(&["categories", "set", "tv", "--save-path", path]).await?;
    assert_eq!(set["save_path"], path);
    assert!(shell.text(&["categories"]).await?.contains(path));
    shell.text(&["categories", "rm", "tv"]).await?;
    assert_eq!(shell.json(&["categories", "ls"]).await?["categories"], json!([]));
    assert_eq!(shell.fails(&["categories", "rm", "tv"]).await?.0, 3);
    assert_eq!(shell.fails(&["categories", "set", "tv"]).await?.0, 2);

    assert_eq!(shell.json(&["tags", "add", "b", "a"]).await?["tags"][0]["name"], "a");
    shell.text(&["tags", "rm", "a"]).await?;
    assert_eq!(shell.json(&["tags"]).await?["tags"], json!([{"name": "b", "torrents": 0}]));

    let id = api.add(&two_files("one"), json!({"run": "stopped"})).await?;
    let short = &id[..8];
    let url = "udp://127.0.0.1:9/x";
    let added = shell.json(&["trackers", short, "add", url, "--tier", "2"]).await?;
    assert_eq!(added["trackers"][1]["tier"], 2);
    shell.text(&["trackers", short, "edit", url, "--new-url", "udp://127.0.0.1:9/y"]).await?;
    let left = shell.json(&["trackers", short, "rm", "udp://127.0.0.1:9/y"]).await?;
    assert_eq!(left["trackers"].as_array().map(Vec::len), Some(1));
    let all = shell.json(&["trackers", short, "add", url, "--replace"]).await?;
    assert_eq!(all["trackers"][0]["url"], url);
    assert_eq!(shell.json(&["peers", short, "add", "127.0.0.1:9"]).await?["added"], 1);
    assert_eq!(shell.json(&["peers", short]).await?["peers"], json!([]));
    assert_eq!(shell.fails(&["peers", short, "add", "nowhere"]).await?.0, 2);
    Ok(())
}

#[tokio::test]
async fn a_torrent_is_created_and_seeded_with_a_profile_file() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    let profile = api.target.folder().join("cli.json");
    fs_err::write(&profile, json!({"url": shell.url, "api_key": shell.key}).to_string())?;
    let folder = api.target.folder_named("source")?;
    fs_err::write(folder.join("a.bin"), vec![7; 100_000])?;
    let file = api.target.folder().join("made.torrent");
    let mut command = Command::new(binary()?);
    command.env_remove("REVAER_URL").env_remove("REVAER_API_KEY").kill_on_drop(true);
    command.arg("create").arg(&folder).arg("--cli-profile").arg(&profile);
    command.arg("--file").arg(&file).args(["--format", "v1", "--seed"]);

    let output = command.output().await?;

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs_err::read(&file)?.starts_with(b"d"));
    compat_tests::until("the seed", async || {
        let listed = shell.json(&["ls", "--complete", "true"]).await?;
        Ok((listed[0]["name"] == "source").then_some(()))
    })
    .await?;
    let again = shell.fails(&["add", file.to_str().context("a path")?]).await?;
    assert_eq!(again.0, 4, "{}", again.1);
    Ok(())
}

#[tokio::test]
async fn failures_have_codes_and_name_their_places() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    for (arguments, code, text) in [
        (&["status", UNKNOWN][..], 3, "there is no torrent"),
        (&["ls", "--name", "["], 2, "name:"),
        (&["rm"], 2, "name torrents"),
        (&["add", "nonsense"], 2, "/sources/0:"),
        (&["settings", "set", "queue.max_active_torrents=x"], 2, "/queue.max_active_torrents:"),
        (&["action", "queue-up", UNKNOWN], 3, ""),
        (&["settings", "get", "queue.", "nothing"], 2, "there is no setting `nothing`"),
        (&["action", "category", "nothing", "--name", "*", "--dry-run"], 3, "`nothing` does not"),
        (&["nothing"], 2, ""),
        (&["--home", "/nowhere", "ls"], 2, "after the command `ls`"),
        (&["add", "missing.torrent"], 2, "there is no file `missing.torrent`"),
        (&["add", "/"], 2, "`/` is a folder"),
        (&["action", "move", UNKNOWN, "/srv/films"], 2, "`revaer action move PATH ID"),
        (&["action", "rename", UNKNOWN, ""], 2, "`revaer action rename NAME ID"),
        (&["action", "rename", "", UNKNOWN], 3, "there is no torrent"),
        (&["action", "limits", UNKNOWN], 2, "name a limit"),
        (&["action", "limits", UNKNOWN, "--ratio-limit", "x"], 2, "must be a number"),
        (&["status", "fff"], 2, "is no id of a torrent"),
        (&["status", "ffff"], 3, "begins with `ffff`"),
        (&["ls", "--url", "ftp://127.0.0.1"], 2, "must begin with http"),
        (&["ls", "--api-key", "rvr_a\nb"], 2, "the API key is none"),
    ] {
        let (found, errors) = shell.fails(arguments).await?;
        assert_eq!(found, code, "{arguments:?}: {errors}");
        assert!(errors.contains(text), "{arguments:?}: {errors}");
    }
    let (_, once) = shell.fails(&["add", "nonsense"]).await?;
    assert_eq!(once.matches("is no magnet").count(), 1, "{once}");
    let (_, once) = shell.fails(&["ls", "--name", "["]).await?;
    assert_eq!(once.lines().count(), 1, "{once}");
    let stranger = Shell { url: shell.url.clone(), key: "rvr_wrong".to_owned() };
    assert_eq!(stranger.fails(&["ls"]).await?.0, 4);
    let nowhere = Shell { url: "http://127.0.0.1:9".to_owned(), key: shell.key.clone() };
    let (code, errors) = nowhere.fails(&["ls"]).await?;
    assert_eq!((code, errors.matches("http://127.0.0.1:9").count()), (5, 1), "{errors}");
    assert!(errors.contains("refused"), "{errors}");
    Ok(())
}

#[tokio::test]
async fn global_flags_may_come_first() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    let nowhere = Shell { url: "http://127.0.0.1:9".to_owned(), key: String::new() };

    let before = ["--url", &shell.url, "--api-key", &shell.key, "--output", "json", "ls"];

    assert_eq!(nowhere.text(&before).await?.trim(), "[]");
    Ok(())
}

#[tokio::test]
async fn labels_limits_and_switches_are_actions() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    let id = api.add(&two_files("one"), json!({"run": "stopped"})).await?;
    let short = &id[..8];
    shell.text(&["categories", "add", "tv"]).await?;

    assert_eq!(shell.text(&["action", "category", "tv", short]).await?, "1 torrent\n");
    shell.text(&["action", "add-tags", "a, b,c", short]).await?;
    shell.text(&["action", "remove-tags", "b", "--category", "tv"]).await?;
    shell.text(&["action", "auto-management", "true", short]).await?;
    shell.text(&["action", "first-last-first", "true", short]).await?;
    let limits = ["action", "limits", short, "--download-limit", "4096", "--max-uploads", "7"];
    shell.text(&limits).await?;
    let share = ["action", "limits", short, "--ratio-limit", "1.5", "--seeding-time-limit", "120"];
    shell.text(&[&share[..], &["--then", "remove", "--mode", "all"]].concat()).await?;

    let torrent = shell.json(&["status", short]).await?;
    assert_eq!((&torrent["category"], &torrent["tags"]), (&json!("tv"), &json!(["a", "c"])));
    assert_eq!(
        (&torrent["auto_managed"], &torrent["first_last_first"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(torrent["download_limit"], 4096);
    let share = json!({
        "ratio": 1.5, "seeding_time": 120.0, "inactive_time": "inherit", "action": "remove", "mode": "all",
    });
    assert_eq!(torrent["share_limits"], share);
    let options = api.json(&format!("/v1/torrents/{id}/options")).await?;
    assert_eq!(options["max_uploads"], 7, "{options}");
    shell.text(&["action", "limits", short, "--download-limit", "unlimited"]).await?;
    shell.text(&["action", "category", "", short]).await?;
    let torrent = shell.json(&["status", short]).await?;
    assert_eq!((&torrent["category"], &torrent["download_limit"]), (&Value::Null, &Value::Null));
    Ok(())
}

#[tokio::test]
async fn one_unknown_torrent_keeps_the_others() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    let id = api.add(&two_files("one"), json!({"run": "stopped"})).await?;

    for unknown in [UNKNOWN, "ffff"] {
        let (code, errors) = shell.fails(&["rm", &id, unknown]).await?;
        assert_eq!(code, 3, "{errors}");
        assert!(errors.contains("there is no torrent"), "{errors}");
    }

    assert_eq!(shell.json(&["ls"]).await?[0]["id"], id);
    assert_eq!(shell.json(&["rm", &id.to_uppercase(), &id[..6], "--dry-run"]).await?["count"], 1);
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_written_costs_no_hashing() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    let source = api.target.folder_named("source")?;
    fs_err::write(source.join("a.bin"), vec![7; 100_000])?;
    let source = source.to_str().context("a path")?;
    let file = api.target.folder().join("made.torrent");
    let file = file.to_str().context("a path")?;

    let refused = shell.fails(&["create", source, "--file", "/nonexistent/a.torrent"]).await?;
    let failed = shell.fails(&["create", "/nonexistent", "--file", file]).await?;

    assert_eq!(refused.0, 2, "{}", refused.1);
    assert_eq!(api.json("/v1/jobs").await?["jobs"], json!([]));
    assert_ne!(failed.0, 0);
    assert!(!std::path::Path::new(file).exists(), "{}", failed.1);
    assert_eq!(shell.json(&["create", source, "--file", file]).await?["state"], "finished");
    assert!(fs_err::read(file)?.starts_with(b"d"));
    Ok(())
}

#[tokio::test]
async fn settings_keys_health_and_completions() -> Result<()> {
    let api = Api::start().await?;
    let shell = Shell::of(&api).await?;
    shell.text(&["settings", "set", "queue.max_active_torrents=7"]).await?;
    assert_eq!(
        shell.json(&["settings", "get", "queue.max_active_t"]).await?,
        json!({"queue.max_active_torrents": 7})
    );
    let history = shell.json(&["settings", "history", "--limit", "1"]).await?;
    assert_eq!(history["changes"][0]["actor"], "key:cli");
    let revision = history["changes"][0]["revision"].as_u64().context("a revision")? - 1;
    shell.text(&["settings", "revert", &revision.to_string()]).await?;
    assert!(!shell.text(&["settings", "diff"]).await?.contains("max_active_torrents"));
    let secret = shell.text(&["keys", "add", "reader", "--scope", "read"]).await?;
    let reader = Shell { url: shell.url.clone(), key: secret.trim().to_owned() };
    assert_eq!(reader.fails(&["keys", "ls"]).await?.0, 4);
    assert!(shell.text(&["keys", "ls"]).await?.contains("reader"));
    assert!(shell.text(&["health"]).await?.contains("engine"));
    assert!(shell.text(&["completions", "bash"]).await?.contains("revaer"));
    Ok(())
}

#[tokio::test]
async fn tail_goes_on_over_a_restart_and_prints_nothing_twice() -> Result<()> {
    let port = compat_tests::target::free_port()?;
    let mut api = Api::start_at(port).await?;
    let shell = Shell::of(&api).await?;
    let mut command = shell.command(&[
        "tail",
        "--type",
        "torrent_added",
        "--output",
        "json",
        "--since",
        "0",
        "--count",
        "3",
    ])?;
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("stdout")?).lines();
    let mut next = async || -> Result<Value> {
        let line = lines.next_line().await?.context("a line")?;
        Ok(serde_json::from_str(&line)?)
    };

    let first = api.add(&two_files("first"), json!({"run": "stopped"})).await?;
    assert_eq!(next().await?["data"]["torrent"], first);
    api.target.kill().await?;
    api.target.start().await?;
    let second = api.add(&two_files("second"), json!({"run": "stopped"})).await?;
    let third = api.add(&two_files("third"), json!({"run": "stopped"})).await?;

    assert_eq!(next().await?["data"]["torrent"], second);
    assert_eq!(next().await?["data"]["torrent"], third);
    assert!(child.wait().await?.success());
    Ok(())
}
