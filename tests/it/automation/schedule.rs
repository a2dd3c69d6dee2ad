//! The schedule of the alternative limits: its loop runs on a clock of the test's own, and what it switches is read from
//! the running libtorrent session.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Zoned};
use revaer::app::{App, Launch};
use revaer::automation::clock::Clock;
use revaer::model::Actor;
use revaer::settings::Patch;
use revaer::telemetry::LogRing;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

const USUAL: i32 = 700_000;
const ALTERNATIVE: i32 = 30_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Time that passes when the test says so.
struct TestClock {
    /// The time of day when no time had passed.
    start: Mutex<Zoned>,
    /// How much time has passed.
    passed: watch::Sender<Duration>,
    /// When the loop has looked at the clock the last time.
    looked: Mutex<Duration>,
    /// The look after which the loop has gone to sleep the last time.
    asleep: watch::Sender<Option<Duration>>,
}

impl TestClock {
    fn at(text: &str) -> Arc<Self> {
        let start = Mutex::new(moment(text));
        let (passed, asleep) = (watch::Sender::new(Duration::ZERO), watch::Sender::default());
        Arc::new(Self { start, passed, looked: Mutex::default(), asleep })
    }

    /// Lets time pass until a moment, and waits until the loop has looked at its clock and sleeps again.
    async fn advance(&self, text: &str) {
        let to = moment(text).duration_since(&self.shown());
        let to = Duration::try_from(to).expect("time goes on");
        self.passed.send_modify(|passed| *passed += to);
        self.is_asleep().await;
    }

    /// Sets the time of day as an operator or a time server does it.
    fn set(&self, text: &str) {
        let passed = SignedDuration::try_from(*self.passed.borrow()).unwrap();
        *self.start.lock().unwrap() = moment(text).checked_sub(passed).unwrap();
    }

    fn shown(&self) -> Zoned {
        let passed = SignedDuration::try_from(*self.passed.borrow()).unwrap();
        self.start.lock().unwrap().checked_add(passed).unwrap()
    }

    /// Waits until the loop has looked at the clock at the present moment and sleeps.
    async fn is_asleep(&self) {
        let now = *self.passed.borrow();
        let mut sleeps = self.asleep.subscribe();
        let asleep = sleeps.wait_for(|asleep| *asleep == Some(now));
        tokio::time::timeout(PATIENCE, asleep).await.expect("the loop looks").unwrap();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Zoned {
        *self.looked.lock().unwrap() = *self.passed.borrow();
        self.shown()
    }

    /// Counts from the last look, so that time which passes between look and sleep is not lost.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let looked = *self.looked.lock().unwrap();
        self.asleep.send_replace(Some(looked));
        let mut passed = self.passed.subscribe();
        async move {
            passed.wait_for(|passed| *passed >= looked + duration).await.unwrap();
        }
        .boxed()
    }
}

fn moment(text: &str) -> Zoned {
    format!("{text}[Europe/Berlin]").parse().unwrap()
}

struct Scheduled {
    app: Arc<App>,
    clock: Arc<TestClock>,
    _home: TempDir,
}

impl Scheduled {
    /// A server whose clock shows `time`, with alternative limits from one hour of the day to another.
    async fn start(time: &str, from: u32, to: u32, days: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock = TestClock::at(time);
        let mut defaults = Patch::new();
        for (key, value) in [
            ("connection.listen_port", json!(0)),
            ("connection.interface_address", json!("127.0.0.1")),
            ("bittorrent.dht", json!(false)),
            ("downloads.save_path", json!("/downloads")),
            ("limits.upload_bytes_per_second", json!(USUAL)),
            ("limits.alternative_upload_bytes_per_second", json!(ALTERNATIVE)),
            ("limits.schedule_enabled", json!(true)),
            ("limits.schedule_from_minute", json!(from)),
            ("limits.schedule_to_minute", json!(to)),
            ("limits.schedule_days", json!(days)),
        ] {
            defaults.set(key, value);
        }
        let launch = Launch {
            home: home.path().to_owned(),
            defaults,
            clock: Some(clock.clone()),
            ..Launch::default()
        };
        let app = App::start(launch, Arc::new(LogRing::default())).await.unwrap();
        clock.is_asleep().await;
        Self { app, clock, _home: home }
    }

