//! One home, one server.

use anyhow::Result;
use compat_tests::{Level, Product, Target};

#[tokio::test]
async fn a_second_server_on_the_same_home_is_refused() -> Result<()> {
    if Product::under_test() == Product::Reference {
        return Ok(());
    }
    let mut target = Target::spawn(Level::L51).await?;

    let (status, log) = target.start_second().await?;

    assert!(!status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    assert!(!target.folder().join("second.ready").exists(), "the second server became ready");
    assert!(target.is_alive());
    assert_eq!(target.client().get("app/version", &[]).await?.status, 200);
    // A crash leaves no lock behind.
    target.kill().await?;
    target.start().await?;
    assert_eq!(target.client().get("app/version", &[]).await?.status, 200);
    Ok(())
}
