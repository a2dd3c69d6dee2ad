//! Rows of `sync/*` and `torrents/*`.

use super::{ALL, L45, L51, L53, Route, User, get, only, post, since, until};
use crate::http::qbittorrent::sync;
use crate::http::qbittorrent::torrents::{
    add, control, download, export, files, labels, limits, list, location, metadata, peers,
    properties, trackers, web_seeds,
};

/// A handler that awaits something.
macro_rules! later {
    ($handler:path) => {
        |call| Box::pin($handler(call))
    };
}

/// A handler that answers from the snapshot.
macro_rules! now {
    ($handler:path) => {
        |call| Box::pin(async move { $handler(&call) })
    };
}

const HASH: &[&str] = &["hash"];
const HASHES: &[&str] = &["hashes"];
const SHARE_45: &[&str] = &["hashes", "ratioLimit", "seedingTimeLimit"];
const SHARE_51: &[&str] = &["hashes", "ratioLimit", "seedingTimeLimit", "inactiveSeedingTimeLimit"];
const SHARE_53: &[&str] = &[
    "hashes",
    "ratioLimit",
    "seedingTimeLimit",
    "inactiveSeedingTimeLimit",
    "shareLimitAction",
    "shareLimitsMode",
];
const SOURCE: &[&str] = &["source"];
const RENAME: &[&str] = &["hash", "oldPath", "newPath"];
const SSL: &[&str] = &["hash", "ssl_certificate", "ssl_private_key", "ssl_dh_params"];

