//! A server under test: Revaer or a real qbittorrent-nox, started fresh in a scratch folder, or one that runs already.
//!
//! Everything of a target lives under one folder: `home` (the server's own state) and `data` (the save path).
//! A target can be stopped, killed and started again on the same folder; dropping it kills the process by its id.

mod reference;
mod revaer;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::{Client, Level};
pub use revaer::binary;

/// Whose program stands behind a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    Revaer,
    Reference,
}

impl Product {
    /// Returns what `COMPAT_TARGET` names; Revaer without it.
    #[must_use]
    pub fn under_test() -> Self {
        if selected_level().is_some() { Self::Reference } else { Self::Revaer }
    }
}

/// Returns the level of the reference server that `COMPAT_TARGET` names.
///
/// # Panics
/// If the variable holds anything but `revaer` or a level.
#[must_use]
pub fn selected_level() -> Option<Level> {
    match std::env::var("COMPAT_TARGET").as_deref() {
        Err(_) | Ok("" | "revaer") => None,
        Ok(name) => Some(name.parse().expect("COMPAT_TARGET is `revaer`, 4.5, 5.1 or 5.3")),
    }
}

/// What to start, and how.
#[derive(Clone, Debug)]
pub struct Setup {
    level: Level,
    product: Product,
    /// `None` leaves it to `COMPAT_STRICT`.
    strict: Option<bool>,
    settings: Vec<(String, String)>,
    arguments: Vec<String>,
    reference_arguments: Vec<String>,
    environment: Vec<(String, Option<String>)>,
    base: Option<PathBuf>,
    http_port: Option<u16>,
}

/// What a freshly started server tells about itself.
struct Started {
    child: Child,
    http: SocketAddr,
    /// Listeners beside it, in the order of the settings.
    further: Vec<SocketAddr>,
    torrenting: SocketAddr,
    /// The password to log in with, where the server chose one.
    password: Option<String>,
}

/// A server with a folder of its own and a logged-in client.
pub struct Target {
    setup: Setup,
    folder: TempDir,
    started: Option<Started>,
    /// The ports of the last start, HTTP first.
    ports: Option<(u16, u16)>,
    attached: Option<(String, String)>,
    client: Client,
}

impl Setup {
    /// Chooses the program by hand instead of by `COMPAT_TARGET`.
    #[must_use]
    pub const fn product(mut self, product: Product) -> Self {
        self.product = product;
        self
    }

    /// Asks Revaer for nothing beyond the level, as the recordings need it.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.strict = Some(true);
        self
    }

    /// Lets Revaer take what other levels know too, as it does by default.
    #[must_use]
    pub const fn lenient(mut self) -> Self {
        self.strict = Some(false);
        self
    }

    /// Adds `--set key=value`; a reference server ignores it.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds a command-line argument; a reference server ignores it.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Adds a command-line argument without blanks for a reference server; Revaer ignores it.
    #[must_use]
    pub fn reference_argument(mut self, argument: &str) -> Self {
        self.reference_arguments.push(argument.to_owned());
        self
    }

    /// Sets a variable of Revaer's environment, or removes it; a reference server ignores it.
    #[must_use]
    pub fn environment(mut self, name: &str, value: Option<&str>) -> Self {
        self.environment.push((name.to_owned(), value.map(str::to_owned)));
        self
    }

    /// Fixes the port of the HTTP listener, so that it is known before the server has started.
    #[must_use]
    pub const fn http_port(mut self, port: u16) -> Self {
        self.http_port = Some(port);
        self
    }

    /// Puts the target's folder into `base` instead of the system's folder for temporary files.
    #[must_use]
    pub fn inside(mut self, base: &Path) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// Starts the server and logs in.
    ///
    /// # Errors
    /// Fails when the program is missing, exits early or does not answer in time.
    pub async fn spawn(self) -> Result<Target> {
        let mut target = self.prepare()?;
        target.start().await?;
        Ok(target)
    }

    /// Makes the target's folder, and starts nothing yet.
    ///
    /// # Errors
    /// Fails when the folder cannot be made.
    pub fn prepare(self) -> Result<Target> {
        let base = self.base.clone().unwrap_or_else(std::env::temp_dir);
        let mut folder = tempfile::Builder::new().prefix("compat-").tempdir_in(base)?;
        folder.disable_cleanup(std::env::var_os("COMPAT_KEEP").is_some());
        fs_err::create_dir_all(folder.path().join("data"))?;
        let client = Client::new("http://127.0.0.1:1")?;
        Ok(Target { setup: self, folder, started: None, ports: None, attached: None, client })
    }
}

impl Target {
    /// Describes the server that `COMPAT_TARGET` selects, at a level.
    #[must_use]
    pub fn setup(level: Level) -> Setup {
        Setup {
            level,
            product: Product::under_test(),
            strict: None,
            settings: Vec::new(),
            arguments: Vec::new(),
            reference_arguments: Vec::new(),
            environment: Vec::new(),
            base: None,
            http_port: None,
        }
    }

