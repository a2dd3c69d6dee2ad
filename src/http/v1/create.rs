//! `POST /v1/torrents`: new torrents from magnets, URLs and files.

use std::pin::pin;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::body::media_type;
use super::call::Call;
use super::problem::{Fault, Kind, Problem, Result};
use super::trackers::NewTracker;
use super::wire::{Layout, Priority, Run, ShareLimitsChange, Slots, SourcesChange, StopCondition};
use crate::auth::Scope;
use crate::engine::Error as EngineError;
use crate::engine::options::SslParameters;
use crate::engine::sample::MOST_PIECES;
use crate::intake::{Accepted, Error, Link, NewTorrent, PathRules, Source};
use crate::model::{Category, PeerSources, Tag};

/// Sources of one request.
const MOST_SOURCES: usize = 1000;

/// Bytes of a display name and of a tag.
const LONGEST_NAME: usize = 4096;
const LONGEST_TAG: usize = 256;

/// Bytes of a magnet or URL.
const LONGEST_LINK: usize = 64 << 10;

/// Bytes of the options part of a form.
const LARGEST_OPTIONS: usize = 1 << 20;

/// New torrents. A form has this as its part `options`, without `sources`, and files as parts `torrent`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "NewTorrents")]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent option of the request")]
pub struct New {
    /// Magnets, info-hashes and URLs of `.torrent` files.
    pub sources: Vec<String>,
    /// The display name, for a single source.
    pub name: Option<String>,
    /// Made if it does not exist.
    pub category: Option<String>,
    pub tags: Vec<String>,
    /// Paths follow category and settings.
    pub auto_managed: Option<bool>,
    /// A path asks for manual mode unless `auto_managed` says otherwise.
    pub save_path: Option<String>,
    pub download_path: Option<String>,
    pub run: Option<Run>,
    pub stop_condition: Option<StopCondition>,
    pub layout: Option<Layout>,
    /// Bytes per second, above 0.
    pub download_limit: Option<u32>,
    /// Bytes per second, above 0.
    pub upload_limit: Option<u32>,
    pub max_connections: Slots,
    /// Peers that are uploaded to at once.
    pub max_uploads: Slots,
    pub peer_sources: SourcesChange,
    pub share_limits: ShareLimitsChange,
    pub sequential: bool,
    pub first_last_first: bool,
    /// Begins when the torrent is complete.
    pub super_seeding: bool,
    /// Trust that the data is there and whole.
    pub skip_checking: bool,
    /// Look at the sizes of all files and at so many pieces first, and refuse the torrent if they are not there and
    /// whole; with `skip_checking`, for torrent files.
    #[schemars(range(min = 1, max = 1000))]
    pub check_pieces: Option<u16>,
    /// Reserve disk space before it is needed; `null` is what the settings say.
    pub preallocate: Option<bool>,
    pub top_of_queue: Option<bool>,
    /// From 1; goes before `top_of_queue`.
    #[schemars(range(min = 1))]
    pub queue_position: Option<u32>,
    /// Trackers beside those of the source.
    pub trackers: Vec<NewTracker>,
    /// `trackers` are all trackers.
    pub replace_trackers: bool,
    /// Web seeds beside those of the source.
    pub web_seeds: Vec<String>,
    /// A priority for each file in the order of the torrent, padding included; for a single file source, or a link
    /// that was looked at.
    pub priorities: Vec<Priority>,
    /// Certificates for SSL torrents, as PEM.
    pub ssl: Option<Ssl>,
}

/// Certificate, key and parameters of an SSL torrent.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ssl {
    pub certificate: String,
    pub private_key: String,
    pub dh_params: String,
}

impl From<&Ssl> for SslParameters {
    fn from(ssl: &Ssl) -> Self {
        Self {
            certificate: ssl.certificate.clone(),
            private_key: ssl.private_key.clone(),
            dh_params: ssl.dh_params.clone(),
        }
    }
}

