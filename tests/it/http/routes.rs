//! The table of `/api/v2`, walked row by row.

use reqwest::Method;
use revaer::http::qbittorrent::level::Level;
use revaer::http::qbittorrent::routes::{self, Access, Verb};
use serde_json::json;

use crate::support::app::{TestApp, answer};

#[tokio::test(flavor = "multi_thread")]
async fn every_row_answers_at_its_levels_and_nowhere_else() {
    let server = TestApp::start(&[("webui.strict_contract", json!(true))]).await;
    for level in Level::ALL {
        let mut change = revaer::settings::Patch::new();
        change.set("webui.contract_level", level.as_str());
        server.app.settings.patch(change, &revaer::model::Actor::System).await.unwrap();
        let cookie = server.session().await;
        for row in routes::rows() {
            // These two end what the walk needs.
            if matches!(row.path, "auth/logout" | "app/shutdown") {
                continue;
            }
            let path = format!("/api/v2/{}", row.path);
            let method = if row.verb == Verb::Post { Method::POST } else { Method::GET };
            let got = answer(server.request(method, &path).header("cookie", &cookie)).await;
            let exists =
                routes::rows().any(|other| other.path == row.path && other.levels.contains(level));
            if !exists {
                assert_eq!(got.status, 404, "{} at {level:?}: {got:?}", row.path);
            } else if row.levels.contains(level) {
                let wanting = got.status == 400;
                assert_ne!(got.status, 405, "{} at {level:?}: {got:?}", row.path);
                assert_ne!(got.body, "Endpoint does not exist", "{} at {level:?}", row.path);
                assert!(wanting || row.required.is_empty(), "{} at {level:?}: {got:?}", row.path);
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_refuses_no_method_and_a_change_takes_post_alone() {
    let app = TestApp::start(&[]).await;
    let cookie = app.session().await;
    for row in routes::rows().filter(|row| row.levels.contains(Level::L51)) {
        let path = format!("/api/v2/{}", row.path);
        let got = answer(app.request(Method::GET, &path).header("cookie", &cookie)).await;
        assert_eq!(got.status == 405, row.verb == Verb::Post, "{}: {got:?}", row.path);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_nothing_is_told() {
    let app = TestApp::start(&[]).await;
    let told = |path: String| {
        let request = app.request(Method::GET, &path);
        async move { answer(request).await }
    };
    for row in routes::rows().filter(|row| row.access == Access::User) {
        let got = told(format!("/api/v2/{}", row.path)).await;
        assert_eq!((got.status.as_u16(), got.body.as_str()), (403, "Forbidden"), "{}", row.path);
    }
    assert_eq!(told("/api/v2/app/nope".into()).await.status, 403);
    assert_eq!(told("/api/v2/nope/nope".into()).await.status, 403);
    assert_eq!(told("/api/v2/app".into()).await.status, 404);
    assert_eq!(told("/".into()).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_are_told_to_whoever_has_a_session() {
    let app = TestApp::start(&[("webui.contract_level", json!("5.3"))]).await;
    let cookie = app.session().await;
    let get = |path: &'static str| answer(app.request(Method::GET, path).header("cookie", &cookie));

    let (action, scope) = (get("/api/v2/app/nope").await, get("/api/v2/nope/nope").await);

    assert_eq!((action.status.as_u16(), action.body.as_str()), (404, "Endpoint does not exist"));
    assert_eq!((scope.status.as_u16(), scope.body.as_str()), (404, "Not Found"));
    let missing = get("/api/v2/app/getDirectoryContent").await;
    assert_eq!(
        (missing.status.as_u16(), missing.body.as_str()),
        (400, "Missing required parameters: dirPath")
    );
    let put = answer(app.request(Method::PUT, "/api/v2/app/version")).await;
    assert_eq!((put.status.as_u16(), put.body.as_str()), (501, ""));
    app.stop().await;
}

#[test]
fn the_page_of_the_contract_is_that_of_the_tables() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/contract.md");
    let page = revaer::http::qbittorrent::docs::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs_err::write(&path, &page).unwrap();
    }

    assert!(
        fs_err::read_to_string(&path).is_ok_and(|written| written == page),
        "make it with UPDATE_DOCS=1"
    );
}
