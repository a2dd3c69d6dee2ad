//! The types that a setting can have, and how each reads and writes JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Number, Value};

use crate::model::{ContentLayout, ShareLimitAction, ShareLimitsMode, StopCondition};

/// What kind of JSON a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    Integer,
    Number,
    Text,
    /// An array of texts.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text that is never given out.
    Secret,
    /// An object of values that Revaer keeps without looking at them.
    Map,
    /// An array of objects with these names.
    Rows(&'static [&'static str]),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Integer => f.write_str("integer"),
            Self::Number => f.write_str("number"),
            Self::Text => f.write_str("text"),
            Self::List => f.write_str("list of texts"),
            Self::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Self::Secret => f.write_str("secret text"),
            Self::Map => f.write_str("object"),
            Self::Rows(names) => write!(f, "list of objects with {}", names.join(", ")),
        }
    }
}

/// Longest text in bytes: long lists of names or trackers fit, hostile ones do not.
const MAX_TEXT: usize = 1 << 20;

/// Bounds of a number, both included.
pub type Range = Option<RangeInclusive<i64>>;

/// A value that was read; `clamped` tells that it had to be moved into the range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taken<T> {
    pub value: T,
    pub clamped: bool,
}

impl<T> Taken<T> {
    pub(super) fn exact(value: T) -> Self {
        Self { value, clamped: false }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Taken<U> {
        Taken { value: change(self.value), clamped: self.clamped }
    }
}

/// A type that a setting can have. Reading is strict: another JSON type is refused with a reason, never converted.
pub trait Field: Sized {
    const KIND: Kind;
    /// `null` is a value.
    const OPTIONAL: bool = false;

    /// The value in clear, secrets included: for the store and for comparison only.
    fn to_json(&self) -> Value;
    fn from_json(value: &Value, range: &Range) -> Result<Taken<Self>, String>;
}

fn wrong(kind: Kind, value: &Value) -> String {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    format!("must be {kind}, not {found}")
}

impl Field for bool {
    const KIND: Kind = Kind::Boolean;

    fn to_json(&self) -> Value {
        Value::Bool(*self)
    }

    fn from_json(value: &Value, _: &Range) -> Result<Taken<Self>, String> {
        value.as_bool().map(Taken::exact).ok_or_else(|| wrong(Self::KIND, value))
    }
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Field for $type {
            const KIND: Kind = Kind::Integer;

            fn to_json(&self) -> Value {
                Value::from(*self)
            }

            fn from_json(value: &Value, range: &Range) -> Result<Taken<Self>, String> {
                let asked = match value {
                    Value::Number(number) => integer(number),
                    _ => None,
                };
                let asked = asked.ok_or_else(|| match value {
                    Value::Number(_) => "must be a whole number".to_owned(),
                    _ => wrong(Self::KIND, value),
                })?;
                let (low, high) = range.as_ref().map_or((i64::MIN, i64::MAX), |range| (*range.start(), *range.end()));
                let low = low.max(<$type>::MIN.try_into().unwrap_or(i64::MIN));
                let high = high.min(<$type>::MAX.try_into().unwrap_or(i64::MAX));
                let used = asked.clamp(low, high);
                let value = <$type>::try_from(used).map_err(|_| "is out of range".to_owned())?;
                Ok(Taken { value, clamped: used != asked })
            }
        }
    )+};
}

integers!(u16, i32, u32, i64);

/// A whole number; values beyond 64 bits become the nearest.
fn integer(number: &Number) -> Option<i64> {
    if let Some(number) = number.as_i64() {
        return Some(number);
    }
    let number = number.as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, which is what is wanted"
    )]
    (number.fract() == 0.0).then_some(number as i64)
}

impl Field for f64 {
    const KIND: Kind = Kind::Number;

    fn to_json(&self) -> Value {
        Number::from_f64(*self).map_or(Value::Null, Value::Number)
    }

