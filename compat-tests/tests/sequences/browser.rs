//! Web interfaces in a browser: their files, their start and their polling, from the login page to the logout.
//!
//! The requests of qBittorrent's own interface were observed in a browser at each level. None of its files is here:
//! a folder of an alternative interface has stand-ins of the same names.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use compat_tests::{Form, Level, Product, Reply, Target, Torrent, at_each_level, at_levels, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{Caller, Cookies};
use crate::stage::{Stage, episode, text};

/// Puts the files of an interface into place, for everybody and for who is logged in, and switches it on.
async fn install(target: &Target, files: &[(&str, &str)]) -> Result<PathBuf> {
    let root = target.folder_named("interface")?;
    for (name, content) in files {
        let path = root.join(name);
        fs_err::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        fs_err::write(path, content)?;
    }
    let change = json!({"alternative_webui_enabled": true, "alternative_webui_path": root});
    target.client().set_preferences(&change).await?;
    Ok(root)
}

/// A browser tab: it names the page that a request comes from, and the origin where it changes something.
struct Tab {
    caller: Caller,
    base: String,
}

impl Tab {
    fn open(target: &Target) -> Result<Self> {
        let base = target.client().base().to_owned();
        let referer = format!("{base}/");
        let headers = [
            ("referer", referer.as_str()),
            ("accept-language", "en-US,en;q=0.9"),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        ];
        Ok(Self { caller: Caller::new(target, Cookies::Jar, &headers)?, base })
    }

    async fn page(&self, path: &str) -> Result<Reply> {
        let reply = self.caller.get(path).await?;
        ensure!(reply.status == 200, "{path}: {}", reply.brief());
        Ok(reply)
    }

    async fn get(&self, action: &str) -> Result<Value> {
        self.caller.read(action).await
    }

    /// POSTs as a script of the page does: a browser adds the origin.
    async fn post(&self, action: &str, form: &[(&str, &str)]) -> Result<Reply> {
        let request = self.caller.request(Method::POST, action);
        let request = request.header("origin", &self.base).form(form);
        let reply = self.caller.send(request).await?;
        let is_fine = (200..300).contains(&reply.status);
        ensure!(is_fine, "POST {action} {form:?}: {}", reply.brief());
        Ok(reply)
    }

    async fn login(&self, target: &Target) -> Result<()> {
        let (username, password) = target.credentials();
        let form = [("username", username.as_str()), ("password", password.as_str())];
        self.post("auth/login", &form).await?;
        let cookie = self.caller.cookie().context("a session")?;
        let name = match target.level() {
            Level::L45 | Level::L51 => "SID=".to_owned(),
            Level::L53 => format!("QBT_SID_{}=", target.http()?.port()),
        };
        ensure!(cookie.starts_with(&name), "{cookie}");
        Ok(())
    }

    async fn upload(&self, torrent: &Torrent, options: &[(&str, &str)]) -> Result<()> {
        let form = Form::new().file("torrents", "a file.torrent", &torrent.bytes);
        let form = options.iter().fold(form, |form, (key, value)| form.text(key, value));
        let (kind, body) = form.encode();
        let request = self.caller.request(Method::POST, "torrents/add");
        let request = request.header("origin", &self.base).header("content-type", kind);
        let reply = self.caller.send(request.body(body)).await?;
        ensure!(reply.status == 200 && reply.text() != "Fails.", "{}", reply.brief());
        Ok(())
    }
}

/// What 5.3 keeps for its interface, as the start asks for it.
const CLIENT_DATA: &str = r#"["qbt_color_scheme","qbt_date_format","qbt_use_virtual_list"]"#;

