//! Share limits and their resolution from torrent over category to the global preference.

/// A limit that may be left to the next level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bound<T> {
    /// Take the value of the category, else the global one.
    #[default]
    Inherit,
    /// No limit, whatever the next level says.
    Unlimited,
    At(T),
}

impl<T: Copy> Bound<T> {
    /// The limit in force when the next level's resolved limit is `outer`.
    #[must_use]
    pub fn resolve(self, outer: Option<T>) -> Option<T> {
        match self {
            Self::Inherit => outer,
            Self::Unlimited => None,
            Self::At(limit) => Some(limit),
        }
    }

    /// This level's word if it has one, else that of `outer`.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        match self {
            Self::Inherit => outer,
            word => word,
        }
    }
}

/// What happens when the limits are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShareLimitAction {
    /// Take the action of the category, else the global one.
    #[default]
    Inherit,
    Stop,
    Remove,
    RemoveWithContent,
    EnableSuperSeeding,
}

/// Whether one reached limit is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShareLimitsMode {
    #[default]
    Inherit,
    MatchAny,
    MatchAll,
}

/// Share limits of a torrent or of a category.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ShareLimits {
    /// Uploaded over downloaded.
    pub ratio: Bound<f64>,
    /// Minutes spent finished.
    pub seeding_minutes: Bound<i64>,
    /// Minutes since the last payload.
    pub inactive_minutes: Bound<i64>,
    pub action: ShareLimitAction,
    pub mode: ShareLimitsMode,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_word_wins() {
        assert_eq!(Bound::Inherit.resolve(Some(3)), Some(3));
        assert_eq!(Bound::Unlimited.resolve(Some(3)), None);
        assert_eq!(Bound::At(5).resolve(Some(3)), Some(5));
        assert_eq!(Bound::Inherit.or(Bound::At(2)), Bound::At(2));
    }
}
