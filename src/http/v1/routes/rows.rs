//! The rows themselves.

use super::Access::{Anyone, Scope as Needs};
use super::{Route, members, row};
use crate::auth::Scope::{Add, Admin, Control, Delete, Read, Settings};
use crate::http::v1::{
    action, api_keys, categories, create, docs, events, files, filter, health, imports, jobs, list,
    log, metrics, openapi, options, peers, pieces, preview, remove, select, session, sessions,
    settings, setup, stats, tags, torrents, trackers, ui, web_seeds, wire,
};

/// A handler of the table.
macro_rules! run {
    ($handler:path) => {
        |call| Box::pin($handler(call))
    };
}

pub(super) const ROWS: &[Route] = &[
    row("GET", "/v1", Anyone, "Tell what is here", run!(docs::index)).gives::<docs::Index>(),
    row("GET", "/v1/docs", Anyone, "Browse the API", run!(docs::page)).media("text/html"),
    row("GET", "/v1/docs/page.js", Anyone, "Script of the page", run!(docs::script))
        .media("text/javascript"),
    row("GET", "/v1/openapi.json", Anyone, "Describe the API", run!(openapi::document))
        .media("application/json"),
    row("GET", "/v1/problems", Anyone, "List the kinds of problems", run!(docs::problems))
        .gives::<docs::Problems>(),
    row("GET", "/v1/problems/{kind}", Anyone, "Explain a kind of problem", run!(docs::problem))
        .gives::<docs::ProblemKind>(),
    row("GET", "/v1/health/live", Anyone, "Tell that the process answers", run!(health::live))
        .gives::<health::Live>(),
    row("GET", "/v1/health/ready", Anyone, "Tell whether it can work", run!(health::ready))
        .gives::<health::Ready>(),
    row("GET", "/v1/health", Needs(Read), "Show the health of all parts", run!(health::full))
        .gives::<health::Health>(),
    row("GET", "/v1/session", Anyone, "Show who is signed in", run!(session::read_session))
        .gives::<session::Session>(),
    row("POST", "/v1/session", Anyone, "Sign in with a password", run!(session::create_session))
        .body::<session::Login>()
        .gives::<session::Session>(),
    row("DELETE", "/v1/session", Anyone, "Sign out", run!(session::delete_session)).status(204),
    row(
        "PUT",
        "/v1/session/password",
        Needs(Admin),
        "Change the operator's password",
        run!(sessions::change_password),
    )
    .body::<sessions::PasswordChange>()
    .gives::<sessions::Ended>(),
    row("GET", "/v1/sessions", Needs(Admin), "List open sessions", run!(sessions::list_sessions))
        .gives::<sessions::List>(),
    row(
        "DELETE",
        "/v1/sessions",
        Needs(Admin),
        "End all sessions but the one that asks",
        run!(sessions::end_other_sessions),
    )
    .gives::<sessions::Ended>(),
    row("DELETE", "/v1/sessions/{id}", Needs(Admin), "End a session", run!(sessions::end_session))
        .status(204),
    row("GET", "/v1/setup", Anyone, "Tell whether set-up is due", run!(setup::read_setup))
        .gives::<setup::State>(),
    row("POST", "/v1/setup", Anyone, "Set the first password", run!(setup::finish_setup))
        .body::<setup::Request>()
        .status(201)
        .gives::<setup::Done>(),
    row("GET", "/v1/categories", Needs(Read), "List categories", run!(categories::list_categories))
        .gives::<categories::List>(),
    row(
        "POST",
        "/v1/categories",
        Needs(Control),
        "Make a category",
        run!(categories::create_category),
    )
    .body::<categories::New>()
    .status(201)
    .gives::<categories::Category>(),
    row(
        "GET",
        "/v1/categories/{name}",
        Needs(Read),
        "Show a category",
        run!(categories::read_category),
    )
    .gives::<categories::Category>(),
    row(
        "PATCH",
        "/v1/categories/{name}",
        Needs(Control),
        "Change a category",
        run!(categories::edit_category),
    )
    .body::<categories::Change>()
    .gives::<categories::Category>(),
    row(
        "DELETE",
        "/v1/categories/{name}",
        Needs(Control),
        "Remove a category; its torrents stay",
        run!(categories::delete_category),
    )
    .status(204),
    row("GET", "/v1/tags", Needs(Read), "List tags", run!(tags::list_tags)).gives::<tags::List>(),
    row("POST", "/v1/tags", Needs(Control), "Make tags known", run!(tags::create_tags))
        .body::<tags::New>()
        .gives::<tags::List>(),
    row("DELETE", "/v1/tags/{tag}", Needs(Control), "Forget a tag", run!(tags::delete_tag))
        .status(204),
    row("GET", "/v1/settings", Needs(Read), "Show all settings", run!(settings::read_settings))
        .gives::<settings::Document>(),
    row("PATCH", "/v1/settings", Needs(Settings), "Change settings", run!(settings::edit_settings))
        .query(&[members::<settings::ChangeQuery>])
        .body::<settings::Change>()
        .gives::<settings::Changed>(),
    row(
        "GET",
        "/v1/settings/schema",
        Needs(Read),
        "Describe all settings",
        run!(settings::read_schema),
    )
    .gives::<settings::Descriptions>(),
    row(
        "GET",
        "/v1/settings/history",
        Needs(Read),
        "Show who changed what",
        run!(settings::read_history),
    )
    .query(&[members::<settings::HistoryQuery>])
    .gives::<settings::History>(),
    row(
        "POST",
        "/v1/settings/revert",
        Needs(Admin),
        "Go back to an earlier revision",
        run!(settings::revert),
    )
    .body::<settings::Revert>()
    .gives::<settings::Changed>(),
    row("GET", "/v1/stats", Needs(Read), "Show numbers of the session", run!(stats::read_stats))
        .gives::<stats::Stats>(),
    row(
        "GET",
        "/v1/stats/throughput",
        Needs(Read),
        "Show the throughput of the near past",
        run!(stats::read_throughput),
    )
    .gives::<stats::Throughput>(),
    row("GET", "/v1/log", Needs(Read), "Show the latest messages", run!(log::read_log))
        .query(&[members::<log::Query>])
        .gives::<log::Page>(),
    row(
        "GET",
        "/v1/log/peers",
        Needs(Read),
        "Show the peers that were refused",
        run!(log::read_refused_peers),
    )
    .query(&[members::<log::PeerQuery>])
    .gives::<log::PeerPage>(),
    row(
        "GET",
        "/v1/ui/preferences",
        Needs(Admin),
        "Show what the web interface remembers",
        run!(ui::read_preferences),
    )
    .gives::<ui::Preferences>(),
    row(
        "PUT",
        "/v1/ui/preferences",
        Needs(Admin),
        "Replace what the web interface remembers",
        run!(ui::replace_preferences),
    )
    .body::<ui::Preferences>()
    .gives::<ui::Preferences>(),
    row("GET", "/v1/events", Needs(Read), "Follow what happens", run!(events::follow))
        .query(&[members::<events::Query>])
        .media("text/event-stream"),
    row("GET", "/v1/jobs", Needs(Read), "List long operations", run!(jobs::list_jobs))
        .gives::<jobs::List>(),
    row("GET", "/v1/jobs/{id}", Needs(Read), "Show a long operation", run!(jobs::read_job))
        .gives::<jobs::Job>(),
    row("DELETE", "/v1/jobs/{id}", Needs(Add), "Cancel and forget a job", run!(jobs::delete_job))
        .status(204),
    row(
        "GET",
        "/v1/jobs/{id}/torrent",
        Needs(Read),
        "Fetch the file that a job made",
        run!(jobs::read_result),
    )
    .media("application/x-bittorrent"),
    row(
        "POST",
        "/v1/imports",
        Needs(Admin),
        "Take over a qBittorrent profile on the server",
        run!(imports::create_import),
    )
    .body::<imports::New>()
    .status(202)
    .gives::<jobs::Job>(),
    row("GET", "/v1/api-keys", Needs(Admin), "List API keys", run!(api_keys::list_api_keys))
        .gives::<api_keys::List>(),
    row("POST", "/v1/api-keys", Needs(Admin), "Make an API key", run!(api_keys::create_api_key))
        .body::<api_keys::New>()
        .status(201)
        .gives::<api_keys::Created>(),
    row(
        "POST",
        "/v1/api-keys/{id}/rotate",
        Needs(Admin),
        "Replace the text of an API key",
        run!(api_keys::rotate_api_key),
    )
    .gives::<api_keys::Created>(),
    row(
        "DELETE",
        "/v1/api-keys/{id}",
        Needs(Admin),
        "Revoke an API key",
        run!(api_keys::revoke_api_key),
    )
    .status(204),
    row("GET", "/metrics", Needs(Read), "Metrics for Prometheus", run!(metrics::scrape))
        .media("application/openmetrics-text"),
];

