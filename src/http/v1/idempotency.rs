//! `Idempotency-Key`: a create that is sent again is answered as the first time, and done once.
//!
//! Answers are remembered for a day and in memory only. After a restart a repeated add is still refused as a duplicate,
//! because torrents have identities of their own.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::answer::{Answer, Body};
use super::call::Call;
use super::problem::{Problem, Result};

/// How long an answer is remembered, how many are, and bytes of one.
const KEPT: Duration = Duration::from_hours(24);
const MOST: usize = 10_000;
const LARGEST: usize = 256 << 10;

/// Bytes of a key.
const LONGEST: usize = 255;

struct Entry {
    fingerprint: [u8; 32],
    begun: Instant,
    /// `None` while the first request is under way.
    answer: Option<Remembered>,
}

#[derive(Clone)]
struct Remembered {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    media_type: Option<&'static str>,
    body: Bytes,
}

static KNOWN: LazyLock<Mutex<HashMap<String, Entry>>> = LazyLock::new(Mutex::default);

fn known() -> MutexGuard<'static, HashMap<String, Entry>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the handler of a call, once per key.
pub async fn run(call: Call) -> Result {
    let given = call.header("idempotency-key").filter(|_| call.route.method == "POST");
    let Some(given) = given.map(str::to_owned) else { return (call.route.run)(call).await };
    if given.is_empty() || given.len() > LONGEST {
        return Err(Problem::parameter(
            "idempotency-key",
            format!("may have 1 to {LONGEST} bytes"),
        ));
    }
    let instance = call.app.home.display();
    let name = format!("{instance}\n{}\n{}\n{given}", call.principal.actor, call.route.path);
    let fingerprint: [u8; 32] =
        Sha256::new().chain_update(&call.query).chain_update(&call.body.data).finalize().into();
    if let Some(remembered) = begin(&name, fingerprint)? {
        return Ok(remembered.answer());
    }
    let guard = Guard(&name);
    let outcome = (call.route.run)(call).await;
    // Only what was done is remembered: a request that failed may be tried again.
    if let Ok(answer) = &outcome
        && let Some(remembered) = Remembered::of(answer)
    {
        if let Some(entry) = known().get_mut(&name) {
            entry.answer = Some(remembered);
        }
        std::mem::forget(guard);
    }
    outcome
}

/// Forgets a request that came to nothing, also if its handler panics.
struct Guard<'a>(&'a str);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        known().remove(self.0);
    }
}

fn begin(name: &str, fingerprint: [u8; 32]) -> Result<Option<Remembered>> {
    let now = Instant::now();
    let mut known = known();
    if known.len() >= MOST {
        known.retain(|_, entry| now.duration_since(entry.begun) < KEPT);
    }
    if let Some(entry) = known.get(name).filter(|entry| now.duration_since(entry.begun) < KEPT) {
        if entry.fingerprint != fingerprint {
            return Err(Problem::parameter("idempotency-key", "was used for another request"));
        }
        return match &entry.answer {
            Some(answer) => Ok(Some(answer.clone())),
            None => Err(Problem::conflict("the request with this key is still under way")),
        };
    }
    if known.len() >= MOST {
        let oldest =
            known.iter().min_by_key(|(_, entry)| entry.begun).map(|(name, _)| name.clone());
        oldest.and_then(|oldest| known.remove(&oldest));
    }
    known.insert(name.to_owned(), Entry { fingerprint, begun: now, answer: None });
    Ok(None)
}

impl Remembered {
    fn of(answer: &Answer) -> Option<Self> {
        let (media_type, body) = match &answer.body {
            Body::Empty => (None, Bytes::new()),
            Body::Whole(media_type, body) if body.len() <= LARGEST => {
                (Some(*media_type), body.clone())
            }
            Body::Whole(..) | Body::Stream(_) => return None,
        };
        Some(Self { status: answer.status, headers: answer.headers.clone(), media_type, body })
    }

    fn answer(self) -> Answer {
        let body = match self.media_type {
            Some(media_type) => Body::Whole(media_type, self.body),
            None => Body::Empty,
        };
        let answer = Answer { status: self.status, headers: self.headers, body };
        answer.header("idempotency-replayed", "true")
    }
}