    #[expect(clippy::cast_precision_loss, reason = "ranges of numbers are small")]
    fn from_json(value: &Value, range: &Range) -> Result<Taken<Self>, String> {
        let asked = value
            .as_f64()
            .filter(|number| number.is_finite())
            .ok_or_else(|| wrong(Self::KIND, value))?;
        let used = match range {
            Some(range) => asked.clamp(*range.start() as f64, *range.end() as f64),
            None => asked,
        };
        Ok(Taken { value: used, clamped: (used - asked).abs() > 0.0 })
    }
}

impl Field for String {
    const KIND: Kind = Kind::Text;

    fn to_json(&self) -> Value {
        Value::String(self.clone())
    }

    fn from_json(value: &Value, _: &Range) -> Result<Taken<Self>, String> {
        text(value, Self::KIND).map(|text| Taken::exact(text.to_owned()))
    }
}

/// A text without NUL, which no part below could carry.
fn text(value: &Value, kind: Kind) -> Result<&str, String> {
    let text = value.as_str().ok_or_else(|| wrong(kind, value))?;
    match text {
        text if text.contains('\0') => Err("must not contain NUL".to_owned()),
        text if text.len() > MAX_TEXT => Err(format!("must not be longer than {MAX_TEXT} bytes")),
        text => Ok(text),
    }
}

impl Field for Vec<String> {
    const KIND: Kind = Kind::List;

    fn to_json(&self) -> Value {
        Value::from(self.clone())
    }

    fn from_json(value: &Value, _: &Range) -> Result<Taken<Self>, String> {
        let items = value.as_array().ok_or_else(|| wrong(Self::KIND, value))?;
        let texts: Result<_, _> =
            items.iter().map(|item| text(item, Self::KIND).map(str::to_owned)).collect();
        texts.map(Taken::exact)
    }
}

impl Field for BTreeMap<String, Value> {
    const KIND: Kind = Kind::Map;

    fn to_json(&self) -> Value {
        Value::Object(
            self.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>(),
        )
    }

    fn from_json(value: &Value, _: &Range) -> Result<Taken<Self>, String> {
        let items = value.as_object().ok_or_else(|| wrong(Self::KIND, value))?;
        Ok(Taken::exact(items.iter().map(|(key, value)| (key.clone(), value.clone())).collect()))
    }
}

impl<T: Field> Field for Option<T> {
    const KIND: Kind = T::KIND;
    const OPTIONAL: bool = true;

    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, Field::to_json)
    }

    fn from_json(value: &Value, range: &Range) -> Result<Taken<Self>, String> {
        match value {
            Value::Null => Ok(Taken::exact(None)),
            value => T::from_json(value, range).map(|taken| taken.map(Some)),
        }
    }
}

/// A text that is sealed at rest and never shown: not in `Debug`, logs, answers or history.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text in clear; what takes it must not log it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(empty)" } else { "Secret(set)" })
    }
}

impl Field for Secret {
    const KIND: Kind = Kind::Secret;

    fn to_json(&self) -> Value {
        Value::String(self.0.clone())
    }

    fn from_json(value: &Value, _: &Range) -> Result<Taken<Self>, String> {
        text(value, Self::KIND).map(|text| Taken::exact(Self(text.to_owned())))
    }
}

/// Implements [`Field`] for an enumeration by a word per variant.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl Field for $type {
            const KIND: Kind = Kind::Choice(&[$($word),+]);

            fn to_json(&self) -> Value {
                Value::from(match self { $(Self::$variant => $word,)+ })
            }

            fn from_json(value: &Value, _: &Range) -> Result<Taken<Self>, String> {
                match value.as_str() {
                    $(Some($word) => Ok(Taken::exact(Self::$variant)),)+
                    _ => Err(format!("must be {}", Self::KIND)),
                }
            }
        }
    };
}

