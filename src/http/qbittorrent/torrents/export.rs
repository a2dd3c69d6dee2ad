//! `torrents/export`: the `.torrent` file of a torrent.

use actix_web::http::StatusCode;

use super::{one, refused};
use crate::engine::Error;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::reply::{self, Reply, TEXT};

/// Answers with the `.torrent` file.
pub async fn export(call: Call) -> reply::Result {
    let (id, row) = one(&call)?;
    let file = call.engine().export(id).await.map_err(|error| match error {
        Error::NoMetadata => {
            Reply::conflict("Unable to export torrent file. Error: Missing metadata")
        }
        other => refused(other),
    })?;
    let name = match call.level {
        Level::L45 => return Ok(Reply::with(StatusCode::OK, TEXT, file.into())),
        Level::L51 => id.to_string(),
        Level::L53 => row.name().to_owned(),
    };
    let reply = Reply::with(StatusCode::OK, "application/x-bittorrent", file.into());
    Ok(reply.header("content-disposition", attachment(&format!("{name}.torrent"))))
}

/// A `content-disposition` that offers a file under this name (RFC 6266).
#[must_use]
pub fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|mark| match mark {
            '"' | '\\' => '_',
            mark if mark.is_ascii_graphic() || mark == ' ' => mark,
            _ => '_',
        })
        .collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_a_header() {
        assert_eq!(attachment("a b.torrent"), "attachment; filename=\"a b.torrent\"");
        assert_eq!(
            attachment("é\"\n"),
            "attachment; filename=\"___\"; filename*=UTF-8''%C3%A9%22%0A"
        );
    }
}
