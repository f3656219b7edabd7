//! The database of one test: a file of SQLite, or with POSTERN_TEST_POSTGRES (scripts/with-postgres.sh sets it) a database of its own
//! on that server, gone with the test.
//!
//! A test that is about SQLite alone has a module or a name that begins with `sqlite_`, one that needs PostgreSQL with `postgres_`:
//! the runs leave the other's out by that (scripts/test.sh).

mod raw;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use reqwest::Url;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

#[allow(unused_imports, reason = "not every test names both")]
pub use raw::{Raw, Value};

/// The server's address, when the tests are to run on PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/, whose user may create databases.
fn server() -> Option<Url> {
    let url = std::env::var("POSTERN_TEST_POSTGRES").ok()?;
    let url = Url::parse(&url).unwrap_or_else(|error| panic!("POSTERN_TEST_POSTGRES: {error}"));
    Some(url)
}

/// Removed when dropped.
#[derive(Debug)]
pub enum Database {
    Sqlite(PathBuf),
    /// The server, and the name on it.
    Postgres(Url, String),
}

impl Database {
    /// An empty one. The file is where it lies on SQLite; its folder belongs to the caller.
    pub fn new(file: &Path) -> Self {
        let Some(server) = server() else {
            return Self::Sqlite(file.to_owned());
        };
        // Randomly keyed: no other test has it, in this run or another.
        let name = format!(
            "postern_test_{:016x}",
            RandomState::new().build_hasher().finish()
        );
        // Nobody is ever connected to template0; a copy of a template fails while somebody is.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        blocking(administer(&server, create)).unwrap();
        Self::Postgres(server, name)
    }

    /// What the setting `database.url` is given.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite:{}", file.display()),
            Self::Postgres(server, name) => on(server, name).into(),
        }
    }

    /// All that PostgreSQL stores of it, by table; nothing on SQLite, whose file says it.
    #[allow(dead_code, reason = "for tests without a runtime of their own")]
    pub fn tables(&self) -> Vec<(String, Vec<u8>)> {
        blocking(async { self.connect().await.tables().await })
    }

    /// A connection of the test's own, behind the pages.
    pub async fn connect(&self) -> Raw {
        Raw::connect(&self.url()).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Self::Postgres(server, name) = self else {
            return;
        };
        // Only for room on the disk; a server of the test may well be connected still.
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        if let Err(error) = blocking(administer(server, drop)) {
            eprintln!("{name} stays: {error}");
        }
    }
}

fn on(server: &Url, database: &str) -> Url {
    let mut url = server.clone();
    url.set_path(database);
    url
}

async fn administer(server: &Url, sql: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(on(server, "postgres").as_str()).await?;
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

/// Waits for it on a thread of its own: also from within a runtime, and where there is none.
fn blocking<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(work)
    };
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}