/// Declares an enumeration of settings; the first variant is the default, the order is that of the preference numbers.
macro_rules! choices {
    ($($(#[doc = $doc:literal])+ $type:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[doc = $vdoc])* $variant),+ }

        impl $type {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Place in [`Self::ALL`]: the number that the foreign contract uses.
            #[must_use]
            pub fn index(self) -> i64 {
                Self::ALL.iter().position(|one| *one == self).and_then(|at| i64::try_from(at).ok()).unwrap_or_default()
            }
        }

        words!($type { $($variant = $word),+ });
    )+};
}

words!(ContentLayout { Original = "original", Subfolder = "subfolder", NoSubfolder = "no_subfolder" });
words!(StopCondition { None = "none", MetadataReceived = "metadata_received", FilesChecked = "files_checked" });

choices! {
    /// A contract level by name.
    ContractLevel { L45 = "4.5", L51 = "5.1", L53 = "5.3" }

    /// Encryption of peer connections.
    Encryption { Allow = "allow", Require = "require", Disable = "disable" }

    /// Transports between peers.
    Protocol { TcpAndUtp = "tcp_and_utp", Tcp = "tcp", Utp = "utp" }

    /// Kinds of proxies that libtorrent can speak to.
    ProxyType { None = "none", Http = "http", Socks5 = "socks5", Socks4 = "socks4" }

    /// Days on which the schedule of alternative limits works.
    ScheduleDays {
        EveryDay = "every_day", Weekdays = "weekdays", Weekends = "weekends", Monday = "monday", Tuesday = "tuesday",
        Wednesday = "wednesday", Thursday = "thursday", Friday = "friday", Saturday = "saturday", Sunday = "sunday",
    }

    /// What happens to a torrent that reached its share limits.
    ShareAction {
        Stop = "stop", Remove = "remove", EnableSuperSeeding = "enable_super_seeding",
        RemoveWithContent = "remove_with_content",
    }

    /// Whether one reached share limit is enough.
    ShareMode { MatchAny = "match_any", MatchAll = "match_all" }

    /// Disk I/O of the engine.
    DiskIo {
        /// The safe one: plain reads and writes.
        Default = "default",
        Mmap = "mmap", Posix = "posix", Simple = "simple", Pread = "pread",
    }

    /// How data is read from disk.
    ReadMode { Bypass = "bypass_cache", Cache = "cache" }

    /// How data is written to disk.
    WriteMode { Bypass = "bypass_cache", Cache = "cache", WriteThrough = "write_through" }

    /// How uTP and TCP share the line.
    MixedMode { PreferTcp = "prefer_tcp", PeerProportional = "peer_proportional" }

    /// How many peers are uploaded to.
    SlotsBehavior { Fixed = "fixed", RateBased = "rate_based" }

    /// Which peers a seed uploads to.
    SeedChoking { RoundRobin = "round_robin", FastestUpload = "fastest_upload", AntiLeech = "anti_leech" }

    /// Whether the source `.torrent` file is deleted after adding.
    AutoDelete { Never = "never", IfAdded = "if_added", Always = "always" }

    /// Encryption of mail connections.
    MailEncryption { None = "none", StartTls = "starttls", Smtps = "smtps" }

    /// Unit of the age of old log files.
    AgeUnit { Days = "days", Months = "months", Years = "years" }
}

impl From<ShareAction> for ShareLimitAction {
    fn from(action: ShareAction) -> Self {
        match action {
            ShareAction::Stop => Self::Stop,
            ShareAction::Remove => Self::Remove,
            ShareAction::EnableSuperSeeding => Self::EnableSuperSeeding,
            ShareAction::RemoveWithContent => Self::RemoveWithContent,
        }
    }
}

impl From<ShareMode> for ShareLimitsMode {
    fn from(mode: ShareMode) -> Self {
        match mode {
            ShareMode::MatchAny => Self::MatchAny,
            ShareMode::MatchAll => Self::MatchAll,
        }
    }
}
