//! A torrent as a profile keeps it: libtorrent's resume data, with what the program knows besides.

mod kinds;

use std::collections::BTreeMap;

use bt_bencode::{ByteString, Value};

use crate::model::{
    Bound, ContentLayout, RunMode, ShareLimitAction, ShareLimits, ShareLimitsMode, StopCondition,
};

/// Nesting that is read; libtorrent's own has three levels.
const DEEPEST: usize = 64;

/// What the program itself stores, whatever storage it uses.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes {
    pub name: String,
    pub category: String,
    pub tags: Vec<String>,
    /// Empty means automatic management.
    pub save_path: String,
    pub download_path: String,
    pub layout: ContentLayout,
    pub share: ShareLimits,
    pub was_complete: bool,
    pub first_last_first: bool,
    pub stop_condition: StopCondition,
    pub comment: String,
    pub certificate: String,
    pub private_key: String,
    pub dh_params: String,
    /// Known to a database only; resume data tell it by two flags.
    pub run: Option<RunMode>,
    /// From 0; `None` if it is in no queue.
    pub queue_position: Option<u32>,
}

/// Resume data without the program's own keys.
pub(super) struct Resume(BTreeMap<ByteString, Value>);

impl Resume {
    /// Reads resume data.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if is_too_deep(bytes) {
            return Err("it is nested too deeply".to_owned());
        }
        match bt_bencode::from_slice(bytes).map_err(|error| error.to_string())? {
            Value::Dict(dictionary) => Ok(Self(dictionary)),
            _ => Err("it is no dictionary".to_owned()),
        }
    }

    /// Takes the keys of the program out.
    pub(super) fn take_wishes(&mut self) -> Wishes {
        let share = ShareLimits {
            ratio: match self.0.get(&b"qBt-ratioLimit"[..]) {
                // An old form is a decimal number as a text.
                Some(Value::ByteStr(text)) => ratio_bound(text_of(text).parse().unwrap_or(-2.0)),
                Some(value) => ratio_in_thousandths(number_of(value).unwrap_or(-2000)),
                None => Bound::Inherit,
            },
            seeding_minutes: minutes(self.int("qBt-seedingTimeLimit").unwrap_or(-2)),
            inactive_minutes: minutes(self.int("qBt-inactiveSeedingTimeLimit").unwrap_or(-2)),
            action: action(&self.text("qBt-shareLimitAction")),
            mode: mode(&self.text("qBt-shareLimitsMode")),
        };
        let layout = self.text("qBt-contentLayout");
        let wishes = Wishes {
            name: self.text("qBt-name"),
            category: self.text("qBt-category"),
            tags: self.texts("qBt-tags"),
            save_path: self.text("qBt-savePath"),
            download_path: self.text("qBt-downloadPath"),
            layout: if layout.is_empty() && self.int("qBt-hasRootFolder") == Some(0) {
                ContentLayout::NoSubfolder
            } else {
                self::layout(&layout)
            },
            share,
            was_complete: self.flag("qBt-seedStatus"),
            first_last_first: self.flag("qBt-firstLastPiecePriority"),
            stop_condition: stop_condition(&self.text("qBt-stopCondition")),
            comment: self.text("qBt-comment"),
            certificate: self.text("qBt-sslCertificate"),
            private_key: self.text("qBt-sslPrivateKey"),
            dh_params: self.text("qBt-sslDhParams"),
            run: None,
            queue_position: None,
        };
        self.0.retain(|key, _| !key.starts_with(b"qBt-"));
        wishes
    }

    pub(super) fn text(&self, key: &str) -> String {
        self.bytes(key).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    pub(super) fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key.as_bytes())?.as_byte_str().map(|bytes| bytes.as_slice())
    }

    pub(super) fn int(&self, key: &str) -> Option<i64> {
        number_of(self.0.get(key.as_bytes())?)
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.int(key).is_some_and(|number| number != 0)
    }

    fn list(&self, key: &str) -> &[Value] {
        self.0.get(key.as_bytes()).and_then(Value::as_list).map_or(&[], Vec::as_slice)
    }

    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        self.list(key).iter().filter_map(Value::as_byte_str).map(|text| text_of(text)).collect()
    }

    pub(super) fn ints(&self, key: &str) -> Vec<i64> {
        self.list(key).iter().filter_map(number_of).collect()
    }

    /// Tier and URL; empty tiers keep their number.
    pub(super) fn trackers(&self) -> Vec<(u8, String)> {
        let tiers = (0..=u8::MAX).zip(self.list("trackers"));
        tiers
            .flat_map(|(tier, urls)| {
                let urls = urls.as_list().map_or(&[][..], Vec::as_slice);
                urls.iter().filter_map(Value::as_byte_str).map(move |url| (tier, text_of(url)))
            })
            .filter(|(_, url)| !url.is_empty())
            .collect()
    }

    /// An info-hash; zeros mean that there is none.
    pub(super) fn hash<const N: usize>(&self, key: &str) -> Option<[u8; N]> {
        let hash: [u8; N] = self.bytes(key)?.try_into().ok()?;
        (hash != [0; N]).then_some(hash)
    }

    /// Bytes of its largest parts, which grow with the number of pieces.
    pub(super) fn weight(&self) -> usize {
        ["pieces", "piece_priority"].iter().filter_map(|key| self.bytes(key)).map(<[u8]>::len).sum()
    }

    /// Resume data that say nothing yet.
    pub(super) fn empty() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }

    pub(super) fn set_bytes(&mut self, key: &str, bytes: &[u8]) {
        self.0.insert(key.into(), Value::ByteStr(bytes.into()));
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key.as_bytes())
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.remove(key.as_bytes());
    }

    /// The bencoded form that libtorrent reads.
    ///
    /// # Errors
    /// Never for a dictionary that was read.
    pub(super) fn encode(&self) -> Result<Vec<u8>, String> {
        bt_bencode::to_vec(&self.0).map_err(|error| error.to_string())
    }
}

