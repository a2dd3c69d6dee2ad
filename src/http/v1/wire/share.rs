//! Share limits as they travel: a number, `"unlimited"`, or `"inherit"` for the word of the next level.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{self, Bound, ShareLimitAction, ShareLimitsMode};

/// A limit that may be left to the next level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    Inherit,
    Unlimited,
    At(f64),
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Inherit => serializer.serialize_str("inherit"),
            Self::Unlimited => serializer.serialize_str("unlimited"),
            Self::At(limit) => serializer.serialize_f64(*limit),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match (&value, value.as_f64()) {
            (_, Some(limit)) if limit >= 0.0 && limit.is_finite() => Ok(Self::At(limit)),
            (serde_json::Value::String(word), _) if word == "inherit" => Ok(Self::Inherit),
            (serde_json::Value::String(word), _) if word == "unlimited" => Ok(Self::Unlimited),
            _ => Err(serde::de::Error::custom(
                "must be `inherit`, `unlimited` or a number that is not negative",
            )),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, or a word: `inherit` leaves it to category and settings.",
            "oneOf": [
                { "type": "number", "minimum": 0 },
                { "type": "string", "enum": ["inherit", "unlimited"] },
            ],
        })
    }
}

impl Limit {
    fn ratio(bound: Bound<f64>) -> Self {
        match bound {
            Bound::Inherit => Self::Inherit,
            Bound::Unlimited => Self::Unlimited,
            Bound::At(limit) => Self::At(limit),
        }
    }

    /// Minutes of the core as seconds.
    #[expect(clippy::cast_precision_loss, reason = "a time limit is far below 2^53")]
    fn seconds(bound: Bound<i64>) -> Self {
        match bound {
            Bound::Inherit => Self::Inherit,
            Bound::Unlimited => Self::Unlimited,
            Bound::At(minutes) => Self::At(minutes as f64 * 60.0),
        }
    }

    fn to_ratio(self) -> Bound<f64> {
        match self {
            Self::Inherit => Bound::Inherit,
            Self::Unlimited => Bound::Unlimited,
            Self::At(limit) => Bound::At(limit),
        }
    }

    /// Seconds as minutes of the core; `None` if they are no whole minutes, which is all that the core knows.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
    fn to_minutes(self) -> Option<Bound<i64>> {
        match self {
            Self::Inherit => Some(Bound::Inherit),
            Self::Unlimited => Some(Bound::Unlimited),
            Self::At(seconds) if seconds % 60.0 == 0.0 && seconds <= 6e10 => {
                Some(Bound::At((seconds / 60.0) as i64))
            }
            Self::At(_) => None,
        }
    }
}

/// What happens when the limits are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ShareLimitAction")]
pub enum Action {
    Inherit,
    Stop,
    Remove,
    RemoveWithContent,
    SuperSeed,
}

impl From<ShareLimitAction> for Action {
    fn from(action: ShareLimitAction) -> Self {
        match action {
            ShareLimitAction::Inherit => Self::Inherit,
            ShareLimitAction::Stop => Self::Stop,
            ShareLimitAction::Remove => Self::Remove,
            ShareLimitAction::RemoveWithContent => Self::RemoveWithContent,
            ShareLimitAction::EnableSuperSeeding => Self::SuperSeed,
        }
    }
}

impl From<Action> for ShareLimitAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Inherit => Self::Inherit,
            Action::Stop => Self::Stop,
            Action::Remove => Self::Remove,
            Action::RemoveWithContent => Self::RemoveWithContent,
            Action::SuperSeed => Self::EnableSuperSeeding,
        }
    }
}

/// Whether one reached limit is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ShareLimitMode")]
pub enum Mode {
    Inherit,
    Any,
    All,
}

impl From<ShareLimitsMode> for Mode {
    fn from(mode: ShareLimitsMode) -> Self {
        match mode {
            ShareLimitsMode::Inherit => Self::Inherit,
            ShareLimitsMode::MatchAny => Self::Any,
            ShareLimitsMode::MatchAll => Self::All,
        }
    }
}