/// Start, polling, the details of a torrent, the options and the logout of qBittorrent's own interface.
async fn the_own_interface(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let target = &stage.target;
    install(
        target,
        &[
            ("public/index.html", "<title>login</title>"),
            ("public/css/login.css", "body{}"),
            ("public/scripts/login.js", "0"),
            ("private/index.html", "<title>main</title>"),
            ("private/css/style.css", "body{}"),
            ("private/scripts/client.js", "0"),
            ("private/images/qbittorrent-tray.svg", "<svg/>"),
            ("private/views/filters.html", "filters"),
            ("private/views/transferlist.html", "list"),
            ("private/views/preferences.html", "options"),
        ],
    )
    .await?;
    let tab = Tab::open(target)?;

    // Before the session: the login page and what it needs, and nothing of the rest.
    assert_eq!(tab.page("/").await?.text(), "<title>login</title>");
    tab.page("/css/login.css?v=fp1kaz").await?;
    tab.page("/scripts/login.js?locale=en&v=fp1kaz").await?;
    assert_ne!(tab.caller.get("/views/filters.html").await?.status, 200);
    assert_ne!(tab.caller.get("/scripts/client.js").await?.status, 200);
    tab.login(target).await?;
    let page = tab.page("/").await?;
    assert_eq!(page.text(), "<title>main</title>");
    assert_eq!(page.header("content-type"), Some("text/html"));
    for path in ["/css/style.css?v=fp1kaz", "/scripts/client.js?locale=en&v=fp1kaz"] {
        tab.page(path).await?;
    }
    tab.page("/images/qbittorrent-tray.svg").await?;

    // The start. 4.5 marks its requests with a word that is no parameter, against caches.
    let mark = if level == Level::L45 { "mwqxefqb" } else { "" };
    let query = if mark.is_empty() { String::new() } else { format!("?{mark}") };
    if level == Level::L53 {
        let reply = tab.post("clientdata/load", &[("keys", CLIENT_DATA)]).await?;
        assert_eq!(reply.brief(), "200 {}");
    }
    if level > Level::L45 {
        assert!(tab.get("app/buildInfo").await?["libtorrent"].is_string());
        assert_eq!(tab.get("app/preferences").await?["alternative_webui_enabled"], true);
    }
    assert_eq!(tab.page("app/version").await?.text(), level.app_version());
    for view in ["filters", "transferlist"] {
        tab.page(&format!("/views/{view}.html?v=fp1kaz")).await?;
    }

    // Polling: a full update, then changes only.
    let poll = async |rid: &Value| tab.get(&format!("sync/maindata?rid={rid}&{mark}")).await;
    let first = poll(&json!(0)).await?;
    assert_eq!(first["full_update"], true);
    for key in ["connection_status", "dht_nodes", "free_space_on_disk", "refresh_interval"] {
        assert!(!first["server_state"][key].is_null(), "{key}");
    }
    let torrent = compat_tests::Authoring::of(&episode("in a browser")).build();
    tab.upload(&torrent, &[(level.stopped_param(), "true"), ("autoTMM", "false")]).await?;
    let id = torrent.id();
    let mut rid = first["rid"].clone();
    let update = until("the torrent in an update", async || {
        let update = poll(&rid).await?;
        rid = update["rid"].clone();
        Ok((!update["torrents"][&id].is_null()).then_some(update))
    })
    .await?;
    assert_ne!(update["full_update"], true);
    assert_eq!(update["torrents"][&id]["name"], "in a browser");

    let toggle = tab.caller.request(Method::POST, "transfer/toggleSpeedLimitsMode");
    let toggle = toggle.header("origin", &tab.base).header("content-length", "0");
    assert_eq!(tab.caller.send(toggle).await?.brief(), "200");
    until("the alternative limits", async || {
        let update = poll(&rid).await?;
        rid = update["rid"].clone();
        Ok((update["server_state"]["use_alt_speed_limits"] == true).then_some(()))
    })
    .await?;

    // The selected torrent, tab by tab; then the options.
    for action in ["properties", "trackers", "webseeds", "files", "pieceStates"] {
        tab.get(&format!("torrents/{action}?hash={id}&{mark}")).await?;
    }
    let peers = tab.get(&format!("sync/torrentPeers?rid=0&hash={id}")).await?;
    assert!(peers["rid"].is_number());
    tab.page("/views/preferences.html").await?;
    tab.get(&format!("app/preferences{query}")).await?;
    assert!(tab.get(&format!("app/networkInterfaceList{query}")).await?.is_array());
    let addresses = format!("app/networkInterfaceAddressList?{mark}&iface=lo");
    let addresses = tab.get(&addresses.replace("?&", "?")).await?;
    assert!(addresses.as_array().is_some_and(|all| all.contains(&json!("127.0.0.1"))));

    tab.post("auth/logout", &[]).await?;
    tab.caller.set_cookie(None);
    assert_eq!(tab.page("/").await?.text(), "<title>login</title>");
    assert_eq!(tab.caller.get("sync/maindata?rid=0").await?.status, 403);
    Ok(())
}

