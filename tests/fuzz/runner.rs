//! The loop around a target: builds input, watches for panics and for slowness, shrinks.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::Just;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner};

/// One input that takes longer than this is a finding: a client could hold a worker with it.
const SLOW: Duration = Duration::from_secs(5);

/// Inputs between two looks at the clock.
const BATCH: u32 = 256;

/// Words that have broken parsers elsewhere.
const FEARS: &[&[u8]] = &[
    b"\0",
    b"\r\n",
    b"\n",
    b" ",
    b"\t",
    b"\"",
    b"\\",
    b"/",
    b"..",
    b"../",
    b"%",
    b"%00",
    b"%2e%2e",
    b"%f0%9f",
    b"+",
    b"&",
    b"=",
    b";",
    b",",
    b"|",
    b":",
    b"-",
    b"-1",
    b"0",
    b"4294967296",
    b"9223372036854775808",
    b"1e999",
    b"NaN",
    b"\xff\xfe",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    "\u{202e}".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{1f980}".as_bytes(),
];

/// Hands generated input to `target` until the time is up, and fails on the first that makes it
/// panic or that takes too long.
pub(crate) fn fuzz(name: &str, words: &[&'static str], target: impl Fn(&[u8])) {
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    let seconds = seconds.map(|text| text.parse::<u64>().expect("FUZZ_SECONDS is a whole number"));
    let seed = std::env::var("FUZZ_SEED").ok();
    let seed = seed.map(|text| text.parse::<u64>().expect("FUZZ_SEED is a whole number"));
    let (time, seed) = match seconds {
        Some(seconds) => (Duration::from_secs(seconds), seed.unwrap_or_else(rand::random)),
        None => (Duration::ZERO, seed.unwrap_or(0)),
    };
    if let Some(finding) = search(words, time, seed, SLOW, target) {
        panic!("{name}: {finding}\n  again: FUZZ_SECONDS={} FUZZ_SEED={seed}", time.as_secs());
    }
}

/// Runs at least one batch, and returns what was found.
fn search(
    words: &[&'static str],
    time: Duration,
    seed: u64,
    slow: Duration,
    target: impl Fn(&[u8]),
) -> Option<String> {
    let config = Config {
        cases: BATCH,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let input = input(words);
    let deadline = Instant::now() + time;
    loop {
        let outcome = runner.run(&input, |input| {
            let begun = Instant::now();
            target(&input);
            if begun.elapsed() > slow {
                return Err(TestCaseError::fail(format!("took {:?}", begun.elapsed())));
            }
            Ok(())
        });
        match outcome {
            Ok(()) if Instant::now() < deadline => {}
            Ok(()) => return None,
            Err(TestError::Fail(reason, input)) => {
                return Some(format!("{reason}\n  input: b\"{}\"", input.escape_ascii()));
            }
            Err(TestError::Abort(reason)) => return Some(reason.to_string()),
        }
    }
}

/// Strings of up to 64 pieces, and now and then one piece repeated some thousand times.
fn input(words: &[&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let own: Vec<&'static [u8]> = words.iter().map(|word| word.as_bytes()).collect();
    let own = if own.is_empty() { FEARS.to_vec() } else { own };
    let piece = prop_oneof![
        6 => select(own).prop_map(<[u8]>::to_vec),
        3 => select(FEARS).prop_map(<[u8]>::to_vec),
        2 => vec(any::<u8>(), 0..8),
        2 => "[a-zA-Z0-9]{1,12}".prop_map(String::into_bytes),
    ]
    .boxed();
    let times = prop_oneof![63 => Just(1_usize), 1 => 1..5000_usize];
    let run = (piece, times).prop_map(|(piece, times)| piece.repeat(times));
    vec(run, 0..64).prop_map(|pieces| pieces.concat())
}

#[test]
fn a_panic_is_found_and_shrunk_to_what_causes_it() {
    let finding = search(&["key="], Duration::from_mins(1), 1, SLOW, |input| {
        assert!(!input.windows(5).any(|window| window == b"key=\0"), "NUL in a value");
    });

    let finding = finding.expect("the words make this input likely");
    assert!(finding.contains("NUL in a value"), "{finding}");
    assert!(finding.contains("input: b\"key=\\x00\""), "{finding}");
}

#[test]
fn a_slow_input_is_found() {
    let found = search(&["a"], Duration::ZERO, 1, Duration::ZERO, |input| drop(input.to_vec()));

    assert!(found.is_some_and(|finding| finding.contains("took")));
}

#[test]
fn a_sound_target_passes() {
    fuzz("a_sound_target", &["="], |input| drop(String::from_utf8_lossy(input)));
}
