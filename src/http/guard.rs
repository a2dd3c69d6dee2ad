//! Lets requests in: origin and host checks, the client's address, and the session behind a cookie.
//!
//! The checks themselves are pure functions over header texts; [`admit`] puts them in the order of the contract.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::{
    AUTHORIZATION, COOKIE, HOST, HeaderName, ORIGIN, REFERER, USER_AGENT,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use jiff::Timestamp;

use super::base_path::Located;
use super::cookie::{self, Cookie};
use super::qbittorrent::level::Level;
use super::{Connection, Terms};
use crate::app::App;
use crate::auth::{ApiKey, Policy, Session, Verdict};
use crate::settings::profile::ContractLevel;

/// The contract that a request is answered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    pub level: Level,
    /// Only what the real server of the level does; no lenient additions.
    pub strict: bool,
}

impl Contract {
    /// The contract that a request is answered by: the level of its API key counts first, then that of the listener,
    /// then the instance's.
    ///
    /// A bearer that plays no role in it is [`Bearer::Absent`] afterwards: below 5.3 the real servers look at none, so
    /// there only a right key counts, and under a strict contract only one that was given a level.
    #[must_use]
    pub fn of(app: &App, request: &HttpRequest) -> (Self, Bearer) {
        let profile = app.settings.effective();
        let terms = request.app_data::<Terms>().copied().unwrap_or_default();
        let strict = terms.strict.unwrap_or(profile.webui.strict_contract);
        let level = level(terms.level.unwrap_or(profile.webui.contract_level));
        let bearer = Bearer::of(app, request);
        match &bearer {
            Bearer::Known(key) if key.level.is_some() || level >= Level::L53 || !strict => {
                let level = key.level.map_or(level, self::level);
                (Self { level, strict }, bearer)
            }
            Bearer::Unknown if level >= Level::L53 => (Self { level, strict }, bearer),
            _ => (Self { level, strict }, Bearer::Absent),
        }
    }
}

fn level(named: ContractLevel) -> Level {
    match named {
        ContractLevel::L45 => Level::L45,
        ContractLevel::L51 => Level::L51,
        ContractLevel::L53 => Level::L53,
    }
}

/// The API key that a request brings in place of a session.
#[derive(Debug, Clone)]
pub enum Bearer {
    Absent,
    /// There is no such key.
    Unknown,
    Known(Arc<ApiKey>),
}

impl Bearer {
    /// The key of a request, whatever the contract makes of it.
    #[must_use]
    pub fn of(app: &App, request: &HttpRequest) -> Self {
        let authorization = text(request, &AUTHORIZATION).unwrap_or_default();
        match scheme(authorization, "bearer") {
            None => Self::Absent,
            Some(text) => {
                app.auth.keys.find(text, Timestamp::now()).map_or(Self::Unknown, Self::Known)
            }
        }
    }

    /// True if the request names a key, right or wrong, so that cookies and `auth/*` play no role.
    #[must_use]
    pub fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

/// Who sent a request, after all checks.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The client's address, as told by a trusted proxy if there is one.
    pub client: IpAddr,
    pub session: Option<Session>,
    pub bearer: Bearer,
    /// How session cookies for this client look.
    pub cookie: Cookie,
    /// A `Set-Cookie` to send along.
    pub set_cookie: Option<String>,
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Foreign origin, wrong host or wrong credentials.
    Unauthorized,
    /// Too many failed logins from this address.
    Banned,
}

