//! Rows: the web server and dynamic names.

use super::How::{Boolean, Integer, List, Path, ReadOnly, Secret, Special, Text, WriteOnly};
use super::{ALL, ONLY_53, Preference, row, special};

pub(super) const ROWS: &[Preference] = &[
    row("web_ui_domain_list", ALL, List("webui.domain_list", ';')),
    row("web_ui_address", ALL, Text("webui.address")),
    row("web_ui_port", ALL, Special(special::web_port, special::set_web_port)),
    row("web_ui_upnp", ALL, Boolean("webui.upnp")),
    row("use_https", ALL, Boolean("webui.https_enabled")),
    row("web_ui_https_cert_path", ALL, Path("webui.https_certificate_path")),
    row("web_ui_https_key_path", ALL, Path("webui.https_key_path")),
    row("web_ui_username", ALL, Special(special::username, special::set_username)),
    row("web_ui_password", ALL, WriteOnly(special::set_password)),
    row("bypass_local_auth", ALL, Boolean("webui.bypass_local_auth")),
    row("bypass_auth_subnet_whitelist_enabled", ALL, Boolean("webui.bypass_subnets_enabled")),
    row(
        "bypass_auth_subnet_whitelist",
        ALL,
        Special(special::bypass_subnets, special::set_bypass_subnets),
    ),
    row("web_ui_max_auth_fail_count", ALL, Integer("webui.max_auth_failures")),
    row("web_ui_ban_duration", ALL, Integer("webui.ban_seconds")),
    row("web_ui_session_timeout", ALL, Integer("webui.session_timeout_seconds")),
    row("web_ui_sessions_count_limit", ONLY_53, Integer("webui.sessions_limit")),
    // The key is kept apart from the settings; `app.rs` fills it in.
    row("web_ui_api_key", ONLY_53, ReadOnly(special::empty)),
    row("alternative_webui_enabled", ALL, Boolean("webui.alternative_enabled")),
    row("alternative_webui_path", ALL, Path("webui.alternative_path")),
    row("web_ui_clickjacking_protection_enabled", ALL, Boolean("webui.clickjacking_protection")),
    row("web_ui_csrf_protection_enabled", ALL, Boolean("webui.csrf_protection")),
    row("web_ui_secure_cookie_enabled", ALL, Boolean("webui.secure_cookie")),
    row("web_ui_host_header_validation_enabled", ALL, Boolean("webui.host_header_validation")),
    row("web_ui_use_custom_http_headers_enabled", ALL, Boolean("webui.custom_headers_enabled")),
    row("web_ui_custom_http_headers", ALL, Text("webui.custom_headers")),
    row("web_ui_reverse_proxy_enabled", ALL, Boolean("webui.reverse_proxy_enabled")),
    row("web_ui_reverse_proxies_list", ALL, List("webui.reverse_proxies", ';')),
    row("dyndns_enabled", ALL, Boolean("dyndns.enabled")),
    row("dyndns_service", ALL, Special(special::dyndns_service, special::set_dyndns_service)),
    row("dyndns_username", ALL, Text("dyndns.username")),
    row("dyndns_password", ALL, Secret("dyndns.password")),
    row("dyndns_domain", ALL, Text("dyndns.domain")),
];
