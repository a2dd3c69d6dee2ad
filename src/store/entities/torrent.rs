//! The row of a torrent: facts, wishes and last numbers, each a JSON document.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "torrents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: i64,
    pub facts: String,
    pub options: String,
    pub status: String,
    /// A list of trackers; null if there are none.
    pub announces: Option<String>,
    /// Wishes for single files; null if there are none.
    pub files: Option<String>,
    pub recheck_pending: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
