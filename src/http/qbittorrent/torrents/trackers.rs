//! Trackers of a torrent: list, add, edit, remove.

use percent_encoding::percent_decode_str;
use url::Url;

use super::url_text::is_url;
use super::{done, one, refused, selection};
use crate::engine::Error;
use crate::engine::query::TrackerEndpoint;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::json::{self, Object};
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::params::Params;
use crate::http::qbittorrent::reply::{self, Reply};
use crate::intake::tracker_list;
use crate::model::{Announce, AnnounceStatus, Peer, Selection};

/// Tells whether a peer was found by one means.
type Source = fn(&Peer) -> bool;

/// Answers with a row each for DHT, peer exchange and LSD, then the trackers by tier.
pub async fn trackers(call: Call) -> reply::Result {
    let (id, row) = one(&call)?;
    let context = std::sync::Arc::clone(&call.snapshot().context);
    let peers = call.engine().peers(id).await.map_err(refused)?;
    let endpoints = if call.level >= Level::L53 {
        call.engine().tracker_endpoints(id).await.map_err(refused)?
    } else {
        Vec::new()
    };
    let is_private = row.facts.metadata.as_ref().is_some_and(|metadata| metadata.is_private);
    let sources: [(&str, bool, Source); 3] = [
        ("** [DHT] **", context.dht, |peer| peer.from_dht),
        ("** [PeX] **", context.pex, |peer| peer.from_pex),
        ("** [LSD] **", context.lsd, |peer| peer.from_lsd),
    ];
    let mut out = vec![b'['];
    for (name, is_on, is_from) in sources {
        let count = |is_seed: bool| {
            peers.iter().filter(|peer| is_from(peer) && (peer.progress >= 1.0) == is_seed).count()
        };
        let mut object = Object::begin(&mut out);
        object
            .text("msg", if is_private { "This torrent is private" } else { "" })
            .int("num_downloaded", 0)
            .int("num_leeches", i64::try_from(count(false)).unwrap_or(0))
            .int("num_peers", 0)
            .int("num_seeds", i64::try_from(count(true)).unwrap_or(0))
            .int("status", if is_on && !is_private { 2 } else { 0 })
            .int("tier", -1)
            .text("url", name);
        object.end();
        out.push(b',');
    }
    out.pop();
    for announce in row.announces.iter() {
        out.push(b',');
        write_tracker(&mut out, announce, &endpoints, call.level);
    }
    out.push(b']');
    Ok(Reply::json(out))
}

/// Appends the trackers as `torrents/info` lists them: without the three rows that are none.
pub(super) fn write_listed(out: &mut Vec<u8>, announces: &[Announce], level: Level) {
    json::array(out, announces, |out, announce| write_tracker(out, announce, &[], level));
}

fn status_number(status: AnnounceStatus, updating: bool, level: Level) -> i64 {
    match (status, level) {
        (_, Level::L45 | Level::L51) if updating => 3,
        (AnnounceStatus::NotContacted, _) => 1,
        (AnnounceStatus::Working, _) => 2,
        (AnnounceStatus::TrackerError, Level::L53) => 5,
        (AnnounceStatus::Unreachable, Level::L53) => 6,
        (
            AnnounceStatus::NotWorking | AnnounceStatus::TrackerError | AnnounceStatus::Unreachable,
            _,
        ) => 4,
    }
}

fn write_tracker(
    out: &mut Vec<u8>,
    announce: &Announce,
    endpoints: &[TrackerEndpoint],
    level: Level,
) {
    let is_new = level >= Level::L53;
    let mut object = Object::begin(out);
    if is_new {
        let own = endpoints.iter().filter(|endpoint| *endpoint.url == *announce.url);
        let row = |out: &mut Vec<u8>, endpoint: &TrackerEndpoint| {
            write_endpoint(out, endpoint, announce.peers);
        };
        object.array("endpoints", own, row).int("min_announce", announce.min_announce);
    }
    object.text("msg", &announce.message);
    if is_new {
        object.int("next_announce", announce.next_announce);
    }
    object
        .int("num_downloaded", announce.downloaded)
        .int("num_leeches", announce.leechers)
        .int("num_peers", announce.peers)
        .int("num_seeds", announce.seeds)
        .int("status", status_number(announce.status, announce.updating, level))
        .int("tier", announce.tier);
    if is_new {
        object.boolean("updating", announce.updating);
    }
    object.text("url", &announce.url);
    object.end();
}

/// `peers` are those of the last answer to any endpoint: libtorrent does not keep them apart.
fn write_endpoint(out: &mut Vec<u8>, endpoint: &TrackerEndpoint, peers: i32) {
    let is_working = endpoint.status == AnnounceStatus::Working;
    let mut object = Object::begin(out);
    object
        .int("bt_version", endpoint.protocol)
        .int("min_announce", endpoint.min_announce)
        .text("msg", &endpoint.message)
        .text("name", &endpoint.name)
        .int("next_announce", endpoint.next_announce)
        .int("num_downloaded", endpoint.downloaded)
        .int("num_leeches", endpoint.leechers)
        .int("num_peers", if is_working { peers } else { -1 })
        .int("num_seeds", endpoint.seeds)
        .int("status", status_number(endpoint.status, endpoint.updating, Level::L53))
        .boolean("updating", endpoint.updating);
    object.end();
}