/// `VueTorrent` as alternative interface: one page for everybody, which learns by 403 that nobody is logged in.
async fn vuetorrent(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let target = &stage.target;
    let page = "<div id=app></div><script type=module src=./assets/index-B1x.js></script>";
    install(
        target,
        &[
            ("public/index.html", page),
            ("public/assets/index-B1x.js", "import('./vendor-C2y.js')"),
            ("public/assets/vendor-C2y.js", "0"),
            ("public/assets/index-D3z.css", "body{}"),
            ("public/manifest.webmanifest", "{}"),
            ("public/sw.js", "0"),
            ("private/index.html", page),
            ("private/assets/index-B1x.js", "import('./vendor-C2y.js')"),
            ("private/assets/vendor-C2y.js", "0"),
            ("private/assets/index-D3z.css", "body{}"),
        ],
    )
    .await?;
    let tab = Tab::open(target)?;
    for path in ["/", "/assets/index-B1x.js", "/assets/index-D3z.css", "/manifest.webmanifest"] {
        tab.page(path).await?;
    }
    assert_eq!(tab.caller.get("app/version").await?.status, 403);
    tab.login(target).await?;
    for path in ["/", "/assets/vendor-C2y.js", "/sw.js"] {
        tab.page(path).await?;
    }

    // The start.
    let version = tab.page("app/version").await?.text();
    assert!(version.trim_start_matches('v') >= "4.5");
    let preferences = tab.get("app/preferences").await?;
    let start = if level == Level::L45 { "start_paused_enabled" } else { "add_stopped_enabled" };
    assert_eq!(preferences[start], false);
    tab.get("app/buildInfo").await?;
    tab.get("log/main?last_known_id=-1").await?;
    tab.get("rss/items?withData=true").await?;
    tab.get("rss/rules").await?;
    tab.get("search/plugins").await?;
    // Zero stands for all searches.
    assert_eq!(tab.post("search/status", &[("id", "0")]).await?.brief(), "200 []");
    let full = tab.get("sync/maindata?rid=0").await?;
    assert_eq!(full["full_update"], true);
    Ok(())
}

