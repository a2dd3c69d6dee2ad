//! API keys: never in clear, only as their SHA-256.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub name: String,
    pub digest: Vec<u8>,
    pub level: Option<String>,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    pub sealed: Option<Vec<u8>>,
    /// Words, separated by commas.
    pub scopes: String,
    /// A JSON array of names.
    pub categories: Option<String>,
    pub per_minute: Option<i64>,
    pub burst: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