/// The URLs of a `|`-separated list of percent-encoded URLs.
#[must_use]
pub fn encoded_list(text: &str) -> Vec<String> {
    let urls = text.split('|').filter(|url| !url.is_empty());
    urls.map(|url| percent_decode_str(url.trim()).decode_utf8_lossy().into_owned()).collect()
}

/// The torrents of `hash`: one that must exist until L51, a list from L53 on.
fn targets(call: &Call) -> reply::Result<Selection> {
    match call.params.text_or_empty("hash") {
        hashes if call.level >= Level::L53 => Ok(selection(hashes)),
        _ => Ok(one(call)?.0.into()),
    }
}

/// Adds trackers.
pub async fn add_trackers(call: Call) -> reply::Result {
    let which = targets(&call)?;
    let trackers = tracker_list(call.params.text_or_empty("urls"));
    call.engine().add_trackers(which, trackers).await.map_err(refused)?;
    Ok(done(&call))
}

/// Removes trackers.
pub async fn remove_trackers(call: Call) -> reply::Result {
    let which = match call.params.text_or_empty("hash") {
        "*" if call.level >= Level::L51 => Selection::All,
        _ => targets(&call)?,
    };
    let text = call.params.text_or_empty("urls");
    let urls = if call.level >= Level::L51 {
        encoded_list(text)
    } else {
        text.split('|').filter(|url| !url.is_empty()).map(str::to_owned).collect()
    };
    call.engine().remove_trackers(which, urls).await.map_err(refused)?;
    Ok(done(&call))
}

/// Gives a tracker another URL, or at L53 another tier.
pub async fn edit_tracker(call: Call) -> reply::Result {
    let is_new = call.level >= Level::L53;
    let (own, other) = if is_new { ("url", "origUrl") } else { ("origUrl", "url") };
    let url = call.params.text(own).or_else(|| call.params.text(other).filter(|_| call.lenient()));
    let Some(url) = url.map(str::to_owned) else {
        let text = if is_new { "Missing required parameters: url" } else { "" };
        return Err(Reply::bad_request(text));
    };
    let new_url = call.params.text("newUrl").map(str::to_owned);
    let (id, row) = one(&call)?;
    if is_new {
        let tier = tier(&call.params)?;
        if new_url.is_none() && tier.is_none() {
            return Err(Reply::bad_request("Must specify at least one of [newUrl, tier]"));
        }
        let new_url = match new_url {
            Some(new) => {
                check_new(&new, &url, &row.announces)?;
                Some(new).filter(|new| *new != url)
            }
            None => None,
        };
        edit(&call, id, url, new_url, tier).await?;
        return Ok(Reply::no_content());
    }
    let Some(new_url) = new_url else { return Err(Reply::bad_request("")) };
    if same_url(&url, &new_url) {
        return Ok(Reply::empty());
    }
    check_new(&new_url, &url, &row.announces)?;
    edit(&call, id, url, Some(new_url), None).await?;
    Ok(Reply::empty())
}

/// Refuses a URL that is none or taken. Contract: a taken one is reported before an unknown one is.
fn check_new(new_url: &str, url: &str, announces: &[Announce]) -> reply::Result<()> {
    if new_url.trim().is_empty() || !is_url(new_url) {
        return Err(Reply::bad_request("New tracker URL is invalid"));
    }
    let is_taken = || announces.iter().any(|announce| same_url(&announce.url, new_url));
    if !same_url(url, new_url) && is_taken() {
        return Err(Reply::conflict("New tracker URL already exists"));
    }
    Ok(())
}

/// The tier of the request, if it names one.
fn tier(params: &Params) -> reply::Result<Option<u8>> {
    if params.text("tier").is_none() {
        return Ok(None);
    }
    let number = params.int("tier");
    let number = number.ok_or_else(|| Reply::bad_request("tier must be an integer"))?;
    let tier = u8::try_from(number);
    tier.map(Some).map_err(|_| Reply::bad_request("tier must be between 0 and 255"))
}

async fn edit(
    call: &Call,
    id: crate::model::TorrentId,
    url: String,
    new_url: Option<String>,
    tier: Option<u8>,
) -> reply::Result<()> {
    call.engine().edit_tracker(id, url, new_url, tier).await.map_err(|error| match error {
        Error::Missing(_) => Reply::conflict("Tracker not found"),
        Error::Exists(_) => Reply::conflict("New tracker URL already exists"),
        Error::Invalid(_) => Reply::bad_request("New tracker URL is invalid"),
        other => refused(other),
    })
}

/// True if both are the same URL, however it is spelled.
fn same_url(a: &str, b: &str) -> bool {
    a == b || matches!((Url::parse(a), Url::parse(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_raise_the_tier() {
        let trackers = tracker_list("http://a\n\n\n  http://b  \r\nhttp://c\n\nhttp://d\n");

        let expected = [(0, "http://a"), (2, "http://b"), (2, "http://c"), (3, "http://d")];
        assert_eq!(trackers, expected.map(|(tier, url)| (tier, url.to_owned())));
        assert_eq!(tracker_list(&"\n".repeat(300)), []);
    }

    #[test]
    fn lists_of_urls_are_decoded_after_they_are_split() {
        assert_eq!(encoded_list("http%3A%2F%2Fa%7Cb|http://c|"), ["http://a|b", "http://c"]);
    }

    #[test]
    fn urls_are_compared_parsed() {
        assert!(same_url("http://A.example", "http://a.example/"));
        assert!(same_url("nonsense", "nonsense"));
        assert!(!same_url("http://a/x", "http://a/y"));
    }
}