impl std::fmt::Debug for Ssl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ssl(…)")
    }
}

/// What became of the sources, in their order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Outcome {
    pub results: Vec<SourceOutcome>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct SourceOutcome {
    pub status: SourceStatus,
    /// The torrent; absent while its file is being fetched.
    pub id: Option<String>,
    /// Why the source was not taken.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceStatus {
    Added,
    /// A URL that is being fetched.
    Pending,
    Duplicate,
    Failed,
}

/// Adds torrents.
pub async fn create_torrents(call: Call) -> Result {
    let (mut new, mut files) = read(&call).await?;
    take_looked_at(&call, &mut new, &mut files);
    let wishes = wishes(&call, &new, files.len())?;
    let mut sources = Vec::with_capacity(new.sources.len() + files.len());
    for (at, text) in new.sources.iter().enumerate() {
        let pointer = format!("/sources/{at}");
        if text.len() > LONGEST_LINK {
            return Err(Problem::invalid(pointer, format!("may have {LONGEST_LINK} bytes")));
        }
        let link = Link::parse(text).ok_or_else(|| {
            Problem::invalid(pointer, "is no magnet, info-hash or URL of http or https")
        })?;
        sources.push(Source::Link(link));
    }
    sources.extend(files.into_iter().map(Source::File));
    match sources.len() {
        0 => return Err(Problem::invalid("/sources", "nothing to add")),
        count if count > MOST_SOURCES => {
            return Err(Problem::invalid("/sources", format!("may have {MOST_SOURCES} values")));
        }
        _ => {}
    }

    // Each is handed over in its order, and all are waited for together: they share their commits.
    let engine = call.engine();
    let mut submitted = Vec::with_capacity(sources.len());
    let mut prepared = pin!(call.app.intake.prepare(sources));
    while let Some(source) = prepared.next().await {
        submitted.push(async { call.app.intake.submit(&engine, source?, &wishes).await }.await);
    }
    let mut results = Vec::with_capacity(submitted.len());
    for answer in submitted {
        let outcome = match answer {
            Ok(answer) => answer.await,
            Err(error) => Err(error),
        };
        results.push(outcome);
    }
    answer(results)
}

/// Puts the file of a link that was looked at in its place, where it has to be known.
fn take_looked_at(call: &Call, new: &mut New, files: &mut Vec<Bytes>) {
    if let ([source], true, false) = (&new.sources[..], files.is_empty(), new.priorities.is_empty())
        && let Some(link) = Link::parse(source)
        && let Some(file) = super::preview::looked_at(call, &link)
    {
        new.sources.clear();
        files.push(file);
    }
}

