//! Connections: one that writes, four that only read.

use std::path::Path;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use super::pending::Pending;
use super::schema::{self, Schema};
use super::{Error, Result, blobs, commit};

mod postgres;
mod sqlite;

/// Readers in parallel.
pub(super) const READERS: u32 = 4;

/// Who opens the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// The engine: nobody else may be one.
    Engine,
    /// A helper beside a possibly running engine; it only changes settings.
    Helper,
}

/// What keeps a second engine out. On PostgreSQL the writing connection itself holds the lock.
pub(super) struct Lock {
    _file: Option<fs_err::File>,
}

pub(super) struct Database {
    /// A pool of one, which makes writers wait for each other.
    writer: DatabaseConnection,
    readers: DatabaseConnection,
}

impl Database {
    pub(super) async fn open(home: &Path, url: Option<&str>, claim: Claim) -> Result<(Self, Lock)> {
        match url {
            None => sqlite::open(home, claim).await,
            Some(url) => postgres::open(url, claim).await,
        }
    }

    pub(super) fn readers(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// A transaction that may write.
    pub(super) async fn begin(&self) -> std::result::Result<DatabaseTransaction, DbErr> {
        begin(&self.writer).await
    }

    /// Commits everything in `pending`, or nothing.
    pub(super) async fn write(&self, pending: &Pending) -> std::result::Result<(), DbErr> {
        let backend = self.writer.get_database_backend();
        let script = commit::script(backend, pending);
        if backend == DbBackend::Sqlite {
            return sqlite::run(&self.writer, script).await;
        }
        let transaction = self.begin().await?;
        script.run(&transaction).await?;
        transaction.commit().await
    }

    /// Closes all connections; SQLite's log is written back first.
    pub(super) async fn close(&self) {
        // The readers go first: the log cannot be emptied while one looks at it.
        let _ = self.readers.close_by_ref().await;
        let last_word = match self.writer.get_database_backend() {
            DbBackend::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
            // The server frees the lock some time after a connection is closed; a restart should not wait for that.
            _ => "SELECT pg_advisory_unlock_all()",
        };
        if let Err(error) = self.writer.execute_unprepared(last_word).await {
            tracing::warn!("the database was not closed cleanly: {error}");
        }
        let _ = self.writer.close_by_ref().await;
    }
}

async fn begin(writer: &DatabaseConnection) -> std::result::Result<DatabaseTransaction, DbErr> {
    writer
        .begin_with_options(TransactionOptions {
            // A transaction that reads first and takes the write lock later can fail half-way.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await
}

/// Brings the schema up to date; `backup` is called before an existing one changes.
///
/// A helper that finds an engine at work (`alone` is false) migrates nothing: that engine is of another version.
async fn migrate(
    writer: &DatabaseConnection,
    alone: bool,
    backup: impl AsyncFnOnce(&str) -> Result<()>,
) -> Result<()> {
    let schema = schema::check(writer).await?;
    if schema == Schema::Current {
        return Ok(());
    }
    if !alone {
        return Err(Error::Locked);
    }
    if let Schema::Older(name) = &schema {
        backup(name).await?;
    }
    let transaction = begin(writer).await?;
    migrations::apply(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Tidies up what an earlier run could not.
async fn sweep(writer: &DatabaseConnection) -> Result<()> {
    let transaction = begin(writer).await?;
    blobs::sweep(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}
