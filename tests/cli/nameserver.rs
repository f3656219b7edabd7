//! A real unbound with records of its own, on a port of this machine, for as long as a test lasts.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::peer::peer;

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running unbound that knows these records and nothing else.
pub struct NameServer {
    pub address: SocketAddr,
    child: Child,
    _folder: tempfile::TempDir,
}

impl NameServer {
    /// With these lines of `local-data` and of `local-zone`. None where unbound is missing, which is said.
    pub fn start(records: &[String], zones: &[&str]) -> Option<Self> {
        let program = peer("unbound", &["unbound", "/usr/sbin/unbound"], &["-V"])?;
        // Another program may take the port between our look and unbound's: then once more.
        (0..5)
            .find_map(|_| Self::try_start(&program, records, zones))
            .or_else(|| panic!("unbound does not start"))
    }

    fn try_start(program: &Path, records: &[String], zones: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let address = free();
        let config = folder.path().join("unbound.conf");
        let mut file = std::fs::File::create(&config).unwrap();
        let (ip, port, home) = (address.ip(), address.port(), folder.path().display());
        writeln!(
            file,
            "server:\n interface: {ip}@{port}\n port: {port}\n do-ip6: no\n username: \"\"\n chroot: \"\"\n directory: \"{home}\"\n \
             pidfile: \"\"\n use-syslog: no\n logfile: \"{home}/log\"\n num-threads: 1\n module-config: \"iterator\"\n \
             access-control: 127.0.0.0/8 allow\n local-zone: \".\" static"
        )
        .unwrap();
        for zone in zones {
            writeln!(file, " local-zone: {zone}").unwrap();
        }
        for record in records {
            writeln!(file, " local-data: '{record}'").unwrap();
        }
        writeln!(file, "remote-control:\n control-enable: no").unwrap();
        let child = Command::new(program)
            .args(["-d", "-c"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut server = Self {
            address,
            child,
            _folder: folder,
        };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if server.child.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(address).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free for both, at the moment.
fn free() -> SocketAddr {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}

/// A TXT record in strings of at most 200 octets.
pub fn txt(name: &str, text: &str) -> String {
    let strings: Vec<String> = text
        .as_bytes()
        .chunks(200)
        .map(|part| format!("\"{}\"", std::str::from_utf8(part).unwrap()))
        .collect();
    format!("{name}. 60 IN TXT {}", strings.join(" "))
}
