//! Client libraries and programs of other people, as their registries hand them out.
//!
//! A client runs at every level that it supports, and is missing from the tests of a level where the real server
//! turns it away too. `make deps` installs the clients; a test whose client is missing fails.

mod node;
mod programs;
mod python;
mod rust;
mod support;
