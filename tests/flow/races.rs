//! Many at once: exactly one wins, and one notice says so.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{Browser, Form, House, PASSWORD, PATIENCE, Page};

/// Submits all to one server at the same moment.
pub async fn at_once(house: &House, all: Vec<(Browser, Form)>) -> Vec<(Form, Page)> {
    let there = |(browser, form)| (house.address(), house.public_url(), browser, form);
    at_these(all.into_iter().map(there).collect()).await
}

/// Submits all at the same moment, each to its server, whose pages have that origin: each on a connection of its own, whole but for its
/// last byte; then all the last bytes.
pub async fn at_these(all: Vec<(SocketAddr, String, Browser, Form)>) -> Vec<(Form, Page)> {
    let barrier = Arc::new(Barrier::new(all.len()));
    let mut tasks = JoinSet::new();
    for (at, origin, browser, form) in all {
        let barrier = barrier.clone();
        tasks.spawn(async move {
            let mut stream = TcpStream::connect(at).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let request = request(&browser, &form, &origin);
            let (most, last) = request.split_at(request.len() - 1);
            stream.write_all(most).await.unwrap();
            barrier.wait().await;
            stream.write_all(last).await.unwrap();
            let mut answer = Vec::new();
            let reading = stream.read_to_end(&mut answer);
            timeout(PATIENCE, reading).await.unwrap().unwrap();
            (form, answered(&answer))
        });
    }
    tasks.join_all().await
}

/// The bytes of a submitted form.
fn request(browser: &Browser, form: &Form, origin: &str) -> Vec<u8> {
    let (host, body) = (origin.rsplit('/').next().unwrap(), form.body());
    let cookies = browser.jar.lock().unwrap().clone();
    let cookies: Vec<_> = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "POST {} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nCookie: {}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        form.action,
        cookies.join("; "),
        body.len()
    )
    .into_bytes()
}

/// The answer that was read.
fn answered(bytes: &[u8]) -> Page {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    Page {
        status: status.parse().unwrap(),
        headers: headers.collect(),
        body: body.to_owned(),
    }
}

pub fn with_status(pages: &[(Form, Page)], status: u16) -> usize {
    pages
        .iter()
        .filter(|(_, page)| page.status == status)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn t5_fifty_new_passwords_at_once() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.verified("alice").await;
    let page = browser.get("/reset/password").await;
    let form =
        |n: usize| page.filled(&[("password", &format!("seven lanterns drift upstream {n}"))]);
    let pages = at_once(&house, (0..50).map(|n| (browser.twin(), form(n))).collect()).await;
    assert_eq!(with_status(&pages, 303), 1);
    assert_eq!(
        with_status(&pages, 410),
        49,
        "the others are told that it is over"
    );
    let winner = pages.iter().find(|(_, page)| page.status == 303).unwrap();
    assert!(
        house
            .opens("alice", winner.0.value("password").unwrap())
            .await
    );
    assert!(!house.opens("alice", PASSWORD).await);
    assert_eq!(house.mails().await.len(), 1, "one notice now");
    assert_eq!(
        house
            .count("SELECT COUNT(*) FROM outbox WHERE kind = 'password_changed_reminder'")
            .await,
        1
    );
    let changes = house.audit("authn_password_change").await;
    assert_eq!(
        changes
            .iter()
            .filter(|row| row.outcome == "allowed")
            .count(),
        1
    );
    let late = house.audit("sequence_fail").await;
    assert_eq!(late.len(), 49, "who came too late is in the audit, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn t6_fifty_browsers_with_the_same_token() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let form = house
        .browser()
        .get("/reset")
        .await
        .filled(&[("token", &code), ("username", "alice")]);
    let pages = at_once(
        &house,
        (0..50).map(|_| (house.browser(), form.clone())).collect(),
    )
    .await;
    assert_eq!(with_status(&pages, 303), 1);
    assert_eq!(with_status(&pages, 422), 49);
    assert_eq!(
        pages
            .iter()
            .filter(|(_, page)| !page.cookies().is_empty())
            .count(),
        1
    );
    assert_eq!(house.count("SELECT COUNT(*) FROM reset_session").await, 1);
    assert_eq!(house.audit("authn_token_used").await.len(), 1);
    assert_eq!(house.account("alice").await.wrong_usernames, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_pressed_twice_is_pressed_once() {
    let mut house = House::new().await;
    house.add("alice").await;
    // Asking twice at once: one mail now, the other keeps its distance.
    let form = house
        .browser()
        .get("/forgot")
        .await
        .filled(&[("username", "alice")]);
    let pages = at_once(
        &house,
        vec![(house.browser(), form.clone()), (house.browser(), form)],
    )
    .await;
    assert_eq!(with_status(&pages, 303), 2);
    let code = house.mail().await.code();
    // The code twice from the same browser, before it has the cookie: one goes on, the other is told that it is used.
    let browser = house.browser();
    let form = browser
        .get("/reset")
        .await
        .filled(&[("token", &code), ("username", "alice")]);
    let pages = at_once(
        &house,
        vec![(browser.twin(), form.clone()), (browser.twin(), form)],
    )
    .await;
    assert_eq!((with_status(&pages, 303), with_status(&pages, 422)), (1, 1));
    // Signing in twice: two sessions, both good.
    let form = browser
        .get("/sign-in")
        .await
        .filled(&[("username", "alice"), ("password", PASSWORD)]);
    let pages = at_once(
        &house,
        vec![(house.browser(), form.clone()), (house.browser(), form)],
    )
    .await;
    assert_eq!(with_status(&pages, 303), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn t19_parallel_wrong_usernames_are_all_counted() {
    let mut house = House::with(&[("reset.wrong_usernames", "10")]).await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let browser = house.browser();
    let page = browser.exchange(&code, "first").await;
    let form = page.filled(&[("username", "wrong")]);
    let pages = at_once(
        &house,
        (0..100).map(|_| (browser.twin(), form.clone())).collect(),
    )
    .await;
    assert_eq!(
        with_status(&pages, 422),
        8,
        "the first made nine of ten left"
    );
    assert_eq!(with_status(&pages, 403), 1, "the tenth locks");
    assert_eq!(with_status(&pages, 410), 91, "the rest come too late");
    assert!(house.account("alice").await.lock.is_some());
    assert_eq!(house.audit("authn_account_locked").await.len(), 1);
    assert_eq!(house.mails().await.len(), 1, "one notice");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_failed_sign_ins_lock_once() {
    let mut house = House::with(&[("session.max_failures", "5")]).await;
    house.add("alice").await;
    let form = house.browser().get("/sign-in").await;
    let form = form.filled(&[("username", "alice"), ("password", "wrong")]);
    for _ in 0..3 {
        let pages = at_once(
            &house,
            (0..10).map(|_| (house.browser(), form.clone())).collect(),
        )
        .await;
        assert_eq!(with_status(&pages, 401), 10);
        house.advance(std::time::Duration::from_secs(31));
    }
    assert!(house.account("alice").await.lock.is_some());
    assert_eq!(house.mails().await.len(), 1);
}