fn answer(results: Vec<std::result::Result<Accepted, Error>>) -> Result {
    let is_taken = results.iter().any(std::result::Result::is_ok);
    let is_pending = results.iter().any(|result| matches!(result, Ok(Accepted::Pending)));
    if !is_taken {
        return Err(refusal(results));
    }
    let results = results
        .into_iter()
        .map(|result| match result {
            Ok(Accepted::Added(id)) => SourceOutcome {
                status: SourceStatus::Added,
                id: Some(id.to_string()),
                reason: None,
            },
            Ok(Accepted::Pending) => {
                SourceOutcome { status: SourceStatus::Pending, id: None, reason: None }
            }
            Err(Error::Engine(EngineError::Duplicate(id))) => SourceOutcome {
                status: SourceStatus::Duplicate,
                id: Some(id.to_string()),
                reason: Some("the torrent exists already".to_owned()),
            },
            Err(error) => SourceOutcome {
                status: SourceStatus::Failed,
                id: None,
                reason: Some(error.to_string()),
            },
        })
        .collect();
    let status = if is_pending { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    Ok(Answer::json(&Outcome { results })?.status(status))
}

/// The problem of a request of which nothing was taken: that of its first source, with all reasons.
fn refusal(results: Vec<std::result::Result<Accepted, Error>>) -> Problem {
    let errors: Vec<Error> = results.into_iter().filter_map(std::result::Result::err).collect();
    let faults: Vec<Fault> = errors
        .iter()
        .enumerate()
        .map(|(at, error)| Fault {
            pointer: Some(format!("/sources/{at}")),
            parameter: None,
            reason: error.to_string(),
        })
        .collect();
    let first = errors.into_iter().next().map(Problem::from);
    let mut problem = first.unwrap_or_else(|| Problem::new(Kind::Invalid, "nothing to add"));
    problem.faults = faults;
    problem
}

async fn read(call: &Call) -> Result<(New, Vec<Bytes>)> {
    if media_type(&call.headers) != "multipart/form-data" {
        return Ok((call.json()?, Vec::new()));
    }
    let malformed = |error: actix_multipart::MultipartError| {
        Problem::new(Kind::Malformed, format!("the form cannot be read: {error}"))
    };
    let body = stream::iter([Ok::<_, actix_web::error::PayloadError>(call.body.data.clone())]);
    let mut form = Multipart::new(&call.headers, body);
    let (mut options, mut files) = (None, Vec::new());
    while let Some(part) = form.next().await {
        let mut part = part.map_err(malformed)?;
        let name = part.name().unwrap_or_default().to_owned();
        let mut data = BytesMut::new();
        while let Some(chunk) = part.next().await {
            data.extend_from_slice(&chunk.map_err(malformed)?);
        }
        match name.as_str() {
            "torrent" => files.push(data.freeze()),
            "options" if data.len() > LARGEST_OPTIONS => {
                return Err(Problem::new(Kind::TooLarge, "the part `options` is too large"));
            }
            "options" if options.is_some() => {
                return Err(Problem::invalid("/options", "is there twice"));
            }
            "options" => options = Some(call.decode(&data)?),
            other => {
                return Err(Problem::invalid(format!("/{other}"), "is no part of this form"));
            }
        }
        if files.len() > MOST_SOURCES {
            return Err(Problem::invalid("/torrent", format!("may be there {MOST_SOURCES} times")));
        }
    }
    Ok((options.unwrap_or_default(), files))
}

/// Checks a display name: one line, which lists and events carry.
pub fn display_name(text: &str, pointer: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() || name.len() > LONGEST_NAME || name.contains(['\n', '\r', '\0']) {
        let reason = format!("must be one line of text of at most {LONGEST_NAME} bytes");
        return Err(Problem::invalid(pointer, reason));
    }
    Ok(name.to_owned())
}

/// Checks a list of tags.
pub fn tags(texts: &[String], pointer: &str) -> Result<Vec<Tag>> {
    texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            Tag::new(text).filter(|tag| tag.as_str().len() <= LONGEST_TAG).ok_or_else(|| {
                let reason =
                    format!("must hold something, no comma, and at most {LONGEST_TAG} bytes");
                Problem::invalid(format!("{pointer}/{at}"), reason)
            })
        })
        .collect()
}

/// Checks a directory that content may go to.
pub fn directory(call: &Call, text: &str, pointer: &str) -> Result<String> {
    let path = crate::model::path::absolute(text)
        .ok_or_else(|| Problem::invalid(pointer, "must be an absolute path"))?;
    if !call.app.intake.policy().allows(&path) {
        return Err(Problem::invalid(pointer, "lies outside of the directories that may be used"));
    }
    Ok(path)
}

/// Refuses a rate of 0, which would mean "no limit" to the core.
pub fn rate(rate: Option<u32>, pointer: &str) -> Result<Option<u32>> {
    match rate {
        Some(0) => Err(Problem::invalid(pointer, "must be above 0; `null` lifts the limit")),
        rate => Ok(rate),
    }
}

