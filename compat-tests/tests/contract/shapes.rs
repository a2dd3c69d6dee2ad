//! Key sets and types of the large answers, against recordings of the real servers.
//!
//! `compat-tests record` makes the recordings of `golden/` anew.

use anyhow::{Context, Result, ensure};
use compat_tests::{Level, at_each_level, shape};

use crate::support::server;

async fn shapes_are_as_recorded(level: Level) -> Result<()> {
    let target = server(level).await?;
    let found = shape::sample(&target).await?;
    let mut complaints = Vec::new();
    for (name, shape) in found {
        let path = shape::golden(level, &name);
        let text = fs_err::read_to_string(&path).context("recorded by `compat-tests record`")?;
        for line in shape::differences(&serde_json::from_str(&text)?, &shape) {
            complaints.push(format!("{name}{line}"));
        }
    }
    ensure!(complaints.is_empty(), "at level {level}:\n{}", complaints.join("\n"));
    Ok(())
}

at_each_level!(shapes_are_as_recorded);