/// A whole number; the library keeps those above 0 apart from the others.
fn number_of(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| i64::try_from(value.as_u64()?).ok())
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// True if lists and dictionaries lie in each other deeper than any honest file has it; reading them would recurse.
fn is_too_deep(bytes: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'l' | b'd' => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
                at += 1;
            }
            b'e' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'i' => {
                at += bytes[at..]
                    .iter()
                    .position(|byte| *byte == b'e')
                    .map_or(usize::MAX - at, |end| end + 1);
            }
            _ => {
                let digits: Vec<u8> =
                    bytes[at..].iter().copied().take(20).take_while(u8::is_ascii_digit).collect();
                let length =
                    std::str::from_utf8(&digits).ok().and_then(|text| text.parse::<usize>().ok());
                let Some(length) = length else { return false };
                at = at.saturating_add(digits.len() + 1).saturating_add(length);
            }
        }
    }
    false
}

pub(super) fn ratio_in_thousandths(number: i64) -> Bound<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than 53 bits")]
    ratio_bound(number as f64 / 1000.0)
}

pub(super) fn ratio_bound(ratio: f64) -> Bound<f64> {
    match ratio {
        _ if ratio >= 0.0 => Bound::At(ratio),
        _ if ratio > -1.5 => Bound::Unlimited,
        _ => Bound::Inherit,
    }
}

pub(super) fn minutes(number: i64) -> Bound<i64> {
    match number {
        0.. => Bound::At(number),
        -1 => Bound::Unlimited,
        _ => Bound::Inherit,
    }
}

pub(super) fn action(word: &str) -> ShareLimitAction {
    match word {
        "Stop" => ShareLimitAction::Stop,
        "Remove" => ShareLimitAction::Remove,
        "RemoveWithContent" => ShareLimitAction::RemoveWithContent,
        "EnableSuperSeeding" => ShareLimitAction::EnableSuperSeeding,
        _ => ShareLimitAction::Inherit,
    }
}

