//! What the process tells about itself: logs on stderr, and rings of the latest messages that clients can read.
//!
//! Secrets never get into a message: URLs are shown through [`Redacted`], and types that hold a secret print none.

mod export;
mod metrics;
mod redacted;
mod ring;

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::{EnvFilter, fmt};

pub use export::Exporter;
pub use metrics::Metrics;
pub use redacted::Redacted;
pub use ring::{LogRing, Message, RefusedPeer, Severity};

/// The form of the lines on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Human,
    Json,
}

/// Starts logging for the whole process. A second call changes nothing.
///
/// `REVAER_LOG` chooses what is shown, in the syntax of `tracing_subscriber`'s filters; the default is `info` of ours
/// and warnings of the libraries.
pub fn start(format: Format, ring: &Arc<LogRing>, exporter: Option<&Exporter>) {
    let filter = || {
        EnvFilter::try_from_env("REVAER_LOG").unwrap_or_else(|_| EnvFilter::new("warn,revaer=info"))
    };
    let registry = tracing_subscriber::registry().with(RingLayer { ring: Arc::clone(ring) });
    let registry = registry.with(exporter.map(Exporter::layer));
    let stderr =
        fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // A second subscriber is refused; the first goes on.
    let _ = match format {
        Format::Human => tracing::subscriber::set_global_default(
            registry.with(stderr.with_target(false).with_filter(filter())),
        ),
        Format::Json => tracing::subscriber::set_global_default(
            registry.with(stderr.json().flatten_event(true).with_filter(filter())),
        ),
    };
}

/// Puts our own messages from `info` up into the ring.
struct RingLayer {
    ring: Arc<LogRing>,
}

impl<S: Subscriber> Layer<S> for RingLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if !metadata.target().starts_with("revaer") || *metadata.level() > Level::INFO {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        let severity = match *metadata.level() {
            Level::ERROR => Severity::Critical,
            Level::WARN => Severity::Warning,
            _ if metadata.target().ends_with("::detail") => Severity::Info,
            _ => Severity::Normal,
        };
        self.ring.push(severity, &text.finish());
    }
}

/// Collects the message of an event and its fields behind it.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn finish(self) -> String {
        if self.fields.is_empty() {
            self.message
        } else {
            format!("{} ({})", self.message, self.fields)
        }
    }
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            let separator = if self.fields.is_empty() { "" } else { ", " };
            let _ = write!(self.fields, "{separator}{}: {value:?}", field.name());
        }
    }
}
