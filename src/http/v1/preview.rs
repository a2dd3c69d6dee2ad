//! `POST /v1/torrents/preview`: look at a torrent before it is added.
//!
//! What was looked at is kept for the session, so that asking again and adding it fetch nothing a second time.

use actix_multipart::Multipart;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::body::media_type;
use super::call::Call;
use super::problem::{Kind, Problem, Result};
use super::wire::time;
use crate::engine::Metainfo;
use crate::http::guard::Visitor;
use crate::intake::{Link, Preview as Seen, Source};
use crate::model::InfoHashes;

/// Bytes of a magnet or URL.
const LONGEST_LINK: usize = 64 << 10;

/// What to look at. A form has a file as its part `torrent` in place of this.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PreviewRequest")]
pub struct Request {
    /// A magnet, an info-hash or the URL of a `.torrent` file.
    pub source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreviewStatus {
    Ready,
    /// It is being fetched: ask again.
    Pending,
}

/// A file of the torrent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PreviewFile {
    /// Its place in the torrent, by which it is named; padding leaves gaps.
    pub index: usize,
    pub path: String,
    pub size: i64,
}

/// What is known of a torrent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Preview {
    pub status: PreviewStatus,
    /// Absent while a URL is being fetched.
    pub id: Option<String>,
    /// It is in the list already.
    pub exists: bool,
    pub name: Option<String>,
    pub comment: Option<String>,
    pub total_size: Option<i64>,
    pub piece_size: Option<u32>,
    pub is_private: Option<bool>,
    pub created_at: Option<String>,
    pub created_by: Option<String>,
    pub trackers: Vec<String>,
    pub web_seeds: Vec<String>,
    /// Empty until the metadata is here.
    pub files: Vec<PreviewFile>,
    /// Files of the torrent, padding included: the length of `priorities` in an add.
    pub file_count: usize,
}

impl Preview {
    fn pending(hashes: Option<InfoHashes>, exists: bool) -> Self {
        Self {
            status: PreviewStatus::Pending,
            id: hashes.map(|hashes| hashes.id().to_string()),
            exists,
            name: None,
            comment: None,
            total_size: None,
            piece_size: None,
            is_private: None,
            created_at: None,
            created_by: None,
            trackers: Vec::new(),
            web_seeds: Vec::new(),
            files: Vec::new(),
            file_count: 0,
        }
    }

    fn of(metainfo: &Metainfo, exists: bool) -> Self {
        let files = metainfo.files.iter().enumerate().filter(|(_, file)| !file.is_padding);
        let files = files.map(|(index, file)| PreviewFile {
            index,
            path: file.path.clone(),
            size: file.size,
        });
        Self {
            status: PreviewStatus::Ready,
            id: Some(hashes(metainfo).id().to_string()),
            exists,
            name: Some(metainfo.name.clone()),
            comment: Some(metainfo.comment.clone()),
            total_size: Some(metainfo.total_size),
            piece_size: Some(metainfo.piece_size),
            is_private: Some(metainfo.is_private),
            created_at: metainfo.created_at.and_then(time),
            created_by: Some(metainfo.created_by.clone()),
            trackers: metainfo.trackers.iter().map(|tracker| tracker.url.clone()).collect(),
            web_seeds: metainfo.web_seeds.clone(),
            files: files.collect(),
            file_count: metainfo.files.len(),
        }
    }
}

fn hashes(metainfo: &Metainfo) -> InfoHashes {
    InfoHashes { v1: metainfo.v1, v2: metainfo.v2 }
}

/// The name under which what was looked at is kept.
fn session(visitor: &Visitor) -> Result<&std::sync::Arc<str>> {
    let session = visitor.session.as_ref().map(|session| &session.id);
    session.ok_or_else(|| Problem::new(Kind::Unauthenticated, "an API key or a session is needed"))
}

/// Shows what a torrent holds; it is not added.
pub async fn preview_torrent(call: Call) -> Result {
    // Whether a torrent is there already is told, so a key must see all of them.
    call.whole()?;
    let session = session(&call.visitor)?;
    let intake = &call.app.intake;
    let engine = call.engine();
    let exists = async |hashes| Ok::<_, Problem>(engine.find(hashes).await?.is_some());
    if media_type(&call.headers) == "multipart/form-data" {
        let known = intake.look_at_file(session, Source::File(file(&call).await?)).await?;
        return Answer::json(&Preview::of(&known.parsed, exists(hashes(&known.parsed)).await?));
    }
    let Request { source } = call.json()?;
    if source.len() > LONGEST_LINK {
        return Err(Problem::invalid("/source", format!("may have {LONGEST_LINK} bytes")));
    }
    let link = Link::parse(&source).ok_or_else(|| {
        Problem::invalid("/source", "is no magnet, info-hash or URL of http or https")
    })?;
    match intake.look_at(&call.engine(), session, &link).await? {
        Seen::Known(known) => {
            Answer::json(&Preview::of(&known.parsed, exists(hashes(&known.parsed)).await?))
        }
        Seen::Pending(hashes) => {
            let exists = match hashes {
                Some(hashes) => exists(hashes).await?,
                None => false,
            };
            Answer::json(&Preview::pending(hashes, exists))
        }
        Seen::Broken => Err(Problem::invalid("/source", "leads to something that is no torrent")),
        Seen::Failed(reason) => {
            Err(Problem::invalid("/source", format!("could not be fetched: {reason}")))
        }
    }
}

/// The one file of a form.
async fn file(call: &Call) -> Result<Bytes> {
    let malformed = |error: actix_multipart::MultipartError| {
        Problem::new(Kind::Malformed, format!("the form cannot be read: {error}"))
    };
    let body = stream::iter([Ok::<_, actix_web::error::PayloadError>(call.body.data.clone())]);
    let mut form = Multipart::new(&call.headers, body);
    let mut file = None;
    while let Some(part) = form.next().await {
        let mut part = part.map_err(malformed)?;
        let name = part.name().unwrap_or_default().to_owned();
        if name != "torrent" || file.is_some() {
            return Err(Problem::invalid(format!("/{name}"), "the form has one part, `torrent`"));
        }
        let mut data = BytesMut::new();
        while let Some(chunk) = part.next().await {
            data.extend_from_slice(&chunk.map_err(malformed)?);
        }
        file = Some(data.freeze());
    }
    file.ok_or_else(|| Problem::invalid("/torrent", "is missing"))
}

/// The file of a link that this client has looked at.
#[must_use]
pub fn looked_at(call: &Call, link: &Link) -> Option<Bytes> {
    let session = session(&call.visitor).ok()?;
    match call.app.intake.looked_at(session, link)? {
        Seen::Known(known) => Some(Bytes::copy_from_slice(&known.bytes)),
        Seen::Pending(_) | Seen::Broken | Seen::Failed(_) => None,
    }
}
