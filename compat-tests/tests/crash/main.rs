//! What must survive: kill -9 at any moment, a full disk, a second server on the same home.
//!
//! Reference servers do not promise the same. Against them the rounds run without crashes, which proves that the
//! scenario itself is sound, and the rest does not apply.

mod disk;
mod model;
mod rounds;
mod second;
mod vouched;
