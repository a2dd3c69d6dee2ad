//! Metainfo and resume data, apart from the rows so that listing never reads them.
//!
//! One row each, because metainfo is large and written once while resume data is rewritten again and again.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "torrent_blobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: i64,
    /// A code of `blobs::Kind`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: i16,
    pub data: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