/// Runs the checks that come before routing, and finds or starts the session.
pub async fn admit(
    app: &App,
    request: &HttpRequest,
    located: &Located<'_>,
    contract: Contract,
    bearer: Bearer,
) -> Result<Visitor, Refusal> {
    let policy = app.auth.policy();
    let connection = Connection::of(request);
    let authorization = text(request, &AUTHORIZATION).unwrap_or_default();
    let behind_proxy = policy.proxies.iter().any(|proxy| proxy.contains(&connection.peer));
    let headers = Headers::of(request);

    let root = matches!(located.path, "/" | "/index.html") && contract.level >= Level::L53;
    let trusts_forwarded = contract.level < Level::L53 || !policy.proxies.is_empty();
    if policy.csrf_protection
        && !bearer.is_present()
        && !root
        && !headers.same_origin(contract.level, trusts_forwarded)
    {
        return Err(Refusal::Unauthorized);
    }
    if policy.host_validation
        && !valid_host(headers.host, connection.local, connection.port, &policy.domains)
    {
        return Err(Refusal::Unauthorized);
    }

    let client = if behind_proxy {
        forwarded_client(headers.forwarded_for, &policy.proxies).unwrap_or(connection.peer)
    } else {
        connection.peer
    };
    let forwarded_tls = contract.level >= Level::L53
        && !policy.proxies.is_empty()
        && headers.forwarded_proto.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    // A proxy that strips the prefix is known by its address alone; without that the cookie holds for all paths.
    let is_below = located.is_below || behind_proxy;
    let base = is_below.then(|| app.settings.effective().webui.base_path.clone());
    let cookie = Cookie {
        level: contract.level,
        path: base.filter(|base| !base.is_empty()).unwrap_or_else(|| "/".to_owned()),
        name: cookie::name(contract.level, connection.port, &policy.cookie_name),
        secure: policy.secure_cookie && (connection.tls || forwarded_tls),
        same_site: policy.csrf_protection,
        timeout: policy.session_timeout,
    };
    let mut visitor = Visitor { client, session: None, bearer, cookie, set_cookie: None };
    match &visitor.bearer {
        Bearer::Absent => {}
        Bearer::Unknown => return Ok(visitor),
        Bearer::Known(key) => {
            visitor.session = Some(Session::of_key(&key.session));
            return Ok(visitor);
        }
    }

    let now = Instant::now();
    let others = (!contract.strict).then_some(policy.cookie_name.as_str());
    visitor.session = cookie_values(request, &visitor.cookie.name, others)
        .into_iter()
        .find_map(|value| app.auth.sessions.find(&value, policy.session_timeout, now));
    let agent = text(request, &USER_AGENT).unwrap_or_default();
    if let Some(session) = &visitor.session {
        app.auth.sessions.used_by(&session.cookie, client, agent);
        let is_due =
            session.cookie_is_stale || refresh_due(session.cookie_age, policy.session_timeout);
        if contract.level >= Level::L53 && is_due {
            app.auth.sessions.cookie_sent(&session.cookie, now);
            visitor.set_cookie = Some(visitor.cookie.set(&session.cookie));
        }
        return Ok(visitor);
    }
    if policy.exempts(client, is_plain_host(headers.host, &policy.domains)) {
        start_session(app, &policy, contract.level, &mut visitor);
        if let Some(session) = &visitor.session {
            app.auth.sessions.used_by(&session.cookie, client, agent);
        }
        return Ok(visitor);
    }
    // Contract: below 5.3 Basic credentials are ignored, because the arrs send them on every request and take a 401
    // for "cannot connect".
    if contract.level >= Level::L53
        && let Some(encoded) = scheme(authorization, "basic")
    {
        let (name, password) = basic_credentials(encoded).unwrap_or_default();
        if name.is_empty() {
            return match app.auth.refuse(client) {
                Verdict::Banned => Err(Refusal::Banned),
                _ => Err(Refusal::Unauthorized),
            };
        }
        match app.auth.check(&name, &password, client).await {
            Verdict::Right => start_session(app, &policy, contract.level, &mut visitor),
            Verdict::Wrong => return Err(Refusal::Unauthorized),
            Verdict::Banned => return Err(Refusal::Banned),
        }
    }
    if let Some(session) = &visitor.session {
        app.auth.sessions.used_by(&session.cookie, client, agent);
    }
    Ok(visitor)
}

/// Starts a session for a visitor, whose answer then carries the cookie.
pub fn start_session(app: &App, policy: &Policy, level: Level, visitor: &mut Visitor) {
    let cap = if level >= Level::L53 { policy.session_cap } else { 0 };
    let session = app.auth.sessions.start(cap, Instant::now());
    visitor.set_cookie = Some(visitor.cookie.set(&session.cookie));
    visitor.session = Some(session);
}

/// The headers that the checks look at.
struct Headers<'a> {
    host: &'a str,
    origin: Option<&'a str>,
    referer: Option<&'a str>,
    fetch_site: Option<&'a str>,
    forwarded_host: Option<&'a str>,
    forwarded_for: &'a str,
    forwarded_proto: Option<&'a str>,
}

impl<'a> Headers<'a> {
    fn of(request: &'a HttpRequest) -> Self {
        let named = |name: &'static str| text(request, &HeaderName::from_static(name));
        Self {
            host: text(request, &HOST).unwrap_or_default(),
            origin: text(request, &ORIGIN),
            referer: text(request, &REFERER),
            fetch_site: named("sec-fetch-site"),
            forwarded_host: named("x-forwarded-host"),
            forwarded_for: named("x-forwarded-for").unwrap_or_default(),
            forwarded_proto: named("x-forwarded-proto"),
        }
    }

