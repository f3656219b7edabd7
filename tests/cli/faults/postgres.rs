//! A PostgreSQL of a test's own, to be killed: in a temporary folder, as an unprivileged user, with a password made for it.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread::{park, sleep, spawn};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub struct Postgres {
    pub folder: PathBuf,
    pub port: u16,
    bin: PathBuf,
    user: Option<String>,
    password: String,
    server: Option<Child>,
}

/// The programs, where they are named or where Debian has them.
fn programs() -> Option<PathBuf> {
    if let Ok(named) = std::env::var("POSTERN_TEST_POSTGRES_BIN") {
        return Some(named.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let versions = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    versions.filter(|bin| bin.join("initdb").exists()).max()
}

/// Whom they run as: PostgreSQL does not run as root.
fn unprivileged() -> Option<String> {
    let id = |arguments: &[&str]| Command::new("id").args(arguments).output().unwrap();
    if id(&["-u"]).stdout != b"0\n" {
        return None;
    }
    let named = std::env::var("POSTERN_TEST_POSTGRES_USER").ok();
    let known = ["postgres", "nobody"].map(str::to_owned);
    let user = named
        .into_iter()
        .chain(known)
        .find(|user| id(&["-u", user]).status.success());
    Some(user.expect("an unprivileged user"))
}

impl Postgres {
    /// Started; none, and a word about it, where there is no PostgreSQL and none is required.
    pub fn start(name: &str, settings: &str) -> Option<Self> {
        let Some(bin) = programs() else {
            assert!(
                std::env::var("POSTERN_TEST_REQUIRE_POSTGRES").as_deref() != Ok("1"),
                "PostgreSQL's programs are not here"
            );
            eprintln!("left out: PostgreSQL's programs are not here");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("postern-pg-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut random = [0; 16];
        std::fs::File::open("/dev/urandom")
            .unwrap()
            .read_exact(&mut random)
            .unwrap();
        let password = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut postgres = Self {
            folder,
            port: 0,
            bin,
            user: unprivileged(),
            password,
            server: None,
        };
        postgres.make(settings);
        postgres.up();
        Some(postgres)
    }

    fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        let mut command = match &self.user {
            None => Command::new(path),
            // The server ends with this test, however that ends.
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", &group(user), "--clear-groups"]);
                command.args(["--pdeathsig", "QUIT"]).arg(path);
                command
            }
        };
        command
            .env("LC_ALL", "C.UTF-8")
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    fn make(&self, settings: &str) {
        let file = self.folder.join("password");
        std::fs::write(&file, &self.password).unwrap();
        if let Some(user) = &self.user {
            let owned = Command::new("chown")
                .args(["-R", user])
                .arg(&self.folder)
                .status();
            assert!(owned.unwrap().success());
        }
        let made = self
            .program("initdb")
            .args([
                "-D",
                "data",
                "--username=postern",
                "--pwfile=password",
                "--auth=password",
            ])
            .args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        // A killed process loses nothing that a killed machine would, so fsync may go; what is acknowledged is written all the same.
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\nfull_page_writes = off\n{settings}\n"
        );
        let file = self.folder.join("data/postgresql.conf");
        std::fs::write(file, settings).unwrap();
    }

    /// Starts it, or starts it again, and waits until it answers.
    pub fn up(&mut self) {
        if self.port == 0 {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            self.port = free.local_addr().unwrap().port();
        }
        let log = std::fs::OpenOptions::new();
        let log = { log }
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .unwrap();
        let mut command = self.program("postgres");
        command.args(["-D", "data", "-p", &self.port.to_string()]);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        // By a thread that does not end: the server would end with the one that started it.
        let (tell, started) = channel();
        spawn(move || {
            tell.send(command.spawn().unwrap()).unwrap();
            loop {
                park();
            }
        });
        let server = started.recv().unwrap();
        self.server = Some(server);
        let began = Instant::now();
        let ready = || {
            let state = std::fs::read_to_string(self.folder.join("data/postmaster.pid"));
            state.is_ok_and(|state| {
                state
                    .lines()
                    .nth(7)
                    .is_some_and(|word| word.starts_with("ready"))
            })
        };
        while !ready() || TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed().as_secs() < 60, "{}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// SIGKILL to the server and to each of its processes, as when a machine runs out of memory.
    pub fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        let parent = server.id();
        server.kill().unwrap();
        server.wait().unwrap();
        // Their parent is gone: what works in its folder is its own.
        let data = self.folder.join("data");
        let began = Instant::now();
        loop {
            let left = working_in(&data);
            if left.is_empty() {
                break;
            }
            assert!(
                began.elapsed().as_secs() < 30,
                "{left:?} of {parent} live on"
            );
            for pid in left {
                let _ = Command::new("kill")
                    .args(["-KILL", &pid])
                    .stderr(Stdio::null())
                    .status();
            }
        }
        let _ = std::fs::remove_file(data.join("postmaster.pid"));
    }

    /// Stops the processes that write to the disk what nobody waits for: from now on a transaction's changes get there with a commit,
    /// or never.
    pub fn hold_writers(&self) {
        let sql = "SELECT pid FROM pg_stat_activity WHERE backend_type IN ('walwriter', 'background writer')";
        let pids: Vec<(i32,)> = self.with("postgres", async |mut connection| {
            sqlx::query_as(sql)
                .fetch_all(&mut connection)
                .await
                .unwrap()
        });
        assert_eq!(pids.len(), 2);
        for (pid,) in pids {
            let mut stop = Command::new("kill");
            let status = stop.args(["-STOP", &pid.to_string()]).status();
            assert!(status.unwrap().success());
        }
    }

    /// Where a program finds that database, behind that port.
    pub fn url(&self, port: u16, database: &str) -> String {
        format!(
            "postgres://postern:{}@127.0.0.1:{port}/{database}?sslmode=disable",
            self.password
        )
    }

    /// Runs a statement, past everything that stands between the server and Postern.
    pub fn run(&self, database: &str, sql: &str) {
        self.with(database, async |mut connection| {
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(&mut connection)
                .await
                .unwrap();
        });
    }

    /// A connection of the test's own, for as long as `act` takes.
    pub fn with<T>(&self, database: &str, act: impl AsyncFnOnce(PgConnection) -> T) -> T {
        let url = self.url(self.port, database);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async { act(PgConnection::connect(&url).await.unwrap()).await })
    }
}

/// The processes whose working folder that is: each of a PostgreSQL's has its data there.
fn working_in(folder: &Path) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let inside = |entry: &std::fs::DirEntry| {
        std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder)
    };
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().ok();
    processes.filter(inside).filter_map(name).collect()
}

impl Postgres {
    /// Ends it, and leaves nothing behind.
    pub fn end(&mut self) {
        if self.server.is_some() {
            self.kill();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end();
    }
}

/// The user's own group: it need not have the same name.
fn group(user: &str) -> String {
    let id = Command::new("id").args(["-g", user]).output().unwrap();
    String::from_utf8(id.stdout).unwrap().trim().to_owned()
}
