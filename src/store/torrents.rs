//! Rows of torrents: written in batches, read all at once.

use futures::{StreamExt, TryStreamExt, stream};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
    Statement,
};

use self::rows::{Texts, record};
use super::entities::torrent::{Column, Entity};
use super::script::{Script, batches};
use super::{Error, Record, Result};
use crate::model::{Status, TorrentKey};

mod forms;
mod rows;

/// Rows of a page: enough to make the round trip small, few enough to hold some pages twice.
const PAGE: u32 = 5_000;

pub(super) fn put(script: &mut Script, records: &[&Record]) {
    script.upsert::<Entity, _>(records, |record| rows::model(record));
}

pub(super) fn remove(script: &mut Script, keys: &[i64]) {
    script.delete::<Entity, _>(Column::Key, keys);
}

/// Replaces the numbers of rows that exist; others stay absent.
pub(super) fn put_statuses(script: &mut Script, statuses: &[(TorrentKey, &Status)]) {
    for batch in batches(statuses) {
        // Both databases name the columns of `VALUES` alike.
        let tuples: Vec<String> = (0..batch.len()).map(|row| script.places(row, 2)).collect();
        let sql = format!(
            "UPDATE torrents SET status = v.column2 FROM (VALUES {}) AS v WHERE torrents.key = v.column1",
            tuples.join(",")
        );
        let values = batch
            .iter()
            .flat_map(|(key, status)| [key.0.cast_signed().into(), rows::status(status).into()]);
        script.push_raw(&sql, values);
    }
}

/// All rows by key.
///
/// They are read in pages, a few at a time, each by a task of its own: decoding 50,000 rows keeps more than one core
/// busy. Pages see the table at slightly different moments.
pub(super) async fn all(db: &DatabaseConnection, parallel: usize) -> Result<Vec<Record>> {
    let page_tasks = pages(db).await?.into_iter().map(|range| {
        let db = db.clone();
        tokio::spawn(async move { page(&db, range).await })
    });
    let mut read = stream::iter(page_tasks).buffered(parallel);
    let mut records = Vec::new();
    while let Some(page) = read.next().await {
        records.append(&mut page.map_err(|error| Error::Database(error.to_string()))??);
    }
    Ok(records)
}

/// Splits the keys into ranges with as many rows as a page has: after the first key, up to the second.
async fn pages(db: &DatabaseConnection) -> Result<Vec<(i64, i64)>> {
    let ends = db
        .query_all_raw(Statement::from_string(
            db.get_database_backend(),
            format!(
                "SELECT key FROM (SELECT key, row_number() OVER (ORDER BY key) AS n FROM torrents) AS numbered \
                 WHERE n % {PAGE} = 0 ORDER BY key"
            ),
        ))
        .await?;
    let mut pages = Vec::with_capacity(ends.len() + 1);
    let mut after = i64::MIN;
    for end in ends {
        let end = end.try_get_by_index(0)?;
        pages.push((after, end));
        after = end;
    }
    pages.push((after, i64::MAX));
    Ok(pages)
}

/// Decodes each row as it comes, so that only the records are held.
async fn page(db: &DatabaseConnection, (after, end): (i64, i64)) -> Result<Vec<Record>> {
    let mut rows = Entity::find()
        .filter(Column::Key.gt(after))
        .filter(Column::Key.lte(end))
        .order_by_asc(Column::Key)
        .stream(db)
        .await?;
    let mut texts = Texts::default();
    let mut records = Vec::new();
    while let Some(row) = rows.try_next().await? {
        records.push(record(&row, &mut texts)?);
    }
    Ok(records)
}