impl From<Mode> for ShareLimitsMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Inherit => Self::Inherit,
            Mode::Any => Self::MatchAny,
            Mode::All => Self::MatchAll,
        }
    }
}

/// Share limits as they were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ShareLimits {
    /// Uploaded over downloaded.
    pub ratio: Limit,
    /// Seconds spent complete; the core counts whole minutes.
    pub seeding_time: Limit,
    /// Seconds since the last payload; the core counts whole minutes.
    pub inactive_time: Limit,
    pub action: Action,
    pub mode: Mode,
}

impl From<&model::ShareLimits> for ShareLimits {
    fn from(limits: &model::ShareLimits) -> Self {
        Self {
            ratio: Limit::ratio(limits.ratio),
            seeding_time: Limit::seconds(limits.seeding_minutes),
            inactive_time: Limit::seconds(limits.inactive_minutes),
            action: limits.action.into(),
            mode: limits.mode.into(),
        }
    }
}

/// A change of share limits; what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ShareLimitsChange {
    /// Uploaded over downloaded.
    pub ratio: Option<Limit>,
    /// Seconds spent complete, whole minutes.
    pub seeding_time: Option<Limit>,
    /// Seconds since the last payload, whole minutes.
    pub inactive_time: Option<Limit>,
    pub action: Option<Action>,
    pub mode: Option<Mode>,
}

impl ShareLimitsChange {
    /// True if torrents would be taken out by it.
    #[must_use]
    pub fn removes(&self) -> bool {
        matches!(self.action, Some(Action::Remove | Action::RemoveWithContent))
    }

    /// Makes the change.
    ///
    /// # Errors
    /// The member that is no whole number of minutes.
    pub fn apply(&self, limits: &mut model::ShareLimits) -> Result<(), &'static str> {
        if let Some(ratio) = self.ratio {
            limits.ratio = ratio.to_ratio();
        }
        if let Some(time) = self.seeding_time {
            limits.seeding_minutes = time.to_minutes().ok_or("seeding_time")?;
        }
        if let Some(time) = self.inactive_time {
            limits.inactive_minutes = time.to_minutes().ok_or("inactive_time")?;
        }
        if let Some(action) = self.action {
            limits.action = action.into();
        }
        if let Some(mode) = self.mode {
            limits.mode = mode.into();
        }
        Ok(())
    }
}

/// The limits that hold for a torrent after category and settings had their word; `null` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct LimitsInForce {
    pub ratio: Option<f64>,
    /// Seconds.
    pub seeding_time: Option<i64>,
    /// Seconds.
    pub inactive_time: Option<i64>,
    pub action: Action,
    pub mode: Mode,
}

impl From<&model::LimitsInForce> for LimitsInForce {
    fn from(limits: &model::LimitsInForce) -> Self {
        Self {
            ratio: limits.ratio,
            seeding_time: limits.seeding_minutes.map(|minutes| minutes.saturating_mul(60)),
            inactive_time: limits.inactive_minutes.map(|minutes| minutes.saturating_mul(60)),
            action: limits.action.into(),
            mode: limits.mode.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_words() {
        let read = |text: &str| serde_json::from_str::<Limit>(text).ok();

        assert_eq!(read("2"), Some(Limit::At(2.0)));
        assert_eq!(read(r#""inherit""#), Some(Limit::Inherit));
        assert_eq!(read(r#""unlimited""#), Some(Limit::Unlimited));
        assert_eq!(read("-1"), None);
        assert_eq!(read("null"), None);
    }

    #[test]
    fn times_are_whole_minutes() {
        let mut limits = model::ShareLimits::default();
        let change = |seconds| ShareLimitsChange {
            seeding_time: Some(Limit::At(seconds)),
            ..ShareLimitsChange::default()
        };

        assert_eq!(change(120.0).apply(&mut limits), Ok(()));
        assert_eq!(limits.seeding_minutes, Bound::At(2));
        assert_eq!(change(90.0).apply(&mut limits), Err("seeding_time"));
        assert_eq!(ShareLimits::from(&limits).seeding_time, Limit::At(120.0));
    }
}
