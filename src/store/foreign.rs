//! Tables of another program's SQLite file, read from a copy.

use std::collections::BTreeMap;
use std::path::Path;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sea_orm::sqlx::{self, Column, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use super::{Error, Result};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// The values of a row by column.
pub type ForeignRow = BTreeMap<String, Cell>;

/// All rows of a table. The file must be a copy: its log is merged into it.
///
/// # Errors
/// When the file is no database or has no such table.
pub async fn rows(file: &Path, table: &'static str) -> Result<Vec<ForeignRow>> {
    let unreadable = |error: sqlx::Error| Error::Database(error.to_string());
    let options = SqliteConnectOptions::new().filename(file).disable_statement_logging();
    let mut connection = options.connect().await.map_err(unreadable)?;
    let statement = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
    let rows = sqlx::query(statement).fetch_all(&mut connection).await.map_err(unreadable)?;
    connection.close().await.map_err(unreadable)?;
    rows.iter().map(|row| cells(row).map_err(unreadable)).collect()
}

fn cells(row: &SqliteRow) -> std::result::Result<ForeignRow, sqlx::Error> {
    let mut cells = ForeignRow::new();
    for (at, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(at)?;
        let kind = if raw.is_null() { String::new() } else { raw.type_info().name().to_owned() };
        let cell = match kind.as_str() {
            "" | "NULL" => Cell::Null,
            "INTEGER" | "BOOLEAN" => Cell::Integer(row.try_get_unchecked(at)?),
            "BLOB" => Cell::Blob(row.try_get_unchecked(at)?),
            _ => Cell::Text(row.try_get_unchecked(at)?),
        };
        cells.insert(column.name().to_owned(), cell);
    }
    Ok(cells)
}
