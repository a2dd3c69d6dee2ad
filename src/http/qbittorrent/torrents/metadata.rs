//! `torrents/fetchMetadata`, `parseMetadata` and `saveMetadata`: looking at torrents before they are added.

use std::sync::Arc;

use actix_web::http::StatusCode;
use percent_encoding::percent_decode_str;

use super::export::attachment;
use super::refused;
use crate::engine::Metainfo;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::json::{self, Object};
use crate::http::qbittorrent::reply::{self, Reply};
use crate::intake::{Error, Known, Link, Preview, Source};
use crate::model::InfoHashes;

/// Answers with what is known of a link, or 202 while it is being fetched.
pub async fn fetch_metadata(call: Call) -> reply::Result {
    let source = source(&call)?;
    if call.params.text("downloader").is_some_and(|name| !name.is_empty()) {
        return Err(Reply::bad_request("downloader must be a valid search plugin"));
    }
    let unparsable = || Reply::bad_request(&format!("Unable to parse '{source}'"));
    let link = Link::parse(&source).ok_or_else(unparsable)?;
    let preview = call.app.intake.look_at(&call.engine(), &call.session, &link).await;
    let mut out = Vec::new();
    match preview {
        Ok(Preview::Known(known)) => {
            write(&mut out, &known.parsed);
            Ok(Reply::json(out))
        }
        // Contract: what failed is tried again, and shows as if it were on its way.
        Ok(preview @ (Preview::Pending(_) | Preview::Failed(_))) => {
            let hashes = if let Preview::Pending(hashes) = preview { hashes } else { None };
            let mut object = Object::begin(&mut out);
            if let Some(hashes) = hashes {
                write_hashes(&mut object, hashes);
            }
            object.end();
            let mut reply = Reply::json(out);
            reply.status = StatusCode::ACCEPTED;
            Ok(reply)
        }
        Ok(Preview::Broken) => Err(no_torrent(&source)),
        Err(Error::Engine(error)) => Err(refused(error)),
        Err(_) => Err(unparsable()),
    }
}

/// Answers with what uploaded files hold, and keeps them for an add.
pub async fn parse_metadata(call: Call) -> reply::Result {
    let uploads = call.params.uploads();
    if uploads.is_empty() {
        return Err(Reply::bad_request("Must specify torrent file(s)"));
    }
    let mut all: Vec<Arc<Known>> = Vec::with_capacity(uploads.len());
    for upload in uploads {
        let source = Source::File(upload.data.clone());
        let known = call.app.intake.look_at_file(&call.session, source).await;
        all.push(known.map_err(|_| no_torrent(&upload.file_name))?);
    }
    let mut out = Vec::new();
    json::array(&mut out, &all, |out, known| write(out, &known.parsed));
    Ok(Reply::json(out))
}

/// Answers with the `.torrent` file of a link that was looked at.
pub async fn save_metadata(call: Call) -> reply::Result {
    let source = source(&call)?;
    let link = Link::parse(&source).ok_or_else(|| Reply::not_found(""))?;
    match call.app.intake.looked_at(&call.session, &link) {
        Some(Preview::Known(known)) => {
            let id = hashes(&known.parsed).id();
            let reply = Reply::with(
                StatusCode::OK,
                "application/x-bittorrent",
                known.bytes.to_vec().into(),
            );
            Ok(reply.header("content-disposition", attachment(&format!("{id}.torrent"))))
        }
        // Contract: a magnet may still arrive, a URL that was not fetched is unknown.
        _ if matches!(link, Link::Magnet(_)) => {
            Err(Reply::conflict("Metadata is not yet available"))
        }
        _ => Err(Reply::not_found("")),
    }
}

/// The parameter `source`, which is encoded once more than others.
fn source(call: &Call) -> reply::Result<String> {
    let source = percent_decode_str(call.params.text_or_empty("source"));
    let source = source.decode_utf8_lossy().trim().to_owned();
    if source.is_empty() {
        return Err(Reply::bad_request("Must specify URI or hash"));
    }
    Ok(source)
}

fn no_torrent(name: &str) -> Reply {
    let text = format!("'{name}' is not a valid torrent file.");
    Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &text)
}

fn hashes(parsed: &Metainfo) -> InfoHashes {
    InfoHashes { v1: parsed.v1, v2: parsed.v2 }
}

fn write_hashes(object: &mut Object<'_>, hashes: InfoHashes) {
    object
        .text("hash", &hashes.id().to_string())
        .text("infohash_v1", &hashes.v1.map(hex::encode).unwrap_or_default())
        .text("infohash_v2", &hashes.v2.map(hex::encode).unwrap_or_default());
}

/// Appends the metadata object.
fn write(out: &mut Vec<u8>, parsed: &Metainfo) {
    let hashes = hashes(parsed);
    let mut object = Object::begin(out);
    object
        .text("comment", &parsed.comment)
        .text("created_by", &parsed.created_by)
        .int("creation_date", parsed.created_at.unwrap_or(-1))
        .text("hash", &hashes.id().to_string());
    let files = parsed.files.iter().filter(|file| !file.is_padding);
    let mut info = Object::begin(object.key("info"));
    info.array("files", files.clone(), |out, file| {
        let mut object = Object::begin(out);
        object.int("length", file.size).text("path", &file.path);
        object.end();
    })
    .int("length", files.map(|file| file.size).sum::<i64>())
    .text("name", &parsed.name)
    .int("piece_length", parsed.piece_size)
    .int("pieces_num", parsed.pieces)
    .boolean("private", parsed.is_private);
    info.end();
    object
        .text("infohash_v1", &hashes.v1.map(hex::encode).unwrap_or_default())
        .text("infohash_v2", &hashes.v2.map(hex::encode).unwrap_or_default())
        .array("trackers", &parsed.trackers, |out, tracker| {
            let mut object = Object::begin(out);
            object.int("tier", tracker.tier).text("url", &tracker.url);
            object.end();
        })
        .array("webseeds", &parsed.web_seeds, |out, url| json::text(out, url));
    object.end();
}
