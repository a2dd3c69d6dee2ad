//! Renders large answers without holding a worker: row by row, in short bursts, streamed when they grow.
//!
//! An answer of up to a mebibyte is sent whole, with its length; a larger one is produced while it is sent, from the
//! snapshot that it started with.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use tokio::task::yield_now;

use super::reply::{Body, JSON, Reply};

/// Bytes up to which an answer is sent whole.
const WHOLE: usize = 1 << 20;

/// Bytes of a streamed piece.
const PIECE: usize = 1 << 18;

/// Steps after which other requests of the worker get their turn.
const STEPS: usize = 200;

/// Time after which they do.
const BURST: Duration = Duration::from_millis(1);

/// Answers with JSON that `step` appends bit by bit until it returns false.
pub async fn json(mut step: impl FnMut(&mut Vec<u8>) -> bool + 'static) -> Reply {
    let mut out = Vec::with_capacity(4096);
    while burst(&mut step, &mut out, WHOLE) {
        if out.len() >= WHOLE {
            return streamed(step, out);
        }
        yield_now().await;
    }
    Reply::json(out)
}

fn streamed(step: impl FnMut(&mut Vec<u8>) -> bool + 'static, first: Vec<u8>) -> Reply {
    let rest = stream::unfold(Some(step), |step| async move {
        let mut step = step?;
        yield_now().await;
        let mut out = Vec::with_capacity(PIECE + PIECE / 4);
        let more = burst(&mut step, &mut out, PIECE);
        Some((Ok(Bytes::from(out)), more.then_some(step)))
    });
    // An empty piece would end a chunked body.
    let pieces = stream::once(async { Ok(Bytes::from(first)) }).chain(rest).filter(
        |piece: &std::io::Result<Bytes>| {
            std::future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty()))
        },
    );
    Reply {
        status: StatusCode::OK,
        content_type: Some(JSON),
        body: Body::Stream(pieces.boxed_local()),
        headers: Vec::new(),
    }
}

/// Runs steps until the text is long enough, the turn is over or nothing is left; returns whether there is more.
fn burst(step: &mut impl FnMut(&mut Vec<u8>) -> bool, out: &mut Vec<u8>, enough: usize) -> bool {
    let start = Instant::now();
    for _ in 0..STEPS {
        if !step(out) {
            return false;
        }
        if out.len() >= enough || start.elapsed() >= BURST {
            break;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(rows: usize) -> (bool, Vec<u8>) {
        let mut at = 0;
        let reply = json(move |out| {
            out.extend_from_slice(&[b'x'; 1000]);
            at += 1;
            at < rows
        })
        .await;
        match reply.body {
            Body::Whole(bytes) => (false, bytes.to_vec()),
            Body::Stream(pieces) => {
                let pieces: Vec<_> = pieces.collect().await;
                (true, pieces.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect())
            }
        }
    }

    #[tokio::test]
    async fn small_answers_are_whole_and_large_ones_streamed() {
        let (is_streamed, bytes) = answered(1000).await;
        assert!(!is_streamed);
        assert_eq!(bytes.len(), 1_000_000);

        let (is_streamed, bytes) = answered(3001).await;
        assert!(is_streamed);
        assert_eq!(bytes.len(), 3_001_000);
    }
}
