//! What a window of a filtered, sorted list costs at 50,000 torrents, as `GET /v1/torrents` makes it.

#[path = "common/samples.rs"]
mod samples;

use std::sync::Arc;

use divan::{Bencher, black_box};
use revaer::auth::Scopes;
use revaer::engine::Snapshot;
use revaer::http::v1::access::Principal;
use revaer::http::v1::list::Listing;
use revaer::model::Actor;
use samples::{snapshot, tick};

fn main() {
    divan::main();
}

const QUERIES: [&str; 6] = [
    "limit=100",
    "sort=name&limit=100",
    "sort=ratio&order=desc&state=stalled_uploading&limit=100",
    "sort=name&category=category3&tag=one&limit=100",
    "sort=uploaded&q=release.name.49&limit=100",
    "sort=name&facets=state&facets=category&facets=tracker&limit=100",
];

/// A page, from the picture to its JSON; the picture changes between two pages, so that no cache stays warm by itself.
#[divan::bench(args = QUERIES)]
fn window(bencher: Bencher<'_, '_>, query: &str) {
    let mut working: Snapshot = snapshot();
    let principal =
        Principal { actor: Actor::System, scopes: Scopes::ALL, categories: None, key: None };
    let listing = Listing::read(query).unwrap_or_else(|problem| panic!("{}", problem.detail));
    bencher
        .with_inputs(|| {
            tick(&mut working, 500);
            Arc::new(working.clone())
        })
        .bench_local_values(|snapshot| {
            let page = listing.page(&snapshot, &principal);
            black_box(serde_json::to_vec(&page).map(|json| json.len()).unwrap_or_default())
        });
}
