//! The table of `/api/v2`: one row per endpoint, in upstream's order within a scope.
//!
//! A row says verb, path, who may call it, at which levels, which parameters must be present, and who answers. What
//! differs between levels in more than the answer (verb, required names) is written as several rows of one path with
//! disjoint levels. Scopes whose subsystem does not exist have no rows and answer as unknown.

use std::collections::HashMap;
use std::sync::LazyLock;

use futures::future::LocalBoxFuture;

use super::call::Call;
use super::level::Level::{self, L45, L51, L53};
use super::{app, auth, clientdata, directory, log, reply, torrentcreator, transfer};

mod rss;
mod torrents;

/// Answers one checked request.
pub type Handler = fn(Call) -> LocalBoxFuture<'static, reply::Result>;

/// Which methods an action takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET and POST alike, and HEAD from 5.1 on.
    Get,
    /// POST only.
    Post,
}

/// Who may call an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anyone,
    /// Whoever has a session or a key.
    User,
}

pub use Access::{Anyone, User};

/// An inclusive range of levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    first: Level,
    last: Level,
}

pub const ALL: Levels = Levels { first: L45, last: L53 };

#[must_use]
pub const fn since(first: Level) -> Levels {
    Levels { first, last: L53 }
}

#[must_use]
pub const fn until(last: Level) -> Levels {
    Levels { first: L45, last }
}

#[must_use]
pub const fn only(level: Level) -> Levels {
    Levels { first: level, last: level }
}

impl Levels {
    #[must_use]
    pub fn contains(self, level: Level) -> bool {
        self.first <= level && level <= self.last
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Route {
    pub verb: Verb,
    /// `scope/action`.
    pub path: &'static str,
    pub access: Access,
    pub levels: Levels,
    /// Parameters that must be present; empty ones count.
    pub required: &'static [&'static str],
    pub run: Handler,
    /// Levels at which the lenient superset answers too; a row that has `levels` comes before.
    pub also: Option<Levels>,
    /// What the lenient superset requires instead of `required`.
    pub enough: Option<&'static [&'static str]>,
}

/// A row that takes GET and POST.
#[must_use]
pub const fn get(
    path: &'static str,
    access: Access,
    levels: Levels,
    required: &'static [&'static str],
    run: Handler,
) -> Route {
    Route { verb: Verb::Get, path, access, levels, required, run, also: None, enough: None }
}

/// A row that takes POST only.
#[must_use]
pub const fn post(
    path: &'static str,
    access: Access,
    levels: Levels,
    required: &'static [&'static str],
    run: Handler,
) -> Route {
    Route { verb: Verb::Post, path, access, levels, required, run, also: None, enough: None }
}

impl Route {
    /// Serves more levels when lenient.
    #[must_use]
    pub const fn also(mut self, levels: Levels) -> Self {
        self.also = Some(levels);
        self
    }

    /// Requires less when lenient.
    #[must_use]
    pub const fn enough(mut self, required: &'static [&'static str]) -> Self {
        self.enough = Some(required);
        self
    }

    #[must_use]
    pub fn scope(&self) -> &'static str {
        self.path.split_once('/').map_or(self.path, |(scope, _)| scope)
    }

    /// The parameters that must be present.
    #[must_use]
    pub fn required(&self, strict: bool) -> &'static [&'static str] {
        match self.enough {
            Some(enough) if !strict => enough,
            _ => self.required,
        }
    }
}

