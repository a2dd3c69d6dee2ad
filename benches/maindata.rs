//! What answers cost at 50,000 torrents: `sync/maindata` full and as a difference, and the whole list.

#[path = "common/samples.rs"]
mod samples;

use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use revaer::http::qbittorrent::fields::{self, Answer, View};
use revaer::http::qbittorrent::level::Level;
use revaer::http::qbittorrent::render::whole;
use revaer::http::qbittorrent::sync::Maindata;
use samples::{snapshot, tick};

fn main() {
    divan::main();
}

/// The difference after some torrents have new numbers.
#[divan::bench(args = [0, 100, 500, 1_000, 50_000])]
fn delta(bencher: Bencher<'_, '_>, changes: u32) {
    let base = Arc::new(snapshot());
    let mut now = (*base).clone();
    if changes > 0 {
        tick(&mut now, changes);
    }
    let now = Arc::new(now);
    bencher.bench_local(|| {
        let answer =
            Maindata::new(Arc::clone(&now), Some(Arc::clone(&base)), Level::L51, 1_800_000_000);
        black_box(whole(&answer))
    });
}

/// Everything.
#[divan::bench(args = ["4.5", "5.1", "5.3"])]
fn full(bencher: Bencher<'_, '_>, level: &str) {
    let now = Arc::new(snapshot());
    let level: Level = level.parse().expect("a level");
    let answer = || Maindata::new(Arc::clone(&now), None, level, 1_800_000_000);
    let bytes = whole(&answer()).len();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| black_box(whole(&answer())));
}

/// Every row of `torrents/info`.
#[divan::bench]
fn list(bencher: Bencher<'_, '_>) {
    let now = snapshot();
    let table = fields::fields(Answer::Info, Level::L51);
    let view = View::of(&now, Level::L51, 1_800_000_000);
    bencher.bench_local(|| {
        let mut out = Vec::with_capacity(64 << 20);
        for row in now.torrents.values() {
            fields::write_members(&mut out, row, &view, table);
        }
        black_box(out)
    });
}