pub(super) const ROWS: &[Route] = &[
    get("sync/maindata", User, ALL, &[], later!(sync::maindata)),
    get("sync/torrentPeers", User, ALL, &[], later!(sync::torrent_peers)),
    get("torrents/count", User, since(L51), &[], now!(list::count)),
    get("torrents/info", User, ALL, &[], later!(list::info)),
    get("torrents/properties", User, ALL, HASH, now!(properties::properties)),
    get("torrents/trackers", User, ALL, HASH, later!(trackers::trackers)),
    get("torrents/webseeds", User, ALL, HASH, now!(web_seeds::webseeds)),
    get("torrents/files", User, ALL, HASH, later!(files::files)),
    get("torrents/pieceHashes", User, ALL, HASH, later!(files::piece_hashes)),
    get("torrents/pieceStates", User, ALL, HASH, later!(files::piece_states)),
    get("torrents/pieceAvailability", User, since(L53), HASH, later!(files::piece_availability)),
    get("torrents/export", User, ALL, HASH, later!(export::export)),
    get(
        "torrents/downloadFile",
        User,
        since(L53),
        &["hash", "file"],
        later!(download::download_file),
    ),
    get("torrents/SSLParameters", User, since(L51), HASH, later!(limits::ssl_parameters)),
    post("torrents/setSSLParameters", User, since(L51), SSL, later!(limits::set_ssl_parameters)),
    post("torrents/add", User, ALL, &[], later!(add::add)),
    post("torrents/fetchMetadata", User, since(L53), SOURCE, later!(metadata::fetch_metadata)),
    post("torrents/parseMetadata", User, since(L53), &[], later!(metadata::parse_metadata)),
    get("torrents/saveMetadata", User, since(L53), SOURCE, later!(metadata::save_metadata)),
    post("torrents/stop", User, since(L51), HASHES, later!(control::stop)),
    post("torrents/start", User, since(L51), HASHES, later!(control::start)),
    post("torrents/pause", User, only(L45), HASHES, later!(control::stop)).also(since(L51)),
    post("torrents/resume", User, only(L45), HASHES, later!(control::start)).also(since(L51)),
    post(
        "torrents/setForceStart",
        User,
        ALL,
        &["hashes", "value"],
        later!(control::set_force_start),
    ),
    post("torrents/recheck", User, ALL, HASHES, later!(control::recheck)),
    post("torrents/reannounce", User, ALL, HASHES, later!(control::reannounce)),
    post("torrents/delete", User, ALL, &["hashes", "deleteFiles"], later!(control::delete))
        .enough(HASHES),
    post("torrents/increasePrio", User, ALL, HASHES, later!(control::increase_prio)),
    post("torrents/decreasePrio", User, ALL, HASHES, later!(control::decrease_prio)),
    post("torrents/topPrio", User, ALL, HASHES, later!(control::top_prio)),
    post("torrents/bottomPrio", User, ALL, HASHES, later!(control::bottom_prio)),
    post("torrents/rename", User, ALL, &["hash", "name"], later!(control::rename)),
    post(
        "torrents/setComment",
        User,
        since(L53),
        &["hashes", "comment"],
        later!(control::set_comment),
    ),
    post(
        "torrents/toggleSequentialDownload",
        User,
        ALL,
        HASHES,
        later!(control::toggle_sequential_download),
    ),
    post(
        "torrents/toggleFirstLastPiecePrio",
        User,
        ALL,
        HASHES,
        later!(control::toggle_first_last_piece_prio),
    ),
    post(
        "torrents/setSuperSeeding",
        User,
        ALL,
        &["hashes", "value"],
        later!(control::set_super_seeding),
    ),
    get("torrents/uploadLimit", User, ALL, HASHES, now!(limits::upload_limit)),
    get("torrents/downloadLimit", User, ALL, HASHES, now!(limits::download_limit)),
    post(
        "torrents/setUploadLimit",
        User,
        ALL,
        &["hashes", "limit"],
        later!(limits::set_upload_limit),
    ),
    post(
        "torrents/setDownloadLimit",
        User,
        ALL,
        &["hashes", "limit"],
        later!(limits::set_download_limit),
    ),
    post("torrents/setShareLimits", User, only(L45), SHARE_45, later!(limits::set_share_limits)),
    post("torrents/setShareLimits", User, only(L51), SHARE_51, later!(limits::set_share_limits))
        .enough(SHARE_45),
    post("torrents/setShareLimits", User, since(L53), SHARE_53, later!(limits::set_share_limits))
        .enough(SHARE_45),
    post("torrents/filePrio", User, ALL, &["hash", "id", "priority"], later!(files::file_prio)),
    post("torrents/renameFile", User, ALL, RENAME, later!(files::rename_file)),
    post("torrents/renameFolder", User, ALL, RENAME, later!(files::rename_folder)),
    post(
        "torrents/setLocation",
        User,
        ALL,
        &["hashes", "location"],
        later!(location::set_location),
    ),
    post("torrents/setSavePath", User, ALL, &["id", "path"], later!(location::set_save_path)),
    post(
        "torrents/setDownloadPath",
        User,
        ALL,
        &["id", "path"],
        later!(location::set_download_path),
    ),
    post(
        "torrents/setAutoManagement",
        User,
        ALL,
        &["hashes", "enable"],
        later!(location::set_auto_management),
    ),
    post("torrents/addTrackers", User, ALL, &["hash", "urls"], later!(trackers::add_trackers)),
    post(
        "torrents/editTracker",
        User,
        until(L51),
        &["hash", "origUrl", "newUrl"],
        later!(trackers::edit_tracker),
    )
    .enough(HASH),
    post(
        "torrents/editTracker",
        User,
        since(L53),
        &["hash", "url"],
        later!(trackers::edit_tracker),
    )
    .enough(HASH),
    post(
        "torrents/removeTrackers",
        User,
        ALL,
        &["hash", "urls"],
        later!(trackers::remove_trackers),
    ),
    post(
        "torrents/addWebSeeds",
        User,
        since(L51),
        &["hash", "urls"],
        later!(web_seeds::add_web_seeds),
    ),
    post(
        "torrents/editWebSeed",
        User,
        since(L51),
        &["hash", "origUrl", "newUrl"],
        later!(web_seeds::edit_web_seed),
    ),
    post(
        "torrents/removeWebSeeds",
        User,
        since(L51),
        &["hash", "urls"],
        later!(web_seeds::remove_web_seeds),
    ),
    post("torrents/addPeers", User, ALL, &["hashes", "peers"], later!(peers::add_peers)),
    get("torrents/categories", User, ALL, &[], now!(labels::categories)),
    post("torrents/createCategory", User, ALL, &["category"], later!(labels::create_category)),
    post(
        "torrents/editCategory",
        User,
        until(L51),
        &["category", "savePath"],
        later!(labels::edit_category),
    ),
    post("torrents/editCategory", User, since(L53), &["category"], later!(labels::edit_category)),
    post(
        "torrents/removeCategories",
        User,
        ALL,
        &["categories"],
        later!(labels::remove_categories),
    ),
    post("torrents/setCategory", User, ALL, &["hashes", "category"], later!(labels::set_category)),
    get("torrents/tags", User, ALL, &[], now!(labels::tags)),
    post("torrents/createTags", User, ALL, &["tags"], later!(labels::create_tags)),
    post("torrents/deleteTags", User, ALL, &["tags"], later!(labels::delete_tags)),
    post("torrents/addTags", User, ALL, &["hashes", "tags"], later!(labels::add_tags)),
    post("torrents/setTags", User, since(L51), &["hashes", "tags"], later!(labels::set_tags)),
    post("torrents/removeTags", User, ALL, HASHES, later!(labels::remove_tags)),
];