    /// Lets time pass until a moment; by then the loop has decided, and libtorrent follows.
    async fn expect(&self, time: &str, is_alternative: bool) {
        self.clock.advance(time).await;
        let active = self.app.settings.effective().limits.alternative_active;
        assert_eq!(active, is_alternative, "{time}");
        self.becomes(time, is_alternative).await;
    }

    /// Waits until libtorrent has the limit.
    async fn becomes(&self, about: &str, is_alternative: bool) {
        let wanted = json!(if is_alternative { ALTERNATIVE } else { USUAL });
        let following = async {
            loop {
                // The session may be starting still.
                let live = self.app.engine.live_settings().await.unwrap_or_default();
                let rate = live.into_iter().find(|one| one.name == "upload_rate_limit");
                if rate.is_some_and(|rate| rate.live == wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, following).await;
        assert!(found.is_ok(), "{about}: libtorrent does not have {wanted}");
    }

    /// Changes a setting while the loop sleeps.
    async fn change(&self, key: &str, value: impl Into<Value>) {
        let mut patch = Patch::new();
        patch.set(key, value.into());
        self.app.settings.patch(patch, &Actor::System).await.unwrap();
    }

    async fn stop(self) {
        self.app.shut_down().await;
    }
}

/// 2026-11-20 is a Friday. The limits hold from eight in the evening until six in the morning, from Monday to Friday.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_follow_hours_and_weekdays_over_midnight() {
    let server = Scheduled::start("2026-11-20T19:00:00+01", 1200, 360, "weekdays").await;
    server.becomes("before the first window", false).await;

    for (time, is_alternative) in [
        ("2026-11-20T19:59:59.5+01", false),
        ("2026-11-20T20:00:00+01", true),
        ("2026-11-20T23:59:59+01", true),
        // The night from Friday to Saturday is Friday's.
        ("2026-11-21T00:00:00+01", true),
        ("2026-11-21T05:59:59+01", true),
        ("2026-11-21T06:00:00+01", false),
        // Saturday and Sunday have none, and neither has the morning of Monday.
        ("2026-11-21T20:00:00+01", false),
        ("2026-11-22T23:00:00+01", false),
        ("2026-11-23T05:00:00+01", false),
        ("2026-11-23T20:00:00+01", true),
        ("2026-11-24T06:00:00+01", false),
    ] {
        server.expect(time, is_alternative).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_change_while_it_sleeps_count_at_once() {
    let server = Scheduled::start("2026-11-20T12:00:00+01", 480, 1200, "every_day").await;
    server.becomes("at noon", true).await;

    // Other hours, in which now is not, and back.
    server.change("limits.schedule_from_minute", 780).await;
    server.becomes("it starts at one", false).await;
    server.expect("2026-11-20T13:00:00+01", true).await;
    server.change("limits.schedule_days", "weekends").await;
    server.becomes("on weekends alone", false).await;
    server.change("limits.schedule_days", "friday").await;
    server.becomes("on Fridays", true).await;

    // Switched by hand it stays until the schedule changes its mind.
    server.change("limits.alternative_active", false).await;
    server.expect("2026-11-20T13:01:00+01", false).await;
    server.expect("2026-11-20T20:00:00+01", false).await;
    server.expect("2026-11-27T13:00:00+01", true).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_jump_are_followed() {
    // From half past two until four; on this night two o'clock is three o'clock.
    let server = Scheduled::start("2026-03-29T01:30:00+01", 150, 240, "every_day").await;
    server.expect("2026-03-29T01:59:59+01", false).await;
    server.expect("2026-03-29T03:00:00+02", true).await;
    server.expect("2026-03-29T04:00:00+02", false).await;

    // In autumn the hour from two to three comes twice, and with it half past two.
    server.expect("2026-10-25T02:30:00+02", true).await;
    server.expect("2026-10-25T02:00:00+01", false).await;
    server.expect("2026-10-25T02:30:00+01", true).await;
    server.expect("2026-10-25T04:00:00+01", false).await;

    // Somebody sets the clock on, and back: the next minute follows.
    server.clock.set("2026-10-25T03:10:20+01");
    server.expect("2026-10-25T03:11:20+01", true).await;
    server.clock.set("2026-10-25T01:00:00+02");
    server.expect("2026-10-25T01:01:00+02", false).await;
    server.stop().await;
}
