//! `/v1/torrents/{id}`: one torrent.

use super::answer::Answer;
use super::call::Call;
use super::list::shown;
use super::problem::Result;
use super::wire;

/// Reads a torrent.
pub async fn read_torrent(call: Call) -> Result {
    let (_, row) = call.torrent()?;
    Answer::json(&shown(&row, &call.snapshot(), &[]))
}

/// Sends the `.torrent` file with the present trackers, web seeds and comment.
pub async fn export_torrent(call: Call) -> Result {
    let (id, row) = call.torrent()?;
    let bytes = call.engine().export(id).await?;
    let plain: String = row
        .name()
        .chars()
        .map(|letter| match letter {
            ' '..='~' if !"\"\\/%".contains(letter) => letter,
            _ => '_',
        })
        .collect();
    let encoded =
        percent_encoding::utf8_percent_encode(row.name(), percent_encoding::NON_ALPHANUMERIC);
    Ok(Answer::whole("application/x-bittorrent", bytes).header(
        "content-disposition",
        format!("attachment; filename=\"{plain}.torrent\"; filename*=UTF-8''{encoded}.torrent"),
    ))
}

/// The wire form of the torrent of the path, for answers of changes.
pub fn present(call: &Call) -> Result<wire::Torrent> {
    let (_, row) = call.torrent()?;
    Ok(wire::Torrent::of(&row, &call.snapshot()))
}
