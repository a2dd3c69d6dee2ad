//! `revaer tail`: follows events, and goes on where it was when the connection or the server comes back.

use std::time::Duration;

use clap::Args;
use futures::StreamExt as _;
use reqwest::Method;
use serde_json::Value;

use super::client::{Client, Failure, Result, query};
use super::output::{self, Format};
use super::torrents::resolve;

/// Pauses between attempts to come back.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Bytes of one event at most; a server that sends more is none of ours.
const LARGEST: usize = 16 << 20;

#[derive(Debug, Args)]
pub(super) struct Tail {
    /// A type such as `torrent_added`; all but progress without it; may be repeated.
    #[arg(long)]
    r#type: Vec<String>,
    /// A torrent: its id, or a beginning of at least four digits; may be repeated.
    #[arg(long)]
    torrent: Vec<String>,
    /// A category; may be repeated.
    #[arg(long)]
    category: Vec<String>,
    /// Begin with the events after this number.
    #[arg(long)]
    since: Option<u64>,
    /// Stop after this many events.
    #[arg(long)]
    count: Option<u64>,
}

/// Follows events until told enough.
///
/// # Errors
/// `Problem` if the server refuses; a server that is away is waited for.
pub(super) async fn tail(client: &Client, format: Format, arguments: &Tail) -> Result<()> {
    let mut torrents = Vec::with_capacity(arguments.torrent.len());
    for id in &arguments.torrent {
        torrents.push(resolve(client, id).await?);
    }
    let mut pairs = Vec::new();
    for (name, values) in
        [("type", &arguments.r#type), ("torrent", &torrents), ("category", &arguments.category)]
    {
        pairs.extend(values.iter().map(|value| (name, value.clone())));
    }
    let path = format!("/v1/events{}", query(&pairs));
    let mut told = Told { last: arguments.since, left: arguments.count };
    let mut pause = FIRST_PAUSE;
    let mut was_there = false;
    loop {
        let mut request = client.request(Method::GET, &path);
        if let Some(id) = told.last {
            request = request.header("last-event-id", id);
        }
        match client.answer(request).await {
            Ok(answer) => {
                (was_there, pause) = (true, FIRST_PAUSE);
                if told.read(answer, format, arguments.r#type.is_empty()).await {
                    return Ok(());
                }
            }
            // Whoever was never let in will not be let in by waiting.
            Err(failure @ Failure::Problem(_)) if !is_passing(&failure) => return Err(failure),
            Err(failure) if !was_there => return Err(failure),
            Err(_) => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn is_passing(failure: &Failure) -> bool {
    matches!(failure, Failure::Problem(problem) if problem["status"].as_u64().is_some_and(|status| {
        status >= 500 || status == 429
    }))
}

/// How far the printing is.
struct Told {
    last: Option<u64>,
    left: Option<u64>,
}

impl Told {
    /// Prints events until the stream ends; true if that was enough.
    async fn read(
        &mut self,
        answer: reqwest::Response,
        format: Format,
        hides_progress: bool,
    ) -> bool {
        let mut stream = answer.bytes_stream();
        let mut buffer: Vec<u8> = Vec::new();
        while let Some(Ok(chunk)) = stream.next().await {
            buffer.extend_from_slice(&chunk);
            while let Some(end) = memchr::memmem::find(&buffer, b"\n\n") {
                let block: Vec<u8> = buffer.drain(..end + 2).collect();
                let block = String::from_utf8_lossy(&block).into_owned();
                if self.print(&block, format, hides_progress) {
                    return true;
                }
            }
            if buffer.len() > LARGEST {
                return false;
            }
        }
        false
    }

    /// Prints one event, unless it was printed before.
    fn print(&mut self, block: &str, format: Format, hides_progress: bool) -> bool {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let (Some(kind), Some(data)) = (field("event: "), field("data: ")) else { return false };
        if let Some(id) = field("id: ").and_then(|id| id.parse().ok()) {
            if self.last.is_some_and(|last| id <= last) {
                return false;
            }
            self.last = Some(id);
        }
        if kind == "closing" || (kind == "progress" && hides_progress) {
            return false;
        }
        match format {
            Format::Json => {
                let id = self.last.filter(|_| field("id: ").is_some());
                let data: Value = serde_json::from_str(data).unwrap_or(Value::Null);
                let event = serde_json::json!({ "id": id, "event": kind, "data": data });
                output::line(&event.to_string());
            }
            Format::Table => {
                let data: Value = serde_json::from_str(data).unwrap_or(Value::Null);
                let shown = |value: &Value| output::text(value);
                output::line(&format!(
                    "{} {kind} {} {} {}",
                    shown(&data["at"]),
                    shown(&data["torrent"]),
                    shown(&data["actor"]),
                    data["data"]
                ));
            }
        }
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
        }
        self.left == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_printed_twice() {
        let mut told = Told { last: None, left: Some(2) };
        let block = |id: u64| format!("id: {id}\nevent: torrent_added\ndata: {{}}\n\n");

        assert!(!told.print(&block(5), Format::Json, true));
        assert!(!told.print(&block(5), Format::Json, true));
        assert_eq!((told.last, told.left), (Some(5), Some(1)));
        assert!(told.print(&block(6), Format::Json, true));
    }
}
