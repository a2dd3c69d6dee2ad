//! Statements over many rows.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Iterable,
    PrimaryKeyToColumn, QueryFilter, Value,
};

/// Rows per statement, largest first.
///
/// There are few sizes, so that the connection's cache of prepared statements holds them all. The widest table has
/// less than 80 columns, and a statement takes 32,766 values (SQLite) or 65,535 (PostgreSQL).
const SIZES: [usize; 3] = [128, 16, 1];

/// Splits `rows` into slices of the sizes above.
pub(super) fn batches<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= rest.len())?;
        let (batch, tail) = rest.split_at(size);
        rest = tail;
        Some(batch)
    })
}

/// Inserts the rows that `model` makes of `items`, replacing those with the same primary key.
pub(super) async fn upsert<E, T>(
    db: &impl ConnectionTrait,
    items: &[T],
    model: impl Fn(&T) -> E::Model,
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    for batch in batches(items) {
        E::insert_many(batch.iter().map(|item| model(item).into_active_model()))
            .on_conflict(replace::<E>())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

fn replace<E: EntityTrait>() -> OnConflict {
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let others = E::Column::iter().filter(|column| E::PrimaryKey::from_column(*column).is_none());
    OnConflict::columns(keys).update_columns(others).to_owned()
}

/// Deletes the rows whose `column` is one of `values`.
pub(super) async fn delete<E, V>(
    db: &impl ConnectionTrait,
    column: E::Column,
    values: &[V],
) -> Result<(), DbErr>
where
    E: EntityTrait,
    V: Clone + Into<Value>,
{
    for batch in batches(values) {
        E::delete_many().filter(column.is_in(batch.iter().cloned())).exec(db).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_cover_all_rows_in_order() {
        let rows: Vec<u32> = (0..300).collect();

        let sizes: Vec<usize> = batches(&rows).map(<[u32]>::len).collect();

        assert_eq!(&sizes[..4], [128, 128, 16, 16]);
        assert_eq!(batches(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        assert_eq!(batches::<u32>(&[]).count(), 0);
    }
}
