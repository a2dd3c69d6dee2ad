//! Builds every service once, in order, and stops them in reverse.

use crate::engine::Engine;
use crate::intake::Intake;
use crate::store::Store;

/// All services; shared by every request.
pub struct App {
    pub store: Store,
    pub engine: Engine,
    pub intake: Intake,
}