const ROWS: &[Route] = &[
    get("app/version", User, ALL, &[], app::version),
    get("app/webapiVersion", User, ALL, &[], app::webapi_version),
    get("app/buildInfo", User, ALL, &[], app::build_info),
    get("app/processInfo", User, since(L53), &[], app::process_info),
    post("app/shutdown", User, ALL, &[], app::shutdown),
    get("app/preferences", User, ALL, &[], app::preferences),
    post("app/setPreferences", User, ALL, &["json"], app::set_preferences),
    get("app/defaultSavePath", User, ALL, &[], app::default_save_path),
    get("app/networkInterfaceList", User, ALL, &[], app::network_interface_list),
    get(
        "app/networkInterfaceAddressList",
        User,
        ALL,
        &["iface"],
        app::network_interface_address_list,
    ),
    get("app/getDirectoryContent", User, since(L51), &["dirPath"], directory::content),
    get("app/getFreeSpaceAtPath", User, since(L53), &["path"], directory::free_space),
    get("app/cookies", User, since(L51), &[], app::cookies),
    post("app/setCookies", User, since(L51), &["cookies"], app::set_cookies),
    post("app/sendTestEmail", User, since(L51), &[], app::send_test_email),
    post("app/rotateAPIKey", User, since(L53), &[], app::rotate_api_key).also(until(L51)),
    post("app/deleteAPIKey", User, since(L53), &[], app::delete_api_key).also(until(L51)),
    post("auth/login", Anyone, ALL, &[], auth::login),
    post("auth/logout", User, ALL, &[], auth::logout),
    get("clientdata/load", User, since(L53), &[], clientdata::load),
    post("clientdata/store", User, since(L53), &["data"], clientdata::store),
    get("log/main", User, ALL, &[], log::main),
    get("log/peers", User, ALL, &[], log::peers),
    get("transfer/info", User, ALL, &[], transfer::info),
    get("transfer/speedLimitsMode", User, ALL, &[], transfer::speed_limits_mode),
    post("transfer/setSpeedLimitsMode", User, ALL, &["mode"], transfer::set_speed_limits_mode),
    post("transfer/toggleSpeedLimitsMode", User, ALL, &[], transfer::toggle_speed_limits_mode),
    get("transfer/downloadLimit", User, ALL, &[], transfer::download_limit),
    get("transfer/uploadLimit", User, ALL, &[], transfer::upload_limit),
    post("transfer/setDownloadLimit", User, ALL, &["limit"], transfer::set_download_limit),
    post("transfer/setUploadLimit", User, ALL, &["limit"], transfer::set_upload_limit),
    get("transfer/getSpeedLimits", User, since(L53), &[], transfer::get_speed_limits),
    post("transfer/setSpeedLimits", User, since(L53), SPEED_LIMITS, transfer::set_speed_limits),
    post("transfer/pauseSession", User, since(L53), &[], transfer::pause_session),
    post("transfer/resumeSession", User, since(L53), &[], transfer::resume_session),
    post("transfer/banPeers", User, ALL, &["peers"], transfer::ban_peers),
    post("torrentcreator/addTask", User, since(L51), &["sourcePath"], torrentcreator::add_task),
    get("torrentcreator/status", User, since(L51), &[], torrentcreator::status),
    get("torrentcreator/torrentFile", User, since(L51), &["taskID"], torrentcreator::torrent_file),
    post("torrentcreator/deleteTask", User, since(L51), &["taskID"], torrentcreator::delete_task),
];

const SPEED_LIMITS: &[&str] = &["up_limit", "dl_limit", "alt_up_limit", "alt_dl_limit"];

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Route> {
    ROWS.iter().chain(rss::ROWS).chain(torrents::ROWS)
}

/// What the table knows of a path at a level.
pub enum Found {
    Row(&'static Route),
    /// The action exists, but takes POST only.
    MethodNotAllowed,
    UnknownAction,
    UnknownScope,
}

struct Index {
    paths: HashMap<&'static str, Vec<&'static Route>>,
    scopes: HashMap<&'static str, Vec<Level>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { paths: HashMap::new(), scopes: HashMap::new() };
    for row in rows() {
        index.paths.entry(row.path).or_default().push(row);
        for level in Level::ALL.into_iter().filter(|level| row.levels.contains(*level)) {
            index.scopes.entry(row.scope()).or_default().push(level);
        }
    }
    index
});

/// Looks an action up, in the order of the real servers: scope, method, action.
#[must_use]
pub fn find(path: &str, level: Level, strict: bool, method: Method) -> Found {
    let scope = path.split_once('/').map_or(path, |(scope, _)| scope);
    if !INDEX.scopes.get(scope).is_some_and(|levels| levels.contains(&level)) {
        return Found::UnknownScope;
    }
    let rows = INDEX.paths.get(path).map(Vec::as_slice).unwrap_or_default();
    let row = rows.iter().find(|row| row.levels.contains(level)).or_else(|| {
        rows.iter().find(|row| !strict && row.also.is_some_and(|levels| levels.contains(level)))
    });
    let allowed = match method {
        Method::Post => true,
        Method::Get => row.is_none_or(|row| row.verb == Verb::Get),
        // Contract: 4.5 knows no HEAD below /api, whether the action exists or not.
        Method::Head => level > L45 && row.is_none_or(|row| row.verb == Verb::Get),
    };
    match row {
        _ if !allowed => Found::MethodNotAllowed,
        Some(row) => Found::Row(row),
        None => Found::UnknownAction,
    }
}

/// The table's own name of an action, for whoever counts requests: there is a bounded number of them.
#[must_use]
pub fn known(action: &str) -> &'static str {
    INDEX.paths.get_key_value(action).map_or("unmatched", |(path, _)| path)
}

/// The methods that the contract's parser understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
}
