//! What a publish costs at 50,000 torrents, and what a comparison of two snapshots does.

#[path = "common/samples.rs"]
mod samples;

use divan::{Bencher, black_box};
use samples::{snapshot, tick};

fn main() {
    divan::main();
}

/// New numbers for some torrents, and the clone that is published.
#[divan::bench(args = [1, 100, 1_000, 50_000])]
fn publish(bencher: Bencher<'_, '_>, changes: u32) {
    let mut working = snapshot();
    let mut published = working.clone();
    bencher.bench_local(|| {
        tick(&mut working, changes);
        published = working.clone();
        black_box(&published);
    });
}

/// Finding the rows that differ.
#[divan::bench(args = [0, 100, 1_000, 50_000])]
fn compare(bencher: Bencher<'_, '_>, changes: u32) {
    let base = snapshot();
    let mut now = base.clone();
    if changes > 0 {
        tick(&mut now, changes);
    }
    bencher.bench_local(|| black_box(base.torrents.diff(&now.torrents).count()));
}
