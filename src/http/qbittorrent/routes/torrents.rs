//! Rows of `sync/*` and `torrents/*`.

use super::Route;

pub const ROWS: &[Route] = &[];
