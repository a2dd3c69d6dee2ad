//! An alternative user interface: which file a path names, for whom, and that no path leads out of the folder.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Result;
use compat_tests::client::RawReply;
use compat_tests::{Client, Level, Target, at_each_level, differs, has_no_counterpart};
use reqwest::Method;
use serde_json::json;

use crate::support::server;

const NOT_A_FILE: &str = "500 Unacceptable file type, only regular file is allowed.";
const LINK: &str = "500 Symlinks inside alternative UI folder are forbidden.";
const CACHED: &str = "private, max-age=43200";

/// What must never be sent.
const OUTSIDE: &str = "OUTSIDE";

/// Writes a folder with files for everybody and for who is logged in, and neighbours that are for nobody.
fn write_interface(target: &Target) -> Result<PathBuf> {
    let root = target.folder_named("ui")?;
    for (name, text) in [
        ("public/index.html", "<p>login QBT</p>"),
        ("public/only.txt", "public"),
        ("public/both.txt", "public"),
        ("public/taken", "public"),
        ("public/dir/index.html", "nested"),
        ("public/a b\u{e9}%41.txt", "odd name"),
        ("public/a..b", "dots"),
        ("public/api/v2/shadow", "shadow"),
        ("public/empty", ""),
        ("private/index.html", "<p>main</p>"),
        ("private/both.txt", "private"),
        ("private/secret.txt", "secret"),
        ("private/taken/x", "secret"),
        ("top.txt", OUTSIDE),
        ("../outside.txt", OUTSIDE),
    ] {
        let file = root.join(name);
        fs_err::create_dir_all(file.parent().unwrap_or(Path::new("/")))?;
        fs_err::write(file, text)?;
    }
    Ok(root)
}

async fn switch_on(client: &Client, root: &Path) -> Result<()> {
    let settings = json!({ "alternative_webui_enabled": true, "alternative_webui_path": root });
    client.set_preferences(&settings).await
}

/// GETs a path exactly as it is written.
async fn raw(client: &Client, path: &str) -> Result<RawReply> {
    let host = client.base().trim_start_matches("http://");
    let cookie = client.cookie().unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n");
    client.raw(request.as_bytes()).await
}

fn brief(reply: &RawReply) -> String {
    format!("{} {}", reply.status(), String::from_utf8_lossy(&reply.body))
}

async fn a_session_decides_which_file_is_served(level: Level) -> Result<()> {
    let target = server(level).await?;
    let (client, stranger) = (target.client(), target.anonymous()?);
    switch_on(client, &write_interface(&target)?).await?;

    for (path, for_all, with_session) in [
        ("/", "200 <p>login QBT</p>", "200 <p>main</p>"),
        ("/index.html", "200 <p>login QBT</p>", "200 <p>main</p>"),
        ("/index.html?x=../y", "200 <p>login QBT</p>", "200 <p>main</p>"),
        ("/only.txt", "200 public", "200 public"),
        ("/both.txt", "200 public", "200 private"),
        ("/secret.txt", NOT_A_FILE, "200 secret"),
        // A folder takes the place of the public file too.
        ("/taken", "200 public", NOT_A_FILE),
        ("/taken/x", NOT_A_FILE, "200 secret"),
        ("/dir/index.html", "200 nested", "200 nested"),
        ("/dir%2Findex.html", "200 nested", "200 nested"),
        ("//dir///index.html/", "200 nested", "200 nested"),
        ("/dir", NOT_A_FILE, NOT_A_FILE),
        ("/dir/", NOT_A_FILE, NOT_A_FILE),
        ("//", NOT_A_FILE, NOT_A_FILE),
        ("/a%20b%C3%A9%2541.txt", "200 odd name", "200 odd name"),
        ("/a..b", "200 dots", "200 dots"),
        ("/ONLY.TXT", NOT_A_FILE, NOT_A_FILE),
        ("/public/only.txt", NOT_A_FILE, NOT_A_FILE),
        ("/private/secret.txt", NOT_A_FILE, NOT_A_FILE),
        ("/nothing", NOT_A_FILE, NOT_A_FILE),
        ("/api/v2", NOT_A_FILE, NOT_A_FILE),
    ] {
        assert_eq!(brief(&raw(&stranger, path).await?), for_all, "{path}");
        assert_eq!(brief(&raw(client, path).await?), with_session, "{path} with a session");
    }
    // The API keeps its place.
    assert_eq!(stranger.get("app/version", &[]).await?.brief(), "403 Forbidden");
    let shadow = if level == Level::L53 { "404 Not Found" } else { "200 shadow" };
    assert_eq!(brief(&raw(&stranger, "/api/v2/shadow").await?), shadow);

    let reply = stranger.send(stranger.request(Method::POST, "/only.txt")).await?;
    assert_eq!(reply.brief(), "200 public");
    let reply = stranger.send(stranger.request(Method::HEAD, "/only.txt")).await?;
    assert_eq!((reply.status, reply.header("content-length")), (200, Some("6")));
    let reply = stranger.send(stranger.request(Method::PUT, "/only.txt")).await?;
    assert_eq!(reply.status, if level == Level::L45 { 400 } else { 501 });
    Ok(())
}

