//! `revaer serve`: runs the server until it is told to stop.

mod listener;
mod listeners;
mod ready;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::ground::GroundArgs;
use crate::app::{App, Launch, trust_authorities};
use crate::settings::Patch;
use crate::settings::listener::ListenAt;
use crate::telemetry::{self, Exporter, Format, LogRing};
use listener::Listener;
use listeners::Listeners;

/// How long a start waits for the engine's sockets before it tells that it is ready.
const SOCKETS_PATIENCE: Duration = Duration::from_secs(15);

/// Flags of the server. Those of qbittorrent-nox keep their names and environment variables.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct ServeArgs {
    #[command(flatten)]
    ground: GroundArgs,
    /// Port of the web server; 0 lets the kernel choose.
    #[arg(long, value_name = "PORT", env = "QBT_WEBUI_PORT")]
    webui_port: Option<u16>,
    /// Address of the web server: `*` for all, or one address.
    #[arg(long, value_name = "ADDRESS", env = "REVAER_WEBUI_ADDRESS")]
    webui_address: Option<String>,
    /// A further address to listen on; may be repeated, and replaces the setting `webui.listeners`.
    #[arg(
        long = "listen",
        value_name = "ADDRESS:PORT[,level=LEVEL][,strict][,https]",
        env = "REVAER_LISTEN",
        value_delimiter = ' '
    )]
    listen: Vec<ListenAt>,
    /// Port for peers; 0 lets the kernel choose.
    #[arg(long, value_name = "PORT", env = "QBT_TORRENTING_PORT")]
    torrenting_port: Option<u16>,
    /// Directory of content.
    #[arg(long, value_name = "DIR", env = "QBT_SAVE_PATH")]
    save_path: Option<PathBuf>,
    /// Understood for the sake of scripts; there is no notice to confirm.
    #[arg(long, env = "QBT_CONFIRM_LEGAL_NOTICE", value_parser = clap::builder::FalseyValueParser::new())]
    confirm_legal_notice: bool,
    /// Contract level of clients that choose no other.
    #[arg(long, value_name = "LEVEL", env = "REVAER_CONTRACT_LEVEL", value_parser = ["4.5", "5.1", "5.3"])]
    contract_level: Option<String>,
    /// Do only what the real server of the level does, without additions for other clients.
    #[arg(long, env = "REVAER_STRICT_CONTRACT", value_parser = clap::builder::FalseyValueParser::new())]
    strict_contract: bool,
    /// Start empty although there is a qBittorrent profile that a fresh instance would take over.
    #[arg(long, env = "REVAER_NO_ADOPT", value_parser = clap::builder::FalseyValueParser::new())]
    no_adopt: bool,
    /// Store a setting before the start; the value is JSON, or a text if it is none.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The name that a path of that profile has here; may be repeated.
    #[arg(long = "map", value_name = "/OLD=/NEW")]
    map: Vec<String>,
    /// Write one line of JSON with the bound addresses here, once the server answers, and again when they change.
    #[arg(long, value_name = "FILE", env = "REVAER_READY_FILE")]
    ready_file: Option<PathBuf>,
    /// Trust the certificate authorities of this PEM file beside those of the system: for trackers, web seeds, and what
    /// is fetched by URL. libtorrent reads them at its start only, so that no setting could change them.
    #[arg(long, value_name = "FILE", env = "REVAER_TRUST_STORE")]
    trust_store: Option<PathBuf>,
    /// Form of the log on stderr.
    #[arg(long, value_name = "FORMAT", env = "REVAER_LOG_FORMAT", default_value = "human")]
    log_format: LogFormat,
    /// Send traces of requests to the collector of OpenTelemetry at this URL, by OTLP over HTTP.
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    otlp_endpoint: Option<String>,
    /// Refused: a service manager keeps the server in the background.
    #[arg(short, long, env = "QBT_DAEMON", value_parser = clap::builder::FalseyValueParser::new())]
    daemon: bool,
    /// Refused: resume data lies in the database, so there are no files whose paths could be relative.
    #[arg(long, env = "QBT_RELATIVE_FASTRESUME", value_parser = clap::builder::FalseyValueParser::new())]
    relative_fastresume: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum LogFormat {
    #[default]
    Human,
    Json,
}

impl ServeArgs {
    /// The port that the command line asks for.
    #[must_use]
    pub fn webui_port(&self) -> Option<u16> {
        self.webui_port
    }

