//! Traces for a collector, in OTLP over HTTP. Nothing is exported unless a collector is named.
//!
//! A span is a request with its route and status, and what was logged while it was handled. Spans are sent in batches by
//! a thread of their own: a collector that is away costs nobody anything but the spans.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// How long a collector may take to accept a batch, and how long the exit waits for the last one.
const PATIENCE: Duration = Duration::from_secs(3);

/// The way to a collector.
pub struct Exporter(SdkTracerProvider);

impl Exporter {
    /// Makes an exporter to the collector at a base URL, such as `http://127.0.0.1:4318`.
    ///
    /// # Errors
    /// When the URL cannot be used.
    pub fn new(collector: &str) -> Result<Self, ExporterBuildError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name("revaer").build())
            .build();
        Ok(Self(provider))
    }

    /// What takes our own spans to the collector.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let ours = Targets::new().with_target("revaer", tracing::Level::INFO);
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("revaer")).with_filter(ours)
    }

    /// Sends what waits, before the process ends.
    pub fn finish(self) {
        // Whoever stops the server does not wait for a collector that is away.
        let _ = self.0.shutdown_with_timeout(PATIENCE);
    }
}