    /// True if no foreign page made this request.
    ///
    /// Contract: schemes are not compared, and a missing port equals only a missing port.
    fn same_origin(&self, level: Level, trusts_forwarded: bool) -> bool {
        if level >= Level::L53
            && let Some(site) = self.fetch_site
        {
            return matches!(site, "same-origin" | "none");
        }
        let target = self
            .forwarded_host
            .filter(|host| trusts_forwarded && !host.is_empty())
            .unwrap_or(self.host);
        match self.origin.or(self.referer) {
            None => true,
            Some(source) => authority(source).is_some_and(|source| {
                split_port(source) == split_port(&target.to_ascii_lowercase())
            }),
        }
    }
}

/// The last header of a name, as upstream takes duplicates; an empty one counts as absent.
fn text<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    let value = request.headers().get_all(name).next_back()?.to_str().ok()?;
    (!value.is_empty()).then_some(value)
}

fn scheme<'a>(authorization: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = authorization.trim().split_once([' ', '\t'])?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn basic_credentials(encoded: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect());
    text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

/// Host and port of a URL, in lower case.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some(host)
}

/// Splits `host:port`, with brackets around IPv6 addresses removed.
fn split_port(host: &str) -> (String, Option<u16>) {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port))
            if !port.contains(']') && (name.ends_with(']') || !name.contains(':')) =>
        {
            (name, port.parse().ok())
        }
        _ => (host, None),
    };
    (name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase(), port)
}

/// True if the Host header names this server: the address and port of the connection, or a listed name.
fn valid_host(host: &str, local: IpAddr, local_port: u16, domains: &[String]) -> bool {
    let (name, port) = split_port(host.trim());
    if port.is_some_and(|port| port != local_port) {
        return false;
    }
    name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical() == local)
        || domains.iter().any(|pattern| matches_wildcard(&pattern.to_ascii_lowercase(), &name))
}

/// True if no name under foreign control can be behind this Host header.
fn is_plain_host(host: &str, domains: &[String]) -> bool {
    let (name, _) = split_port(host.trim());
    name == "localhost"
        || name.parse::<IpAddr>().is_ok()
        || domains
            .iter()
            .filter(|pattern| !pattern.chars().all(|character| character == '*'))
            .any(|pattern| matches_wildcard(&pattern.to_ascii_lowercase(), &name))
}

/// Matches a whole text against `*` and `?`.
fn matches_wildcard(pattern: &str, text: &str) -> bool {
    let Ok(glob) = globset::Glob::new(pattern) else { return pattern == text };
    glob.compile_matcher().is_match(text)
}

/// The client behind trusted proxies: the last address of the list that is none of theirs, as 5.3 does. What stands
/// before it may be the client's own invention. Nobody if that is no address.
fn forwarded_client(list: &str, proxies: &[IpNet]) -> Option<IpAddr> {
    let mut client = None;
    for entry in list.rsplit(',').filter(|entry| !entry.is_empty()) {
        let address: IpAddr = entry.trim().parse().ok()?;
        client = Some(address.to_canonical());
        if !proxies.iter().any(|proxy| client.is_some_and(|client| proxy.contains(&client))) {
            break;
        }
    }
    client
}

/// Cookie values that may name the session, the level's own name first.
///
/// A strict contract knows only that name. Otherwise the cookie of any level and listener counts too, so that a
/// client survives a change of the level: sessions belong to the server, and each listener merely names their cookie.
/// `others` is then the name that the operator chose. Attribute words, empty pairs and quotes are what some clients
/// send back verbatim.
fn cookie_values(request: &HttpRequest, own: &str, others: Option<&str>) -> Vec<String> {
    let is_other = |name: &str| {
        others.is_some_and(|chosen| name == "SID" || name == chosen || name.starts_with("QBT_SID_"))
    };
    let mut values = Vec::new();
    for header in request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok()) {
        for (name, value) in header.split(';').filter_map(|pair| pair.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim() {
                name if name == own => values.insert(0, value.to_owned()),
                name if is_other(name) => values.push(value.to_owned()),
                _ => {}
            }
        }
    }
    values.truncate(8);
    values
}