async fn no_path_leads_out(level: Level) -> Result<()> {
    let target = server(level).await?;
    let (client, stranger) = (target.client(), target.anonymous()?);
    let root = write_interface(&target)?;
    symlink("../dir", root.join("public/dir/linked"))?;
    symlink("only.txt", root.join("public/inner.txt"))?;
    symlink(target.folder(), root.join("public/folder"))?;
    symlink("nowhere", root.join("public/broken"))?;
    switch_on(client, &root).await?;

    for path in [
        "/../top.txt",
        "/../../outside.txt",
        "/dir/../../top.txt",
        "/./only.txt",
        "/only.txt/.",
        "/only.txt/..",
        "/%2e%2e/top.txt",
        "/..%2ftop.txt",
        "/%2e%2e%2f%2e%2e%2foutside.txt",
        "/..%5ctop.txt",
        "/%5C..%5Ctop.txt",
        "/%5c",
        "/dir/..%2f..%2f..%2foutside.txt",
    ] {
        for client in [client, &stranger] {
            assert_eq!(brief(&raw(client, path).await?), "400 Bad Request", "{path}");
        }
    }
    let absolute = root.join("top.txt");
    let absolute = absolute.to_string_lossy();
    for path in [
        "/..;/top.txt",
        "/%252e%252e/top.txt",
        "/%c0%ae%c0%ae/top.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/~root",
        "/C:/top.txt",
        "/only.txt%20",
        "/%ff",
        "/%zz",
        "/%",
        &absolute,
        &format!("/{absolute}"),
        &format!("/{}", "a".repeat(300)),
        &format!("/{}", "a/".repeat(2000)),
    ] {
        assert_eq!(brief(&raw(&stranger, path).await?), NOT_A_FILE, "{path}");
    }
    assert_eq!(brief(&raw(&stranger, "/folder/outside.txt").await?), LINK);
    assert_eq!(brief(&raw(&stranger, "/dir/linked/index.html").await?), LINK);
    assert_eq!(brief(&raw(&stranger, "/broken").await?), NOT_A_FILE);
    assert_eq!(brief(&raw(&stranger, "/inner.txt").await?), "200 public");

    if differs("A link in the folder of an alternative web interface") {
        // Upstream follows links of files, and cuts a name at a NUL.
        symlink(target.folder().join("outside.txt"), root.join("public/leak"))?;
        assert_eq!(brief(&raw(client, "/leak").await?), LINK);
        assert_eq!(brief(&raw(client, "/only.txt%00").await?), NOT_A_FILE);
        assert_eq!(brief(&raw(client, "/%00").await?), NOT_A_FILE);
    }
    Ok(())
}

