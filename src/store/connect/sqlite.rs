//! `revaer.db` in the home directory, with its lock and its backups.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::Mode;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxSqliteConnector,
    Statement, Values,
};
use sea_query_sqlx::SqlxValues;

use super::{Claim, Database, Lock, READERS, migrate, sweep};
use crate::store::script::Script;
use crate::store::{Error, Result};

/// How long a statement waits for the write lock of another process, which holds it for one small change.
const BUSY: Duration = Duration::from_secs(5);
/// How long a change of settings waits for the writing connection, which may be busy with a large import.
const TURN: Duration = Duration::from_mins(1);

pub(super) async fn open(home: &Path, claim: Claim) -> Result<(Database, Lock)> {
    create_home(home)?;
    let mut lock = lock(home)?;
    if lock.is_none() && claim == Claim::Engine {
        return Err(Error::Locked);
    }
    let file = home.join("revaer.db");
    open_private(&file)?;

    let options = SqliteConnectOptions::new()
        .filename(&file)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .disable_statement_logging();
    let writer = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // Each time the log is written back costs the disk more than a commit does.
        .pragma("wal_autocheckpoint", "4000")
        // A commit is one text whose shape follows what changed, and a prepared one of many rows takes 150 KiB:
        // only those that come again and again are worth keeping.
        .statement_cache_capacity(8)
        // The log of a large import shrinks again.
        .pragma("journal_size_limit", "67108864");
    let writer = SqlxSqliteConnector::from_sqlx_sqlite_pool(
        pool(1).connect_with(writer).await.map_err(database)?,
    );
    migrate(&writer, lock.is_some(), async |schema| back_up(&writer, home, schema).await).await?;
    if claim == Claim::Engine {
        sweep(&writer).await?;
    } else {
        lock = None;
    }
    // A large table is handed over in larger steps than the default of 50 rows.
    let readers = options.read_only(true).row_buffer_size(500);
    let readers = pool(READERS).connect_with(readers).await.map_err(database)?;
    let readers = SqlxSqliteConnector::from_sqlx_sqlite_pool(readers);
    Ok((Database { writer, readers }, Lock { _file: lock }))
}

/// Runs a script as a transaction of its own, in one message to the driver: each costs two changes of threads.
pub(super) async fn run(
    writer: &DatabaseConnection,
    script: Script,
) -> std::result::Result<(), DbErr> {
    let failed = |error: sqlx::Error| DbErr::Exec(RuntimeErr::SqlxError(error.into()));
    let mut connection = writer.get_sqlite_connection_pool().acquire().await.map_err(failed)?;
    let Statement { sql, values, .. } = script.into_transaction();
    let values = values.unwrap_or_else(|| Values(Vec::new()));
    let query = sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values));
    let outcome = query.execute(&mut *connection).await;
    if outcome.is_err() {
        // It may be left inside of the transaction, which ends with it.
        connection.close_on_drop();
    }
    outcome.map(drop).map_err(failed)
}

fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(TURN)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // A full disk makes SQLite roll back by itself, after which the driver would take the next transaction for a
        // nested one. A connection that failed is not used again.
        .after_release(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}

/// Creates the directory for its owner alone; an existing one is left as it is.
fn create_home(home: &Path) -> Result<()> {
    if home.is_dir() {
        return Ok(());
    }
    if let Some(parent) = home.parent() {
        fs_err::create_dir_all(parent).map_err(database)?;
    }
    match rustix::fs::mkdir(home, Mode::RWXU) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
        Err(error) => {
            Err(Error::Database(format!("`{}` cannot be created: {error}", home.display())))
        }
    }
}

/// Creates a file for its owner alone; SQLite gives its log the same permissions.
fn open_private(path: &Path) -> Result<fs_err::File> {
    fs_err::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(database)
}

/// The lock of the one engine; `None` if somebody has it.
fn lock(home: &Path) -> Result<Option<fs_err::File>> {
    let file = open_private(&home.join("lock"))?;
    match file.try_lock().map_err(io::Error::from) {
        Ok(()) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(database(error)),
    }
}

/// Copies the database to `backup-<schema>.db`, replacing an earlier attempt.
async fn back_up(writer: &DatabaseConnection, home: &Path, schema: &str) -> Result<()> {
    let copy: PathBuf = home.join("backup.tmp");
    let target = home.join(format!("backup-{schema}.db"));
    let Some(path) = copy.to_str() else {
        return Err(Error::Database(format!("`{}` is not UTF-8", home.display())));
    };
    if copy.exists() {
        fs_err::remove_file(&copy).map_err(database)?;
    }
    // SQLite fills an empty file, and keeps its permissions.
    open_private(&copy)?;
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [path.into()]);
    writer.execute_raw(statement).await?;
    fs_err::File::open(&copy).and_then(|file| file.sync_all()).map_err(database)?;
    fs_err::rename(&copy, &target).map_err(database)?;
    tracing::info!("the database was saved as `{}` before its schema changes", target.display());
    Ok(())
}

fn database(error: impl std::fmt::Display) -> Error {
    Error::Database(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TorrentKey;
    use crate::store::pending::Pending;
    use crate::store::{Change, blobs};

    /// A limit on the pages of the writing connection is as good as a full disk; the connection that replaces it has
    /// none.
    #[tokio::test]
    async fn a_full_disk_spoils_no_later_commit() {
        let home = tempfile::tempdir().unwrap();
        let (database, _lock) = open(home.path(), Claim::Engine).await.unwrap();
        database.writer.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let key = TorrentKey(1);
        let mut pending = Pending::default();
        pending.merge(Change::PutMetainfo(key, vec![7; 1 << 20]));

        let refused = database.write(&pending).await.unwrap_err().to_string();
        assert!(refused.contains("full"), "{refused}");
        database.write(&pending).await.unwrap();

        let stored = blobs::metainfo(&database.readers, key).await.unwrap();
        assert_eq!(stored.map(|data| data.len()), Some(1 << 20));
    }

    #[tokio::test]
    async fn a_failed_statement_spoils_no_later_commit() {
        let home = tempfile::tempdir().unwrap();
        let (database, _lock) = open(home.path(), Claim::Engine).await.unwrap();
        let mut script = Script::new(DbBackend::Sqlite);
        script.push_raw("INSERT INTO nowhere VALUES (?)", [1.into()]);
        let key = TorrentKey(1);
        let mut pending = Pending::default();
        pending.merge(Change::PutMetainfo(key, vec![7]));

        let refused = run(&database.writer, script).await.unwrap_err().to_string();
        assert!(refused.contains("nowhere"), "{refused}");
        database.write(&pending).await.unwrap();

        assert_eq!(blobs::metainfo(&database.readers, key).await.unwrap(), Some(vec![7]));
    }
}