    /// Starts the server that `COMPAT_TARGET` selects, at a level.
    ///
    /// # Errors
    /// As [`Setup::spawn`].
    pub async fn spawn(level: Level) -> Result<Self> {
        Self::setup(level).spawn().await
    }

    /// Uses a server that runs already; it is neither stopped nor restarted.
    ///
    /// # Errors
    /// Fails when the login is refused.
    pub async fn attach(level: Level, url: &str, username: &str, password: &str) -> Result<Self> {
        let client = Client::new(url.trim_end_matches('/'))?;
        client.login(username, password).await?;
        let folder = tempfile::Builder::new().prefix("compat-").tempdir()?;
        let attached = Some((username.to_owned(), password.to_owned()));
        Ok(Self { setup: Self::setup(level), folder, started: None, ports: None, attached, client })
    }

    #[must_use]
    pub const fn level(&self) -> Level {
        self.setup.level
    }

    #[must_use]
    pub const fn product(&self) -> Product {
        self.setup.product
    }

    /// Returns the client that is logged in.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the folder that holds everything of this target.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the folder with the server's own state.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder().join("home")
    }

    /// Runs a command of the binary on the state of this server, which must be stopped; returns what it printed.
    ///
    /// # Errors
    /// Fails when the command does.
    pub async fn command(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(binary()?);
        command.env("REVAER_HOME", self.home()).args(arguments);
        printed(command).await
    }

    /// As [`Target::command`], with so many KiB of address space and no more.
    ///
    /// # Errors
    /// Fails when the command does.
    pub async fn command_within(&self, kib: u32, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("ulimit -v {kib} && exec \"$0\" \"$@\"")]);
        command.arg(binary()?).env("REVAER_HOME", self.home()).args(arguments);
        printed(command).await
    }

    /// Returns the default save path.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Returns a folder beside the save path, created, which the server may reach.
    ///
    /// # Errors
    /// Fails when it cannot be created.
    pub fn folder_named(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder().join(name);
        fs_err::create_dir_all(&path)?;
        Ok(path)
    }

    /// Returns the address of the HTTP listener.
    ///
    /// # Errors
    /// Fails while the server does not run.
    pub fn http(&self) -> Result<SocketAddr> {
        Ok(self.running()?.http)
    }

    /// Returns the addresses of the further HTTP listeners that were open when the server was ready.
    ///
    /// # Errors
    /// Fails while the server does not run.
    pub fn further(&self) -> Result<&[SocketAddr]> {
        Ok(&self.running()?.further)
    }

    /// Returns the address where other peers reach the server.
    ///
    /// # Errors
    /// Fails while the server does not run.
    pub fn torrenting(&self) -> Result<SocketAddr> {
        Ok(self.running()?.torrenting)
    }

    /// Returns the process id.
    ///
    /// # Errors
    /// Fails while the server does not run.
    pub fn pid(&self) -> Result<u32> {
        self.running()?.child.id().context("the server has exited")
    }

    /// Returns the user name and password that log in.
    #[must_use]
    pub fn credentials(&self) -> (String, String) {
        if let Some(credentials) = &self.attached {
            return credentials.clone();
        }
        let password = self.started.as_ref().and_then(|started| started.password.clone());
        ("admin".to_owned(), password.unwrap_or_else(|| reference::PASSWORD.to_owned()))
    }

    /// Opens a further session.
    ///
    /// # Errors
    /// Fails when the login is refused.
    pub async fn login(&self) -> Result<Client> {
        let client = self.anonymous()?;
        let (username, password) = self.credentials();
        client.login(&username, &password).await?;
        Ok(client)
    }

    /// Makes a client without a session.
    ///
    /// # Errors
    /// Fails if the HTTP stack cannot be set up.
    pub fn anonymous(&self) -> Result<Client> {
        Client::new(self.client.base())
    }

    /// Starts the server on the folder it had before, and logs in again.
    ///
    /// # Errors
    /// As [`Setup::spawn`].
    pub async fn start(&mut self) -> Result<()> {
        self.launch().await?;
        let (username, password) = self.credentials();
        self.client.login(&username, &password).await
    }

    /// Starts the server on the folder it had before, and leaves the login to the caller.
    ///
    /// # Errors
    /// As [`Setup::spawn`], but for the login.
    pub async fn launch(&mut self) -> Result<()> {
        ensure!(self.started.is_none(), "the server runs already");
        let (log, _) = fs_err::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder().join("server.log"))?
            .into_parts();
        let output = (Stdio::from(log.try_clone()?), Stdio::from(log));
        let started = match self.setup.product {
            Product::Revaer => revaer::start(&self.setup, self.folder(), output).await,
            Product::Reference => {
                reference::start(&self.setup, self.folder(), output, self.ports).await
            }
        };
        let started = started.with_context(|| self.log_tail())?;
        self.client = Client::new(format!("http://{}", started.http))?;
        self.ports = Some((started.http.port(), started.torrenting.port()));
        self.started = Some(started);
        Ok(())
    }

    /// Starts Revaer and kills it as soon as `moment` is true of what it has logged since, even if it is not ready.
    /// Returns that log.
    ///
    /// # Errors
    /// Fails when the server exits early, or the moment never comes.
    pub async fn start_and_kill(&self, mut moment: impl FnMut(&str) -> bool) -> Result<String> {
        let log = tempfile::NamedTempFile::new()?;
        let mut command = revaer::command(&self.setup, self.folder(), "killed.ready")?;
        command.stdout(log.reopen()?).stderr(log.reopen()?);
        let mut child = command.spawn()?;
        let text = || -> Result<String> {
            Ok(String::from_utf8_lossy(&fs_err::read(log.path())?).into_owned())
        };
        crate::until("the moment to kill the server", async || {
            let text = text()?;
            if let Some(status) = child.try_wait()? {
                bail!("the server exited early: {status}: {text}");
            }
            Ok(moment(&text).then_some(()))
        })
        .await?;
        child.kill().await?;
        // It went on until now.
        text()
    }

    /// Stops the server in good order and waits until it is gone.
    ///
    /// Revaer gets SIGTERM. A reference server loses recent changes by that, so it is asked to shut down.
    ///
    /// # Errors
    /// Fails when the server does not exit within a minute.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        match self.setup.product {
            Product::Revaer => self.end(Signal::TERM).await,
            Product::Reference => {
                self.client.ok("app/shutdown", &[]).await?;
                self.exited().await
            }
        }
    }

    /// Kills the server with SIGKILL, as a crash would.
    ///
    /// # Errors
    /// Fails when the server was not running.
    pub async fn kill(&mut self) -> Result<ExitStatus> {
        self.end(Signal::KILL).await
    }

    /// Stops the server and starts it again on the same folder.
    ///
    /// # Errors
    /// As [`Target::stop`] and [`Target::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.stop().await?;
        self.start().await
    }

    /// Returns true if the process has not exited.
    #[must_use]
    pub fn is_alive(&mut self) -> bool {
        self.started.as_mut().is_some_and(|started| matches!(started.child.try_wait(), Ok(None)))
    }

    /// Waits for the server to exit by itself.
    ///
    /// # Errors
    /// Fails when it still runs after a minute.
    pub async fn exited(&mut self) -> Result<ExitStatus> {
        let Some(mut started) = self.started.take() else { bail!("the server does not run") };
        let limit = Duration::from_mins(1);
        Ok(timeout(limit, started.child.wait()).await.context("the server did not exit")??)
    }

    /// Tries to start a second server on this target's folder, and returns its exit status and log.
    ///
    /// # Errors
    /// Fails when the second server keeps running.
    pub async fn start_second(&self) -> Result<(ExitStatus, String)> {
        let log = tempfile::NamedTempFile::new()?;
        let mut command = revaer::command(&self.setup, self.folder(), "second.ready")?;
        command.stdout(log.reopen()?).stderr(log.reopen()?);
        let mut child = command.spawn()?;
        let limit = Duration::from_secs(30);
        let status = timeout(limit, child.wait()).await.context("a second server runs")??;
        Ok((status, fs_err::read_to_string(log.path())?))
    }

    /// Returns the last lines that the server wrote.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let log = fs_err::read(self.folder().join("server.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        format!("server log:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"))
    }

    fn running(&self) -> Result<&Started> {
        self.started.as_ref().context("the server does not run")
    }

    async fn end(&mut self, signal: Signal) -> Result<ExitStatus> {
        let Some(pid) = self.pid().ok().and_then(|id| Pid::from_raw(id.try_into().ok()?)) else {
            bail!("the server does not run");
        };
        kill_process(pid, signal)?;
        self.exited().await
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log_tail());
        }
        // `kill_on_drop` ends the process; waiting for it here keeps it from writing into a vanished folder.
        if let Some(mut started) = self.started.take() {
            let _ = started.child.start_kill();
            for _ in 0..500 {
                if !matches!(started.child.try_wait(), Ok(None)) {
                    break;
                }
                std::thread::yield_now();
            }
        }
    }
}

/// Runs a command and returns what it printed.
async fn printed(mut command: Command) -> Result<String> {
    let output = command.output().await?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    Ok(text(&output.stdout))
}

/// Prepares a command whose process dies with its handle.
fn prepared(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Asks the kernel for a TCP port that is free now.
///
/// # Errors
/// Fails when no port can be bound.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
