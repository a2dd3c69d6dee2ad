//! The settings that rule access, in the form that requests are checked with.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::password;
use crate::settings::Profile;

/// Rules of access; rebuilt when settings change.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent preference")]
pub struct Policy {
    pub username: String,
    /// `None` until the operator sets one.
    pub password: Option<password::Hash>,
    /// Idle time after which a session ends; `None` for never.
    pub session_timeout: Option<Duration>,
    /// Most sessions at once where the level has a limit; 0 for no limit.
    pub session_cap: usize,
    /// Failures that ban an address; 0 switches bans off.
    pub max_failures: u32,
    pub ban: Duration,
    pub csrf_protection: bool,
    pub host_validation: bool,
    /// Wildcard patterns of accepted hosts.
    pub domains: Vec<String>,
    pub clickjacking_protection: bool,
    /// Pages are not Revaer's own, so what they may load is for them to say.
    pub foreign_pages: bool,
    pub secure_cookie: bool,
    pub bypass_local: bool,
    pub bypass_subnets: Vec<IpNet>,
    /// Proxies whose word on the client's address counts; empty when support is off.
    pub proxies: Vec<IpNet>,
    /// Sent on every response, in place of headers of the same name.
    pub custom_headers: Vec<(String, String)>,
    /// Name of the session cookie below 5.3, where the operator chose one.
    pub cookie_name: String,
}

impl Policy {
    /// The rules that a profile makes.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let webui = &profile.webui;
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let hash = webui.password_hash.reveal();
        let given = |on: bool, list: &[String]| {
            if on { subnets(list.iter().map(String::as_str)) } else { Vec::new() }
        };
        Self {
            username: webui.username.clone(),
            password: (!hash.is_empty()).then(|| password::Hash::stored(hash)),
            session_timeout: (webui.session_timeout_seconds > 0)
                .then(|| seconds(webui.session_timeout_seconds)),
            session_cap: webui.sessions_limit as usize,
            max_failures: webui.max_auth_failures,
            ban: seconds(webui.ban_seconds),
            csrf_protection: webui.csrf_protection,
            host_validation: webui.host_header_validation,
            domains: webui.domain_list.iter().map(|domain| domain.trim().to_lowercase()).collect(),
            clickjacking_protection: webui.clickjacking_protection,
            foreign_pages: webui.alternative_enabled,
            secure_cookie: webui.secure_cookie,
            bypass_local: webui.bypass_local_auth,
            bypass_subnets: given(webui.bypass_subnets_enabled, &webui.bypass_subnets),
            proxies: given(webui.reverse_proxy_enabled, &webui.reverse_proxies),
            custom_headers: if webui.custom_headers_enabled {
                headers(&webui.custom_headers)
            } else {
                Vec::new()
            },
            cookie_name: if is_cookie_name(&webui.cookie_name) {
                webui.cookie_name.clone()
            } else {
                "SID".to_owned()
            },
        }
    }

    /// True if clients at this address need no login.
    ///
    /// `plain_host` says that the Host header is an address, `localhost` or a listed name: without it a hostile page
    /// could reach a local server through a name that it lets resolve to the loopback address.
    #[must_use]
    pub fn exempts(&self, client: IpAddr, plain_host: bool) -> bool {
        let client = client.to_canonical();
        plain_host
            && ((self.bypass_local && client.is_loopback())
                || self.bypass_subnets.iter().any(|subnet| subnet.contains(&client)))
    }
}

/// 1 to 128 letters, digits, `-` and `_`, as upstream takes them.
fn is_cookie_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Reads a list of addresses and subnets; entries that are neither are left out.
#[must_use]
pub fn subnets<'a>(entries: impl IntoIterator<Item = &'a str>) -> Vec<IpNet> {
    entries
        .into_iter()
        .map(str::trim)
        .filter_map(|entry| {
            entry.parse::<IpNet>().ok().or_else(|| entry.parse::<IpAddr>().ok().map(IpNet::from))
        })
        .collect()
}

/// Reads custom headers, one `Name: value` per line.
#[must_use]
pub fn headers(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemption_needs_a_plain_host() {
        let mut profile = Profile::default();
        profile.webui.bypass_local_auth = true;
        profile.webui.bypass_subnets_enabled = true;
        profile.webui.bypass_subnets =
            ["10.0.0.0/8", "nonsense", "::1"].map(str::to_owned).to_vec();
        let policy = Policy::of(&profile);

        assert!(policy.exempts("127.0.0.1".parse().unwrap(), true));
        assert!(policy.exempts("::ffff:10.1.2.3".parse().unwrap(), true));
        assert!(!policy.exempts("127.0.0.1".parse().unwrap(), false));
        assert!(!policy.exempts("192.0.2.1".parse().unwrap(), true));
        assert_eq!(policy.bypass_subnets.len(), 2);
    }

    #[test]
    fn a_fresh_profile_lets_nobody_in_without_a_login() {
        let policy = Policy::of(&Profile::default());

        assert!(policy.password.is_none());
        assert!(policy.csrf_protection && policy.host_validation && !policy.bypass_local);
        assert!(policy.bypass_subnets.is_empty() && policy.proxies.is_empty());
        assert_eq!((policy.cookie_name.as_str(), policy.username.as_str()), ("SID", "admin"));
    }

    #[test]
    fn a_header_line_without_a_colon_is_skipped() {
        assert_eq!(
            headers("X-One: a: b\nnonsense\n : x"),
            [("x-one".to_owned(), "a: b".to_owned())]
        );
    }
}
