//! Running state, queue, names and removal.

use super::{done, ids, one, refused, selected};
use crate::engine::{QueueMove, Removal};
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::reply::{self, Reply};

/// Stops torrents.
pub async fn stop(call: Call) -> reply::Result {
    call.engine().stop(selected(&call)).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Starts torrents by the rules of the queue.
pub async fn start(call: Call) -> reply::Result {
    call.engine().start(selected(&call)).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Starts torrents, ignoring the queue or not.
pub async fn set_force_start(call: Call) -> reply::Result {
    let (engine, which) = (call.engine(), selected(&call));
    if call.params.boolean("value").unwrap_or(false) {
        engine.force_start(which).await.map_err(refused)?;
    } else {
        engine.start(which).await.map_err(refused)?;
    }
    Ok(Reply::empty())
}

/// Verifies the data of torrents.
pub async fn recheck(call: Call) -> reply::Result {
    call.engine().recheck(selected(&call)).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Announces to all trackers, or at L53 to those of `urls`.
pub async fn reannounce(call: Call) -> reply::Result {
    let urls = call.params.text("urls").filter(|urls| call.level >= Level::L53 && !urls.is_empty());
    let urls = urls.map(super::trackers::encoded_list);
    call.engine().reannounce(selected(&call), urls).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Removes torrents, and with `deleteFiles` their content.
pub async fn delete(call: Call) -> reply::Result {
    let removal = match call.params.boolean("deleteFiles") {
        Some(true) => Removal::DeleteContent,
        Some(false) | None => Removal::KeepContent,
    };
    call.engine().remove(selected(&call), removal).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Moves torrents up in the queue.
pub async fn increase_prio(call: Call) -> reply::Result {
    move_in_queue(call, QueueMove::Up).await
}

/// Moves torrents down in the queue.
pub async fn decrease_prio(call: Call) -> reply::Result {
    move_in_queue(call, QueueMove::Down).await
}

/// Moves torrents to the top of the queue.
pub async fn top_prio(call: Call) -> reply::Result {
    move_in_queue(call, QueueMove::Top).await
}

/// Moves torrents to the bottom of the queue.
pub async fn bottom_prio(call: Call) -> reply::Result {
    move_in_queue(call, QueueMove::Bottom).await
}

async fn move_in_queue(call: Call, step: QueueMove) -> reply::Result {
    // Contract: `all` is no word of these actions.
    let which = ids(call.params.text_or_empty("hashes"));
    call.engine().move_in_queue(which, step).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Gives a torrent another display name.
pub async fn rename(call: Call) -> reply::Result {
    let name =
        call.params.text_or_empty("name").trim().replace("\r\n", " ").replace(['\r', '\n'], " ");
    if name.is_empty() {
        return Err(Reply::conflict("Incorrect torrent name"));
    }
    let (id, _) = one(&call)?;
    call.engine().rename(id, name).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Replaces the comment of torrents.
pub async fn set_comment(call: Call) -> reply::Result {
    let comment = call.params.text_or_empty("comment").trim().to_owned();
    call.engine().set_comment(selected(&call), comment).await.map_err(refused)?;
    Ok(done(&call))
}

/// Inverts sequential download.
pub async fn toggle_sequential_download(call: Call) -> reply::Result {
    call.engine().toggle_sequential(selected(&call)).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Inverts the preference for first and last pieces.
pub async fn toggle_first_last_piece_prio(call: Call) -> reply::Result {
    call.engine().toggle_first_last_first(selected(&call)).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Switches super seeding.
pub async fn set_super_seeding(call: Call) -> reply::Result {
    let on = call.params.boolean("value").unwrap_or(false);
    call.engine().set_super_seeding(selected(&call), on).await.map_err(refused)?;
    Ok(Reply::empty())
}
