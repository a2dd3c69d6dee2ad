//! `torrents/downloadFile`: the content of one finished file, whole or in part.

use std::io::SeekFrom;
use std::ops::Range;

use actix_web::http::StatusCode;
use bytes::Bytes;
use fs_err::tokio::File;
use futures::{StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::export::attachment;
use super::refused;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::reply::{self, Body, Reply};
use crate::model::{File as Content, path};

/// Bytes read at once.
const PIECE: usize = 1 << 18;

/// Answers with a file of a torrent.
pub async fn download_file(call: Call) -> reply::Result {
    let unknown = || Reply::not_found("Torrent not found");
    let id = call.params.text_or_empty("hash").parse().map_err(|_| unknown())?;
    let row = call.snapshot().torrent(&id).cloned().ok_or_else(unknown)?;
    if row.facts.metadata.is_none() {
        return Err(Reply::conflict("Torrent metadata not available"));
    }
    let files = call.engine().files(row.facts.id).await.map_err(refused)?;
    let wanted = call.params.text_or_empty("file");
    let file = named(&files, wanted)?;
    if file.progress < 1.0 {
        return Err(Reply::conflict("File not fully downloaded"));
    }
    let size = u64::try_from(file.size).unwrap_or(0);
    let range = call.range.as_deref().map(str::trim).filter(|header| !header.is_empty());
    let range = match range.map(|header| parse(header, size)) {
        None => None,
        Some(Ok(range)) => Some(range),
        Some(Err(Unsatisfiable::OutOfBounds)) => {
            let reply = Reply::bare(StatusCode::RANGE_NOT_SATISFIABLE);
            return Err(reply.header("content-range", format!("bytes */{size}")));
        }
        Some(Err(Unsatisfiable::Nonsense)) => return Err(Reply::bare(StatusCode::BAD_REQUEST)),
    };
    let path = path::join(row.content_location(), &file.path);
    let mut content = File::open(&path).await.map_err(|error| {
        tracing::warn!(torrent.id = %row.facts.id, %error, "a finished file cannot be read");
        Reply::not_found("")
    })?;
    let part = range.clone().unwrap_or(0..size);
    content.seek(SeekFrom::Start(part.start)).await.map_err(|_| Reply::not_found(""))?;
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let reply = Reply {
        status: if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK },
        content_type: Some(
            mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream"),
        ),
        body: Body::Stream(pieces(content, part.end - part.start)),
        ..Reply::empty()
    };
    let reply = reply
        .header("accept-ranges", "bytes")
        .header("content-disposition", attachment(name))
        .header("content-length", (part.end - part.start).to_string());
    Ok(match range {
        Some(range) => {
            reply.header("content-range", format!("bytes {}-{}/{size}", range.start, range.end - 1))
        }
        None => reply,
    })
}

/// The file at a place, or with a path inside the torrent.
fn named<'a>(files: &'a [Content], wanted: &str) -> reply::Result<&'a Content> {
    let Ok(place) = wanted.trim().parse::<i32>() else {
        let file = files.iter().find(|file| file.path == wanted);
        let text = || format!("\"{wanted}\" is not a valid file path");
        return file.ok_or_else(|| Reply::conflict(&text()));
    };
    match usize::try_from(place) {
        Ok(at) if at < files.len() => Ok(&files[at]),
        Ok(_) => Err(Reply::conflict(&format!("File index {place} is out of bounds"))),
        Err(_) => Err(Reply::conflict(&format!("\"{place}\" is not a valid file index"))),
    }
}

/// The rest of a file, piece by piece; a file that is shorter than promised ends the connection with an error.
fn pieces(content: File, length: u64) -> stream::LocalBoxStream<'static, std::io::Result<Bytes>> {
    stream::try_unfold((content, length), |(mut content, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; usize::try_from(left).unwrap_or(PIECE).min(PIECE)];
        let read = content.read(&mut piece).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(read);
        Ok(Some((Bytes::from(piece), (content, left - read as u64))))
    })
    .boxed_local()
}

#[derive(Debug, PartialEq, Eq)]
enum Unsatisfiable {
    OutOfBounds,
    Nonsense,
}

/// The one range that a `Range` header may name (observed: the end must lie inside the file too).
fn parse(header: &str, size: u64) -> Result<Range<u64>, Unsatisfiable> {
    let spec = header.strip_prefix("bytes=").ok_or(Unsatisfiable::Nonsense)?;
    let (first, last) = spec.split_once('-').ok_or(Unsatisfiable::Nonsense)?;
    let number = |text: &str| match text {
        "" => Ok(None),
        text if text.bytes().all(|digit| digit.is_ascii_digit()) => {
            text.parse::<u64>().map(Some).map_err(|_| Unsatisfiable::Nonsense)
        }
        _ => Err(Unsatisfiable::Nonsense),
    };
    let range = match (number(first)?, number(last)?) {
        (None, None | Some(0)) => return Err(Unsatisfiable::Nonsense),
        (Some(first), None) => first..size,
        (None, Some(length)) => size.checked_sub(length).ok_or(Unsatisfiable::OutOfBounds)?..size,
        (Some(first), Some(last)) if first > last => return Err(Unsatisfiable::Nonsense),
        (Some(first), Some(last)) => first..last.saturating_add(1),
    };
    if range.start >= size || range.end > size {
        Err(Unsatisfiable::OutOfBounds)
    } else {
        Ok(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_inside_the_file_is_served() {
        assert_eq!(parse("bytes=0-9", 50), Ok(0..10));
        assert_eq!(parse("bytes=40-", 50), Ok(40..50));
        assert_eq!(parse("bytes=-5", 50), Ok(45..50));
        for outside in ["bytes=50-", "bytes=0-50", "bytes=-51", "bytes=9999999999-"] {
            assert_eq!(parse(outside, 50), Err(Unsatisfiable::OutOfBounds), "{outside}");
        }
        let nonsense = "bytes=0-1,3-4|bytes=-|bytes=a-b|lines=0-1|bytes=9-0||bytes=-0|bytes= 0-1|bytes=0 -1\
                        |bytes=+0-1|Bytes=0-1|bytes=99999999999999999999-|bytes=0-99999999999999999999";
        for nonsense in nonsense.split('|') {
            assert_eq!(parse(nonsense, 50), Err(Unsatisfiable::Nonsense), "{nonsense}");
        }
    }
}
