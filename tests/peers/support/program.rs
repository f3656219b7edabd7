//! A program that runs while a test does: on a free port of this machine, with a folder of its own, ended with the test.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A loaded machine may take this long to start something.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the set-up put it, or on PATH and where Debian keeps servers. None where it is missing, which is said; with
/// `POSTERN_TEST_REQUIRE_PEERS=1` that fails the test.
pub fn find(name: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::iter::once(target.join("tools/peers/bin"))
        .chain(std::env::split_paths(&path))
        .chain(["/usr/sbin".into(), "/usr/lib/postfix/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        let required = std::env::var_os("POSTERN_TEST_REQUIRE_PEERS").is_some_and(|on| on == "1");
        assert!(
            !required,
            "{name} is needed: scripts/setup-peers.sh brings it"
        );
        eprintln!("left out: {name} is not here; scripts/setup-peers.sh brings it");
    }
    found
}

/// A program that listens. Ended by its process id when dropped, also by a test that panics.
pub struct Running {
    pub address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Running {
    /// Starts what `command` makes of a port and a folder, and waits until it takes connections. Between the choice of a port and its
    /// use somebody else may take it; then another is tried.
    pub fn start(command: impl Fn(u16, &Path) -> Command) -> Self {
        let mut said = String::new();
        for _ in 0..5 {
            let folder = tempfile::tempdir().unwrap();
            // Servers that give up root's rights must still reach their files.
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
            let port = free_port();
            let log = std::fs::File::create(folder.path().join("output")).unwrap();
            let mut command = command(port, folder.path());
            command
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap());
            let child = command.stderr(log).spawn().unwrap();
            let mut running = Self {
                address: ([127, 0, 0, 1], port).into(),
                child,
                folder,
            };
            if running.listens() {
                return running;
            }
            said = running.output();
        }
        panic!("the program does not start: {said}");
    }

    /// Whether it takes connections; false once it has ended.
    fn listens(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(self.address).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Its folder: settings, mails, logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it said.
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.folder().join("output")).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of the system's choice, free for TCP and UDP at this moment.
pub fn free_port() -> u16 {
    loop {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether the tests run as root: some servers must then be told whose rights to take, others run only so.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The files that a program of the set-up is unpacked to, below `usr`.
pub fn root(program: &Path) -> PathBuf {
    std::fs::canonicalize(program.with_file_name("root")).unwrap()
}

/// Makes a folder that `user` of the set-up's own list may write to.
pub fn folder_of(folder: &Path, name: &str, program: &Path, user: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(&path).unwrap();
    if is_root() {
        let users = std::fs::read_to_string(program.with_file_name("../passwd")).unwrap();
        let line = users
            .lines()
            .find(|line| line.starts_with(&format!("{user}:")));
        let mut fields = line.unwrap().split(':').skip(2);
        let mut id = || fields.next().unwrap().parse().ok();
        chown(&path, id(), id()).unwrap();
    }
    path
}
