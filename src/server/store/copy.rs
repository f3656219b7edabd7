//! Carries everything from one database to another, for those who move up: from SQLite to PostgreSQL, or back.

use std::cmp::Ordering;

use super::driver::{Inner, Row, Value};
use super::{Result, Store, StoreError, Tx};

/// Every table with the column that names a row, parents before children. A test holds the list against the schema.
const TABLES: [(&str, &str); 11] = [
    ("account", "id"),
    ("reset_request", "id"),
    ("outbox", "id"),
    ("token", "hash"),
    ("reset_session", "hash"),
    ("sign_in_session", "hash"),
    ("audit_event", "id"),
    ("delivery_attempt", "id"),
    ("smtp_probe", "id"),
    ("rate_limit", "key"),
    ("worker", "id"),
];

/// Rows that are read and written at once.
const BATCH: usize = 500;
/// Values in one statement: SQLite takes 32,766, PostgreSQL 65,535.
const VALUES: usize = 20_000;

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub table: &'static str,
    pub rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Truth,
    Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
}

impl Store {
    /// Copies everything into `target`, in one transaction there and from one consistent view here: all of it or nothing. Both have this
    /// program's schema; `progress` is told each table as it is done.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when this schema is not up to date, the target is not empty, or the counts differ at the end.
    pub async fn copy_to(&self, target: &Store, mut progress: impl FnMut(&Copied)) -> Result<()> {
        if self.schema().await? != Ordering::Equal {
            let words =
                "the source's schema is of another version; run `postern migrate` on it first";
            return Err(StoreError::Unusable(words.to_owned()));
        }
        let mut from = self.read().await?;
        let mut to = target.begin().await?;
        to.lock_everything().await?;
        if let Some(table) = to.first_that_holds_rows().await? {
            let words = format!("the target is not empty: there are rows in {table}");
            return Err(StoreError::Unusable(words));
        }
        for (table, key) in TABLES {
            let columns = from.columns(table).await?;
            if !same(&columns, &to.columns(table).await?) {
                return Err(StoreError::Unusable(format!(
                    "{table} has other columns there"
                )));
            }
            copy_table(&mut from, &mut to, table, key, &columns).await?;
            let rows = from.rows_in(table).await?;
            let there = to.rows_in(table).await?;
            if rows != there {
                return Err(StoreError::Unusable(format!(
                    "{table} has {rows} rows here and {there} there; nothing was kept"
                )));
            }
            let rows = u64::try_from(rows).unwrap_or(0);
            progress(&Copied { table, rows });
        }
        to.commit().await
    }
}

async fn copy_table(
    from: &mut Tx,
    to: &mut Tx,
    table: &str,
    key: &str,
    columns: &[Column],
) -> Result<()> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let names = names.join(", ");
    let Some(key_at) = columns.iter().position(|column| column.name == key) else {
        return Err(StoreError::Unusable(format!("{table} has no {key}")));
    };
    // Every key is longer than nothing.
    let mut after = match columns[key_at].kind {
        Kind::Bytes => Value::Bytes(Some(Vec::new())),
        _ => Value::Text(Some(String::new())),
    };
    loop {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {names} FROM {table} WHERE {key} > $1 ORDER BY {key} LIMIT {BATCH}"
        ));
        let rows = from.query(sql).bind(after.clone()).fetch_all().await?;
        for some in rows.chunks((VALUES / columns.len().max(1)).max(1)) {
            insert(to, table, &names, columns, some).await?;
        }
        match rows.last() {
            Some(last) if rows.len() == BATCH => after = value(last, key_at, columns[key_at].kind)?,
            _ => return Ok(()),
        }
    }
}

async fn insert(
    to: &mut Tx,
    table: &str,
    names: &str,
    columns: &[Column],
    rows: &[Row],
) -> Result<()> {
    let place = |row: usize| {
        let first = row * columns.len() + 1;
        let places: Vec<_> = (first..first + columns.len())
            .map(|n| format!("${n}"))
            .collect();
        format!("({})", places.join(", "))
    };
    let places: Vec<_> = (0..rows.len()).map(place).collect();
    let sql = sqlx::AssertSqlSafe(format!(
        "INSERT INTO {table} ({names}) VALUES {}",
        places.join(", ")
    ));
    let mut query = to.query(sql);
    for row in rows {
        for (at, column) in columns.iter().enumerate() {
            query = query.bind(value(row, at, column.kind)?);
        }
    }
    query.execute().await?;
    Ok(())
}

