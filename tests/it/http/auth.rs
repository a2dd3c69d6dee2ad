//! Login, sessions and bans.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{TestApp, answer};

#[tokio::test(flavor = "multi_thread")]
async fn the_temporary_password_opens_a_session() {
    let app = TestApp::start(&[]).await;
    let password = app.app.auth.temporary_password().unwrap();

    let (wrong, right) = (app.login("wrong").await, app.login(&password).await);

    assert_eq!((wrong.status.as_u16(), wrong.body.as_str(), wrong.cookie), (200, "Fails.", None));
    assert_eq!((right.status.as_u16(), right.body.as_str()), (200, "Ok."));
    let cookie = right.cookie.unwrap();
    assert!(
        cookie.starts_with("SID=") && cookie.ends_with("; HttpOnly; SameSite=Strict; path=/"),
        "{cookie}"
    );
    let version = app.request(Method::GET, "/api/v2/app/version").header("cookie", cookie);
    assert_eq!(answer(version).await.body, "v5.1.0");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_ends_the_session() {
    let app = TestApp::start(&[]).await;
    let cookie = app.session().await;
    let with_cookie = |method, path| app.request(method, path).header("cookie", &cookie);

    let logout = answer(with_cookie(Method::POST, "/api/v2/auth/logout")).await;

    assert_eq!((logout.status.as_u16(), logout.body.as_str()), (200, ""));
    assert!(logout.cookie.unwrap().starts_with("SID=; expires="));
    assert_eq!(answer(with_cookie(Method::GET, "/api/v2/app/version")).await.status, 403);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_failures_ban_the_address_but_not_its_sessions() {
    let app = TestApp::start(&[("webui.max_auth_failures", json!(2))]).await;
    let cookie = app.session().await;
    let password = app.app.auth.temporary_password().unwrap();

    assert_eq!(app.login("wrong").await.body, "Fails.");
    assert_eq!(app.login("wrong").await.body, "Fails.");
    let banned = app.login(&password).await;

    assert_eq!(banned.status, 403);
    assert!(banned.body.starts_with("Your IP address has been banned"), "{}", banned.body);
    let version = app.request(Method::GET, "/api/v2/app/version").header("cookie", cookie);
    assert_eq!(answer(version).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_client_is_exempt_only_under_a_plain_host() {
    let app = TestApp::start(&[("webui.bypass_local_auth", json!(true))]).await;
    let version = || app.request(Method::GET, "/api/v2/app/version");

    let plain = answer(version()).await;
    let rebound = answer(version().header("host", "rebind.example")).await;

    assert_eq!(plain.status, 200);
    assert!(plain.cookie.unwrap().starts_with("SID="));
    assert_eq!(rebound.status, 403);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_level_names_its_cookie_after_the_port() {
    let app = TestApp::start(&[("webui.contract_level", json!("5.3"))]).await;
    let password = app.app.auth.temporary_password().unwrap();

    let (wrong, right) = (app.login("wrong").await, app.login(&password).await);

    assert_eq!((wrong.status.as_u16(), wrong.body.as_str()), (401, "Unauthorized"));
    assert_eq!((right.status.as_u16(), right.body.as_str()), (204, ""));
    assert!(right.cookie.unwrap().starts_with(&format!("QBT_SID_{}=", app.address.port())));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_use_the_session() {
    let app = TestApp::start(&[]).await;
    let cookie = app.session().await;
    let version = || app.request(Method::GET, "/api/v2/app/version").header("cookie", &cookie);

    let foreign = answer(version().header("origin", "http://evil.example")).await;
    let wrong_port = answer(version().header("host", "127.0.0.1:1")).await;

    assert_eq!((foreign.status.as_u16(), foreign.body.as_str()), (401, "Unauthorized"));
    assert_eq!(wrong_port.status, 401);
    app.stop().await;
}
