//! The server as a process: what it prints, that it answers, that it stops when asked.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::place::Place;

/// Free, and below those that the system gives to whoever connects (from 32,768 on): what was free a moment ago is still so when the
/// server listens, however many connections other tests make meanwhile.
fn port() -> u16 {
    loop {
        let drawn = RandomState::new().build_hasher().finish();
        let port = 10_000 + u16::try_from(drawn % 10_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// With an empty site, on free ports.
pub fn serve(place: &Place, more: &[&str]) -> (Child, u16) {
    let (mut command, port) = server(place, more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    (command.spawn().unwrap(), port)
}

/// The same, not yet started.
pub fn server(place: &Place, more: &[&str]) -> (Command, u16) {
    std::fs::create_dir_all(place.0.join("site")).unwrap();
    // Written once: a server that starts beside this one may be reading it.
    let manifest = place.0.join("site/manifest.json");
    if !manifest.exists() {
        std::fs::write(manifest, "{}").unwrap();
    }
    let port = port();
    let listen = format!("127.0.0.1:{port}");
    let mut command = place.command();
    command.args([
        "serve",
        "--root",
        "site",
        "--listen",
        &listen,
        "--set",
        "sandbox.listen=127.0.0.1:0",
    ]);
    command.args(more);
    (command, port)
}

pub fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks it to stop as a service manager does, and returns its code and what it logged.
pub fn stop(mut server: Child) -> (Option<i32>, String) {
    let pid = server.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let mut log = String::new();
    server
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    (server.wait().unwrap().code(), log)
}

#[test]
fn a_development_start_says_what_to_open_and_stops_when_asked() {
    let place = Place::new("serve");
    let (mut server, port) = serve(&place, &[]);
    let mut lines = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut welcome = Vec::new();
    while let Some(line) = lines.next().filter(|line| !line.starts_with("Stop with")) {
        welcome.push(line);
    }
    let welcome = welcome.join("\n");
    for part in [
        &format!("http://127.0.0.1:{port}/forgot"),
        "/dev/mailbox",
        "\"demo\", password",
    ] {
        assert!(welcome.contains(part), "{part} is missing:\n{welcome}");
    }
    assert!(get(port, "/health/live").starts_with("HTTP/1.1 200"));
    let (code, log) = stop(server);
    assert_eq!(code, Some(0), "{log}");
    // The same binary looks at the database that the server made.
    let shown = place.run(&["account", "show", "demo"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
}

#[test]
fn a_production_start_logs_json_and_prints_nothing() {
    let place = Place::new("production");
    let production = [
        "--set",
        "env=production",
        "--public-url",
        "https://recover.example.org",
        "--set",
        "mail.from=support@example.org",
        "--set",
        "reset.token_lifetime=2h",
    ];
    let (server, port) = serve(&place, &production);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let (code, log) = stop(server);
    assert_eq!(code, Some(0), "{log}");
    let parse = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let lines: Vec<_> = log.lines().map(parse).collect();
    let warned = |line: &serde_json::Value| line["message"].to_string().contains("token_lifetime");
    assert!(lines.iter().any(warned), "{log}");
    assert!(
        lines.iter().any(|line| line["message"] == "serving"),
        "{log}"
    );
    assert_eq!(
        place.run(&["account", "show", "demo"]).code,
        4,
        "no demo account"
    );
}

#[test]
fn what_stands_in_the_way_is_one_line() {
    let place = Place::new("way");
    let ran = place.run(&["serve", "--root", "nowhere"]);
    assert_eq!((ran.code, ran.err.lines().count()), (1, 1), "{}", ran.err);
    assert!(
        ran.err.starts_with("postern: site.root = \"nowhere\""),
        "{}",
        ran.err
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let (server, _) = serve(&place, &["--set", &format!("sandbox.listen={listen}")]);
    let output = server.wait_with_output().unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), line.lines().count()),
        (Some(1), 1),
        "{line}"
    );
    assert!(
        line.contains(&format!("sandbox.listen = {listen}")),
        "{line}"
    );
}
