//! A database on a PostgreSQL server.

use std::str::FromStr;
use std::time::Duration;

use sea_orm::SqlxPostgresConnector;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sea_orm::sqlx::{self, ConnectOptions, Connection};

use super::{Claim, Database, Lock, READERS, migrate, sweep};
use crate::store::{Error, Result};

/// The number of the advisory lock, "revaer" in ASCII; such locks are per database.
const LOCK: i64 = 0x7265_7661_6572;
/// How long a change waits for a connection before it is answered with an error.
const CONNECT: Duration = Duration::from_secs(5);
/// A server notices some time after the fact that a process was killed, and holds its lock until then.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn open(url: &str, claim: Claim) -> Result<(Database, Lock)> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| database(&error))?
        .application_name("revaer")
        .disable_statement_logging();

    // The first attempt on a connection of its own tells apart what a pool would only call a timeout.
    let mut probe = options.connect().await.map_err(|error| database(&error))?;
    let free = match claim {
        Claim::Engine => wait_for_lock(&mut probe).await?,
        Claim::Helper => try_lock(&mut probe).await.map_err(|error| database(&error))?,
    };
    if !free && claim == Claim::Engine {
        return Err(Error::Locked);
    }
    if free && claim == Claim::Engine {
        unlock(&mut probe).await?;
    }

    let mut writer = pool(1);
    if claim == Claim::Engine {
        // The connection that writes is the one that holds the lock, so whoever has lost the lock cannot write.
        writer = writer.after_connect(|connection, _| {
            Box::pin(async move {
                let locked = try_lock(connection).await?;
                locked
                    .then_some(())
                    .ok_or_else(|| sqlx::Error::Configuration(Box::new(Error::Locked)))
            })
        });
    }
    let writer = writer.connect_with(options.clone()).await.map_err(|error| match error {
        sqlx::Error::PoolTimedOut if claim == Claim::Engine => Error::Locked,
        error => database(&error),
    })?;
    let writer = SqlxPostgresConnector::from_sqlx_postgres_pool(writer);
    migrate(&writer, free, async |_| Ok(())).await?;
    if claim == Claim::Engine {
        sweep(&writer).await?;
    } else if free {
        unlock(&mut probe).await?;
    }
    // Closing is a courtesy to the server.
    let _ = probe.close().await;

    let readers = options.options([("default_transaction_read_only", "on")]);
    let readers = pool(READERS).connect_with(readers).await.map_err(|error| database(&error))?;
    let readers = SqlxPostgresConnector::from_sqlx_postgres_pool(readers);
    Ok((Database { writer, readers }, Lock { _file: None }))
}

fn pool(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(CONNECT)
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection whose transaction failed may be broken; another one is made instead.
        .after_release(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}

async fn wait_for_lock(connection: &mut PgConnection) -> Result<bool> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let locked = try_lock(connection).await.map_err(|error| database(&error))?;
        if locked || tokio::time::Instant::now() >= deadline {
            return Ok(locked);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn try_lock(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(connection).await
}

async fn unlock(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(LOCK)
        .execute(connection)
        .await
        .map_err(|error| database(&error))?;
    Ok(())
}

fn database(error: &sqlx::Error) -> Error {
    Error::Database(error.to_string())
}
