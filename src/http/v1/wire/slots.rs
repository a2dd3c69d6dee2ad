//! Connections, upload slots and sources of peers of one torrent as they travel.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::present;
use crate::engine::options::LEAST;
use crate::model::{OwnLimit, PeerSources};

/// A number of connections or slots, or a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slots(pub OwnLimit);

impl Serialize for Slots {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            OwnLimit::Default => serializer.serialize_str("default"),
            OwnLimit::Unlimited => serializer.serialize_str("unlimited"),
            OwnLimit::At(limit) => serializer.serialize_u32(limit),
        }
    }
}

impl<'de> Deserialize<'de> for Slots {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let limit = value.as_u64().and_then(|limit| u32::try_from(limit).ok());
        match (value.as_str(), limit) {
            (Some("default"), _) => Ok(Self(OwnLimit::Default)),
            (Some("unlimited"), _) => Ok(Self(OwnLimit::Unlimited)),
            (_, Some(limit)) if (LEAST..MOST).contains(&limit) => Ok(Self(OwnLimit::At(limit))),
            _ => Err(serde::de::Error::custom(format!(
                "must be `default`, `unlimited` or a number from {LEAST} to {}",
                MOST - 1
            ))),
        }
    }
}

/// libtorrent keeps such a limit in 24 bits, and the largest of them means unlimited.
const MOST: u32 = (1 << 24) - 1;

impl JsonSchema for Slots {
    fn schema_name() -> Cow<'static, str> {
        "Slots".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, or a word: `default` is what the settings say for each torrent.",
            "oneOf": [
                { "type": "integer", "minimum": LEAST, "maximum": MOST - 1 },
                { "type": "string", "enum": ["default", "unlimited"] },
            ],
        })
    }
}

/// Where a torrent may find peers; `null` is what the settings say. Private torrents use none of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sources {
    pub dht: Option<bool>,
    pub pex: Option<bool>,
    pub lsd: Option<bool>,
}

impl From<PeerSources> for Sources {
    fn from(sources: PeerSources) -> Self {
        Self { dht: sources.dht, pex: sources.pex, lsd: sources.lsd }
    }
}

/// What is absent stays; `null` goes back to the settings.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SourcesChange {
    #[serde(deserialize_with = "present")]
    pub dht: Option<Option<bool>>,
    #[serde(deserialize_with = "present")]
    pub pex: Option<Option<bool>>,
    #[serde(deserialize_with = "present")]
    pub lsd: Option<Option<bool>>,
}

impl SourcesChange {
    #[must_use]
    pub fn applied(self, to: PeerSources) -> PeerSources {
        PeerSources {
            dht: self.dht.unwrap_or(to.dht),
            pex: self.pex.unwrap_or(to.pex),
            lsd: self.lsd.unwrap_or(to.lsd),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn slots_are_a_number_or_a_word() {
        let read = |value| serde_json::from_value::<Slots>(value).ok().map(|slots| slots.0);

        assert_eq!(read(json!(7)), Some(OwnLimit::At(7)));
        assert_eq!(read(json!("unlimited")), Some(OwnLimit::Unlimited));
        assert_eq!(read(json!("default")), Some(OwnLimit::Default));
        for refused in [json!(1), json!(0), json!(-1), json!(16_777_215), json!("x"), json!(null)] {
            assert_eq!(read(refused.clone()), None, "{refused}");
        }
        assert_eq!(serde_json::to_value(Slots(OwnLimit::At(7))).unwrap(), json!(7));
    }

    #[test]
    fn a_change_of_sources_leaves_the_others() {
        let change: SourcesChange =
            serde_json::from_value(json!({"pex": null, "lsd": true})).unwrap();
        let before = PeerSources { dht: Some(false), pex: Some(false), lsd: None };

        let after = change.applied(before);

        assert_eq!(after, PeerSources { dht: Some(false), pex: None, lsd: Some(true) });
    }
}
