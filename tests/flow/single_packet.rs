//! The races over HTTP/2 as they are won: fifty requests on one connection, whole but for their last bytes, and these in one packet.

use std::net::TcpStream;

use crate::support::{Form, House, PASSWORD, PATIENCE};

#[path = "../cli/load/h2.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod h2;

use h2::{
    Connection, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, frame,
    request,
};

/// RFC 9113 6.5, 6.7.
const ACK: u8 = 1;
const WINDOW_UPDATE: u8 = 8;

/// As many as race; the default is fewer.
const STREAMS: [(&str, &str); 1] = [("limits.http2_streams", "64")];

/// A form, and the cookies that go with it.
struct Post {
    form: Form,
    cookie: String,
}

/// Posts all in one packet, and returns how long each answer's body is, in their order. A redirect has none.
fn in_one_packet(house: &House, posts: Vec<Post>) -> Vec<usize> {
    let stream = TcpStream::connect(house.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut connection = Connection::open(stream, &[]);
    let mut most = frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes());
    let mut last = Vec::new();
    let origin = house.public_url();
    for (number, post) in posts.iter().enumerate() {
        let (id, body) = (number as u32 * 2 + 1, post.form.body());
        let (length, body) = (body.len().to_string(), body.as_bytes());
        let mut headers = vec![
            ("origin", origin.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-length", &length),
        ];
        if !post.cookie.is_empty() {
            headers.push(("cookie", &post.cookie));
        }
        let block = request("POST", &post.form.action, &headers);
        most.extend(frame(HEADERS, END_HEADERS, id, &block));
        most.extend(frame(DATA, 0, id, &body[..body.len() - 1]));
        last.extend(frame(DATA, END_STREAM, id, &body[body.len() - 1..]));
    }
    // Its answer tells that all before it has come.
    most.extend(frame(PING, 0, 0, b"all here"));
    assert!(connection.write(&most));
    let answered = |frame: &h2::Frame| frame.kind == PING && frame.flags & ACK != 0;
    assert!(connection.until(answered).is_some());
    assert!(last.len() < 1_000, "one packet: {}", last.len());
    assert!(connection.write(&last));
    let mut lengths = vec![0; posts.len()];
    let mut open = posts.len();
    while open > 0 {
        let next = connection.read().expect("all are answered");
        assert!(![GOAWAY, RST_STREAM].contains(&next.kind), "{next:?}");
        if next.kind == SETTINGS && next.flags & ACK == 0 {
            connection.write(&frame(SETTINGS, ACK, 0, b""));
        }
        if next.kind == DATA {
            lengths[(next.stream as usize - 1) / 2] += next.payload.len();
        }
        if [DATA, HEADERS].contains(&next.kind) && next.flags & END_STREAM != 0 {
            open -= 1;
        }
    }
    lengths
}

#[tokio::test(flavor = "multi_thread")]
async fn t5_fifty_new_passwords_in_one_packet() {
    let mut house = House::with(&STREAMS).await;
    house.add("alice").await;
    let browser = house.verified("alice").await;
    let page = browser.get("/reset/password").await;
    let (name, value) = browser
        .jar
        .lock()
        .unwrap()
        .first_key_value()
        .map(|(n, v)| (n.clone(), v.clone()))
        .unwrap();
    let password = |n: usize| format!("seven lanterns drift upstream {n}");
    let posts = (0..50).map(|n| Post {
        form: page.filled(&[("password", &password(n))]),
        cookie: format!("{name}={value}"),
    });
    let posts = posts.collect();
    let lengths = tokio::task::block_in_place(|| in_one_packet(&house, posts));
    let won: Vec<_> = (0..50).filter(|n| lengths[*n] == 0).collect();
    assert_eq!(won.len(), 1, "one redirect, forty-nine pages: {lengths:?}");
    assert!(house.opens("alice", &password(won[0])).await);
    assert!(!house.opens("alice", PASSWORD).await);
    assert_eq!(house.mails().await.len(), 1, "one notice");
    let changes = house.audit("authn_password_change").await;
    let allowed = changes.iter().filter(|row| row.outcome == "allowed");
    assert_eq!(allowed.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn t6_fifty_exchanges_in_one_packet() {
    let mut house = House::with(&STREAMS).await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let page = house.browser().get("/reset").await;
    let form = page.filled(&[("token", &code), ("username", "alice")]);
    let posts = (0..50).map(|_| Post {
        form: form.clone(),
        cookie: String::new(),
    });
    let posts = posts.collect();
    let lengths = tokio::task::block_in_place(|| in_one_packet(&house, posts));
    let won = lengths.iter().filter(|length| **length == 0).count();
    assert_eq!(won, 1, "{lengths:?}");
    assert_eq!(house.count("SELECT COUNT(*) FROM reset_session").await, 1);
    assert_eq!(house.audit("authn_token_used").await.len(), 1);
}
