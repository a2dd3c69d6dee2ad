//! The statements of one commit, collected first and run together.
//!
//! Each statement that is run alone costs SQLite's driver two changes of threads, which for a small commit is more than
//! its work.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, Iterable,
    PrimaryKeyToColumn, QueryFilter, QueryTrait, Statement, Value, Values,
};

/// Rows per statement, largest first.
///
/// There are few sizes, so that a connection's cache of prepared statements holds the common ones. No table has
/// more than some 20 columns, and a statement takes 32,766 values (SQLite) or 65,535 (PostgreSQL).
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

/// Statements in the order in which they take effect.
pub(super) struct Script {
    backend: DbBackend,
    statements: Vec<Statement>,
}

impl Script {
    /// An empty script for this database.
    pub(super) fn of(db: &impl ConnectionTrait) -> Self {
        Self::new(db.get_database_backend())
    }

    pub(super) fn new(backend: DbBackend) -> Self {
        Self { backend, statements: Vec::new() }
    }

    pub(super) fn push(&mut self, query: &impl QueryTrait) {
        self.statements.push(query.build(self.backend));
    }

    pub(super) fn push_raw(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.statements.push(Statement::from_sql_and_values(self.backend, sql, values));
    }

    /// The places of the values of one row, as SQL of this database numbers them: `(?,?)` or `($3,$4)`.
    pub(super) fn places(&self, row: usize, width: usize) -> String {
        let place = |at| match self.backend {
            DbBackend::Sqlite => "?".to_owned(),
            _ => format!("${}", row * width + at),
        };
        format!("({})", (1..=width).map(place).collect::<Vec<_>>().join(","))
    }

    /// Inserts the rows that `model` makes of `items`, replacing those with the same primary key.
    pub(super) fn upsert<E, T>(&mut self, items: &[T], model: impl Fn(&T) -> E::Model)
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        for batch in batches(items) {
            let rows = batch.iter().map(|item| model(item).into_active_model());
            self.push(&E::insert_many(rows).on_conflict(replace::<E>()));
        }
    }

    /// Deletes the rows whose `column` is one of `values`.
    pub(super) fn delete<E, V>(&mut self, column: E::Column, values: &[V])
    where
        E: EntityTrait,
        V: Clone + Into<Value>,
    {
        for batch in batches(values) {
            self.push(&E::delete_many().filter(column.is_in(batch.iter().cloned())));
        }
    }

    /// Runs everything; `db` must be a transaction, so that a failure leaves nothing behind.
    pub(super) async fn run(self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        if self.backend != DbBackend::Sqlite {
            for statement in self.statements {
                db.execute_raw(statement).await?;
            }
            return Ok(());
        }
        let Some(joined) = joined(self.statements) else { return Ok(()) };
        db.execute_raw(joined).await?;
        Ok(())
    }

    /// Everything as one transaction, in one text for SQLite.
    pub(super) fn into_transaction(self) -> Statement {
        let plain = |sql| Statement::from_string(self.backend, sql);
        let inner = self.statements.into_iter();
        // A transaction that reads first and takes the write lock later can fail half-way.
        let all = std::iter::once(plain("BEGIN IMMEDIATE")).chain(inner);
        joined(all.chain([plain("COMMIT")])).expect("two statements at least")
    }
}

/// One text of several statements with all of their values, which SQLite's driver runs one after the other.
fn joined(statements: impl IntoIterator<Item = Statement>) -> Option<Statement> {
    statements.into_iter().reduce(|mut all, next| {
        all.sql.push(';');
        all.sql.push_str(&next.sql);
        let values = all.values.get_or_insert_with(|| Values(Vec::new()));
        values.0.extend(next.values.into_iter().flat_map(|values| values.0));
        all
    })
}

fn replace<E: EntityTrait>() -> OnConflict {
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let others = E::Column::iter().filter(|column| E::PrimaryKey::from_column(*column).is_none());
    OnConflict::columns(keys).update_columns(others).to_owned()
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
