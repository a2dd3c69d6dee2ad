//! Tables of another program's SQLite file, read from a copy.

use std::collections::BTreeMap;
use std::path::Path;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sea_orm::sqlx::{self, Column, ConnectOptions, Row, TypeInfo, ValueRef};

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

/// A table, read row by row, so that memory holds no more than one. The file must be a copy: its log is merged into it.
pub struct ForeignTable {
    connection: SqliteConnection,
    name: &'static str,
    columns: Vec<String>,
}

impl ForeignTable {
    /// Opens a table of a file.
    ///
    /// # Errors
    /// When the file is no database or has no such table.
    pub async fn open(file: &Path, name: &'static str) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(file).disable_statement_logging();
        let mut connection = options.connect().await.map_err(|error| unreadable(&error))?;
        let statement =
            sqlx::AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{name}')"));
        let columns = sqlx::query_scalar(statement)
            .fetch_all(&mut connection)
            .await
            .map_err(|error| unreadable(&error))?;
        Ok(Self { connection, name, columns })
    }

    /// The rows by number, in an order that SQL tells.
    ///
    /// # Errors
    /// When the table cannot be read, also because it is not there.
    pub async fn rows(&mut self, order: &'static str) -> Result<Vec<i64>> {
        let statement = format!("SELECT rowid FROM {} ORDER BY {order}", self.name);
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(statement));
        rows.fetch_all(&mut self.connection).await.map_err(|error| unreadable(&error))
    }

    /// The values of a row, none of which may have more than `largest` bytes.
    ///
    /// # Errors
    /// When it cannot be read, or is too large.
    pub async fn row(&mut self, row: i64, largest: u64) -> Result<ForeignRow> {
        let lengths: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("ifnull(length(\"{}\"), 0)", column.replace('"', "\"\"")))
            .collect();
        let sum = if lengths.is_empty() { "0".to_owned() } else { lengths.join(" + ") };
        let statement = format!("SELECT {sum} FROM {} WHERE rowid = ?", self.name);
        let size: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .bind(row)
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| unreadable(&error))?;
        if u64::try_from(size).unwrap_or_default() > largest {
            return Err(Error::Database(format!(
                "it has {size} bytes, more than the {largest} that are read"
            )));
        }
        let statement = format!("SELECT * FROM {} WHERE rowid = ?", self.name);
        let found = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(row)
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| unreadable(&error))?;
        cells(&found).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &sqlx::Error) -> Error {
    Error::Database(error.to_string())
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
