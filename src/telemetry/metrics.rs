//! Counters of what the process does, for Prometheus. What can be read off the snapshot is rendered at scrape time
//! instead, so that nothing else counts for this page.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Labels of a request. Routes are templates of a table, so there is a bounded number of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

/// All counters of the process.
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

/// From a millisecond to half a minute.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.5, 12))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("revaer");
        let requests = Family::default();
        let durations = Family::new_with_constructor(durations as fn() -> Histogram);
        registry.register("http_requests", "Answered requests", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time until the answer was ready",
            durations.clone(),
        );
        Self { registry: Mutex::new(registry), requests, durations }
    }
}

impl Metrics {
    /// Counts an answered request.
    pub fn note(&self, method: &str, route: &'static str, status: u16, took: Duration) {
        const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"];
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        self.requests.get_or_create(&Request { method, route, status }).inc();
        self.durations.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    /// Appends all counters in the text form of `OpenMetrics`, without its end mark.
    pub fn write(&self, out: &mut String) {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        if encode_registry(out, &registry).is_err() {
            let _ = writeln!(out, "# the counters could not be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status() {
        let metrics = Metrics::default();
        metrics.note("GET", "/v1/torrents", 200, Duration::from_millis(3));
        metrics.note("BREW", "unmatched", 405, Duration::from_millis(1));
        let mut page = String::new();

        metrics.write(&mut page);

        assert!(page.contains(
            r#"revaer_http_requests_total{method="GET",route="/v1/torrents",status="200"} 1"#
        ));
        assert!(page.contains(r#"method="other""#));
        assert!(page.contains("revaer_http_request_duration_seconds_bucket"));
    }
}
