//! A server that is measured: one that the harness starts fresh, or one that runs already.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::http::{Connection, Session};
use super::process;
use crate::target::free_port;
use crate::{Level, Product, Target};

const PASSWORD: &str = "adminadmin1";

/// How long a server may take to show what it was given.
const PATIENCE: Duration = Duration::from_mins(10);

/// Which server to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// Revaer at a level.
    Revaer(Level),
    /// The real qbittorrent-nox of a level.
    Reference(Level),
    /// A server that runs already.
    Running { address: SocketAddr, username: String, password: String },
}

/// A server under measurement.
pub(super) struct Server {
    target: Option<Target>,
    save_path: PathBuf,
    address: SocketAddr,
    username: String,
    password: String,
    session: Session,
}

/// How long a start took, from the launch of the process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Restart {
    /// From SIGTERM to the exit of the process.
    pub(super) stop: Duration,
    /// Until any HTTP answer.
    pub first_answer: Duration,
    /// Until a login and a full list with every torrent.
    pub(super) listed: Duration,
}

impl FromStr for Spec {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(rest) = text.strip_prefix("http://") {
            return running(rest);
        }
        match text.strip_prefix("revaer") {
            Some("") => Ok(Self::Revaer(Level::L51)),
            Some(level) => Ok(Self::Revaer(level.trim_start_matches('@').parse()?)),
            None => Ok(Self::Reference(text.parse()?)),
        }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revaer(Level::L51) => f.write_str("revaer"),
            Self::Revaer(level) => write!(f, "revaer@{level}"),
            Self::Reference(level) => write!(f, "{level}"),
            Self::Running { address, .. } => write!(f, "{address}"),
        }
    }
}

fn running(rest: &str) -> Result<Spec> {
    let rest = rest.trim_end_matches('/');
    let (user, host) = rest.rsplit_once('@').context("a URL is http://user:password@host:port")?;
    let (username, password) = user.split_once(':').context("the URL names no password")?;
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let address = host.to_socket_addrs()?.next().with_context(|| format!("`{host}` is nowhere"))?;
    Ok(Spec::Running { address, username: decode(username), password: decode(password) })
}

impl Server {
    /// Starts a fresh server below `scratch`, or logs in to a running one.
    ///
    /// # Errors
    /// Fails when the program is missing, does not answer, or refuses the login.
    pub(super) async fn open(spec: &Spec, scratch: &Path) -> Result<Self> {
        let (level, product) = match spec {
            Spec::Revaer(level) => (*level, Product::Revaer),
            Spec::Reference(level) => (*level, Product::Reference),
            Spec::Running { address, username, password } => {
                let session = Session::login(*address, username, password).await?;
                return Ok(Self {
                    target: None,
                    save_path: scratch.join("seeds"),
                    address: *address,
                    username: username.clone(),
                    password: password.clone(),
                    session,
                });
            }
        };
        let port = free_port()?;
        let setup = Target::setup(level).product(product).inside(scratch).http_port(port);
        let target = setup.spawn().await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (username, password) = target.credentials();
        let session = Session::login(address, &username, &password).await?;
        // A password of one's own outlives the restart, which a temporary one does not.
        let preferences = json!({
            "queueing_enabled": false,
            // 5.3 keeps fifteen sessions unless told otherwise, fewer than there are clients.
            "web_ui_sessions_count_limit": 0,
            "web_ui_password": PASSWORD,
        });
        set_preferences(&mut session.connection(), &preferences).await?;
        let password = PASSWORD.to_owned();
        let session = Session::login(address, &username, &password).await?;
        let save_path = target.data();
        Ok(Self { target: Some(target), save_path, address, username, password, session })
    }

    /// Returns the session that was opened at the start.
    #[must_use]
    pub(super) const fn session(&self) -> &Session {
        &self.session
    }

    /// Opens a further session.
    ///
    /// # Errors
    /// Fails when the login is refused.
    pub(super) async fn login(&self) -> Result<Session> {
        Session::login(self.address, &self.username, &self.password).await
    }

    /// Returns where the data of the torrents lies; a server that ran already must see this folder, too.
    pub(super) fn save_path(&self) -> &Path {
        &self.save_path
    }

    /// Returns the target that the harness started; `None` for a server that ran already.
    #[must_use]
    pub(super) const fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// Returns the process id; `None` for a server that ran already.
    #[must_use]
    pub(super) fn pid(&self) -> Option<u32> {
        self.target.as_ref()?.pid().ok()
    }

    /// Stops the server and starts it again on its folder, until `count` torrents are listed.
    ///
    /// `sample` are ids that are probed cheaply before the first full list is asked for.
    ///
    /// # Errors
    /// Fails when the server does not stop or does not list everything again.
    pub(super) async fn restart(&mut self, sample: &[&str], count: usize) -> Result<Restart> {
        let (address, username, password) = (self.address, &self.username, &self.password);
        let Some(target) = &mut self.target else { bail!("a running server is not restarted") };
        let pid = target.pid()?;
        let begun = Instant::now();
        process::terminate(pid)?;
        while process::is_running(pid) {
            if begun.elapsed() > PATIENCE {
                target.kill().await?;
                bail!("the server still runs {PATIENCE:?} after SIGTERM");
            }
            sleep(Duration::from_millis(2)).await;
        }
        let stop = begun.elapsed();
        target.exited().await?;

        let begun = Instant::now();
        let watch = async {
            let first_answer = first_answer(address, begun).await?;
            let session = Session::login(address, username, password).await?;
            let mut connection = session.connection();
            loop {
                wait_listed(&mut connection, sample).await?;
                if list(&mut connection, "").await? >= count {
                    return anyhow::Ok((session, first_answer, begun.elapsed()));
                }
            }
        };
        let ((), (session, first_answer, listed)) = tokio::try_join!(target.launch(), watch)?;
        self.session = session;
        Ok(Restart { stop, first_answer, listed })
    }
}

/// Sets preferences; a key that a level does not know has no effect there.
///
/// # Errors
/// Fails when the server refuses.
pub(super) async fn set_preferences(
    connection: &mut Connection,
    preferences: &Value,
) -> Result<()> {
    connection.done("app/setPreferences", &[("json", &preferences.to_string())]).await?;
    Ok(())
}

/// Waits until every one of the ids is listed.
///
/// # Errors
/// Fails when they are not after ten minutes.
pub(super) async fn wait_listed(connection: &mut Connection, ids: &[&str]) -> Result<()> {
    let target = format!("torrents/info?hashes={}", ids.join("%7C"));
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = connection.get(&target).await?;
        let found = if answer.status == 200 { rows(&answer.json()?) } else { 0 };
        if found == ids.len() {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("{found} of {} torrents are listed after {PATIENCE:?}", ids.len());
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Reads a list and returns how many torrents it has.
///
/// # Errors
/// Fails when there is no list.
pub(super) async fn list(connection: &mut Connection, query: &str) -> Result<usize> {
    Ok(rows(&connection.ok(&format!("torrents/info?{query}")).await?.json()?))
}

fn rows(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

/// Asks without a session until the server says anything at all.
async fn first_answer(address: SocketAddr, begun: Instant) -> Result<Duration> {
    loop {
        let mut connection = Session::anonymous(address).connection();
        if connection.get("app/version").await.is_ok() {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > PATIENCE {
            bail!("no answer {PATIENCE:?} after the start");
        }
        sleep(Duration::from_millis(2)).await;
    }
}