fn wishes(call: &Call, new: &New, files: usize) -> Result<NewTorrent> {
    let is_single = new.sources.len() + files == 1;
    let name = new.name.as_deref().map(|name| display_name(name, "/name")).transpose()?;
    if name.is_some() && !is_single {
        return Err(Problem::invalid("/name", "is for a single source"));
    }
    let is_one_file = is_single && files == 1;
    if !new.priorities.is_empty() && !is_one_file {
        return Err(Problem::invalid("/priorities", "are for a single file source"));
    }
    let subcategories = call.snapshot().context.subcategories;
    let category = new.category.clone().filter(|name| !name.is_empty());
    if category.as_deref().is_some_and(|name| !Category::is_valid_name(name)) {
        return Err(Problem::invalid("/category", "is no name for a category"));
    }
    if !call.principal.may_use(category.as_deref().unwrap_or_default(), subcategories) {
        return Err(Problem::new(Kind::Scope, "the key is limited to other categories"));
    }
    if new.share_limits.removes() {
        call.principal.needs(Scope::Delete)?;
    }
    let mut share = crate::model::ShareLimits::default();
    new.share_limits.apply(&mut share).map_err(|member| {
        Problem::invalid(format!("/share_limits/{member}"), "must be whole minutes")
    })?;
    let path = |text: &Option<String>, pointer| {
        text.as_deref().map(|text| directory(call, text, pointer)).transpose()
    };
    let (save_path, download_path) = (
        path(&new.save_path, "/save_path")?.unwrap_or_default(),
        path(&new.download_path, "/download_path")?.unwrap_or_default(),
    );
    let ssl = new.ssl.as_ref().map(SslParameters::from).unwrap_or_default();
    if new.ssl.is_some() && !ssl.is_usable() {
        let reason = "certificate, key and parameters are no usable set";
        return Err(Problem::invalid("/ssl", reason));
    }
    Ok(NewTorrent {
        name,
        category,
        tags: tags(&new.tags, "/tags")?,
        auto_managed: new.auto_managed,
        path_rules: PathRules::Implied,
        use_download_path: (!download_path.is_empty()).then_some(true),
        save_path,
        download_path,
        stopped: new.run.map(|run| run == Run::Stopped),
        forced: new.run == Some(Run::Forced),
        stop_condition: new.stop_condition.map(Into::into),
        layout: new.layout.map(Into::into),
        download_limit: rate(new.download_limit, "/download_limit")?,
        upload_limit: rate(new.upload_limit, "/upload_limit")?,
        max_connections: new.max_connections.0,
        max_uploads: new.max_uploads.0,
        sources: new.peer_sources.applied(PeerSources::default()),
        share,
        sequential: new.sequential,
        first_last_first: new.first_last_first,
        super_seeding: new.super_seeding,
        skip_checking: new.skip_checking,
        sample: sample(new)?,
        preallocate: new.preallocate,
        top_of_queue: new.top_of_queue,
        queue_position: match new.queue_position {
            Some(0) => return Err(Problem::invalid("/queue_position", "is counted from 1")),
            position => position.map(|position| position - 1),
        },
        trackers: super::trackers::checked(&new.trackers)?,
        replaces_trackers: new.replace_trackers,
        web_seeds: super::web_seeds::checked(&new.web_seeds, "/web_seeds")?,
        priorities: new.priorities.iter().map(|priority| (*priority).into()).collect(),
        may_merge: false,
        ssl,
    })
}

/// Pieces of the sample, 0 for none.
fn sample(new: &New) -> Result<u16> {
    match new.check_pieces {
        None => Ok(0),
        Some(_) if !new.skip_checking => {
            Err(Problem::invalid("/check_pieces", "belongs to `skip_checking`"))
        }
        Some(count) if (1..=MOST_PIECES).contains(&count) => Ok(count),
        Some(_) => {
            Err(Problem::invalid("/check_pieces", format!("must be from 1 to {MOST_PIECES}")))
        }
    }
}
