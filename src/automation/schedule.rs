//! Switches the alternative rate limits on and off by weekday and time, in the time zone of the server.
//!
//! Only a change of what the schedule says is carried out: who switches by hand in between is left alone until the
//! next one. Revaer enforces this, libtorrent knows no schedules.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::{DateTime, Weekday};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use crate::model::Actor;
use crate::settings::profile::{Limits, ScheduleDays};
use crate::settings::{Patch, Settings};

/// Follows the schedule until told to stop.
pub async fn run(settings: Settings, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let mut profiles = settings.subscribe();
    let mut schedule = Schedule::default();
    loop {
        let limits = profiles.borrow_and_update().limits.clone();
        let now = clock.now();
        if let Some(on) = schedule.step(&limits, &now)
            && on != limits.alternative_active
        {
            let mut patch = Patch::new();
            patch.set("limits.alternative_active", on);
            match settings.patch(patch, &Actor::System).await {
                Ok(_) => {
                    let word = if on { "on" } else { "off" };
                    tracing::info!("the schedule switched the alternative limits {word}");
                }
                Err(error) => {
                    tracing::error!("the schedule cannot switch the alternative limits: {error}");
                    // The next look tries again.
                    schedule = Schedule::default();
                }
            }
        }
        let wake = async {
            if limits.schedule_enabled {
                clock.sleep(until_next_minute(&now)).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = wake => {}
            changed = profiles.changed() => if changed.is_err() { return },
            () = stop.cancelled() => return,
        }
    }
}

/// What the schedule said last.
#[derive(Debug, Default)]
struct Schedule {
    said: Option<(Window, bool)>,
}

/// The settings of the schedule; a change of them counts as a change of what it says.
type Window = (u32, u32, ScheduleDays);

impl Schedule {
    /// What is to be switched now, if anything.
    fn step(&mut self, limits: &Limits, now: &Zoned) -> Option<bool> {
        if !limits.schedule_enabled {
            self.said = None;
            return None;
        }
        let window = (limits.schedule_from_minute, limits.schedule_to_minute, limits.schedule_days);
        let says = Some((window, is_inside(window, now.datetime())));
        let news = says != self.said;
        self.said = says;
        news.then_some(says?.1)
    }
}

/// Whether a moment lies in a window. One that ends at or before its start ends on the next day, and belongs to the
/// day on which it started.
fn is_inside((from, to, days): Window, now: DateTime) -> bool {
    let minute = u32::try_from(i32::from(now.hour()) * 60 + i32::from(now.minute())).unwrap_or(0);
    let today = matches(days, now.date().weekday());
    if from < to {
        return today && (from..to).contains(&minute);
    }
    let yesterday = matches(days, now.date().weekday().previous());
    (today && minute >= from) || (yesterday && minute < to)
}

fn matches(days: ScheduleDays, day: Weekday) -> bool {
    let is_weekend = matches!(day, Weekday::Saturday | Weekday::Sunday);
    match days {
        ScheduleDays::EveryDay => true,
        ScheduleDays::Weekdays => !is_weekend,
        ScheduleDays::Weekends => is_weekend,
        ScheduleDays::Monday => day == Weekday::Monday,
        ScheduleDays::Tuesday => day == Weekday::Tuesday,
        ScheduleDays::Wednesday => day == Weekday::Wednesday,
        ScheduleDays::Thursday => day == Weekday::Thursday,
        ScheduleDays::Friday => day == Weekday::Friday,
        ScheduleDays::Saturday => day == Weekday::Saturday,
        ScheduleDays::Sunday => day == Weekday::Sunday,
    }
}

/// Windows begin and end at whole minutes. A look each minute also follows a clock that is set and a zone that changes
/// to summer time.
fn until_next_minute(now: &Zoned) -> Duration {
    let second = u64::from(now.second().unsigned_abs());
    let passed = Duration::new(second, now.subsec_nanosecond().unsigned_abs());
    Duration::from_mins(1).saturating_sub(passed).max(Duration::from_millis(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Zoned {
        format!("{text}[Europe/Berlin]").parse().unwrap()
    }

    fn limits(from: u32, to: u32, days: ScheduleDays) -> Limits {
        Limits {
            schedule_enabled: true,
            schedule_from_minute: from,
            schedule_to_minute: to,
            schedule_days: days,
            ..Limits::default()
        }
    }

    /// 2026-11-20 is a Friday.
    #[test]
    fn windows_belong_to_the_day_on_which_they_start() {
        use ScheduleDays::{EveryDay, Friday, Weekdays, Weekends};
        let cases = [
            ((480, 1200, EveryDay), "2026-11-20T08:00", true),
            ((480, 1200, EveryDay), "2026-11-20T07:59", false),
            ((480, 1200, EveryDay), "2026-11-20T20:00", false),
            ((480, 1200, Weekends), "2026-11-20T12:00", false),
            ((1320, 360, Friday), "2026-11-20T23:00", true),
            ((1320, 360, Friday), "2026-11-21T05:59", true),
            ((1320, 360, Friday), "2026-11-20T05:00", false),
            ((1320, 360, Friday), "2026-11-21T23:00", false),
            ((1320, 360, Weekdays), "2026-11-23T01:00", false),
            ((0, 0, Friday), "2026-11-20T15:00", true),
            ((0, 0, Friday), "2026-11-21T00:00", false),
        ];
        for (window, moment, expected) in cases {
            let found = is_inside(window, moment.parse().unwrap());

            assert_eq!(found, expected, "{window:?} {moment}");
        }
    }

    #[test]
    fn only_transitions_are_carried_out() {
        let mut schedule = Schedule::default();
        let night = limits(1320, 360, ScheduleDays::EveryDay);

        let steps: Vec<_> = [
            "2026-11-20T21:59:59+01",
            "2026-11-20T22:00:00+01",
            "2026-11-21T03:00:00+01",
            "2026-11-21T06:00:00+01",
            "2026-11-21T06:01:00+01",
        ]
        .map(|moment| schedule.step(&night, &at(moment)))
        .into();

        assert_eq!(steps, [Some(false), Some(true), None, Some(false), None]);
    }

    #[test]
    fn other_hours_and_another_start_are_carried_out_at_once() {
        let mut schedule = Schedule::default();
        let noon = at("2026-11-20T12:00:00+01");
        let day = limits(480, 1200, ScheduleDays::EveryDay);
        assert_eq!(schedule.step(&day, &noon), Some(true));

        let later = limits(780, 1200, ScheduleDays::EveryDay);
        assert_eq!(schedule.step(&later, &noon), Some(false));

        let off = Limits { schedule_enabled: false, ..day.clone() };
        assert_eq!(schedule.step(&off, &noon), None);
        assert_eq!(schedule.step(&day, &noon), Some(true));
    }

    /// At two o'clock the clocks go on to three; the window that starts at half past two starts with it.
    #[test]
    fn the_time_is_that_of_the_zone() {
        let mut schedule = Schedule::default();
        let window = limits(150, 240, ScheduleDays::EveryDay);

        assert_eq!(schedule.step(&window, &at("2026-03-29T01:59:00+01")), Some(false));
        assert_eq!(schedule.step(&window, &at("2026-03-29T03:00:00+02")), Some(true));
        assert_eq!(schedule.step(&window, &at("2026-03-29T04:00:00+02")), Some(false));
    }

    #[test]
    fn looks_come_with_the_minute() {
        let now = at("2026-11-20T12:00:59.75+01");

        assert_eq!(until_next_minute(&now), Duration::from_millis(250));
        let next =
            now.saturating_add(jiff::SignedDuration::try_from(until_next_minute(&now)).unwrap());
        assert_eq!(next.second(), 0);
    }
}
