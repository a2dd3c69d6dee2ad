//! Remembers how fast data went in the near past: ten minutes by the second, a day by the minute, and today's bytes.
//!
//! It lives in memory and starts anew with the process; the bytes of all time are kept by the engine.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{Timestamp, Zoned};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;

/// Steps that are kept of each series.
const SECONDS: usize = 600;
const MINUTES: usize = 24 * 60;

/// Received and sent payload, in bytes or bytes per second.
pub type Pair = (i64, i64);

/// Bytes since local midnight, or since the process started on that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// Unix seconds.
    pub since: i64,
    pub downloaded: i64,
    pub uploaded: i64,
}

/// Average rates of equal steps, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Seconds.
    pub step: u32,
    /// The end of the last step, in Unix seconds.
    pub until: i64,
    /// Bytes per second.
    pub rates: Vec<Pair>,
}

/// What is remembered.
#[derive(Debug)]
pub struct Throughput(Mutex<Book>);

#[derive(Debug)]
struct Book {
    /// When it was last written, in Unix seconds, and the counters then.
    last: Option<(i64, Pair)>,
    seconds: VecDeque<Pair>,
    minutes: VecDeque<Pair>,
    /// Bytes of the minute that is not over, and how many of its seconds were seen.
    minute: (Pair, i64),
    day: i64,
    today: Today,
}

impl Default for Throughput {
    fn default() -> Self {
        let today = Today { since: Timestamp::now().as_second(), downloaded: 0, uploaded: 0 };
        Self(Mutex::new(Book {
            last: None,
            seconds: VecDeque::new(),
            minutes: VecDeque::new(),
            minute: ((0, 0), 0),
            day: 0,
            today,
        }))
    }
}

impl Throughput {
    /// Bytes of today, and the series of seconds and of minutes.
    #[must_use]
    pub fn read(&self) -> (Today, [Series; 2]) {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = book.last.map_or(0, |(at, _)| at);
        let series = |step, until, rates: &VecDeque<Pair>| Series {
            step,
            until,
            rates: rates.iter().copied().collect(),
        };
        let minutes = series(60, until - until.rem_euclid(60), &book.minutes);
        (book.today, [series(1, until, &book.seconds), minutes])
    }

    /// Takes the counters of the session at a second; `day` changes at local midnight.
    fn note(&self, now: i64, day: i64, counters: Pair) {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if book.day != day {
            if book.day != 0 {
                book.today = Today { since: now, downloaded: 0, uploaded: 0 };
            }
            book.day = day;
        }
        let Some((then, known)) = book.last.replace((now, counters)) else { return };
        // Counters start at nothing with each session of libtorrent.
        let grown = |now: i64, known: i64| if now < known { now } else { now - known };
        let (down, up) = (grown(counters.0, known.0), grown(counters.1, known.1));
        book.today.downloaded += down;
        book.today.uploaded += up;
        // A clock that was set back says nothing about how long it took.
        let passed = (now - then).max(1);
        let rate = (down / passed, up / passed);
        let most = i64::try_from(SECONDS.max(MINUTES * 60)).unwrap_or(i64::MAX);
        let first = now - passed.min(most);
        for second in first + 1..=now {
            push(&mut book.seconds, rate, SECONDS);
            book.minute.0.0 += rate.0;
            book.minute.0.1 += rate.1;
            book.minute.1 += 1;
            if second.rem_euclid(60) == 0 {
                let ((down, up), seen) = std::mem::take(&mut book.minute);
                push(&mut book.minutes, (down / seen, up / seen), MINUTES);
            }
        }
    }
}

fn push(rates: &mut VecDeque<Pair>, rate: Pair, most: usize) {
    if rates.len() == most {
        rates.pop_front();
    }
    rates.push_back(rate);
}

/// Looks at the counters each second until told to stop.
pub async fn run(
    engine: Engine,
    throughput: std::sync::Arc<Throughput>,
    now: impl Fn() -> Zoned,
    stop: CancellationToken,
) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = second.tick() => {}
            () = stop.cancelled() => return,
        }
        let totals = engine.snapshot().totals.clone();
        let now = now();
        let date = now.date();
        let day = i64::from(date.year()) * 512 + i64::from(date.day_of_year());
        throughput.note(now.timestamp().as_second(), day, (totals.downloaded, totals.uploaded));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_rates_by_the_second_and_by_the_minute() {
        let throughput = Throughput::default();
        throughput.note(1000, 1, (0, 0));
        throughput.note(1001, 1, (500, 10));
        throughput.note(1003, 1, (900, 10));

        let (today, [seconds, minutes]) = throughput.read();

        assert_eq!((today.downloaded, today.uploaded), (900, 10));
        assert_eq!(seconds.rates, [(500, 10), (200, 0), (200, 0)]);
        assert_eq!((seconds.until, minutes.rates.len()), (1003, 0));

        throughput.note(1020, 1, (900, 10));
        throughput.note(1080, 1, (6900, 10));
        let (_, [_, minutes]) = throughput.read();
        assert_eq!((minutes.until, minutes.rates), (1080, vec![(45, 0), (100, 0)]));
    }

    #[test]
    fn a_new_session_and_a_new_day_start_at_nothing() {
        let throughput = Throughput::default();
        throughput.note(1000, 1, (500, 0));
        throughput.note(1001, 1, (20, 0));
        assert_eq!(throughput.read().0.downloaded, 20);

        throughput.note(1002, 2, (50, 0));

        assert_eq!(throughput.read().0, Today { since: 1002, downloaded: 30, uploaded: 0 });
    }

    #[test]
    fn memory_is_bounded_and_a_long_gap_is_filled() {
        let throughput = Throughput::default();
        throughput.note(0, 1, (0, 0));
        throughput.note(1_000_000, 1, (1_000_000, 0));

        let (_, [seconds, minutes]) = throughput.read();

        assert_eq!((seconds.rates.len(), minutes.rates.len()), (SECONDS, MINUTES));
        assert!(minutes.rates.iter().all(|rate| *rate == (1, 0)));
    }
}
