//! Load on the real binary: what many, slow and broken clients cost it, and that others are served meanwhile.

#[path = "load/h2.rs"]
mod h2;
#[path = "load/server.rs"]
mod server;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use h2::{Connection, End, frame};
use server::{PATIENCE, Server};

/// What 200 connections, their requests and the allocator's habits may take beside the hashes, in kilobytes.
const SLACK: u64 = 48 * 1024;
/// What a flood over HTTP/2 may take, in kilobytes.
const FLOOD: u64 = 32 * 1024;

#[test]
fn d3_two_hundred_sign_ins_at_once_take_the_memory_of_a_few() {
    let hash: u64 = 64 * 1024;
    let server = Server::start(
        "d3",
        &[
            "password.argon2_memory=65536",
            "password.argon2_passes=2",
            "password.hashing_memory=140",
            "password.hashing_queue=16",
            "limits.per_address=100000",
            "limits.connections_per_client=400",
        ],
    );
    let sign_in = |name: usize| server.post("/sign-in", &format!("username=u{name}&password=x"));
    assert!(sign_in(0).starts_with("HTTP/1.1 401"));
    // 140 MiB hold two hashes of 64.
    let permits = thread::available_parallelism().unwrap().get().min(2) as u64;
    let base = server.memory("VmRSS:");
    let start = Barrier::new(201);
    let (answers, served) = thread::scope(|scope| {
        let all: Vec<_> = (1..=200)
            .map(|name| {
                let (start, sign_in) = (&start, &sign_in);
                scope.spawn(move || {
                    start.wait();
                    sign_in(name)
                })
            })
            .collect();
        start.wait();
        let mut served = 0;
        while all.iter().any(|one| !one.is_finished()) {
            server.serves_others();
            served += 1;
        }
        let answers: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        (answers, served)
    });
    let with = |status: &str| {
        let head = format!("HTTP/1.1 {status}");
        answers
            .iter()
            .filter(|answer| answer.starts_with(&head))
            .count()
    };
    let (judged, busy) = (with("401"), with("503"));
    let peak = server.memory("VmHWM:");
    println!(
        "base {base} kB, peak {peak} kB, {permits} at once, {judged} judged, {busy} sent away, others served {served} times"
    );
    assert_eq!(judged + busy, 200, "{answers:?}");
    // Those in the queue have their turn too, unless it takes longer than password.hashing_wait.
    assert!(judged > 0, "none had its turn");
    assert!(busy > 0, "the others were sent away");
    for answer in answers.iter().filter(|one| one.starts_with("HTTP/1.1 503")) {
        let head = answer
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .to_ascii_lowercase();
        assert!(head.contains("\r\nretry-after: "), "{head}");
    }
    assert!(served > 0, "others are served meanwhile");
    let most = base + permits * hash + SLACK;
    assert!(peak <= most, "{peak} kB at most, {most} are allowed");
    assert!(sign_in(0).starts_with("HTTP/1.1 401"), "it goes on");
    let log = server.stop();
    assert!(log.contains(&format!("hashing={permits}")), "{log}");
}

#[test]
fn d3_memory_stays_where_it_is_however_many_sign_ins_there_were() {
    let hash: u64 = 19 * 1024;
    // With the costs of the default: what an allocator makes of blocks of this size is another thing than with larger ones.
    let server = Server::start(
        "d3-many",
        &[
            "password.hashing_slots=2",
            "limits.per_address=100000",
            "limits.connections_per_client=400",
        ],
    );
    let sign_in = |name: usize| server.post("/sign-in", &format!("username=u{name}&password=x"));
    let rounds = |first: usize, together: usize, each: usize| {
        thread::scope(|scope| {
            for one in 0..together {
                let sign_in = &sign_in;
                scope.spawn(move || {
                    for n in 0..each {
                        let answer = sign_in(first + one * each + n);
                        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
                    }
                });
            }
        });
        server.memory("VmHWM:")
    };
    server.serves_others();
    let base = server.memory("VmRSS:");
    let few = rounds(0, 2, 20);
    let many = rounds(1_000, 10, 20);
    let more = rounds(2_000, 10, 20);
    println!("base {base} kB, after 40 {few} kB, after 240 {many} kB, after 440 {more} kB");
    assert!(few <= base + 2 * hash + SLACK, "{base} kB grew to {few}");
    assert!(more <= base + 2 * hash + SLACK, "{base} kB grew to {more}");
    server.stop();
}