/// Such interfaces bring their own texts.
async fn texts_are_sent_as_they_are(level: Level) -> Result<()> {
    let target = server(level).await?;
    let root = write_interface(&target)?;
    let text = "QBT_TR(Hello)QBT_TR[CONTEXT=Page] ${LANG} ${CACHEID}";
    fs_err::write(root.join("public/texts.html"), text)?;
    switch_on(target.client(), &root).await?;

    let found = brief(&raw(&target.anonymous()?, "/texts.html").await?);

    if level == Level::L45 || differs("Files of an alternative web interface are sent as they are")
    {
        assert_eq!(found, format!("200 {text}"));
    } else {
        assert!(found.starts_with("200 Hello en ") && !found.contains('$'), "{found}");
    }
    Ok(())
}

async fn types_and_headers_of_files(level: Level) -> Result<()> {
    let target = server(level).await?;
    let (client, stranger) = (target.client(), target.anonymous()?);
    let root = write_interface(&target)?;
    let script = if level == Level::L45 { "application/javascript" } else { "text/javascript" };
    // 5.1 compares the type with a spelling that its system does not use.
    let script_cache = if level == Level::L51 { "no-store" } else { CACHED };
    let week = "private, max-age=604800";
    for (name, kind, cache) in [
        ("a.html", "text/html", "no-store"),
        ("a.css", "text/css", CACHED),
        ("A.CSS", "text/css", CACHED),
        ("a.js", script, script_cache),
        ("a.mjs", script, script_cache),
        ("a.json", "application/json", "no-store"),
        ("a.svg", "image/svg+xml", week),
        ("a.png", "image/png", week),
        ("a.jpg", "image/jpeg", week),
        ("a.webp", "image/webp", week),
        ("a.ico", "image/vnd.microsoft.icon", week),
        ("a.woff2", "font/woff2", "no-store"),
        ("a.ttf", "font/ttf", "no-store"),
        ("a.xml", "application/xml", "no-store"),
        ("a.txt", "text/plain", "no-store"),
        ("a.js.map", "text/plain", "no-store"),
        (".hidden", "text/plain", "no-store"),
        ("plain", "text/plain", "no-store"),
    ] {
        let text = "text ".repeat(300);
        fs_err::write(root.join("public").join(name), &text)?;
        switch_on(client, &root).await?;
        let request = stranger.request(Method::GET, &format!("/{name}"));
        let reply = stranger.send(request.header("accept-encoding", "gzip")).await?;
        assert_eq!(reply.status, 200, "{name}: {}", reply.brief());
        assert_eq!(reply.header("content-type"), Some(kind), "{name}");
        assert_eq!(reply.header("cache-control"), Some(cache), "{name}");
        let packed = match kind {
            "image/png" => false,
            "image/jpeg" | "image/webp" => level < Level::L53,
            _ => true,
        };
        assert_eq!(reply.header("content-encoding"), packed.then_some("gzip"), "{name}");
    }
    let empty = stranger.get("/empty", &[]).await?;
    assert_eq!((empty.status, empty.header("content-type")), (200, Some("application/x-zerosize")));

    // What the pages may load is for them to say, but they are still not framed by others.
    for (client, path) in [(&stranger, "/"), (&stranger, "/nothing"), (client, "app/version")] {
        let reply = client.get(path, &[]).await?;
        assert_eq!(reply.header("content-security-policy"), Some("frame-ancestors 'self';"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), None);
        assert_eq!(reply.header("cross-origin-opener-policy"), None);
    }
    client.set_preferences(&json!({ "web_ui_clickjacking_protection_enabled": false })).await?;
    assert_eq!(stranger.get("/", &[]).await?.header("content-security-policy"), None);
    Ok(())
}

