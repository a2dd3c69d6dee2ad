//! The pages: signing in, the first start, the shell of the interface; and the manifest that makes it installable.
//!
//! A page is small and says what the scripts need; all of its links are relative, so that it works below whatever
//! path a reverse proxy shows it. No page holds a script or a style of its own, and the policy forbids both.

use askama::Template;
use serde_json::json;

use super::Served;
use super::assets::HASH;
use crate::app::App;
use crate::auth::setup;
use crate::http::guard::Visitor;

/// What pages may load: nothing but what this server gives.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; manifest-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; \
     require-trusted-types-for 'script'";

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    hash: &'static str,
    version: &'static str,
    /// Set-up is due, but the visitor is on another machine.
    is_fresh: bool,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    hash: &'static str,
    version: &'static str,
    token_file: &'static str,
}

#[derive(Template)]
#[template(path = "app.html")]
struct Shell<'a> {
    hash: &'static str,
    version: &'static str,
    user: &'a str,
}

/// The page for a visitor: the interface for who is signed in, else the way in.
///
/// # Errors
/// When a template cannot be filled in.
pub fn index(app: &App, visitor: &Visitor) -> askama::Result<Served> {
    let version = env!("CARGO_PKG_VERSION");
    let policy = app.auth.policy();
    let is_due = policy.password.is_none();
    let page = if visitor.session.is_some() {
        Shell { hash: HASH, version, user: &policy.username }.render()
    } else if is_due && visitor.client.is_loopback() {
        Setup { hash: HASH, version, token_file: setup::FILE }.render()
    } else {
        Login { hash: HASH, version, is_fresh: is_due }.render()
    };
    let served = Served::ok("text/html", page?)
        .header("cache-control", "no-store")
        .header("cross-origin-opener-policy", "same-origin")
        .header("cross-origin-resource-policy", "same-origin")
        .header(
            "permissions-policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        )
        .header("referrer-policy", "same-origin");
    Ok(if policy.clickjacking_protection {
        served
            .header("content-security-policy", format!("{POLICY}; frame-ancestors 'none'"))
            .header("x-frame-options", "DENY")
    } else {
        served.header("content-security-policy", POLICY)
    })
}

/// What search engines may list: nothing.
#[must_use]
pub fn robots() -> Served {
    Served::ok("text/plain; charset=UTF-8", "User-agent: *\nDisallow: /\n")
}

/// The manifest of the installable application.
#[must_use]
pub fn manifest() -> Served {
    let icon = |name: &str, sizes: &str, kind: &str, purpose: &str| {
        json!({
            "src": format!("assets/{HASH}/icons/{name}"),
            "sizes": sizes, "type": kind, "purpose": purpose,
        })
    };
    let manifest = json!({
        "id": "./",
        "name": "Revaer",
        "short_name": "Revaer",
        "description": "Torrents on your own server",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#14171c",
        "theme_color": "#2458d3",
        "icons": [
            icon("icon.svg", "any", "image/svg+xml", "any"),
            icon("icon-192.png", "192x192", "image/png", "any"),
            icon("icon-512.png", "512x512", "image/png", "any"),
            icon("maskable-512.png", "512x512", "image/png", "maskable"),
        ],
    });
    Served::ok("application/manifest+json", manifest.to_string())
        .header("cache-control", "no-cache")
}
