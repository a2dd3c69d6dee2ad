//! Rows of torrents: written in batches, read all at once.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic,
    Iterable, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};

use self::rows::{Texts, record, set_status};
use super::batch::{batches, delete, upsert};
use super::entities::torrent::{ActiveModel, Column, Entity, Model};
use super::{Record, Result};
use crate::model::{Status, TorrentKey};

mod rows;

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
pub(super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Record>> {
    /// Rows per query: enough to make the round trip small, few enough to hold twice in memory.
    const PAGE: u64 = 5_000;

    let mut texts = Texts::default();
    let mut records = Vec::new();
    let mut after = i64::MIN;
    loop {
        let page = Entity::find()
            .filter(Column::Key.gt(after))
            .order_by_asc(Column::Key)
            .limit(PAGE)
            .all(db)
            .await?;
        let Some(last) = page.last() else { break };
        after = last.key;
        for model in page {
            records.push(record(model, &mut texts)?);
        }
    }
    Ok(records)
}
