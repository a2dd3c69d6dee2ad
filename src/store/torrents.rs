//! Rows of torrents: written in batches, read all at once.

use futures::{StreamExt, stream};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr,
    EntityTrait, IdenStatic, Iterable, QueryFilter, QueryOrder, Statement, Value,
};

use self::rows::{Texts, record, set_status};
use super::batch::{batches, delete, upsert};
use super::entities::torrent::{ActiveModel, Column, Entity, Model};
use super::{Error, Record, Result};
use crate::model::{Status, TorrentKey};

mod rows;

/// Rows of a page: enough to make the round trip small, few enough to hold some pages twice.
const PAGE: u32 = 5_000;

pub(super) async fn put(
    db: &impl ConnectionTrait,
    records: &[&Record],
) -> std::result::Result<(), DbErr> {
    upsert::<Entity, _>(db, records, |record| rows::model(record)).await
}

pub(super) async fn remove(
    db: &impl ConnectionTrait,
    keys: &[i64],
) -> std::result::Result<(), DbErr> {
    delete::<Entity, _>(db, Column::Key, keys).await
}

/// Replaces the numbers of rows that exist; others stay absent.
pub(super) async fn put_statuses(
    db: &impl ConnectionTrait,
    statuses: &[(TorrentKey, &Status)],
) -> std::result::Result<(), DbErr> {
    let backend = db.get_database_backend();
    for batch in batches(statuses) {
        let values = batch.iter().flat_map(|(key, status)| status_values(*key, status));
        db.execute_raw(Statement::from_sql_and_values(
            backend,
            update_statuses(backend, batch.len()),
            values,
        ))
        .await?;
    }
    Ok(())
}

/// The columns that hold the numbers, in the order of the table.
fn status_columns() -> impl Iterator<Item = Column> {
    Column::iter()
        .skip_while(|column| !matches!(column, Column::State))
        .take_while(|column| !matches!(column, Column::Announces))
}

fn status_values(key: TorrentKey, status: &Status) -> impl Iterator<Item = Value> {
    let mut model = Model { key: key.0.cast_signed(), ..Model::default() };
    set_status(&mut model, status);
    let mut model = ActiveModel::from(model);
    std::iter::once(Column::Key)
        .chain(status_columns())
        .map(move |column| model.take(column).into_value().expect("a model sets all columns"))
}

/// `UPDATE … FROM (VALUES …)` over `rows` rows: both databases name the columns of `VALUES` alike.
fn update_statuses(backend: DbBackend, rows: usize) -> String {
    let columns: Vec<Column> = status_columns().collect();
    let assignments: Vec<String> = columns
        .iter()
        .zip(2..)
        .map(|(column, at)| format!("{} = v.column{at}", column.as_str()))
        .collect();
    let width = columns.len() + 1;
    let tuples: Vec<String> = (0..rows)
        .map(|row| {
            let places: Vec<String> = (1..=width)
                .map(|at| {
                    if backend == DbBackend::Sqlite {
                        "?".to_owned()
                    } else {
                        format!("${}", row * width + at)
                    }
                })
                .collect();
            format!("({})", places.join(","))
        })
        .collect();
    format!(
        "UPDATE torrents SET {} FROM (VALUES {}) AS v WHERE torrents.key = v.column1",
        assignments.join(", "),
        tuples.join(",")
    )
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

async fn page(db: &DatabaseConnection, (after, end): (i64, i64)) -> Result<Vec<Record>> {
    let rows = Entity::find()
        .filter(Column::Key.gt(after))
        .filter(Column::Key.lte(end))
        .order_by_asc(Column::Key)
        .all(db)
        .await?;
    let mut texts = Texts::default();
    rows.into_iter().map(|row| record(row, &mut texts)).collect()
}
