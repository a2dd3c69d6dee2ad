//! The session on `docs/cli.md`, played against a server: every command of the page is typed into a shell, and says what
//! the page says. Numbers, ids and times may differ, words may not.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::binary;
use crate::support::Api;

/// A line that was typed, and what came of it.
struct Step {
    typed: String,
    said: Vec<String>,
}

/// The commands of the page. One that asks for a password, or that has a program of its own behind a pipe, is left out.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    for block in blocks.filter(|block| !block.contains("revaer setup")) {
        for line in block.lines() {
            match line.strip_prefix("$ ") {
                Some(typed) => steps.push(Step { typed: typed.to_owned(), said: Vec::new() }),
                None => {
                    if let Some(step) = steps.last_mut() {
                        step.said.push(line.to_owned());
                    }
                }
            }
        }
    }
    steps.retain(|step| !step.typed.contains("| jq "));
    steps
}

/// The words of a line, with a mark for each number, id, time and secret.
fn words(line: &str) -> String {
    let mark = |word: &str| {
        let is_id = word.len() >= 12
            && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic());
        let is_time = word.ends_with('Z') && word.contains('T') && word.contains(':');
        match word {
            _ if is_id => "ID".to_owned(),
            _ if is_time => "TIME".to_owned(),
            _ if word.starts_with("rvr_") => "KEY".to_owned(),
            _ if word.trim_end_matches('%').parse::<f64>().is_ok() => "NUMBER".to_owned(),
            "B" | "KiB" | "MiB" | "GiB" => "UNIT".to_owned(),
            word => word.to_owned(),
        }
    };
    line.split_whitespace().map(mark).collect::<Vec<_>>().join(" ")
}

/// Types the commands into one shell in `folder` and returns what each said.
async fn typed(folder: &Path, steps: &[Step], url: &str, key: &str) -> Result<Vec<Vec<String>>> {
    let mut script = "exec 2>&1\nrevaer() { \"$REVAER\" \"$@\"; }\n".to_owned();
    for step in steps {
        // The exit code of the command before is kept for the one that asks for it.
        script.push_str("code=$?; echo '@next'; (exit $code)\n");
        script.push_str(&step.typed);
        script.push('\n');
    }
    let mut command = Command::new("bash");
    command.current_dir(folder).env("REVAER", binary()?).env("XDG_CONFIG_HOME", folder);
    command.env("REVAER_URL", url).env("REVAER_API_KEY", key).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut shell = command.spawn()?;
    let mut input = shell.stdin.take().context("stdin")?;
    input.write_all(script.as_bytes()).await?;
    drop(input);
    let output = String::from_utf8(shell.wait_with_output().await?.stdout)?;
    let said = output.split("@next\n").skip(1);
    Ok(said.map(|said| said.lines().map(str::to_owned).collect()).collect())
}

#[tokio::test]
async fn the_commands_of_the_page_say_what_it_says() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs_err::read_to_string(root.join("docs/cli.md"))?;
    let api = Api::start().await?;
    let all = ["read", "add", "control", "delete", "settings", "admin"];
    let created = api.post("/v1/api-keys", json!({"name": "first key", "scopes": all})).await?;
    let key = created["secret"].as_str().context("a secret")?;
    // The same bytes each time, so that the torrent has the id that the page knows.
    let folder = api.target.folder_named("srv")?;
    fs_err::create_dir(folder.join("films"))?;
    let film: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).take(3_000_000).collect();
    fs_err::write(folder.join("films/Big Buck Bunny.mkv"), film)?;
    let place = folder.to_string_lossy().into_owned();
    let steps = steps(&page.replace("/srv", &place));
    ensure!(steps.len() > 20, "the page has a session");

    let url = format!("http://{}", api.target.http()?);
    let said = typed(&folder, &steps, &url, key).await?;

    let mut differing = String::new();
    for (step, said) in steps.iter().zip(&said) {
        let of = |lines: &[String]| lines.iter().map(|line| words(line)).collect::<Vec<_>>();
        if of(&step.said) != of(said) {
            differing = format!("{differing}\n$ {}\n{}", step.typed, said.join("\n"));
        }
    }
    ensure!(
        said.len() == steps.len() && differing.is_empty(),
        "the page says otherwise:{}",
        differing.replace(&place, "/srv")
    );
    Ok(())
}