async fn files_have_a_largest_size(level: Level) -> Result<()> {
    let target = server(level).await?;
    let (client, stranger) = (target.client(), target.anonymous()?);
    let root = write_interface(&target)?;
    let limit = 10 << 20;
    let large: Vec<u8> = (0..limit).map(|n: u32| n.to_le_bytes()[(n % 3) as usize]).collect();
    fs_err::write(root.join("public/large"), &large)?;
    let over = root.join("public/over");
    fs_err::write(&over, vec![0; large.len() + 1])?;
    switch_on(client, &root).await?;

    let reply = stranger.get("/large", &[]).await?;
    assert_eq!(reply.status, 200);
    assert!(reply.body == large, "{} bytes came", reply.body.len());
    let size = large.len();
    let text = match level {
        Level::L45 => "500 Exceeded the maximum allowed file size (10.0 MiB)!".to_owned(),
        _ => format!(
            "500 File size exceeds limit. File: \"{}\". File size: {}. Size limit: {size}",
            over.display(),
            size + 1
        ),
    };
    assert_eq!(stranger.get("/over", &[]).await?.brief(), text);
    Ok(())
}

async fn a_folder_without_an_index(level: Level) -> Result<()> {
    let target = server(level).await?;
    let (client, stranger) = (target.client(), target.anonymous()?);
    let own = stranger.get("/", &[]).await?;
    let enabled = async || -> Result<bool> {
        Ok(client.json("app/preferences", &[]).await?["alternative_webui_enabled"] == true)
    };
    for folder in ["missing", "data"] {
        switch_on(client, &target.folder().join(folder)).await?;
        assert_eq!(stranger.get("/nothing", &[]).await?.brief(), NOT_A_FILE);
        assert!(enabled().await?);
        assert_eq!(stranger.get("/", &[]).await?.brief(), NOT_A_FILE);
        // 5.3 gives the interface up.
        let expected = if level == Level::L53 { own.brief() } else { NOT_A_FILE.to_owned() };
        assert_eq!(stranger.get("/", &[]).await?.brief(), expected);
        assert_eq!(enabled().await?, level != Level::L53);
    }
    // A change is in force at once, in both directions.
    switch_on(client, &write_interface(&target)?).await?;
    assert_eq!(stranger.get("/", &[]).await?.brief(), "200 <p>login QBT</p>");
    client.set_preferences(&json!({ "alternative_webui_enabled": false })).await?;
    assert_eq!(stranger.get("/", &[]).await?.brief(), own.brief());
    assert_eq!(stranger.get("/only.txt", &[]).await?.brief(), "404 Not Found");
    Ok(())
}

async fn the_home_is_no_interface(level: Level) -> Result<()> {
    let target = server(level).await?;
    if has_no_counterpart() {
        return Ok(());
    }
    let (client, stranger) = (target.client(), target.anonymous()?);
    let home = target.home();
    fs_err::create_dir_all(home.join("public"))?;
    fs_err::hard_link(home.join("revaer.db"), home.join("public/index.html"))?;
    let way_in = target.folder().join("way-in");
    symlink(&home, &way_in)?;
    for folder in [&home, &home.join("public"), &PathBuf::from("ui")] {
        let asked = json!({ "alternative_webui_enabled": true, "alternative_webui_path": folder });
        let form = [("json", asked.to_string())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let reply = client.post("app/setPreferences", &form).await?;
        assert_eq!(reply.status, 400, "{}: {}", folder.display(), reply.brief());
    }
    // Reached through a link it stays closed.
    switch_on(client, &way_in).await?;
    for (client, path) in [(client, "/nothing"), (&stranger, "/index.html"), (client, "/")] {
        let reply = client.get(path, &[]).await?;
        assert!(!reply.text().contains("SQLite"), "{path}");
    }
    Ok(())
}

at_each_level!(
    a_session_decides_which_file_is_served,
    no_path_leads_out,
    texts_are_sent_as_they_are,
    types_and_headers_of_files,
    files_have_a_largest_size,
    a_folder_without_an_index,
    the_home_is_no_interface,
);
