//! The black-box judge of the contract: the same scenarios against Revaer and against real qbittorrent-nox servers.
//!
//! Nothing here depends on a crate of the server. A scenario asks for a [`Target`] at a [`Level`], talks HTTP
//! through a [`Client`], and gets torrents, a tracker and a seeder from the modules beside it.
//! The environment decides what stands behind a target:
//!
//! | Variable | Meaning |
//! | --- | --- |
//! | `COMPAT_TARGET` | `revaer` (default: every level), or `4.5`, `5.1`, `5.3`: the real server, that level only |
//! | `REVAER_BIN` | the binary to judge; by default the `revaer` beside the test executables |
//! | `COMPAT_PYTHON` | an interpreter that has `qbittorrent-api`; by default `target/venv/bin/python`; clients that insist on versions of their own have environments named like its folder with a suffix |
//! | `COMPAT_NPM` | a folder whose `node_modules` has the npm clients; by default `target/npm` |
//! | `COMPAT_CHROMIUM` | the browser that the web interface is tried in; by default `/usr/bin/chromium` |
//! | `COMPAT_SEEDER_PYTHON` | an interpreter that has `libtorrent`; by default `/usr/bin/python3` |
//! | `COMPAT_KEEP` | keep the scratch folders of finished tests |
//! | `COMPAT_DEADLINE` | seconds that a condition may take; 90 by default |
//! | `COMPAT_STRICT` | start every Revaer with `--strict-contract` that a scenario does not want lenient |
//! | `COMPAT_NOTES` | a folder where tests note which row of `docs/differences.md` they touch |
//! | `COMPAT_RECORD` | write the recordings of `golden/` from the reference server that `COMPAT_TARGET` names |
//! | `COMPAT_SEED` | seed of the random rounds of the crash test |

pub mod bench;
pub mod bencode;
pub mod client;
pub mod contract;
pub mod difference;
pub mod installed;
pub mod level;
pub mod profile;
pub mod report;
pub mod seeder;
pub mod shape;
pub mod storm;
pub mod target;
pub mod torrent;
pub mod tracker;
pub mod transcript;
pub mod wait;
pub mod watch;
pub mod web;

pub use client::{Client, Form, Reply};
pub use difference::{differs, has_no_counterpart};
pub use level::Level;
pub use seeder::Seeder;
pub use target::{Product, Target};
pub use torrent::{Authoring, Payload, Torrent, Version};
pub use tracker::Tracker;
pub use transcript::Transcript;
pub use wait::{until, until_within};
pub use web::WebServer;

/// Turns `async fn name(level: Level) -> Result<()>` scenarios into one test per level, `name::l45` and so on.
///
/// A level that `COMPAT_TARGET` does not select passes without starting anything.
#[macro_export]
macro_rules! at_each_level {
    ($($name:ident),* $(,)?) => {$(
        $crate::at_levels!($name: l45 L45, l51 L51, l53 L53);
    )*};
}

/// Turns scenarios that do not depend on the level into one test each: at 5.1, or at the level of the reference.
#[macro_export]
macro_rules! at_any_level {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[tokio::test]
            async fn any() -> anyhow::Result<()> {
                let level = $crate::target::selected_level().unwrap_or($crate::Level::L51);
                super::$name(level).await
            }
        }
    )*};
}

/// Turns a scenario into tests at some levels: `at_levels!(name: l51 L51, l53 L53)`.
#[macro_export]
macro_rules! at_levels {
    ($name:ident: $($test:ident $level:ident),*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $test() -> anyhow::Result<()> {
                    if $crate::Level::$level.is_under_test() {
                        super::$name($crate::Level::$level).await?;
                    }
                    Ok(())
                }
            )*
        }
    };
}
