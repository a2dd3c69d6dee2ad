//! What a key may do. Nothing is allowed that no scope names.

use std::fmt;

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Look at everything but keys and secrets.
    Read,
    /// Add torrents.
    Add,
    /// Act on torrents, their options and their labels.
    Control,
    /// Remove torrents and delete their data.
    Delete,
    /// Change settings and limits of the whole session.
    Settings,
    /// Manage keys and the server itself.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Add, Self::Control, Self::Delete, Self::Settings, Self::Admin];

    /// The word that stores and clients have for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Add => "add",
            Self::Control => "control",
            Self::Delete => "delete",
            Self::Settings => "settings",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(0b11_1111);

    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }

    /// The words, separated by commas, as they are stored.
    #[must_use]
    pub fn text(self) -> String {
        self.iter().map(Scope::word).collect::<Vec<_>>().join(",")
    }

    /// Reads what [`Self::text`] wrote; words that are no scope allow nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        text.split(',')
            .filter_map(|word| Scope::ALL.into_iter().find(|scope| scope.word() == word))
            .collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_stored_as_words_and_unknown_ones_allow_nothing() {
        let scopes: Scopes = [Scope::Add, Scope::Read].into_iter().collect();

        assert_eq!(scopes.text(), "read,add");
        assert_eq!(Scopes::read("read,add"), scopes);
        assert_eq!(Scopes::read("everything,"), Scopes::NONE);
        assert_eq!(Scopes::read(&Scopes::ALL.text()), Scopes::ALL);
        assert!(!scopes.contains(Scope::Delete));
    }
}
