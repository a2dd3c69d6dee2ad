//! The documents in a torrent's row: how each part of the model is written as JSON.
//!
//! Names never change and what is at its default is left out, so that a document written by another version is read
//! as far as it goes, and most of them are short.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    ContentLayout, Facts, InfoHashes, Metadata, Moment, Options, OwnLimit, PeerSources, Priority,
    Root, RunMode, ShareLimits, Status, StopCondition, Tag, TorrentId, TorrentState,
};
use crate::store::FileWishes;
use crate::store::convert::forms::{ShareForm, code, finite, is_default};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Facts")]
pub(super) struct FactsForm {
    /// Follows from the hashes.
    #[serde(skip, default = "no_id")]
    id: TorrentId,
    #[serde(with = "HashesForm")]
    hashes: InfoHashes,
    name: String,
    added_at: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    comment: String,
    #[serde(default, skip_serializing_if = "is_default")]
    web_seeds: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "metadata")]
    metadata: Option<Metadata>,
}

fn no_id() -> TorrentId {
    TorrentId([0; 20])
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "InfoHashes")]
struct HashesForm {
    #[serde(default, skip_serializing_if = "Option::is_none", with = "digits")]
    v1: Option<[u8; 20]>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "digits")]
    v2: Option<[u8; 32]>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Metadata")]
struct MetadataForm {
    #[serde(default, skip_serializing_if = "is_default")]
    is_private: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    created_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<i64>,
    piece_size: u32,
    pieces: u32,
    total_size: i64,
    files: u32,
    #[serde(with = "RootForm")]
    root: Root,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Root", rename_all = "snake_case")]
enum RootForm {
    File(String),
    Folder(String),
    Scattered,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Options")]
#[expect(clippy::struct_excessive_bools, reason = "the form of a type that has them")]
pub(super) struct OptionsForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "tags")]
    tags: Vec<Tag>,
    #[serde(default, skip_serializing_if = "is_default")]
    auto_managed: bool,
    save_path: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    download_path: Option<Arc<str>>,
    #[serde(with = "code")]
    run: RunMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    download_limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload_limit: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default", with = "OwnLimitForm")]
    max_connections: OwnLimit,
    #[serde(default, skip_serializing_if = "is_default", with = "OwnLimitForm")]
    max_uploads: OwnLimit,
    #[serde(default, skip_serializing_if = "is_default", with = "SourcesForm")]
    sources: PeerSources,
    #[serde(default, skip_serializing_if = "is_default", with = "ShareForm")]
    share: ShareLimits,
    #[serde(default, skip_serializing_if = "is_default")]
    sequential: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    first_last_first: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    super_seeding: bool,
    #[serde(default, skip_serializing_if = "is_default", with = "code")]
    layout: ContentLayout,
    #[serde(default, skip_serializing_if = "is_default", with = "code")]
    stop_condition: StopCondition,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OwnLimit", rename_all = "snake_case")]
enum OwnLimitForm {
    Default,
    Unlimited,
    At(u32),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PeerSources")]
struct SourcesForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dht: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pex: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lsd: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Status")]
pub(super) struct StatusForm {
    #[serde(with = "code")]
    state: TorrentState,
    #[serde(default, skip_serializing_if = "is_default", serialize_with = "finite")]
    progress: f64,
    #[serde(default, skip_serializing_if = "is_default")]
    download_rate: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    upload_rate: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    average_download_rate: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    average_upload_rate: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    downloaded: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    uploaded: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    downloaded_session: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    uploaded_session: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    wasted: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    wanted: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    wanted_done: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    done: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pieces_have: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    seeds: i32,
    #[serde(default, skip_serializing_if = "is_default")]
    leechers: i32,
    #[serde(default, skip_serializing_if = "is_default")]
    swarm_seeds: i32,
    #[serde(default, skip_serializing_if = "is_default")]
    swarm_leechers: i32,
    #[serde(default, skip_serializing_if = "is_default")]
    connections: i32,
    connections_limit: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queue_position: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default", serialize_with = "finite")]
    availability: f64,
    #[serde(default, skip_serializing_if = "is_default")]
    active_seconds: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    seeding_seconds: i64,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    times_read: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_activity: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_seen_complete: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_announce: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tracker: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "is_default")]
    in_download_path: bool,
    /// A move that was under way is an intent, which boot finishes.
    #[serde(skip)]
    moving_from: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Arc<str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "FileWishes")]
pub(super) struct FilesForm {
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "levels")]
    priorities: Vec<Priority>,
    #[serde(default, skip_serializing_if = "is_default")]
    renames: Vec<(u32, String)>,
}

/// Info-hashes as hexadecimal digits.
mod digits {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
    pub(super) fn serialize<S: Serializer, const N: usize>(
        hash: &Option<[u8; N]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match hash {
            Some(hash) => serializer.serialize_str(&hex::encode(hash)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<Option<[u8; N]>, D::Error> {
        let digits = <&str>::deserialize(deserializer)?;
        let mut hash = [0; N];
        hex::decode_to_slice(digits, &mut hash).map_err(D::Error::custom)?;
        Ok(Some(hash))
    }
}

/// Moments as the run and the milliseconds in it.
mod moment {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Moment;

    #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
    pub(super) fn serialize<S: Serializer>(
        moment: &Option<Moment>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        moment.map(|moment| (moment.run, moment.milliseconds)).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Moment>, D::Error> {
        let read = Option::<(i64, i64)>::deserialize(deserializer)?;
        Ok(read.map(|(run, milliseconds)| Moment { run, milliseconds }))
    }
}

mod metadata {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Metadata, MetadataForm};

    struct Written<'a>(&'a Metadata);

    impl Serialize for Written<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            MetadataForm::serialize(self.0, serializer)
        }
    }

    #[derive(Deserialize)]
    struct Read(#[serde(with = "MetadataForm")] Metadata);

    #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
    pub(super) fn serialize<S: Serializer>(
        metadata: &Option<Metadata>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        metadata.as_ref().map(Written).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Metadata>, D::Error> {
        Ok(Option::<Read>::deserialize(deserializer)?.map(|read| read.0))
    }
}

/// Tags as their names.
mod tags {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Tag;

    pub(super) fn serialize<S: Serializer>(tags: &[Tag], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(tags.iter().map(Tag::as_str))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Tag>, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().filter_map(|name| Tag::new(name)).collect())
    }
}

/// Priorities as one digit for each file: a torrent may have 100,000.
mod levels {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Priority;

    pub(super) fn serialize<S: Serializer>(
        priorities: &[Priority],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let digits = priorities.iter().map(|priority| char::from(b'0' + priority.level()));
        serializer.serialize_str(&digits.collect::<String>())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Priority>, D::Error> {
        let digits = <&str>::deserialize(deserializer)?;
        Ok(digits.bytes().map(|digit| Priority::from_level(digit.wrapping_sub(b'0'))).collect())
    }
}
