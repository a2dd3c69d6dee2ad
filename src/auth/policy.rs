//! The settings that rule access, in the form that requests are checked with.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::password;

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
    pub secure_cookie: bool,
    pub https: bool,
    pub bypass_local: bool,
    pub bypass_subnets: Vec<IpNet>,
    /// Proxies whose word on the client's address counts; empty when support is off.
    pub proxies: Vec<IpNet>,
    /// Sent on every response, in place of headers of the same name.
    pub custom_headers: Vec<(String, String)>,
    /// Name of the session cookie below 5.3, where the operator chose one.
    pub cookie_name: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            username: "admin".to_owned(),
            password: None,
            session_timeout: Some(Duration::from_hours(1)),
            session_cap: 15,
            max_failures: 5,
            ban: Duration::from_hours(1),
            csrf_protection: true,
            host_validation: true,
            domains: vec!["*".to_owned()],
            clickjacking_protection: true,
            secure_cookie: true,
            https: false,
            bypass_local: false,
            bypass_subnets: Vec::new(),
            proxies: Vec::new(),
            custom_headers: Vec::new(),
            cookie_name: "SID".to_owned(),
        }
    }
}

impl Policy {
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

/// Reads a list of addresses and subnets; entries that are neither are left out.
#[must_use]
pub fn subnets<'a>(entries: impl IntoIterator<Item = &'a str>) -> Vec<IpNet> {
    entries
        .into_iter()
        .map(str::trim)
        .filter_map(|entry| entry.parse::<IpNet>().ok().or_else(|| entry.parse::<IpAddr>().ok().map(IpNet::from)))
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
        let policy = Policy { bypass_local: true, bypass_subnets: subnets(["10.0.0.0/8", "nonsense", "::1"]), ..Policy::default() };

        assert!(policy.exempts("127.0.0.1".parse().unwrap(), true));
        assert!(policy.exempts("::ffff:10.1.2.3".parse().unwrap(), true));
        assert!(!policy.exempts("127.0.0.1".parse().unwrap(), false));
        assert!(!policy.exempts("192.0.2.1".parse().unwrap(), true));
        assert_eq!(policy.bypass_subnets.len(), 2);
    }

    #[test]
    fn a_header_line_without_a_colon_is_skipped() {
        assert_eq!(headers("X-One: a: b\nnonsense\n : x"), [("x-one".to_owned(), "a: b".to_owned())]);
    }
}
