//! Load, where it can be seen within one process: the door's limits, input that costs much, junk for the server function.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::support::{House, PASSWORD, PATIENCE, raw};

/// A connection from that address of this machine.
async fn connect(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Asks on a connection that stays open; whether there was an answer.
async fn answers(stream: &mut TcpStream) -> bool {
    let asked = stream
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    let mut answer = [0; 4096];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await;
    let read = read.expect("neither an answer nor an end").unwrap_or(0);
    asked.is_ok() && answer[..read].starts_with(b"HTTP/1.1 200")
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_one_client_cannot_take_all_connections() {
    let house = House::with(&[("limits.connections_per_client", "4")]).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = connect("127.0.0.2", house.address()).await;
        assert!(answers(&mut stream).await);
        held.push(stream);
    }
    let mut more = connect("127.0.0.2", house.address()).await;
    assert!(!answers(&mut more).await, "the fifth is refused");
    let mut other = connect("127.0.0.3", house.address()).await;
    assert!(answers(&mut other).await, "others are not");
    for stream in &mut held {
        assert!(answers(stream).await, "nor what is open");
    }
    held.pop();
    crate::support::until("the place to be free", async || {
        let mut again = connect("127.0.0.2", house.address()).await;
        answers(&mut again).await.then_some(())
    })
    .await;
    assert!(
        house
            .log()
            .contains("limits.connections_per_client is reached")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_trusted_proxy_may_bring_all_its_clients() {
    let settings = [
        ("limits.connections_per_client", "2"),
        ("site.trusted_proxies", "127.0.0.2"),
    ];
    let house = House::with(&settings).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = connect("127.0.0.2", house.address()).await;
        assert!(answers(&mut stream).await);
        held.push(stream);
    }
}

/// A request that a proxy forwards for that client, whose body never comes; what it is answered first.
async fn forwarded(house: &House, client: &str) -> (TcpStream, String) {
    let mut stream = connect("127.0.0.2", house.address()).await;
    let head = format!(
        "POST /forgot HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {client}\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 9000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await;
    let read = read.expect("no answer").unwrap();
    answer.truncate(read);
    (stream, String::from_utf8_lossy(&answer).to_lowercase())
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_one_client_behind_a_proxy_cannot_keep_all_busy() {
    let settings = [
        ("limits.connections", "32"),
        ("limits.connections_per_client", "8"),
        ("limits.request_timeout", "5m"),
        ("site.trusted_proxies", "127.0.0.2"),
    ];
    let house = House::with(&settings).await;
    let mut busy = Vec::new();
    for _ in 0..8 {
        let (stream, answer) = forwarded(&house, "203.0.113.9").await;
        // Its handler asks for the body, and waits for it.
        assert!(answer.starts_with("http/1.1 100"), "{answer}");
        busy.push(stream);
    }
    // More than there are connections; each is sent away at once, and only idles then.
    let mut away = Vec::new();
    for _ in 0..40 {
        let (stream, answer) = forwarded(&house, "203.0.113.9").await;
        assert!(answer.starts_with("http/1.1 503"), "{answer}");
        assert!(answer.contains("\r\nretry-after: "), "{answer}");
        away.push(stream);
    }
    let mut monitor = connect("127.0.0.3", house.address()).await;
    assert!(answers(&mut monitor).await, "who watches it");
    let mut own = connect("127.0.0.2", house.address()).await;
    assert!(answers(&mut own).await, "the proxy itself");
    let (other, answer) = forwarded(&house, "198.51.100.7").await;
    assert!(
        answer.starts_with("http/1.1 100"),
        "another client: {answer}"
    );
    drop((other, away));
    // A place that was given back is had again.
    busy.pop();
    crate::support::until("the place to be free", async || {
        let (_, answer) = forwarded(&house, "203.0.113.9").await;
        answer.starts_with("http/1.1 100").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_full_house_makes_room_by_closing_what_only_idles() {
    let house = House::with(&[("limits.connections", "16")]).await;
    let mut idle = Vec::new();
    for _ in 0..16 {
        let mut stream = connect("127.0.0.2", house.address()).await;
        assert!(answers(&mut stream).await);
        idle.push(stream);
    }
    // The default patience for an idle connection is more than a minute; this one is let in much sooner.
    let began = Instant::now();
    let mut other = connect("127.0.0.3", house.address()).await;
    assert!(answers(&mut other).await);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    // Those that never said a word have to go as well.
    let silent: Vec<_> = {
        let mut all = Vec::new();
        for _ in 0..16 {
            all.push(connect("127.0.0.2", house.address()).await);
        }
        all
    };
    let mut other = connect("127.0.0.4", house.address()).await;
    assert!(answers(&mut other).await);
    drop((idle, silent));
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_an_idle_connection_is_closed_after_its_time() {
    let house = House::with(&[("limits.idle_timeout", "1s")]).await;
    let mut stream = connect("127.0.0.2", house.address()).await;
    assert!(answers(&mut stream).await);
    let mut rest = Vec::new();
    let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    assert_eq!(end.expect("it is closed").unwrap(), 0, "{rest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_stop_waits_for_what_runs_and_not_for_what_idles() {
    let mut house = House::new().await;
    let mut idle = connect("127.0.0.2", house.address()).await;
    assert!(answers(&mut idle).await);
    let mut half = connect("127.0.0.2", house.address()).await;
    half.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    // A request whose body comes later, but comes.
    let mut slow = connect("127.0.0.2", house.address()).await;
    let head = "POST /forgot HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 14\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    // It is being handled when its handler asks for the body.
    let mut answer = vec![0; 25];
    slow.read_exact(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 100"));
    let running = house.take();
    let stopping = tokio::spawn(running.stop());
    let mut rest = Vec::new();
    for mut stream in [idle, half] {
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest))
            .await
            .expect("an idle connection is closed at once")
            .unwrap();
    }
    assert!(!stopping.is_finished(), "a request still runs");
    slow.write_all(b"username=alice").await.unwrap();
    slow.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.contains("HTTP/1.1 303"), "{answer}");
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_stop_does_not_wait_for_a_transaction_without_end() {
    let mut house = House::new().await;
    let running = house.take();
    let held = running.service.store.read().await.unwrap();
    let stopping = tokio::time::timeout(PATIENCE, running.stop()).await;
    assert!(stopping.is_ok(), "it waits for ever");
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_headers_are_bounded_in_number_and_size() {
    let house = House::new().await;
    let with = |more: String| {
        format!("GET /forgot HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{more}\r\n")
    };
    let many = |n: usize| (0..n).map(|n| format!("X-{n}: x\r\n")).collect::<String>();
    let long = |n: usize| format!("X-Long: {}\r\n", "x".repeat(n));
    for (request, status) in [
        (with(many(40)), "200"),
        (with(many(100)), "431"),
        (with(long(8_000)), "200"),
        (with(long(100_000)), "431"),
    ] {
        let answer = raw(house.address(), request.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer:.100}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_a_body_without_end_is_not_read_to_its_end() {
    let house = House::new().await;
    house.add("alice").await;
    for (path, kind) in [
        ("/sign-in", "application/x-www-form-urlencoded"),
        ("/sign-in", "application/json"),
        ("/api/submit", "application/x-postcard"),
    ] {
        let mut stream = TcpStream::connect(house.address()).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut read, mut write) = stream.into_split();
        let sending = tokio::spawn(async move {
            let chunk = format!(
                "{:x}\r\n{}\r\n",
                8_192,
                "{\"password\":\"".repeat(1 + 8_192 / 13)
            );
            let chunk = &chunk[..6 + 8_192];
            let mut sent = 0_usize;
            // Until the server hangs up; it must not take all that a machine can send.
            while sent < 256 << 20
                && write
                    .write_all(format!("{chunk}\r\n").as_bytes())
                    .await
                    .is_ok()
            {
                sent += chunk.len();
            }
            sent
        });
        let mut answer = [0; 12];
        tokio::time::timeout(PATIENCE, read.read_exact(&mut answer))
            .await
            .expect("an answer before the end")
            .unwrap();
        assert_eq!(answer, *b"HTTP/1.1 413", "{path} {kind}");
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, read.read_to_end(&mut rest)).await;
        drop(read);
        let sent = sending.await.unwrap();
        assert!(sent < 32 << 20, "{path} {kind}: {sent} bytes were taken");
    }
    // As JSON, and ten thousand usernames.
    let json = format!(
        "{{\"username\":\"alice\",\"password\":\"{}\"}}",
        "x".repeat(1 << 20)
    );
    let many = (0..10_000)
        .map(|n| format!("username=u{n}&"))
        .collect::<String>();
    for (body, kind) in [
        (json, "application/json"),
        (many, "application/x-www-form-urlencoded"),
    ] {
        let head = format!("Host: a\r\nContent-Type: {kind}\r\nConnection: close");
        let length = body.len();
        let request =
            format!("POST /sign-in HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
        let answer = raw(house.address(), request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{kind}: {answer:.100}");
    }
    // Ten small ones fit, and are one field that comes more than once.
    let few = "username=u&".repeat(10);
    assert_eq!(house.browser().post("/sign-in", few).await.status, 400);
    assert_eq!(
        house.audit("authn_login_fail").await.len(),
        0,
        "nothing was hashed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_fifty_hostile_passwords_are_judged_a_few_at_a_time() {
    let settings = [
        ("password.hashing_slots", "1"),
        ("password.hashing_queue", "4"),
        // What is measured here is not the disk of a machine that is busy with other tests.
        ("database.busy_timeout", "30s"),
    ];
    let mut house = House::with(&settings).await;
    house.add("alice").await;
    let browser = house.verified("alice").await;
    let form = browser.get("/reset/password").await.filled(&[]);
    assert_eq!(browser.get("/health/ready").await.status, 200);
    let hostile = "4@8({[<369&#!1/|0$5+7%2".repeat(12);
    let bomb: String = hostile.chars().take(256).collect();
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (browser, form) = (browser.twin(), form.clone().fill("password", &bomb));
        tasks.spawn(async move { browser.submit(&form).await });
    }
    let mut served = 0;
    let mut pages = Vec::new();
    while !tasks.is_empty() {
        while let Some(page) = tasks.try_join_next() {
            pages.push(page.unwrap());
        }
        let other = house.browser();
        assert_eq!(other.get("/health/live").await.status, 200);
        assert_eq!(other.get("/health/ready").await.status, 200);
        assert_eq!(
            other.fill("/forgot", &[("username", "bob")]).await.status,
            303
        );
        served += 1;
    }
    let with = |status: u16| pages.iter().filter(|page| page.status == status).count();
    let (judged, busy) = (pages.len() - with(503), with(503));
    assert!(
        pages
            .iter()
            .all(|page| [303, 410, 422, 503].contains(&page.status))
    );
    // Those in the queue have their turn too, unless it takes longer than password.hashing_wait.
    assert!(judged >= 1, "none had its turn");
    assert!(
        busy >= 20,
        "one at once and four in the queue, not fifty: {busy}"
    );
    let told = |page: &&crate::support::Page| !page.header("retry-after").is_empty();
    assert_eq!(pages.iter().filter(told).count(), busy, "with Retry-After");
    assert!(served > 0);
    let refused = house.reasons("authn_password_change").await;
    let refused = refused
        .iter()
        .filter(|reason| *reason == "refused by policy");
    assert_eq!(
        refused.count(),
        with(422),
        "who was not judged is not written down as refused"
    );
    println!("{judged} judged, {busy} sent away, others served {served} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn d6_other_encodings_and_compressed_bodies_are_refused_in_plain_words() {
    let house = House::new().await;
    house.add("alice").await;
    let gzip: &[u8] = &[
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x2b, 0x2d, 0x4e, 0x2d, 0xca, 0x4b, 0xcc, 0x4d, 0xb5,
        0x4d, 0xcc, 0xc9, 0x4c, 0x4e, 5, 0, 0x2b, 0x8e, 0x9b, 0xd3, 14, 0, 0, 0,
    ];
    let bodies: [(&str, &[u8]); 11] = [
        ("application/json", b"{\"username\":"),
        (
            "application/json",
            b"{\"username\":\"alice\",\"username\":\"bob\"}",
        ),
        (
            "application/json",
            b"{\"username\":{\"$gt\":\"\"},\"password\":[1,null,true]}",
        ),
        ("application/json", b"[[[[[[[[[[[[[[[["),
        ("application/cbor", &[0xbf, 0x68, b'u', b's']),
        (
            "application/cbor",
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ),
        ("application/x-postcard", gzip),
        ("application/octet-stream", &[0; 64]),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("text/plain", b"username=alice"),
        ("", b"username=alice"),
    ];
    for path in ["/api/submit", "/forgot", "/sign-in", "/reset"] {
        for (kind, body) in bodies {
            let browser = house.browser();
            let mut request = browser.request(Method::POST, path).body(body.to_vec());
            if !kind.is_empty() {
                request = request.header("content-type", kind);
            }
            let page = browser.send(request).await;
            let case = format!("{path} {kind}: {} {}", page.status, page.body);
            assert!((400..500).contains(&page.status), "{case}");
            let words = page.body.to_lowercase();
            for inside in [
                "serde",
                "deseriali",
                "postcard",
                "cbor",
                "src/",
                "server_fn",
                "panick",
                "struct ",
                "expected",
                "line 1",
                "column",
                "eof",
            ] {
                assert!(!words.contains(inside), "{inside}: {case}");
            }
        }
        // What says that it is compressed is not what it says: nothing is unpacked, whatever it would come to.
        let browser = house.browser();
        let request = browser
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("content-encoding", "gzip")
            .body(gzip.to_vec());
        let page = browser.send(request).await;
        assert!((400..500).contains(&page.status), "{path}: {}", page.status);
    }
    assert_eq!(house.count("SELECT COUNT(*) FROM outbox").await, 0);
    assert!(house.opens("alice", PASSWORD).await, "it goes on");
    assert!(!house.log().contains("panicked"));
}
