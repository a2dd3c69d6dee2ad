//! What proves each setting that no number of libtorrent proves.
//!
//! The page of all settings says which these are: those that libtorrent is told by calls, and those that Revaer enforces
//! itself. A setting without a test here is one whose effect nobody has seen.

use std::path::Path;

use anyhow::{Context, Result};

/// Key, file and test. Files of this folder go without their path, others are named from the root of the project.
const PROOFS: &[(&str, &str, &str)] = &[
    (
        "webui.address",
        "compat-tests/tests/contract/listeners.rs",
        "the_server_moves_without_a_restart",
    ),
    ("webui.port", "src/cli/serve/listeners.rs", "listeners_come_move_and_go_alone"),
    ("webui.listeners", "src/cli/serve/listeners.rs", "listeners_come_move_and_go_alone"),
    (
        "webui.base_path",
        "compat-tests/tests/contract/base_path.rs",
        "requests_with_and_without_the_prefix_are_answered",
    ),
    ("webui.username", "server.rs", "a_user_may_have_another_name"),
    (
        "webui.password_hash",
        "compat-tests/tests/contract/auth.rs",
        "preferences_change_name_and_password",
    ),
    ("webui.session_timeout_seconds", "server.rs", "an_unused_session_ends"),
    ("webui.sessions_limit", "server.rs", "sessions_are_limited"),
    (
        "webui.max_auth_failures",
        "tests/it/http/auth.rs",
        "too_many_failures_ban_the_address_but_not_its_sessions",
    ),
    ("webui.ban_seconds", "server.rs", "a_ban_ends"),
    (
        "webui.csrf_protection",
        "compat-tests/tests/contract/transport.rs",
        "foreign_origins_are_refused",
    ),
    ("webui.host_header_validation", "server.rs", "only_listed_names_are_answered"),
    (
        "webui.clickjacking_protection",
        "compat-tests/tests/contract/ui.rs",
        "types_and_headers_of_files",
    ),
    ("webui.secure_cookie", "server.rs", "cookies_are_secure_over_https_if_wished"),
    ("webui.domain_list", "server.rs", "only_listed_names_are_answered"),
    (
        "webui.bypass_local_auth",
        "compat-tests/tests/contract/auth.rs",
        "a_local_client_may_be_let_in",
    ),
    (
        "webui.bypass_subnets_enabled",
        "compat-tests/tests/contract/auth.rs",
        "a_local_client_may_be_let_in",
    ),
    ("webui.bypass_subnets", "compat-tests/tests/contract/auth.rs", "a_local_client_may_be_let_in"),
    ("webui.custom_headers_enabled", "server.rs", "answers_carry_headers_of_the_operator"),
    ("webui.custom_headers", "server.rs", "answers_carry_headers_of_the_operator"),
    (
        "webui.reverse_proxy_enabled",
        "compat-tests/tests/contract/base_path.rs",
        "a_proxy_that_strips_the_prefix_is_known_by_its_address",
    ),
    (
        "webui.reverse_proxies",
        "compat-tests/tests/contract/base_path.rs",
        "a_proxy_that_strips_the_prefix_is_known_by_its_address",
    ),
    ("webui.cookie_name", "server.rs", "the_cookie_may_have_another_name"),
    (
        "webui.contract_level",
        "tests/it/http/routes.rs",
        "every_row_answers_at_its_levels_and_nowhere_else",
    ),
    (
        "webui.strict_contract",
        "tests/it/http/routes.rs",
        "every_row_answers_at_its_levels_and_nowhere_else",
    ),
    (
        "webui.alternative_enabled",
        "compat-tests/tests/contract/ui.rs",
        "a_session_decides_which_file_is_served",
    ),
    (
        "webui.alternative_path",
        "compat-tests/tests/contract/ui.rs",
        "a_session_decides_which_file_is_served",
    ),
    (
        "webui.https_enabled",
        "compat-tests/tests/contract/https.rs",
        "https_is_switched_at_run_time",
    ),
    (
        "webui.https_certificate_path",
        "compat-tests/tests/contract/https.rs",
        "a_certificate_is_replaced_without_a_restart",
    ),
    (
        "webui.https_key_path",
        "compat-tests/tests/contract/https.rs",
        "a_certificate_is_replaced_without_a_restart",
    ),
    (
        "connection.max_connections_per_torrent",
        "tests/it/options.rs",
        "options_are_set_followed_and_kept",
    ),
    (
        "connection.max_upload_slots_per_torrent",
        "tests/it/options.rs",
        "options_are_set_followed_and_kept",
    ),
    (
        "connection.reannounce_when_address_changed",
        "namespace.rs",
        "a_changed_address_is_announced_if_wished",
    ),
    ("bittorrent.pex", "peers.rs", "peer_exchange_is_offered_only_where_it_is_on"),
    ("bittorrent.bdecode_depth_limit", "downloads.rs", "large_and_deep_files_are_refused"),
    ("limits.limit_utp", "rates.rs", "exempt_peers_know_no_cap"),
    ("limits.limit_local_peers", "rates.rs", "exempt_peers_know_no_cap"),
    ("limits.peer_classes", "rates.rs", "a_class_of_peers_has_its_own_cap"),
    ("limits.schedule_enabled", "schedule.rs", "the_schedule_switches_the_limits"),
    (
        "limits.schedule_from_minute",
        "tests/it/automation/schedule.rs",
        "limits_follow_hours_and_weekdays_over_midnight",
    ),
    (
        "limits.schedule_to_minute",
        "tests/it/automation/schedule.rs",
        "limits_follow_hours_and_weekdays_over_midnight",
    ),
    (
        "limits.schedule_days",
        "tests/it/automation/schedule.rs",
        "limits_follow_hours_and_weekdays_over_midnight",
    ),
    ("share.max_ratio", "compat-tests/tests/swarm/limits.rs", "a_global_limit_stops_what_seeds"),
    ("share.max_seeding_minutes", "share.rs", "times_of_all_stop_what_seeds"),
    ("share.max_inactive_minutes", "share.rs", "times_of_all_stop_what_seeds"),
    ("share.action", "compat-tests/tests/swarm/limits.rs", "a_limit_can_switch_super_seeding_on"),
    ("share.mode", "share.rs", "the_mode_of_all_says_how_many_limits_count"),
    ("trackers.add_enabled", "trackers.rs", "trackers_are_added_to_public_torrents"),
    ("trackers.add", "trackers.rs", "trackers_are_added_to_public_torrents"),
    ("trackers.add_from_url_enabled", "trackers.rs", "a_list_of_trackers_is_downloaded"),
    ("trackers.add_from_url", "trackers.rs", "a_list_of_trackers_is_downloaded"),
    ("trackers.logins", "logins.rs", "a_login_reaches_the_trackers_of_its_host"),
    ("downloads.save_path", "downloads.rs", "content_goes_to_the_path_of_all"),
    (
        "downloads.temp_path_enabled",
        "compat-tests/tests/swarm/location.rs",
        "incomplete_data_has_a_folder_of_its_own",
    ),
    (
        "downloads.temp_path",
        "compat-tests/tests/swarm/location.rs",
        "incomplete_data_has_a_folder_of_its_own",
    ),
    ("downloads.auto_management", "downloads.rs", "torrents_are_managed_if_preferred"),
    ("downloads.subcategories", "compat-tests/tests/contract/torrents_labels.rs", "subcategories"),
    (
        "downloads.use_category_paths_in_manual_mode",
        "downloads.rs",
        "a_manual_torrent_may_follow_its_category",
    ),
    (
        "downloads.torrent_category_changed_relocates",
        "downloads.rs",
        "managed_torrents_move_or_are_let_go",
    ),
    (
        "downloads.save_path_changed_relocates",
        "downloads.rs",
        "managed_torrents_move_or_are_let_go",
    ),
    (
        "downloads.category_changed_relocates",
        "compat-tests/tests/swarm/location.rs",
        "automatic_management_follows_the_category",
    ),
    ("downloads.content_layout", "downloads.rs", "content_is_laid_out_as_preferred"),
    (
        "downloads.stop_condition",
        "compat-tests/tests/contract/recorded/adding.rs",
        "conditions_by_preference",
    ),
    (
        "downloads.add_stopped",
        "compat-tests/tests/contract/recorded/adding.rs",
        "conditions_by_preference",
    ),
    (
        "downloads.add_to_top_of_queue",
        "compat-tests/tests/contract/recorded/adding.rs",
        "the_top_of_the_queue",
    ),
    (
        "downloads.merge_trackers",
        "compat-tests/tests/contract/recorded/adding.rs",
        "merged_trackers",
    ),
    ("downloads.preallocate", "compat-tests/tests/swarm/files.rs", "files_are_allocated_if_asked"),
    (
        "downloads.incomplete_suffix",
        "compat-tests/tests/swarm/files.rs",
        "incomplete_files_carry_a_suffix",
    ),
    (
        "downloads.excluded_names_enabled",
        "compat-tests/tests/contract/recorded/adding.rs",
        "excluded_file_names",
    ),
    (
        "downloads.excluded_names",
        "compat-tests/tests/contract/recorded/adding.rs",
        "excluded_file_names",
    ),
    ("downloads.max_torrent_file_bytes", "downloads.rs", "large_and_deep_files_are_refused"),
    ("downloads.cookies", "downloads.rs", "fetches_carry_the_cookies_of_their_host"),
    ("paths.roots", "downloads.rs", "content_stays_below_the_roots"),
    ("filter.enabled", "filter.rs", "a_file_of_ranges_is_used"),
    ("filter.path", "filter.rs", "a_file_of_ranges_is_used"),
    ("filter.rules", "filter.rs", "a_blocked_network_is_refused"),
    ("filter.list_url", "filter.rs", "a_list_is_downloaded_and_used"),
    ("filter.list_interval_hours", "filter.rs", "a_list_is_refreshed_when_it_is_old"),
    ("filter.max_list_bytes", "filter.rs", "downloads_of_a_list_are_bounded_and_shown"),
    ("filter.max_ranges", "filter.rs", "downloads_of_a_list_are_bounded_and_shown"),
    ("filter.tracker_hosts", "trackers.rs", "a_blocked_host_is_not_announced_to"),
    ("filter.banned_addresses", "filter.rs", "a_ban_survives_a_restart"),
    ("proxy.misc", "proxy.rs", "fetches_go_through_the_proxy_if_asked"),
    ("engine.refresh_interval_ms", "server.rs", "numbers_are_updated_as_often_as_asked"),
    ("engine.performance_warnings", "server.rs", "warnings_about_performance_are_logged_if_asked"),
    ("engine.start_paused", "server.rs", "a_session_can_start_paused"),
    ("engine.shutdown_timeout_seconds", "server.rs", "a_stop_may_take_a_limited_time"),
];

