//! The real program in a folder of its own, with limits that are never met; it ends with this.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use postern::server::config::{Config, Sources, load};
use tempfile::TempDir;

/// Argon2 at its cheapest: its own time varies by more than what is looked for.
const SETTINGS: [(&str, &str); 12] = [
    ("site.listen", "127.0.0.1:0"),
    ("site.trusted_proxies", "127.0.0.1"),
    ("sandbox.listen", "127.0.0.1:0"),
    ("sandbox.max_messages", "10"),
    ("sign_up.demo_account", "false"),
    ("password.argon2_memory", "8192"),
    ("password.argon2_passes", "1"),
    ("limits.per_identifier", "10000"),
    ("limits.per_address", "100000"),
    ("limits.mails_per_hour", "1000000"),
    // So many wrong usernames lock only after this many.
    ("reset.wrong_usernames", "10"),
    ("log.level", "info"),
];

pub struct Server {
    pub address: SocketAddr,
    /// What it runs with.
    pub config: Config,
    child: Child,
    _folder: TempDir,
}

impl Server {
    /// Starts that program on a fresh SQLite file, or on a PostgreSQL database that is empty.
    pub fn start(program: &Path, postgres: Option<&str>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let site = folder.path().join("site");
        std::fs::create_dir_all(&site)?;
        std::fs::write(site.join("manifest.json"), "{}")?;
        let database = postgres.map_or_else(
            || format!("sqlite:{}", folder.path().join("timing.sqlite").display()),
            str::to_owned,
        );
        let root = site.display().to_string();
        let more = [("site.root", root.as_str())];
        // It may hold a password, which no flag may.
        let env = vec![("POSTERN_DATABASE__URL".to_owned(), database)];
        let settings: Vec<(String, String)> = SETTINGS
            .iter()
            .chain(&more)
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let mut command = Command::new(program);
        command.current_dir(folder.path()).arg("serve");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("POSTERN_")) {
            command.env_remove(name);
        }
        command.envs(env.iter().map(|(name, value)| (name, value)));
        for (key, value) in &settings {
            command.args(["--set", &format!("{key}={value}")]);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| program.display().to_string())?;
        let log = BufReader::new(child.stderr.take().context("no log")?);
        let address = match listening(log) {
            Ok(address) => address,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error);
            }
        };
        let sources = Sources {
            flags: settings,
            env,
            ..Sources::default()
        };
        let (config, _) = load(&sources).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Self {
            address,
            config,
            child,
            _folder: folder,
        })
    }
}

/// Reads the log up to the address, and goes on reading: a full pipe would stop the server.
fn listening(mut log: BufReader<std::process::ChildStderr>) -> anyhow::Result<SocketAddr> {
    let mut seen = String::new();
    loop {
        let at = seen.len();
        if log.read_line(&mut seen)? == 0 {
            bail!("the server did not start:\n{seen}");
        }
        let line = &seen[at..];
        let address = line
            .contains("serving")
            .then(|| line.split("address=").nth(1))
            .flatten();
        if let Some(address) = address {
            let address = address.split_whitespace().next().unwrap_or_default();
            let address = address
                .parse()
                .with_context(|| format!("no address: {line}"))?;
            std::thread::spawn(move || {
                let mut rest = [0; 8192];
                while matches!(log.read(&mut rest), Ok(1..)) {}
            });
            return Ok(address);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
