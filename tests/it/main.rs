//! Integration tests: the tree mirrors `src/`, and `architecture` watches the shape of the code.

#![expect(clippy::unwrap_used, reason = "a helper that unwraps fails the test that called it")]

mod architecture;
mod automation;
mod engine;
mod http;
mod options;
mod settings;
mod source;
mod store;
mod support;
mod tidy;
