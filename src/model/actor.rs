//! Who caused a change: carried by every order and written into events and history.

use std::sync::Arc;

/// The originator of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Revaer itself: boot, automation, reconciliation.
    System,
    /// A person or program with a web session.
    User(Arc<str>),
    /// A client with an API key, named by the key's label.
    Key(Arc<str>),
}

impl Actor {
    /// Reads what `Display` wrote; anything else is the system.
    #[must_use]
    pub fn named(text: &str) -> Self {
        match text.split_once(':') {
            Some(("user", name)) => Self::User(name.into()),
            Some(("key", name)) => Self::Key(name.into()),
            _ => Self::System,
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::User(name) => write!(f, "user:{name}"),
            Self::Key(name) => write!(f, "key:{name}"),
        }
    }
}