pub(super) const TORRENTS: &[Route] = &[
    row("GET", "/v1/torrents", Needs(Read), "List torrents", run!(list::list_torrents))
        .query(&[members::<list::Window>, members::<filter::Filter>])
        .gives::<list::Page>(),
    row("POST", "/v1/torrents", Needs(Add), "Add torrents", run!(create::create_torrents))
        .body::<create::New>()
        .files()
        .status(201)
        .gives::<create::Outcome>(),
    row(
        "POST",
        "/v1/torrents/preview",
        Needs(Add),
        "Look at a torrent before it is added",
        run!(preview::preview_torrent),
    )
    .body::<preview::Request>()
    .files()
    .gives::<preview::Preview>(),
    row(
        "POST",
        "/v1/torrents/author",
        Needs(Add),
        "Make a torrent of files on the server",
        run!(jobs::author_torrent),
    )
    .body::<jobs::Author>()
    .status(202)
    .gives::<jobs::Job>(),
    row(
        "POST",
        "/v1/torrents/action",
        Needs(Control),
        "Act on all torrents that match",
        run!(action::act_on_torrents),
    )
    .body::<action::Batch>()
    .gives::<action::Acted>(),
    row(
        "POST",
        "/v1/torrents/remove",
        Needs(Delete),
        "Remove all torrents that match",
        run!(remove::remove_torrents),
    )
    .body::<remove::Request>()
    .gives::<remove::Removed>(),
    row("GET", "/v1/torrents/{id}", Needs(Read), "Show a torrent", run!(torrents::read_torrent))
        .gives::<wire::Torrent>(),
    row(
        "DELETE",
        "/v1/torrents/{id}",
        Needs(Delete),
        "Remove a torrent",
        run!(remove::delete_torrent),
    )
    .query(&[members::<remove::Query>])
    .gives::<remove::Removed>(),
    row(
        "GET",
        "/v1/torrents/{id}/export",
        Needs(Read),
        "Fetch the torrent file",
        run!(torrents::export_torrent),
    )
    .media("application/x-bittorrent"),
    row(
        "POST",
        "/v1/torrents/{id}/action",
        Needs(Control),
        "Act on a torrent",
        run!(action::act_on_torrent),
    )
    .body::<action::Action>()
    .gives::<action::Acted>(),
    row(
        "GET",
        "/v1/torrents/{id}/events",
        Needs(Read),
        "Show what happened to a torrent",
        run!(events::list_torrent_events),
    )
    .query(&[members::<events::HistoryQuery>])
    .gives::<events::History>(),
    row(
        "GET",
        "/v1/torrents/{id}/options",
        Needs(Read),
        "Show the options of a torrent",
        run!(options::read_options),
    )
    .gives::<options::Options>(),
    row(
        "PATCH",
        "/v1/torrents/{id}/options",
        Needs(Control),
        "Change the options of a torrent",
        run!(options::edit_options),
    )
    .body::<options::Change>()
    .gives::<options::Options>(),
    row(
        "GET",
        "/v1/torrents/{id}/trackers",
        Needs(Read),
        "List trackers",
        run!(trackers::list_trackers),
    )
    .gives::<trackers::List>(),
    row(
        "POST",
        "/v1/torrents/{id}/trackers",
        Needs(Control),
        "Add trackers",
        run!(trackers::add_trackers),
    )
    .body::<trackers::New>()
    .gives::<trackers::List>(),
    row(
        "PATCH",
        "/v1/torrents/{id}/trackers",
        Needs(Control),
        "Change a tracker",
        run!(trackers::edit_tracker),
    )
    .body::<trackers::Change>()
    .gives::<trackers::List>(),
    row(
        "DELETE",
        "/v1/torrents/{id}/trackers",
        Needs(Control),
        "Remove trackers",
        run!(trackers::remove_trackers),
    )
    .query(&[members::<trackers::Query>])
    .gives::<trackers::List>(),
    row(
        "GET",
        "/v1/torrents/{id}/web-seeds",
        Needs(Read),
        "List web seeds",
        run!(web_seeds::list_web_seeds),
    )
    .gives::<web_seeds::WebSeeds>(),
    row(
        "POST",
        "/v1/torrents/{id}/web-seeds",
        Needs(Control),
        "Add web seeds",
        run!(web_seeds::add_web_seeds),
    )
    .body::<web_seeds::New>()
    .gives::<web_seeds::WebSeeds>(),
    row(
        "DELETE",
        "/v1/torrents/{id}/web-seeds",
        Needs(Control),
        "Remove web seeds",
        run!(web_seeds::remove_web_seeds),
    )
    .query(&[members::<trackers::Query>])
    .gives::<web_seeds::WebSeeds>(),
    row("GET", "/v1/torrents/{id}/peers", Needs(Read), "List peers", run!(peers::list_peers))
        .gives::<peers::List>(),
    row(
        "POST",
        "/v1/torrents/{id}/peers",
        Needs(Control),
        "Connect to peers",
        run!(peers::add_peers),
    )
    .body::<peers::New>()
    .gives::<peers::Added>(),
    row("GET", "/v1/torrents/{id}/files", Needs(Read), "List files", run!(files::list_files))
        .gives::<files::List>(),
    row(
        "PATCH",
        "/v1/torrents/{id}/files",
        Needs(Control),
        "Set priorities of files",
        run!(files::edit_files),
    )
    .body::<files::Change>()
    .gives::<files::List>(),
    row(
        "POST",
        "/v1/torrents/{id}/select",
        Needs(Control),
        "Choose the wanted files by globs",
        run!(select::select_files),
    )
    .body::<select::Request>()
    .gives::<select::Selected>(),
    row(
        "GET",
        "/v1/torrents/{id}/pieces",
        Needs(Read),
        "Show the pieces",
        run!(pieces::read_pieces),
    )
    .gives::<pieces::Pieces>(),
    row(
        "POST",
        "/v1/torrents/{id}/pieces/deadlines",
        Needs(Control),
        "Fetch pieces in time, for streaming",
        run!(pieces::deadlines::set_deadlines),
    )
    .body::<pieces::deadlines::New>()
    .gives::<pieces::deadlines::Given>(),
    row(
        "DELETE",
        "/v1/torrents/{id}/pieces/deadlines",
        Needs(Control),
        "Forget the deadlines of all pieces",
        run!(pieces::deadlines::clear_deadlines),
    )
    .status(204),
];