pub(super) fn mode(word: &str) -> ShareLimitsMode {
    match word {
        "MatchAny" => ShareLimitsMode::MatchAny,
        "MatchAll" => ShareLimitsMode::MatchAll,
        _ => ShareLimitsMode::Inherit,
    }
}

pub(super) fn layout(word: &str) -> ContentLayout {
    match word {
        "Subfolder" => ContentLayout::Subfolder,
        "NoSubfolder" => ContentLayout::NoSubfolder,
        _ => ContentLayout::Original,
    }
}

pub(super) fn stop_condition(word: &str) -> StopCondition {
    match word {
        "MetadataReceived" => StopCondition::MetadataReceived,
        "FilesChecked" => StopCondition::FilesChecked,
        _ => StopCondition::None,
    }
}

pub(super) fn thousandths_of(ratio: Bound<f64>) -> i64 {
    match ratio {
        Bound::Inherit => -2000,
        Bound::Unlimited => -1000,
        #[expect(clippy::cast_possible_truncation, reason = "ratios are far below the limit")]
        Bound::At(ratio) => (ratio * 1000.0).round() as i64,
    }
}

pub(super) fn minutes_of(minutes: Bound<i64>) -> i64 {
    match minutes {
        Bound::Inherit => -2,
        Bound::Unlimited => -1,
        Bound::At(minutes) => minutes,
    }
}

pub(super) fn action_word(action: ShareLimitAction) -> &'static str {
    match action {
        ShareLimitAction::Inherit => "Default",
        ShareLimitAction::Stop => "Stop",
        ShareLimitAction::Remove => "Remove",
        ShareLimitAction::RemoveWithContent => "RemoveWithContent",
        ShareLimitAction::EnableSuperSeeding => "EnableSuperSeeding",
    }
}

pub(super) fn mode_word(mode: ShareLimitsMode) -> &'static str {
    match mode {
        ShareLimitsMode::Inherit => "Default",
        ShareLimitsMode::MatchAny => "MatchAny",
        ShareLimitsMode::MatchAll => "MatchAll",
    }
}

pub(super) fn layout_word(layout: ContentLayout) -> &'static str {
    match layout {
        ContentLayout::Original => "Original",
        ContentLayout::Subfolder => "Subfolder",
        ContentLayout::NoSubfolder => "NoSubfolder",
    }
}

pub(super) fn stop_condition_word(condition: StopCondition) -> &'static str {
    match condition {
        StopCondition::None => "None",
        StopCondition::MetadataReceived => "MetadataReceived",
        StopCondition::FilesChecked => "FilesChecked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_the_program_are_taken_out() {
        let bytes = b"d9:info-hash20:aaaaaaaaaaaaaaaaaaaa6:pieces2:\x01\x0012:qBt-category2:tv\
            14:qBt-ratioLimiti1500e8:qBt-tagsl1:a1:be8:trackersllel1:xeee";
        let mut resume = Resume::parse(bytes).unwrap();

        let wishes = resume.take_wishes();

        assert_eq!((wishes.category.as_str(), wishes.tags.len()), ("tv", 2));
        assert_eq!(wishes.share.ratio, Bound::At(1.5));
        assert_eq!(wishes.share.seeding_minutes, Bound::Inherit);
        assert_eq!(resume.trackers(), [(1, "x".to_owned())]);
        assert_eq!(resume.hash::<20>("info-hash"), Some([b'a'; 20]));
        assert!(!String::from_utf8_lossy(&resume.encode().unwrap()).contains("qBt"));
    }

    #[test]
    fn hostile_data_is_refused() {
        let deep = [vec![b'l'; 100_000], vec![b'e'; 100_000]].concat();

        assert!(Resume::parse(&deep).is_err());
        for bytes in
            [&b""[..], b"le", b"d", b"i", b"d1:a", b"9999999999999999999999:x", b"d1:ai1ee1"]
        {
            assert!(Resume::parse(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