/// What `VueTorrent` does with a torrent: always multipart, both names of what was renamed, URLs encoded.
#[expect(clippy::too_many_lines, reason = "a client's requests, in their order")]
async fn vuetorrent_with_a_torrent(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let target = &stage.target;
    let tab = Tab::open(target)?;
    tab.login(target).await?;
    let payload = episode("vue");
    let torrent =
        compat_tests::Authoring::of(&payload).tracker("http://127.0.0.1:9/announce").build();
    let (id, data) = (torrent.id(), text(&target.data()));
    let options = [
        ("savepath", data.as_str()),
        ("useDownloadPath", "false"),
        ("category", "films"),
        ("tags", "one,two"),
        ("autoTMM", "false"),
        ("paused", "true"),
        ("stopped", "true"),
        ("skip_checking", "false"),
        ("sequentialDownload", "false"),
        ("firstLastPiecePrio", "false"),
        ("contentLayout", "Original"),
        ("stopCondition", "None"),
        ("addToTopOfQueue", "true"),
        ("ratioLimit", "-2"),
        ("seedingTimeLimit", "-2"),
        ("inactiveSeedingTimeLimit", "-2"),
        ("upLimit", "0"),
        ("dlLimit", "0"),
    ];
    tab.upload(&torrent, &options).await?;
    let mut rid = json!(0);
    let mut seen = json!({});
    let mut poll_until = async |what: &str, ready: &dyn Fn(&Value) -> bool| -> Result<()> {
        let outcome = until(what, async || {
            let update = tab.get(&format!("sync/maindata?rid={rid}")).await?;
            rid = update["rid"].clone();
            if let (Some(seen), Some(change)) =
                (seen.as_object_mut(), update["torrents"][&id].as_object())
            {
                seen.extend(change.clone());
            }
            Ok(ready(&seen).then_some(()))
        })
        .await;
        outcome.with_context(|| format!("last seen as {seen}"))
    };
    poll_until("stopped", &|torrent| torrent["state"] == level.stopped_download()).await?;
    poll_until("labelled", &|torrent| {
        torrent["category"] == "films" && torrent["tags"] == "one, two"
    })
    .await?;

    for action in ["properties", "trackers", "files", "pieceStates", "webseeds"] {
        tab.get(&format!("torrents/{action}?hash={id}")).await?;
    }
    tab.get(&format!("sync/torrentPeers?hash={id}&rid=0")).await?;
    let hash = ("hash", id.as_str());
    // Upstream decodes a blank in the new URL (docs/differences.md).
    let key = if target.product() == Product::Revaer { "a%20b" } else { "a/b" };
    let spaced = &*format!("http://127.0.0.1:8/announce?key={key}");
    tab.post("torrents/addTrackers", &[hash, ("urls", spaced)]).await?;
    let other = &*format!("http://127.0.0.1:7/announce?key={key}");
    let edit = [hash, ("origUrl", spaced), ("url", spaced), ("newUrl", other)];
    tab.post("torrents/editTracker", &edit).await?;
    let urls = async || -> Result<Vec<Value>> {
        let rows = tab.get(&format!("torrents/trackers?hash={id}")).await?;
        Ok(rows.as_array().into_iter().flatten().map(|row| row["url"].clone()).collect())
    };
    until("the edited tracker", async || Ok(urls().await?.contains(&json!(other)).then_some(())))
        .await
        .with_context(|| "the tracker was not edited")?;
    if level > Level::L45 {
        // Encoded once by the script and once more by the form.
        let encoded =
            percent_encoding::utf8_percent_encode(other, percent_encoding::NON_ALPHANUMERIC);
        tab.post("torrents/removeTrackers", &[hash, ("urls", &encoded.to_string())]).await?;
        until("the tracker is gone", async || {
            Ok((!urls().await?.contains(&json!(other))).then_some(()))
        })
        .await?;
    }

    let moved = text(&target.folder_named("moved")?);
    tab.post("torrents/setSavePath", &[("id", &id), ("path", &moved)]).await?;
    poll_until("the path", &|torrent| torrent["save_path"] == *moved).await?;
    if level == Level::L51 {
        // 5.3 asks for a parameter that the interface does not send.
        let limits = [
            ("hashes", id.as_str()),
            ("ratioLimit", "3"),
            ("seedingTimeLimit", "-1"),
            ("inactiveSeedingTimeLimit", "-1"),
            ("shareLimitAction", "Default"),
        ];
        tab.post("torrents/setShareLimits", &limits).await?;
        poll_until("the limit", &|torrent| torrent["ratio_limit"] == 3).await?;
    }
    if level > Level::L45 {
        let folder = text(target.folder());
        let reply =
            tab.post("app/getDirectoryContent", &[("dirPath", &folder), ("mode", "all")]).await?;
        assert!(reply.json()?.is_array());
    }
    tab.post("torrents/delete", &[("hashes", &id), ("deleteFiles", "true")]).await?;
    until("the removal", async || {
        let update = tab.get("sync/maindata?rid=0").await?;
        Ok(update["torrents"].as_object().is_none_or(serde_json::Map::is_empty).then_some(()))
    })
    .await?;
    tab.post("auth/logout", &[]).await?;
    assert_eq!(tab.caller.get("sync/maindata?rid=0").await?.status, 403);
    Ok(())
}

/// A page of another origin cannot do what the interface can.
async fn a_foreign_page_is_refused(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let tab = Tab::open(&target)?;
    tab.login(&target).await?;
    let request = tab.caller.request(Method::POST, "torrents/delete");
    let form = [("hashes", "all"), ("deleteFiles", "true")];
    let reply =
        tab.caller.send(request.header("origin", "http://evil.example").form(&form)).await?;
    assert_eq!(reply.status, 401, "{}", reply.brief());
    Ok(())
}

/// A key in place of the login: 5.3 makes one, and a client shows it instead of a password.
async fn a_key_from_the_options(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let tab = Tab::open(&target)?;
    tab.login(&target).await?;
    let answer = tab.post("app/rotateAPIKey", &[]).await?.json()?;
    let key = answer["apiKey"].as_str().context("a key")?;
    let bearer = format!("Bearer {key}");
    let caller = Caller::new(&target, Cookies::Jar, &[("authorization", &bearer)])?;
    let version = caller.get("app/webapiVersion").await?;
    assert_eq!(version.brief(), format!("200 {}", level.api_version()));
    let list: Vec<Value> = caller.read("torrents/info").await?;
    assert!(list.is_empty() && caller.cookie().is_none());
    Ok(())
}

at_each_level!(the_own_interface, vuetorrent, vuetorrent_with_a_torrent, a_foreign_page_is_refused,);
at_levels!(a_key_from_the_options: l53 L53);
