//! Everything outside of `/api/v2`, as a contract level answers it: pages, files, and why there is none.

use std::io::Read as _;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use tokio::io::AsyncReadExt as _;

use super::guard::{Contract, Visitor};
use super::qbittorrent::level::Level;
use super::qbittorrent::reply::{Body, Reply};
use super::ui::folder::{Folder, Found, LIMIT, Refused};
use super::ui::{self, Served, assets, kind, pages};
use crate::app::App;
use crate::model::Actor;
use crate::settings::Patch;

/// Files above this size are sent piece by piece, in bytes.
const LARGE: u64 = 1 << 20;

/// Bytes of a large file that are read at once.
const PIECE: u64 = 1 << 18;

/// Answers a decoded path that is no action.
pub async fn answer(
    app: &Arc<App>,
    path: &str,
    request: &HttpRequest,
    contract: Contract,
    visitor: &Visitor,
) -> Reply {
    // Contract: nothing lies below the API at 5.3, not even a path that is refused elsewhere.
    if contract.level >= Level::L53 && path.starts_with("/api/v2/") {
        return Reply::not_found("");
    }
    let profile = app.settings.effective();
    if visitor.bearer.is_present() || !profile.webui.alternative_enabled {
        if ui::is_ambiguous(path) {
            return Reply::bad_request("");
        }
        // Contract: who brings a key is a program, and there are no pages for it.
        if visitor.bearer.is_present() {
            return Reply::not_found("");
        }
        return own(app, path, request, visitor);
    }
    if ui::is_ambiguous(path) {
        return Reply::bad_request("");
    }
    let folder =
        Folder { root: profile.webui.alternative_path.clone().into(), home: app.home.clone() };
    let (wanted, signed_in) = (path.to_owned(), visitor.session.is_some());
    let read = web::block(move || folder.find(&wanted, signed_in).map(load)).await;
    match read {
        Ok(Ok(Ok((kind, loaded)))) => file(kind, loaded, contract.level),
        Ok(Err(refused)) => {
            if contract.level >= Level::L53 && ui::is_index(path) {
                switch_off(app).await;
            }
            let text = text(&refused, contract.level);
            tracing::debug!(path, "the alternative user interface: {text}");
            Reply::error(StatusCode::INTERNAL_SERVER_ERROR, &text)
        }
        Ok(Ok(Err(error))) => {
            tracing::warn!(%error, "a file of the alternative user interface cannot be read");
            Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "")
        }
        Err(_) => Reply::error(StatusCode::INTERNAL_SERVER_ERROR, ""),
    }
}

/// Our own interface.
fn own(app: &App, path: &str, request: &HttpRequest, visitor: &Visitor) -> Reply {
    let served = match path {
        _ if ui::is_index(path) => pages::index(app, visitor).map(Some),
        "/manifest.webmanifest" => Ok(Some(pages::manifest())),
        "/robots.txt" => Ok(Some(pages::robots())),
        _ => Ok(assets::answer(path, request.headers())),
    };
    match served {
        Ok(Some(Served { status, content_type, headers, body })) => {
            Reply { status, content_type, body: Body::Whole(body), headers, ..Reply::empty() }
        }
        Ok(None) => Reply::not_found(""),
        Err(error) => {
            tracing::error!(%error, "a page cannot be made");
            Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "")
        }
    }
}

/// What of a file is in memory.
enum Loaded {
    Whole(Vec<u8>),
    /// The first bytes, and the rest.
    Part(Vec<u8>, fs_err::File, u64),
}

/// Reads a small file, or the first piece of a large one.
fn load(found: Found) -> std::io::Result<(&'static str, Loaded)> {
    let Found { mut content, size, name } = found;
    let first = if size > LARGE { PIECE } else { size };
    let mut data = Vec::with_capacity(usize::try_from(first).unwrap_or_default());
    content.by_ref().take(first).read_to_end(&mut data)?;
    let kind = kind::of(&name, &data[..data.len().min(kind::HEAD)]);
    Ok((
        kind,
        if size > LARGE { Loaded::Part(data, content, size - first) } else { Loaded::Whole(data) },
    ))
}

fn file(kind: &'static str, loaded: Loaded, level: Level) -> Reply {
    // Contract: each level compares the type of a script with a constant of its own; 5.1 has the wrong one.
    let (kind, cached) = match (kind, level) {
        (kind::SCRIPT, Level::L45) => ("application/javascript", "private, max-age=43200"),
        (kind::SCRIPT, Level::L53) | ("text/css", _) => (kind, "private, max-age=43200"),
        _ if kind.starts_with("image/") => (kind, "private, max-age=604800"),
        _ => (kind, "no-store"),
    };
    let body = match loaded {
        Loaded::Whole(data) => Body::Whole(data.into()),
        Loaded::Part(data, content, left) => Body::Stream(pieces(data, content, left)),
    };
    Reply { status: StatusCode::OK, content_type: Some(kind), body, ..Reply::empty() }
        .header("cache-control", cached)
}

/// A large file, piece by piece; one that became shorter ends the connection with an error.
fn pieces(
    first: Vec<u8>,
    content: fs_err::File,
    left: u64,
) -> stream::LocalBoxStream<'static, std::io::Result<Bytes>> {
    let content = fs_err::tokio::File::from(content);
    let rest = stream::try_unfold((content, left), |(mut content, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; usize::try_from(left.min(PIECE)).unwrap_or_default()];
        let read = content.read(&mut piece).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(read);
        Ok(Some((Bytes::from(piece), (content, left - read as u64))))
    });
    stream::iter([Ok(Bytes::from(first))]).chain(rest).boxed_local()
}

/// The words of the contract.
fn text(refused: &Refused, level: Level) -> String {
    match refused {
        Refused::NotAFile => "Unacceptable file type, only regular file is allowed.".to_owned(),
        Refused::Link => "Symlinks inside alternative UI folder are forbidden.".to_owned(),
        Refused::TooLarge { .. } if level == Level::L45 => {
            "Exceeded the maximum allowed file size (10.0 MiB)!".to_owned()
        }
        Refused::TooLarge { file, size } => format!(
            "File size exceeds limit. File: \"{}\". File size: {size}. Size limit: {LIMIT}",
            file.display()
        ),
    }
}

/// Contract: from 5.3 on an alternative user interface without an index is given up, so that nobody is locked out.
async fn switch_off(app: &Arc<App>) {
    let mut patch = Patch::new();
    patch.set("webui.alternative_enabled", false);
    match app.settings.patch(patch, &Actor::System).await {
        Ok(_) => {
            tracing::warn!("the alternative user interface has no index, so it was switched off");
        }
        Err(error) => tracing::error!(%error, "the alternative user interface stays on"),
    }
}
