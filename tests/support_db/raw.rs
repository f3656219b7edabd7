//! A connection to look behind the pages with, the same for both databases. Statements are in the SQL that both understand.

use sqlx::query::Query;
use sqlx::{
    AssertSqlSafe, Connection, Encode, FromRow, PgConnection, Postgres, Sqlite, SqliteConnection,
    Type,
};

/// Open until it is dropped.
#[derive(Debug)]
pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// What a `$1` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_owned())
    }
}

/// A row of both drivers as a tuple of the columns' types.
pub trait Row:
    for<'r> FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> FromRow<'r, sqlx::postgres::PgRow>
{
}

impl<T> Row for T where
    T: for<'r> FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> FromRow<'r, sqlx::postgres::PgRow>
{
}

impl Raw {
    pub async fn connect(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            // Waits for the lock for 5 seconds, sqlx's default.
            Self::Sqlite(SqliteConnection::connect(url).await.unwrap())
        } else {
            Self::Postgres(PgConnection::connect(url).await.unwrap())
        }
    }

    /// How many rows it touched.
    ///
    /// # Errors
    /// What the database said against it.
    pub async fn try_execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(database) => bound::<Sqlite>(sql, values)
                .execute(database)
                .await?
                .rows_affected(),
            Self::Postgres(database) => bound::<Postgres>(sql, values)
                .execute(database)
                .await?
                .rows_affected(),
        })
    }

    /// How many rows it touched.
    pub async fn execute(&mut self, sql: &str, values: &[Value]) -> u64 {
        let done = self.try_execute(sql, values).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub async fn rows<T: Row>(&mut self, sql: &str, values: &[Value]) -> Vec<T> {
        let rows: Result<Vec<T>, sqlx::Error> = match self {
            Self::Sqlite(database) => {
                let rows = bound::<Sqlite>(sql, values).fetch_all(database).await;
                rows.and_then(|rows| rows.iter().map(T::from_row).collect())
            }
            Self::Postgres(database) => {
                let rows = bound::<Postgres>(sql, values).fetch_all(database).await;
                rows.and_then(|rows| rows.iter().map(T::from_row).collect())
            }
        };
        rows.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The one row that there is.
    pub async fn row<T: Row>(&mut self, sql: &str, values: &[Value]) -> T {
        let mut rows = self.rows(sql, values).await;
        assert_eq!(rows.len(), 1, "rows of {sql}");
        rows.remove(0)
    }

    /// All rows of each table of PostgreSQL as text, with the table's name; bytes are in hexadecimal digits. SQLite's lie in its files.
    pub async fn tables(&mut self) -> Vec<(String, Vec<u8>)> {
        let mut tables = Vec::new();
        if let Self::Sqlite(_) = self {
            return tables;
        }
        let names = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'";
        for (name,) in self.rows::<(String,)>(names, &[]).await {
            let rows = format!("SELECT CAST(t AS TEXT) FROM {name} AS t");
            let rows = self.rows::<(String,)>(&rows, &[]).await;
            let lines: Vec<_> = rows.into_iter().map(|(row,)| row).collect();
            tables.push((name, lines.join("\n").into_bytes()));
        }
        tables
    }

    /// The one value that there is.
    pub async fn scalar<T>(&mut self, sql: &str, values: &[Value]) -> T
    where
        (T,): Row,
    {
        self.row::<(T,)>(sql, values).await.0
    }
}

fn bound<'q, DB>(sql: &str, values: &[Value]) -> Query<'q, DB, DB::Arguments>
where
    DB: sqlx::Database,
    bool: Encode<'q, DB> + Type<DB>,
    i64: Encode<'q, DB> + Type<DB>,
    String: Encode<'q, DB> + Type<DB>,
    Vec<u8>: Encode<'q, DB> + Type<DB>,
{
    let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    for value in values {
        query = match value.clone() {
            Value::Bool(value) => query.bind(value),
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        };
    }
    query
}