    fn launch(&self) -> anyhow::Result<Launch> {
        let mut overrides = Patch::new();
        if let Some(port) = self.webui_port {
            overrides.set("webui.port", port);
        }
        if let Some(address) = &self.webui_address {
            if address != "*" {
                address
                    .parse::<IpAddr>()
                    .with_context(|| format!("`{address}` is no address to listen on"))?;
            }
            overrides.set("webui.address", address.as_str());
        }
        if !self.listen.is_empty() {
            overrides.set("webui.listeners", self.listen.iter().collect::<Value>());
        }
        if let Some(port) = self.torrenting_port {
            overrides.set("connection.listen_port", port);
        }
        if let Some(path) = &self.save_path {
            overrides.set("downloads.save_path", text(&std::path::absolute(path)?)?);
        }
        if let Some(level) = &self.contract_level {
            overrides.set("webui.contract_level", level.as_str());
        }
        if self.strict_contract {
            overrides.set("webui.strict_contract", true);
        }
        let mut defaults = Patch::new();
        if self.save_path.is_none() {
            defaults.set("downloads.save_path", text(&self.ground.default_save_path()?)?);
        }
        let mut stored = Patch::new();
        for setting in &self.settings {
            let (key, value) =
                setting.split_once('=').with_context(|| format!("`{setting}` is not KEY=VALUE"))?;
            stored.set(
                key.trim(),
                serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
            );
        }
        Ok(Launch {
            home: self.ground.home()?,
            database_url: self.ground.database_url.clone(),
            secret_key: self.ground.secret_key(),
            defaults,
            overrides,
            stored,
            adopt: self.ground.foreign_profile(),
            map: super::handover::map(&self.map)?,
            no_adopt: self.no_adopt,
            clock: None,
        })
    }
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("`{}` is not UTF-8", path.display()))
}

/// Runs the server.
pub(super) fn run(arguments: ServeArgs) -> anyhow::Result<()> {
    if arguments.daemon {
        bail!(
            "--daemon is not supported: start `revaer` from a service manager, or in the background with `&`"
        );
    }
    if arguments.relative_fastresume {
        bail!(
            "--relative-fastresume is not supported: resume data lies in the database, and paths there are absolute"
        );
    }
    if let Some(file) = &arguments.trust_store {
        // Before anything starts a thread.
        trust(file).with_context(|| format!("--trust-store {}", file.display()))?;
    }
    let log = Arc::new(LogRing::default());
    let format = match arguments.log_format {
        LogFormat::Human => Format::Human,
        LogFormat::Json => Format::Json,
    };
    let exporter = arguments.otlp_endpoint.as_deref().map(Exporter::new).transpose();
    let exporter = exporter.context("--otlp-endpoint")?;
    telemetry::start(format, &log, exporter.as_ref());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(serve(arguments, log));
    // Everything is stopped and saved. What still sits on the blocking pool, such as a read of a dead file system,
    // must not hold up the exit.
    runtime.shutdown_background();
    if let Some(exporter) = exporter {
        exporter.finish();
    }
    outcome
}

/// Refuses a file without a certificate: it would silently trust nobody more.
fn trust(file: &Path) -> anyhow::Result<()> {
    let file = std::path::absolute(file)?;
    let text = fs_err::read(&file)?;
    let mut found = CertificateDer::pem_slice_iter(&text).peekable();
    if found.peek().is_none() {
        bail!("holds no certificate in PEM form");
    }
    found.collect::<Result<Vec<_>, _>>().context("a certificate cannot be read")?;
    Ok(trust_authorities(&file)?)
}

async fn serve(arguments: ServeArgs, log: Arc<LogRing>) -> anyhow::Result<()> {
    let asked = CancellationToken::new();
    let watch = tokio::spawn(watch_signals(Signals::new()?, asked.clone()));
    let app = App::start(arguments.launch()?, log).await?;
    let served = until_stopped(&app, &arguments, &asked).await;
    app.shut_down().await;
    watch.abort();
    tracing::info!("stopped");
    served
}

/// Passes the first signal on; at the second the process exits at once, wherever the first one has got to.
async fn watch_signals(mut signals: Signals, asked: CancellationToken) {
    signals.next().await;
    asked.cancel();
    signals.next().await;
    tracing::error!("second signal: exiting at once");
    process::exit(1);
}

async fn until_stopped(
    app: &Arc<App>,
    arguments: &ServeArgs,
    asked: &CancellationToken,
) -> anyhow::Result<()> {
    let mut profiles = app.settings.subscribe();
    let mut listeners = Listeners::open(app).await.context("starting the web server")?;
    for listener in listeners.running() {
        tracing::info!("Revaer v{} listens on {}", env!("CARGO_PKG_VERSION"), listener.url());
    }
    ready::banner(app, &listeners);
    let mut sockets = app.engine.listening();
    if arguments.ready_file.is_some() {
        let bound =
            tokio::time::timeout(SOCKETS_PATIENCE, sockets.wait_for(|sockets| !sockets.is_empty()));
        tokio::select! {
            _ = bound => {}
            () = asked.cancelled() => {}
        }
    }
    let mut told = None;
    loop {
        if let Some(file) = &arguments.ready_file {
            let urls: Vec<String> = listeners.running().map(Listener::url).collect();
            if told.as_ref() != Some(&urls) {
                let torrenting = sockets.borrow().clone();
                ready::write(file, app, &listeners, &torrenting)?;
                told = Some(urls);
            }
        }
        tokio::select! {
            () = app.stop.cancelled() => break,
            () = asked.cancelled() => break,
            changed = profiles.changed() => match changed {
                Ok(()) => listeners.follow().await,
                Err(_) => break,
            },
            () = listeners.failing() => listeners.try_again().await,
        }
    }
    tracing::info!("stopping");
    // Streams end by this, so that closing need not wait for them.
    app.stop.cancel();
    listeners.close().await;
    Ok(())
}

/// The signals that stop the process.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
