//! The real server as a process under load: plain requests from outside, and the memory that it took, as the kernel counts it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::place::Place;
use crate::serve::serve;

/// Nothing here takes this long unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    pub port: u16,
    place: Place,
    child: Child,
    /// Its log is read all the time: a pipe that is full holds up who writes.
    log: Option<JoinHandle<String>>,
}

impl Server {
    pub fn start(name: &str, settings: &[&str]) -> Self {
        let place = Place::migrated(name);
        let more: Vec<_> = settings.iter().flat_map(|one| ["--set", *one]).collect();
        let (mut child, port) = serve(&place, &more);
        let mut stderr = child.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = Vec::new();
            stderr.read_to_end(&mut log).unwrap();
            String::from_utf8_lossy(&log).into_owned()
        });
        let server = Self {
            port,
            place,
            child,
            log: Some(log),
        };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "the server does not answer");
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// One request on a connection of its own: the whole answer.
    pub fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub fn get(&self, path: &str) -> String {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ))
    }

    pub fn post(&self, path: &str, body: &str) -> String {
        let head = "Host: localhost\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded";
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// Others are served: health and the page that people come for, each within a bound that only a server in trouble exceeds.
    pub fn serves_others(&self) {
        for path in ["/health/live", "/forgot", "/health/ready"] {
            let began = Instant::now();
            let answer = self.get(path);
            assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
            let took = began.elapsed();
            assert!(took < Duration::from_secs(10), "{path}: {took:?}");
        }
    }

    /// Puts a file into the built site.
    pub fn publish(&self, name: &str, bytes: &[u8]) {
        let file = self.place.0.join("site").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    /// How many mails the outbox was given.
    pub fn mails(&self) -> usize {
        let mails = self.place.json(&["outbox", "list", "--json"]);
        mails.as_array().unwrap().len()
    }

    /// Kilobytes: what is resident now (`VmRSS`), or was at most (`VmHWM`).
    pub fn memory(&self, what: &str) -> u64 {
        let pid = self.child.id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Stops it as a service manager does; it has to end well and to have met no panic. The log.
    pub fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
        let code = self.child.wait().unwrap().code();
        let log = self.log.take().unwrap().join().unwrap();
        assert_eq!(code, Some(0), "{log}");
        let log = log
            .lines()
            .filter(|line| !line.contains("postern::http: request"))
            .collect::<Vec<_>>()
            .join("\n");
        // A connection that ends amid its streams makes h2 panic in debug builds, within the task of that connection, which is over
        // anyway (hyperium/h2#907).
        let own = |line: &&str| line.contains("panicked") && !line.contains("streams/counts.rs");
        assert_eq!(log.lines().find(own), None, "{log}");
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
