//! Rows of the table: the web server, and preferences that are only kept.

use super::section;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::settings::field::{ContractLevel, Secret};
use crate::settings::listener::ListenAt;

section! {
    /// The web server and who may use it.
    webui: WebUi {
        /// Address to listen on: `*` for all, or one address.
        address: String = "127.0.0.1".to_owned(), hot;
        /// Port to listen on; 0 lets the kernel choose one.
        port: u16 = 8080, hot;
        /// Further listeners: each has an `address` and a `port`, and may have a contract `level`, `strict` and `https`.
        listeners: Vec<ListenAt> = Vec::new(), hot;
        /// Path below which a reverse proxy shows the server, such as `/torrents`; requests with and without it are answered.
        base_path: String = String::new(), hot;
        /// Forward the port on the router by `UPnP` or NAT-PMP.
        upnp: bool = false, hot;
        /// Name of the user.
        username: String = "admin".to_owned(), hot;
        /// Hash of the user's password; empty as long as a temporary one is in use.
        password_hash: Secret = Secret::default(), hot;
        /// Seconds without a request after which a web session ends; 0 never.
        session_timeout_seconds: u32 = 3600, hot, 0..=2_147_483_647;
        /// Web sessions at once; 0 unlimited. The least recently used one ends.
        sessions_limit: u32 = 15, hot, 0..=100_000;
        /// Failed logins after which an address is banned; 0 never.
        max_auth_failures: u32 = 5, hot, 0..=2_147_483_647;
        /// Seconds that a ban lasts.
        ban_seconds: u32 = 3600, hot, 0..=2_147_483_647;
        /// Refuse requests that another site made.
        csrf_protection: bool = true, hot;
        /// Refuse Host headers that are not in the list of domains.
        host_header_validation: bool = true, hot;
        /// Forbid framing by other sites.
        clickjacking_protection: bool = true, hot;
        /// Mark the cookie `Secure` over HTTPS.
        secure_cookie: bool = true, hot;
        /// Accepted Host names, with wildcards.
        domain_list: Vec<String> = vec!["*".to_owned()], hot;
        /// Clients on this machine need no login.
        bypass_local_auth: bool = false, hot;
        /// Clients in the listed subnets need no login.
        bypass_subnets_enabled: bool = false, hot;
        /// Subnets whose clients need no login.
        bypass_subnets: Vec<String> = Vec::new(), hot;
        /// Add the custom headers to each answer.
        custom_headers_enabled: bool = false, hot;
        /// Headers as `Name: value` lines.
        custom_headers: String = String::new(), hot;
        /// Believe `X-Forwarded-For` of the listed proxies.
        reverse_proxy_enabled: bool = false, hot;
        /// Addresses and subnets of trusted proxies.
        reverse_proxies: Vec<String> = Vec::new(), hot;
        /// Name of the session cookie; empty for the name of the contract level.
        cookie_name: String = String::new(), hot;
        /// Contract level of requests that no API key or listener decides.
        contract_level: ContractLevel = ContractLevel::L51, hot;
        /// Only what the real server of the level does, without lenient additions.
        strict_contract: bool = false, hot;
        /// Serve another user interface from a directory.
        alternative_enabled: bool = false, hot;
        /// Directory of the other user interface: its `public` is for everybody, its `private` needs a login.
        alternative_path: String = String::new(), hot;
        /// Serve HTTPS in place of HTTP.
        https_enabled: bool = false, hot;
        /// PEM file with the certificate chain.
        https_certificate_path: String = String::new(), hot;
        /// PEM file with the private key.
        https_key_path: String = String::new(), hot;
    }
}

section! {
    /// Preferences of the foreign contract without effect on the server.
    compat: Compat {
        /// Preferences that clients wrote, by their name in the contract; they are kept and returned, nothing else.
        preferences: BTreeMap<String, Value> = BTreeMap::new(), hot;
    }
}
