//! Renders large answers without holding a worker: in lots, each of which is rendered by itself and joined in order.
//!
//! An answer of a few lots is rendered where it is asked for, one lot a turn; one of many on other threads, several at a
//! time. An answer of up to a mebibyte is sent whole, with its length; a larger one is sent while it is rendered, from
//! the snapshot that it started with.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use actix_web::http::StatusCode;
use bytes::Bytes;
use futures::stream::{self, LocalBoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::task::{spawn_blocking, yield_now};

use super::json;
use super::reply::{Body, JSON, Reply};

/// Bytes up to which an answer is sent whole.
const WHOLE: usize = 1 << 20;

/// Rows of a lot: about a millisecond of work, and 200 KiB.
pub const ROWS: usize = 128;

/// Lots up to which an answer is rendered by the worker itself.
const FEW: usize = 8;

/// Most cores that work for one answer.
const MOST_CORES: usize = 4;

/// Lots under way for each of these cores: with one alone they would rest while the one before it is sent.
const LOTS_PER_CORE: usize = 2;

/// Members or items, each after a comma.
#[derive(Default)]
pub struct Lot {
    /// The member of the answer that holds them; none if they are members of the answer itself.
    pub group: Option<&'static str>,
    pub members: Vec<u8>,
}

/// An answer that is rendered in lots.
pub trait Answer: Send + Sync + 'static {
    /// What stands around it all.
    const BRACKETS: [u8; 2];

    /// How many lots there are.
    fn lots(&self) -> usize;

    /// Renders one of them.
    fn render(&self, lot: usize) -> Lot;
}

/// Joins lots in their order.
struct Joiner {
    brackets: [u8; 2],
    group: Option<&'static str>,
    is_empty: bool,
}

impl Joiner {
    const fn new(brackets: [u8; 2]) -> Self {
        Self { brackets, group: None, is_empty: true }
    }

    /// The bytes of a lot as they follow those before it.
    fn join(&mut self, lot: Lot) -> Vec<u8> {
        let Lot { group, members } = lot;
        if members.is_empty() || (group == self.group && !self.is_empty) {
            return members;
        }
        let mut out = Vec::with_capacity(members.len() + 64);
        if self.group.take().is_some() {
            out.push(b'}');
        }
        out.push(if self.is_empty { self.brackets[0] } else { b',' });
        if let Some(name) = group {
            json::text(&mut out, name);
            out.extend_from_slice(b":{");
        }
        out.extend_from_slice(&members[1..]);
        (self.group, self.is_empty) = (group, false);
        out
    }

    /// What follows the last lot.
    fn end(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.is_empty {
            out.push(self.brackets[0]);
        }
        if self.group.is_some() {
            out.push(b'}');
        }
        out.push(self.brackets[1]);
        out
    }
}

/// The whole answer at once.
#[must_use]
pub fn whole<A: Answer>(answer: &A) -> Vec<u8> {
    let mut joiner = Joiner::new(A::BRACKETS);
    let mut out = Vec::new();
    for lot in 0..answer.lots() {
        out.append(&mut joiner.join(answer.render(lot)));
    }
    out.append(&mut joiner.end());
    out
}

/// Answers with JSON.
pub async fn json<A: Answer>(answer: A) -> Reply {
    let mut pieces = pieces(answer);
    let mut out = Vec::new();
    while out.len() < WHOLE {
        match pieces.try_next().await {
            Ok(Some(piece)) => out.extend_from_slice(&piece),
            Ok(None) => return Reply::json(out),
            Err(_) => return Reply::error(StatusCode::SERVICE_UNAVAILABLE, ""),
        }
    }
    let first = stream::once(async { Ok(Bytes::from(out)) });
    Reply {
        status: StatusCode::OK,
        content_type: Some(JSON),
        body: Body::Stream(first.chain(pieces).boxed_local()),
        ..Reply::empty()
    }
}

/// The bytes of an answer, while they are rendered. An empty piece would end a chunked body.
fn pieces<A: Answer>(answer: A) -> LocalBoxStream<'static, std::io::Result<Bytes>> {
    let count = answer.lots();
    let answer = Arc::new(answer);
    let lots = if count <= FEW {
        let render = move |lot| {
            let answer = Arc::clone(&answer);
            async move {
                yield_now().await;
                Ok(answer.render(lot))
            }
        };
        stream::iter(0..count).then(render).boxed_local()
    } else {
        let render = move |lot| {
            let answer = Arc::clone(&answer);
            async move { Ok(spawn_blocking(move || answer.render(lot)).await?) }
        };
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_CORES);
        stream::iter(0..count).map(render).buffered(cores * LOTS_PER_CORE).boxed_local()
    };
    let mut joiner = Joiner::new(A::BRACKETS);
    lots.map(Some)
        .chain(stream::once(async { None }))
        .map(move |lot: Option<std::io::Result<Lot>>| match lot {
            Some(lot) => lot.map(|lot| joiner.join(lot)),
            None => Ok(joiner.end()),
        })
        .try_filter(|piece| std::future::ready(!piece.is_empty()))
        .map_ok(Bytes::from)
        .boxed_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in lots, those of the middle in a group.
    struct Numbers {
        lots: usize,
        size: usize,
    }

    impl Answer for Numbers {
        const BRACKETS: [u8; 2] = *b"{}";

        fn lots(&self) -> usize {
            self.lots
        }

        fn render(&self, lot: usize) -> Lot {
            let is_outside = lot == 0 || lot + 1 == self.lots;
            let members = match lot % 3 {
                2 => String::new(),
                _ => format!(",\"{lot}\":\"{}\"", "x".repeat(self.size)),
            };
            Lot { group: (!is_outside).then_some("g"), members: members.into_bytes() }
        }
    }

    async fn answered(lots: usize, size: usize) -> (bool, Vec<u8>) {
        match json(Numbers { lots, size }).await.body {
            Body::Whole(bytes) => (false, bytes.to_vec()),
            Body::Stream(pieces) => {
                let pieces: Vec<_> = pieces.collect().await;
                assert!(pieces.iter().all(|piece| !piece.as_ref().unwrap().is_empty()));
                (true, pieces.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect())
            }
        }
    }

    #[test]
    fn lots_are_joined_in_their_groups() {
        let text = |lots| String::from_utf8(whole(&Numbers { lots, size: 1 })).unwrap();

        assert_eq!(text(0), "{}");
        assert_eq!(text(1), r#"{"0":"x"}"#);
        assert_eq!(text(3), r#"{"0":"x","g":{"1":"x"}}"#);
        assert_eq!(text(5), r#"{"0":"x","g":{"1":"x","3":"x"},"4":"x"}"#);
    }

    #[tokio::test]
    async fn small_answers_are_whole_and_large_ones_streamed() {
        for lots in [1, 2, FEW, FEW + 2, 40] {
            for size in [1, 600_000] {
                let (is_streamed, bytes) = answered(lots, size).await;

                assert_eq!(is_streamed, lots > 1 && size > 1, "{lots} of {size}");
                assert!(bytes == whole(&Numbers { lots, size }), "{lots} of {size}");
            }
        }
    }
}
