//! What several tests stand on.

pub(crate) mod app;
pub(crate) mod postgres;