/// The keys of the page whose effect is by calls or of Revaer.
fn to_be_proven(page: &str) -> Vec<&str> {
    let cells = page.lines().filter(|line| line.starts_with("| `"));
    let pairs = cells.filter_map(|line| {
        let key = line.split('`').nth(1)?;
        let effect = line.trim_end_matches(['|', ' ']).rsplit(" | ").next()?;
        (effect == "*calls*" || effect == "*Revaer*").then_some(key)
    });
    pairs.collect()
}

#[test]
fn each_setting_that_no_number_proves_has_a_test() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("a workspace")?;
    let page = fs_err::read_to_string(root.join("docs/settings.md"))?;
    let keys = to_be_proven(&page);
    assert!(keys.len() > 80, "{keys:?}");
    let proven: Vec<&str> = PROOFS.iter().map(|(key, ..)| *key).collect();
    assert_eq!(proven, keys, "in the order of the page");
    for (key, file, test) in PROOFS {
        let folder = if file.contains('/') {
            root.to_owned()
        } else {
            root.join("compat-tests/tests/settings")
        };
        let text = fs_err::read_to_string(folder.join(file))?;
        assert!(text.contains(&format!("fn {test}(")), "`{key}`: {file} has no test `{test}`");
    }
    eprintln!("{} settings are proven by what they do", keys.len());
    Ok(())
}