fn value(row: &Row, at: usize, kind: Kind) -> Result<Value> {
    Ok(match kind {
        Kind::Text => row.try_get::<Option<String>>(at)?.into(),
        Kind::Number => row.try_get::<Option<i64>>(at)?.into(),
        Kind::Truth => row.try_get::<Option<bool>>(at)?.into(),
        Kind::Bytes => Value::Bytes(row.try_get(at)?),
    })
}

/// The order of columns may differ where one was added later.
fn same(one: &[Column], other: &[Column]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}

impl Tx {
    /// Nobody else writes until the end. SQLite's writer is alone anyway.
    async fn lock_everything(&mut self) -> Result<()> {
        if matches!(self.inner, Inner::Postgres(_)) {
            let tables = TABLES.map(|(table, _)| table).join(", ");
            let sql = format!("LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE");
            self.query(sqlx::AssertSqlSafe(sql)).execute().await?;
        }
        Ok(())
    }

    /// A table that is not empty, if there is one.
    pub async fn first_that_holds_rows(&mut self) -> Result<Option<&'static str>> {
        for (table, key) in TABLES {
            let sql = sqlx::AssertSqlSafe(format!("SELECT {key} FROM {table} LIMIT 1"));
            if self.query(sql).fetch_optional().await?.is_some() {
                return Ok(Some(table));
            }
        }
        Ok(None)
    }

    async fn rows_in(&mut self, table: &str) -> Result<i64> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let (rows,) = self.query(sql).fetch_one_as().await?;
        Ok(rows)
    }

    /// A table's columns as the database tells them.
    async fn columns(&mut self, table: &str) -> Result<Vec<Column>> {
        let sql = match &self.inner {
            Inner::Sqlite(_) => "SELECT name, lower(type) FROM pragma_table_info($1) ORDER BY cid",
            Inner::Postgres(_) => {
                "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
            }
        };
        let found: Vec<(String, String)> = self.query(sql).bind(table).fetch_all_as().await?;
        let column = |(name, kind): (String, String)| {
            let kind = match kind.as_str() {
                "text" => Kind::Text,
                "bigint" => Kind::Number,
                "boolean" => Kind::Truth,
                "blob" | "bytea" => Kind::Bytes,
                other => {
                    let words = format!("{table}.{name} is of a type that is not carried: {other}");
                    return Err(StoreError::Unusable(words));
                }
            };
            Ok(Column { name, kind })
        };
        found.into_iter().map(column).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::{Database, DatabaseUrl};

    #[tokio::test]
    async fn every_table_is_carried_and_parents_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/a.sqlite", folder.path().display());
        let store = Store::open(&Database {
            url: DatabaseUrl::parse(&url).unwrap(),
            password: None,
            busy_timeout: std::time::Duration::from_secs(5),
            connections: 2,
        })
        .await
        .unwrap();
        store.migrate().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let all: Vec<(String,)> = tx
            .query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '!_sqlx%' ESCAPE '!' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")
            .fetch_all_as()
            .await
            .unwrap();
        let mut all: Vec<_> = all.into_iter().map(|(name,)| name).collect();
        let mut carried: Vec<_> = TABLES
            .iter()
            .map(|(table, _)| (*table).to_owned())
            .collect();
        for (at, table) in carried.iter().enumerate() {
            let parents: Vec<(String,)> = tx
                .query("SELECT \"table\" FROM pragma_foreign_key_list($1)")
                .bind(table.as_str())
                .fetch_all_as()
                .await
                .unwrap();
            for (parent,) in parents {
                assert!(carried[..at].contains(&parent), "{table} before {parent}");
            }
        }
        // Made by a migration, with nothing in it that anybody asks for: every database has its own.
        carried.push("stand_in".to_owned());
        all.sort();
        carried.sort();
        assert_eq!(all, carried);
    }
}
