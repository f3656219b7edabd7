//! A folder with the real binary in it, and what its commands did.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support_db::Database;

pub const PASSWORD: &str = "correct horse battery staple";

/// A folder of its own for each test, with a database in it; gone at the end.
pub struct Place(pub PathBuf, Database);

/// What one command did.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("postern-cli-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let database = Database::new(&folder.join("var/postern.sqlite"));
        Self(folder, database)
    }

    /// On SQLite, or on what its own Leptos.toml says, whatever the other tests run on.
    pub fn alone(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("postern-cli-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let database = Database::Sqlite(folder.join("var/postern.sqlite"));
        Self(folder, database)
    }

    /// Where its commands find their data.
    pub fn database(&self) -> &Database {
        &self.1
    }

    /// With an up-to-date database.
    pub fn migrated(name: &str) -> Self {
        let place = Self::new(name);
        let ran = place.run(&["migrate"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        place
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[], "")
    }

    /// The binary in this folder, with no settings but the defaults: on SQLite that is the file there.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("POSTERN_")) {
            command.env_remove(name);
        }
        if self.is_postgres() {
            command.env("POSTERN_DATABASE__URL", self.1.url());
        }
        // Hashing as cheap as the settings allow: these tests are about the command line.
        command.env("POSTERN_PASSWORD__ARGON2_MEMORY", "8192");
        command.env("POSTERN_PASSWORD__ARGON2_PASSES", "1");
        command.current_dir(&self.0);
        command
    }

    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ran {
        let mut command = self.command();
        command.args(arguments).envs(variables.iter().copied());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.1, Database::Postgres(..))
    }

    /// The rows of PostgreSQL's tables as text; none on SQLite, whose file lies in the folder.
    pub fn rows(&self) -> Vec<String> {
        let tables = match self.1 {
            Database::Sqlite(_) => Vec::new(),
            Database::Postgres(..) => self.1.tables(),
        };
        let rows = tables.into_iter().filter(|(_, rows)| !rows.is_empty());
        rows.map(|(_, rows)| String::from_utf8(rows).unwrap())
            .collect()
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }

    pub fn add(&self, name: &str, more: &[&str]) -> Ran {
        let address = format!("{name}@example.org");
        let arguments = [
            &["account", "add", name, &address, "--password-stdin"],
            more,
        ]
        .concat();
        self.run_with(&arguments, &[], &format!("{PASSWORD}\n"))
    }

    pub fn state(&self, name: &str) -> String {
        self.json(&["account", "show", name, "--json"])["state"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The names of the audit's events, newest first.
    pub fn events(&self, filter: &[&str]) -> Vec<String> {
        let arguments = [&["audit", "list", "--json"], filter].concat();
        let events = self.json(&arguments);
        let name = |event: &Value| event["event"].as_str().unwrap().to_owned();
        events.as_array().unwrap().iter().map(name).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
