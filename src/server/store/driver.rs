//! One way to talk with both databases: a statement with its values, run by sqlx's own driver for the one that is open.
//!
//! sqlx's `Any` knows neither WAL nor typed NULLs nor PostgreSQL's row locks; compiling the statements once for each driver would
//! need every method of `Tx` a third time, to choose. What is here is what both drivers have in common, and no more.

use sqlx::postgres::{PgRow, Postgres};
use sqlx::query::Query as Prepared;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{
    ColumnIndex, Database, Decode, Encode, Row as _, SqlSafeStr, SqlStr, Transaction, Type,
};

use super::{Result, Tx};

/// A transaction on one of the two databases.
#[derive(Debug)]
pub(super) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A value to be bound, with its type where it is NULL: PostgreSQL asks for it.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Truth(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

/// PostgreSQL stores no NUL in a text; no text of ours has one on purpose.
fn storable(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{FFFD}")
    } else {
        text
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(storable(text)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(storable))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map(str::to_owned).into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Truth(Some(truth))
    }
}

impl From<Option<bool>> for Value {
    fn from(truth: Option<bool>) -> Self {
        Self::Truth(truth)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

/// A row of one of the two.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as, on both.
pub(super) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl Row {
    /// The column of that name, or of that place from zero on.
    pub(super) fn try_get<T: Column>(
        &self,
        column: impl ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    ) -> sqlx::Result<T> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

/// A whole row as a tuple, for what counts and sums.
pub(super) trait Tuple: Sized {
    fn read(row: &Row) -> sqlx::Result<Self>;
}

impl<A: Column> Tuple for (A,) {
    fn read(row: &Row) -> sqlx::Result<Self> {
        Ok((row.try_get(0)?,))
    }
}

impl<A: Column, B: Column> Tuple for (A, B) {
    fn read(row: &Row) -> sqlx::Result<Self> {
        Ok((row.try_get(0)?, row.try_get(1)?))
    }
}

impl<A: Column, B: Column, C: Column> Tuple for (A, B, C) {
    fn read(row: &Row) -> sqlx::Result<Self> {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
    }
}

/// A statement that waits for its values.
#[must_use]
pub(super) struct Query<'t> {
    inner: &'t mut Inner,
    sql: SqlStr,
    values: Vec<Value>,
}

impl Tx {
    /// A statement: a text of this program's, its values bound as `$1`, `$2`, …
    pub(super) fn query(&mut self, sql: impl SqlSafeStr) -> Query<'_> {
        Query {
            inner: &mut self.inner,
            sql: sql.into_sql_str(),
            values: Vec::new(),
        }
    }
}

impl Query<'_> {
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; tells how many rows it wrote.
    pub(super) async fn execute(self) -> Result<u64> {
        Ok(match self.inner {
            Inner::Sqlite(tx) => {
                let query = prepared::<Sqlite>(self.sql, self.values);
                query.execute(&mut **tx).await?.rows_affected()
            }
            Inner::Postgres(tx) => {
                let query = prepared::<Postgres>(self.sql, self.values);
                query.execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Every row.
    pub(super) async fn fetch_all(self) -> Result<Vec<Row>> {
        Ok(match self.inner {
            Inner::Sqlite(tx) => {
                let query = prepared::<Sqlite>(self.sql, self.values);
                let rows = query.fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Inner::Postgres(tx) => {
                let query = prepared::<Postgres>(self.sql, self.values);
                let rows = query.fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row, if any.
    pub(super) async fn fetch_optional(self) -> Result<Option<Row>> {
        Ok(match self.inner {
            Inner::Sqlite(tx) => {
                let query = prepared::<Sqlite>(self.sql, self.values);
                query.fetch_optional(&mut **tx).await?.map(Row::Sqlite)
            }
            Inner::Postgres(tx) => {
                let query = prepared::<Postgres>(self.sql, self.values);
                query.fetch_optional(&mut **tx).await?.map(Row::Postgres)
            }
        })
    }

    /// The one row of a statement that always has one.
    pub(super) async fn fetch_one_as<T: Tuple>(self) -> Result<T> {
        let row = self.fetch_optional().await?;
        Ok(T::read(&row.ok_or(sqlx::Error::RowNotFound)?)?)
    }

    /// Every row.
    pub(super) async fn fetch_all_as<T: Tuple>(self) -> Result<Vec<T>> {
        let rows = self.fetch_all().await?;
        Ok(rows.iter().map(T::read).collect::<sqlx::Result<_>>()?)
    }
}

fn prepared<DB>(sql: SqlStr, values: Vec<Value>) -> Prepared<'static, DB, DB::Arguments>
where
    DB: Database,
    Option<String>: Encode<'static, DB> + Type<DB>,
    Option<i64>: Encode<'static, DB> + Type<DB>,
    Option<bool>: Encode<'static, DB> + Type<DB>,
    Option<Vec<u8>>: Encode<'static, DB> + Type<DB>,
{
    values
        .into_iter()
        .fold(sqlx::query::<DB>(sql), |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
            Value::Truth(truth) => query.bind(truth),
            Value::Bytes(bytes) => query.bind(bytes),
        })
}
