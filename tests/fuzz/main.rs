//! Fuzz targets for the parsers that are ours.
//!
//! A target is a `#[test]` that hands a parser to [`fuzz`], with the words its language is made of.
//! Input is built from those words, from words of every parser's fears (NUL, `..`, huge numbers,
//! broken UTF-8) and from noise, so that it gets past the first check; a failing input is shrunk
//! before it is shown.
//!
//! `make test` runs every target for a moment with a fixed seed. `make fuzz` runs each for
//! `FUZZ_SECONDS` with a seed of its own, which it prints when something is found. What was found
//! becomes a plain test beside the parser.
//!
//! To add a target: a file of this folder per parser, a `mod` line below, and
//!
//! ```ignore
//! use crate::runner::fuzz;
//!
//! #[test]
//! fn range_header() {
//!     fuzz("range_header", &["bytes=", "-", ",", "0"], |input| {
//!         let ranges = range::parse(input, 1000);
//!         assert!(ranges.iter().all(|range| range.end <= 1000));
//!     });
//! }
//! ```

mod names;
mod requests;
mod runner;
