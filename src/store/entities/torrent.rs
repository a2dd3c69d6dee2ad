//! The row of a torrent: facts, wishes and last numbers.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, Default, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "torrents")]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: i64,
    pub torrent_id: Vec<u8>,
    pub hash_v1: Option<Vec<u8>>,
    pub hash_v2: Option<Vec<u8>>,
    pub name: String,
    pub added_at: i64,
    pub comment: String,
    pub web_seeds: Option<String>,
    pub is_private: Option<bool>,
    pub created_by: Option<String>,
    pub created_at: Option<i64>,
    pub piece_size: Option<i64>,
    pub pieces: Option<i64>,
    pub total_size: Option<i64>,
    pub files: Option<i64>,
    /// Null while the metadata is unknown.
    pub root_kind: Option<i16>,
    pub root_path: Option<String>,
    pub display_name: Option<String>,
    pub category: Option<String>,
    pub tags: Option<String>,
    pub auto_managed: bool,
    pub save_path: String,
    pub download_path: Option<String>,
    pub run: i16,
    pub download_limit: Option<i64>,
    pub upload_limit: Option<i64>,
    pub share_ratio: Option<f64>,
    pub share_seeding_minutes: Option<i64>,
    pub share_inactive_minutes: Option<i64>,
    pub share_action: i16,
    pub share_mode: i16,
    pub sequential: bool,
    pub first_last_first: bool,
    pub super_seeding: bool,
    pub layout: i16,
    pub stop_condition: i16,
    // The numbers, `state` to `error`, stand together: `torrents::status_columns` relies on it.
    pub state: i16,
    pub progress: f64,
    pub download_rate: i64,
    pub upload_rate: i64,
    pub average_download_rate: i64,
    pub average_upload_rate: i64,
    pub downloaded: i64,
    pub uploaded: i64,
    pub downloaded_session: i64,
    pub uploaded_session: i64,
    pub wasted: i64,
    pub wanted: i64,
    pub wanted_done: i64,
    pub done: i64,
    pub pieces_have: i64,
    pub seeds: i32,
    pub leechers: i32,
    pub swarm_seeds: i32,
    pub swarm_leechers: i32,
    pub connections: i32,
    pub connections_limit: i32,
    pub queue_position: Option<i64>,
    pub availability: f64,
    pub active_seconds: i64,
    pub seeding_seconds: i64,
    pub last_activity: Option<i64>,
    pub completed_at: Option<i64>,
    pub last_seen_complete: Option<i64>,
    pub next_announce: Option<i64>,
    pub tracker: Option<String>,
    pub in_download_path: bool,
    pub error: Option<String>,
    pub announces: Option<String>,
    pub file_priorities: Option<Vec<u8>>,
    pub file_renames: Option<String>,
    pub recheck_pending: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