/// So many at once, each with the same beginning of a request, dripping byte after byte; others come while all are open. How long until
/// the last was cut, and what the first was told.
fn drip(server: &Server, beginning: &str) -> (Duration, String) {
    let began = Instant::now();
    let mut slow: Vec<TcpStream> = (0..500)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(beginning.as_bytes()).unwrap();
            stream.set_nonblocking(true).unwrap();
            stream
        })
        .collect();
    let open = |stream: &TcpStream| {
        let peeked = stream.peek(&mut [0]);
        peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    };
    server.serves_others();
    assert!(
        slow.iter().all(open),
        "others are served while all are open"
    );
    let mut told = String::new();
    while !slow.is_empty() {
        assert!(began.elapsed() < PATIENCE, "{} are open still", slow.len());
        slow.retain_mut(|stream| {
            let mut answer = [0; 1024];
            match stream.read(&mut answer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) | Ok(0) => return false,
                Ok(some) if told.is_empty() => {
                    told = String::from_utf8_lossy(&answer[..some]).into_owned();
                }
                Ok(_) => {}
            }
            stream.write(b"x").is_ok()
        });
        server.serves_others();
    }
    (began.elapsed(), told)
}

#[test]
fn d4_five_hundred_slow_headers_are_cut_and_hold_nobody_up() {
    let server = Server::start(
        "d4-headers",
        &[
            "limits.header_timeout=8s",
            "limits.connections=700",
            "limits.connections_per_client=700",
        ],
    );
    let base = server.memory("VmRSS:");
    let (took, told) = drip(
        &server,
        "GET /forgot HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    );
    let peak = server.memory("VmHWM:");
    println!("500 slow headers: base {base} kB, peak {peak} kB, all cut after {took:?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert_eq!(told, "", "nothing was asked, nothing is answered");
    assert!(peak <= base + SLACK, "{base} kB grew to {peak}");
    server.stop();
}

#[test]
fn d4_five_hundred_slow_bodies_are_cut_and_hold_nobody_up() {
    let server = Server::start(
        "d4-bodies",
        &[
            "limits.request_timeout=8s",
            "limits.connections=700",
            "limits.connections_per_client=700",
        ],
    );
    let base = server.memory("VmRSS:");
    let head = "Host: localhost\r\nContent-Type: application/x-www-form-urlencoded";
    let request =
        format!("POST /forgot HTTP/1.1\r\n{head}\r\nContent-Length: 9000\r\n\r\nusername=");
    let (took, told) = drip(&server, &request);
    let peak = server.memory("VmHWM:");
    println!("500 slow bodies: base {base} kB, peak {peak} kB, all cut after {took:?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(told.starts_with("HTTP/1.1 503"), "{told}");
    assert!(
        told.to_ascii_lowercase().contains("\r\nretry-after: "),
        "{told}"
    );
    // All are cut at once: five hundred answers are made side by side, some 130 kB each without optimisation.
    assert!(peak <= base + 2 * SLACK, "{base} kB grew to {peak}");
    assert_eq!(server.mails(), 0, "half a request is none");
    server.stop();
}

/// Floods a server of its own over HTTP/2; others are served meanwhile and afterwards, and it stays small.
fn flooded(name: &str, flood: impl Fn(&Server) -> String + Sync) {
    let settings = [
        "limits.header_timeout=5s",
        "limits.idle_timeout=5s",
        "limits.request_timeout=5s",
    ];
    let server = Server::start(&format!("d5-{name}"), &settings);
    server.serves_others();
    let base = server.memory("VmRSS:");
    let ended = thread::scope(|scope| {
        let flooding = scope.spawn(|| flood(&server));
        while !flooding.is_finished() {
            server.serves_others();
        }
        flooding.join().unwrap()
    });
    server.serves_others();
    let peak = server.memory("VmHWM:");
    println!("{name}: {ended}; base {base} kB, peak {peak} kB");
    assert!(peak <= base + FLOOD, "{name}: {base} kB grew to {peak}");
    server.stop();
}

fn open(server: &Server) -> Connection {
    Connection::open(server.connect(), &[])
}

/// It must not bear the flood: it says that it is too much, or hangs up.
fn refused(mut connection: Connection, sent: usize) -> String {
    let end = connection.end(Duration::from_secs(20));
    assert_ne!(end, End::Open, "after {sent} frames");
    format!("{end:?} after {sent}")
}

#[test]
fn d5_http2_is_spoken() {
    let server = Server::start("d5-spoken", &[]);
    let mut connection = open(&server);
    let post = [("content-type", "application/x-www-form-urlencoded")];
    let flags = h2::END_HEADERS;
    connection.write(&frame(
        h2::HEADERS,
        flags,
        1,
        &h2::request("POST", "/forgot", &post),
    ));
    connection.write(&frame(h2::DATA, h2::END_STREAM, 1, b"username=alice"));
    let answer = connection
        .until(|frame| frame.kind == h2::HEADERS && frame.stream == 1)
        .unwrap();
    // The status 303 is in no table (RFC 7541 A): an indexed name with the value beside it, perhaps by Huffman's code.
    assert_ne!(answer.payload[0] & 0x80, 0x80, "no status of the table");
    let wait = Instant::now();
    while server.mails() == 0 {
        assert!(wait.elapsed() < PATIENCE, "the request had its effect");
    }
    server.stop();
    let without = Server::start("d5-off", &["limits.http2_streams=0"]);
    assert_ne!(
        open(&without).end(Duration::from_secs(20)),
        End::Open,
        "it can be shut"
    );
    without.stop();
}

#[test]
fn d5_requests_that_are_taken_back_at_once() {
    flooded("reset", |server| {
        let mut connection = open(server);
        let block = h2::request("GET", "/forgot", &[]);
        let sent = connection.flood(100_000, |n| {
            let stream = u32::try_from(2 * n + 1).unwrap();
            let flags = h2::END_HEADERS | h2::END_STREAM;
            let mut both = frame(h2::HEADERS, flags, stream, &block);
            both.extend(frame(h2::RST_STREAM, 0, stream, &h2::CANCEL.to_be_bytes()));
            both
        });
        assert!(sent < 100_000, "it bears so many");
        refused(connection, sent)
    });
}

#[test]
fn d5_requests_that_break_the_protocol_over_and_over() {
    flooded("broken", |server| {
        let mut connection = open(server);
        // A header in upper case is malformed (RFC 9113 8.2.1): the server resets the stream, and must not keep count without end.
        let block = h2::request("GET", "/forgot", &[("Bad", "x")]);
        let sent = connection.flood(100_000, |n| {
            let stream = u32::try_from(2 * n + 1).unwrap();
            frame(
                h2::HEADERS,
                h2::END_HEADERS | h2::END_STREAM,
                stream,
                &block,
            )
        });
        assert!(sent < 100_000, "it bears so many");
        refused(connection, sent)
    });
}

#[test]
fn d5_headers_without_end() {
    for (name, block) in [
        ("continuation", vec![0; 16_384]),
        ("empty-continuation", Vec::new()),
    ] {
        flooded(name, |server| {
            let mut connection = open(server);
            let block = &block;
            connection.write(&frame(
                h2::HEADERS,
                h2::END_STREAM,
                1,
                &h2::request("GET", "/", &[]),
            ));
            let sent = connection.flood(200_000, |_| frame(h2::CONTINUATION, 0, 1, block));
            assert!(sent < 200_000, "it bears so many");
            refused(connection, sent)
        });
    }
}

#[test]
fn d5_data_without_data() {
    flooded("empty-data", |server| {
        let mut connection = open(server);
        let post = [("content-type", "application/x-www-form-urlencoded")];
        // To a page that reads the body, and to one that does not.
        for (stream, path) in [(1, "/forgot"), (3, "/health/live")] {
            let block = h2::request("POST", path, &post);
            connection.write(&frame(h2::HEADERS, h2::END_HEADERS, stream, &block));
        }
        let sent = connection.flood(300_000, |n| {
            let stream = if n % 2 == 0 { 1 } else { 3 };
            frame(h2::DATA, 0, stream, &[]).repeat(8)
        });
        assert!(sent < 300_000, "it bears so many");
        refused(connection, sent)
    });
}

#[test]
fn d5_pings_and_settings_that_ask_for_answers_which_nobody_reads() {
    for (name, kind, payload) in [
        ("ping", h2::PING, vec![0; 8]),
        ("settings", h2::SETTINGS, Vec::new()),
    ] {
        flooded(name, |server| {
            let mut connection = open(server);
            let payload = &payload;
            // Without a request it is over after limits.header_timeout, however lively.
            let sent = connection.flood(usize::MAX, |_| frame(kind, 0, 0, payload).repeat(100));
            refused(connection, sent)
        });
    }
}

#[test]
fn d5_requests_that_never_end_and_answers_that_nobody_takes() {
    flooded("unfinished", |server| {
        let mut connection = open(server);
        let post = [("content-type", "application/x-www-form-urlencoded")];
        for n in 0..17 {
            let block = h2::request("POST", "/forgot", &post);
            connection.write(&frame(h2::HEADERS, h2::END_HEADERS, 2 * n + 1, &block));
        }
        let refusal = connection
            .until(|frame| frame.kind == h2::RST_STREAM)
            .unwrap();
        assert_eq!(
            (refusal.stream, &refusal.payload[..]),
            (33, &h2::REFUSED_STREAM.to_be_bytes()[..])
        );
        // The others are answered when limits.request_timeout is over, and then the connection idles.
        let answer = connection.until(|frame| frame.kind == h2::HEADERS).unwrap();
        assert!(answer.stream < 33);
        refused(connection, 17)
    });
    flooded("untaken", |server| {
        // SETTINGS_INITIAL_WINDOW_SIZE 0: no byte of an answer may be sent.
        let mut connection = Connection::open(server.connect(), &[(4, 0)]);
        for n in 0..16 {
            let block = h2::request("GET", "/forgot", &[]);
            let flags = h2::END_HEADERS | h2::END_STREAM;
            connection.write(&frame(h2::HEADERS, flags, 2 * n + 1, &block));
        }
        refused(connection, 16)
    });
}

#[test]
fn d5_large_files_that_nobody_takes_over_windows_that_are_open() {
    flooded("large", |server| {
        // More than the system's own buffers hold, so that the rest is ours to keep.
        server.publish("pkg/large.bin", &vec![b'x'; 4 << 20]);
        let most = i32::MAX as u32;
        let mut connections: Vec<_> = (0..16)
            .map(|_| {
                // SETTINGS_INITIAL_WINDOW_SIZE, and the connection's own: all may be sent, and nothing is read.
                let mut connection = Connection::open(server.connect(), &[(4, most)]);
                let more = (most - 65_535).to_be_bytes();
                connection.write(&frame(h2::WINDOW_UPDATE, 0, 0, &more));
                for n in 0..16 {
                    let block = h2::request("GET", "/pkg/large.bin", &[]);
                    let flags = h2::END_HEADERS | h2::END_STREAM;
                    connection.write(&frame(h2::HEADERS, flags, 2 * n + 1, &block));
                }
                connection
            })
            .collect();
        let began = Instant::now();
        // Until they are cut: nothing of their answers was taken for limits.idle_timeout.
        while !connections.is_empty() {
            assert!(began.elapsed() < PATIENCE, "{} are open", connections.len());
            connections.retain_mut(|one| one.write(&frame(h2::PING, 0, 0, &[0; 8])));
            thread::sleep(Duration::from_millis(50));
        }
        format!("cut after {:?}", began.elapsed())
    });
}