/// True once half of the timeout, at most a day, has passed since the cookie was sent.
fn refresh_due(age: Duration, timeout: Option<Duration>) -> bool {
    let day = Duration::from_hours(24);
    age > timeout.map_or(day, |timeout| (timeout / 2).min(day))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn headers<'a>(host: &'a str, origin: Option<&'a str>) -> Headers<'a> {
        Headers {
            host,
            origin,
            referer: None,
            fetch_site: None,
            forwarded_host: None,
            forwarded_for: "",
            forwarded_proto: None,
        }
    }

    #[test]
    fn a_foreign_origin_is_refused_and_a_missing_one_passes() {
        let own = |origin| headers("box:8080", origin).same_origin(Level::L51, true);

        assert!(own(None));
        assert!(own(Some("http://BOX:8080")));
        assert!(own(Some("https://box:8080/path")));
        assert!(!own(Some("http://box")));
        assert!(!own(Some("http://evil:8080")));
        assert!(!own(Some("null")));
        assert!(headers("example.org", Some("https://example.org")).same_origin(Level::L51, true));
    }

    #[test]
    fn a_referer_counts_only_without_an_origin() {
        let request =
            |origin, referer| Headers { referer: Some(referer), ..headers("box:1", origin) };

        assert!(!request(None, "http://evil/").same_origin(Level::L45, true));
        assert!(request(Some("http://box:1"), "http://evil/").same_origin(Level::L45, true));
    }

    #[test]
    fn a_forwarded_host_counts_where_it_is_trusted() {
        let request = Headers {
            forwarded_host: Some("public"),
            ..headers("inner:1", Some("https://public"))
        };

        assert!(request.same_origin(Level::L51, true));
        assert!(!request.same_origin(Level::L53, false));
    }

    #[test]
    fn fetch_metadata_decides_alone_from_5_3_on() {
        let request =
            |site| Headers { fetch_site: Some(site), ..headers("box", Some("http://evil")) };

        assert!(request("same-origin").same_origin(Level::L53, false));
        assert!(request("none").same_origin(Level::L53, false));
        assert!(!request("cross-site").same_origin(Level::L53, false));
        assert!(!request("same-origin").same_origin(Level::L51, true));
    }

    #[test]
    fn the_host_must_be_the_address_or_a_listed_name() {
        let local = "192.0.2.1".parse().unwrap();
        let listed = ["*.example.org".to_owned()];
        let any = ["*".to_owned()];

        assert!(valid_host("192.0.2.1:8080", local, 8080, &listed));
        assert!(valid_host("A.Example.org", local, 8080, &listed));
        assert!(!valid_host("192.0.2.1:81", local, 8080, &any));
        assert!(!valid_host("evil.test", local, 8080, &listed));
        assert!(valid_host("", local, 8080, &any));
        assert!(valid_host("[::1]:8080", "::1".parse().unwrap(), 8080, &listed));
    }

    #[test]
    fn only_names_that_nobody_else_controls_are_plain() {
        let any = ["*".to_owned()];

        assert!(is_plain_host("127.0.0.1:8080", &any));
        assert!(is_plain_host("localhost:8080", &any));
        assert!(is_plain_host("[::1]", &any));
        assert!(!is_plain_host("rebind.evil", &any));
        assert!(is_plain_host("nas.lan", &["nas.lan".to_owned()]));
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_client() {
        let proxies: Vec<IpNet> =
            vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        for (list, client) in [
            ("198.51.100.7", Some("198.51.100.7")),
            ("192.0.2.1, 198.51.100.7, 10.0.0.1", Some("198.51.100.7")),
            ("10.0.0.1, 127.0.0.1,", Some("10.0.0.1")),
            ("nonsense, ::ffff:198.51.100.7", Some("198.51.100.7")),
            ("198.51.100.7, nonsense", None),
            ("nonsense, 10.0.0.1", None),
            ("", None),
        ] {
            let client = client.map(|client| client.parse().unwrap());
            assert_eq!(forwarded_client(list, &proxies), client, "{list}");
        }
    }

    #[test]
    fn cookies_are_found_among_what_clients_send_back() {
        let request = TestRequest::get()
            .insert_header((
                COOKIE,
                "SID=a+b=; HttpOnly; SameSite=Strict;; path=/; QBT_SID_99=\"c\"",
            ))
            .to_http_request();

        assert_eq!(cookie_values(&request, "SID", None), ["a+b="]);
        assert_eq!(cookie_values(&request, "QBT_SID_1", None), Vec::<String>::new());
        assert_eq!(cookie_values(&request, "QBT_SID_99", Some("SID")), ["c", "a+b="]);
    }

    #[test]
    fn basic_credentials_may_be_latin_1() {
        assert_eq!(basic_credentials("YWRtaW46YTpi"), Some(("admin".into(), "a:b".into())));
        assert_eq!(basic_credentials("5Dri"), Some(("ä".into(), "â".into())));
        assert_eq!(basic_credentials("Og=="), Some((String::new(), String::new())));
        assert_eq!(basic_credentials("!"), None);
    }
}
