//! The pages, the JSON and the events, over HTTP.

use reqwest::header::{HOST, ORIGIN};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use crate::support::{House, within};

const MAIL: &str = "From: Postern <postern@localhost>\r\nTo: ada@localhost\r\nSubject: Reset <your> password\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n\
    Open http://127.0.0.1:3000/reset#TOKEN <script>alert(1)</script>\r\n--b\r\nContent-Type: text/html\r\n\r\n\
    <!doctype html><p id=x>Hello</p><script>alert(1)</script>\r\n--b--";

fn http() -> Client {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

async fn get(house: &House, path: &str) -> Response {
    within(http().get(house.url(path)).send()).await.unwrap()
}

async fn text(house: &House, path: &str) -> String {
    let answer = get(house, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn json_for_tests() {
    let mut house = House::new().await;
    let list = "/dev/mailbox/api/messages";
    assert_eq!(text(&house, list).await, "[]");
    house.send("Subject: first\r\n\r\nhello").await;
    let id = house.send(MAIL).await.id.clone();
    let answer = get(&house, list).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let messages: Value = answer.json().await.unwrap();
    assert_eq!(messages[1]["subject"], "first");
    assert_eq!(messages[1]["from"], "a@b");
    assert_eq!(messages[0]["id"], id.as_str());
    assert_eq!(messages[0]["to"], serde_json::json!(["ada@localhost"]));
    assert_eq!(messages[0]["from"], "Postern <postern@localhost>");
    assert_eq!(messages[0]["subject"], "Reset <your> password");
    let at = messages[0]["received_at"].as_str().unwrap();
    assert!(
        at.len() == 24 && at.ends_with('Z') && at.contains('T'),
        "{at}"
    );

    let one: Value = get(&house, &format!("{list}/{id}"))
        .await
        .json()
        .await
        .unwrap();
    assert!(
        one["text"]
            .as_str()
            .unwrap()
            .starts_with("Open http://127.0.0.1:3000/reset#TOKEN")
    );
    assert!(one["html"].as_str().unwrap().contains("<p id=x>"));
    assert!(one["source"].as_str().unwrap().contains("\r\n--b--\r\n"));
    assert_eq!(
        one["headers"][2],
        serde_json::json!(["Subject", "Reset <your> password"])
    );
    assert_eq!(one["envelope_from"], "a@b");

    let missing = get(&house, &format!("{list}/nothing")).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(missing.json::<Value>().await.unwrap()["error"].is_string());
    for (path, expected) in [
        (format!("{list}/{id}"), StatusCode::NO_CONTENT),
        (format!("{list}/{id}"), StatusCode::NOT_FOUND),
        (list.to_owned(), StatusCode::NO_CONTENT),
    ] {
        let answer = within(http().delete(house.url(&path)).send())
            .await
            .unwrap();
        assert_eq!(answer.status(), expected, "{path}");
    }
    assert_eq!(house.mailbox.count(), 0);
}

#[tokio::test]
async fn foreign_hosts_and_sites_are_refused() {
    let mut house = House::new().await;
    let id = house.send(MAIL).await.id.clone();
    for path in [
        "/dev/mailbox",
        "/dev/mailbox/api/messages",
        "/dev/mailbox/events",
        &format!("/dev/mailbox/{id}/html"),
    ] {
        let asked = http()
            .get(house.url(path))
            .header(HOST, "evil.example:3000");
        let answer = within(asked.send()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{path}");
        assert!(!answer.text().await.unwrap().contains("Reset"));
    }
    let port = house.web.port();
    let ours = http()
        .get(house.url("/dev/mailbox"))
        .header(HOST, format!("localhost:{port}"));
    assert_eq!(within(ours.send()).await.unwrap().status(), StatusCode::OK);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        (ORIGIN.as_str(), "https://evil.example"),
        (ORIGIN.as_str(), "null"),
    ] {
        for asked in [
            http().get(house.url("/dev/mailbox/api/messages")),
            http().delete(house.url("/dev/mailbox/api/messages")),
            http().post(house.url("/dev/mailbox/delete")),
            http().post(house.url(&format!("/dev/mailbox/{id}/delete"))),
            http().get(house.url("/dev/mailbox/events")),
        ] {
            let answer = within(asked.header(name, value).send()).await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
        }
    }
    assert_eq!(house.mailbox.count(), 1);
}

#[tokio::test]
async fn the_html_is_locked_in() {
    let mut house = House::new().await;
    let id = house.send(MAIL).await.id.clone();
    let answer = get(&house, &format!("/dev/mailbox/{id}/html")).await;
    let headers = answer.headers().clone();
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert_eq!(
        policy,
        "default-src 'none'; img-src data: cid:; style-src 'unsafe-inline'; sandbox allow-popups \
         allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; frame-ancestors 'self'; \
         base-uri 'none'; form-action 'none'"
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let body = answer.text().await.unwrap();
    assert!(
        body.starts_with("<!doctype html><base target=\"_blank\"><p id=x>"),
        "{body}"
    );
    let none = house.send("Subject: plain\r\n\r\nx").await.id.clone();
    assert_eq!(
        get(&house, &format!("/dev/mailbox/{none}/html"))
            .await
            .status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn pages_without_javascript() {
    let mut house = House::new().await;
    let empty = text(&house, "/dev/mailbox").await;
    assert!(
        empty.contains(&house.smtp.to_string()) && empty.contains("swaks --server"),
        "{empty}"
    );
    let id = house.send(MAIL).await.id.clone();
    house.send("Subject: Other\r\n\r\nfindme").await;

    let answer = get(&house, "/dev/mailbox").await;
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("frame-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let list = answer.text().await.unwrap();
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(list.contains(nonce));
    assert!(list.contains("Reset &lt;your&gt; password"), "{list}");
    assert!(list.find("Other").unwrap() < list.find("Reset &lt;").unwrap());

    let found = text(&house, "/dev/mailbox?q=FINDME").await;
    assert!(
        found.contains("Other") && !found.contains("Reset &lt;"),
        "{found}"
    );
    let quoted = text(&house, "/dev/mailbox?q=%22%3E%3Cscript%3Ex").await;
    assert!(!quoted.contains("<script>x"), "{quoted}");
    text(&house, &format!("/dev/mailbox?q={}", "x".repeat(5_000))).await;
    text(&house, "/dev/mailbox?q=%00%ff&q=a&view=%ff").await;

    let html = text(&house, &format!("/dev/mailbox/{id}?q=reset")).await;
    let allowed =
        "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";
    assert!(html.contains(&format!("sandbox=\"{allowed}\"")), "{html}");
    assert!(
        html.contains(&format!("src=\"/dev/mailbox/{id}/html\"")),
        "{html}"
    );
    let plain = text(&house, &format!("/dev/mailbox/{id}?view=text")).await;
    assert!(
        plain.contains("href=\"http://127.0.0.1:3000/reset#TOKEN\""),
        "{plain}"
    );
    assert!(
        plain.contains("rel=\"noopener\"") && plain.contains("target=\"_top\""),
        "{plain}"
    );
    assert!(!plain.contains("<script>alert"), "{plain}");
    let headers = text(&house, &format!("/dev/mailbox/{id}?view=headers")).await;
    assert!(
        headers.contains("multipart/alternative; boundary=b"),
        "{headers}"
    );
    let source = text(&house, &format!("/dev/mailbox/{id}?view=source")).await;
    assert!(
        source.contains("--b--") && !source.contains("<script>alert"),
        "{source}"
    );
    for path in ["/dev/mailbox/nothing", "/dev/mailbox/%ff%00"] {
        assert_eq!(
            get(&house, path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn deleting_by_form() {
    let mut house = House::new().await;
    let id = house.send(MAIL).await.id.clone();
    house.send(MAIL).await;
    for (path, left, to) in [
        (
            format!("/dev/mailbox/{id}/delete?q=a%20b"),
            1,
            "/dev/mailbox?q=a%20b",
        ),
        (format!("/dev/mailbox/{id}/delete"), 1, "/dev/mailbox"),
        ("/dev/mailbox/delete".to_owned(), 0, "/dev/mailbox"),
    ] {
        let answer = within(http().post(house.url(&path)).send()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()["location"], to);
        assert_eq!(house.mailbox.count(), left);
    }
}

#[tokio::test]
async fn events_tell_of_arrivals_and_end_with_the_mailbox() {
    let mut house = House::new().await;
    let mut answer = get(&house, "/dev/mailbox/events").await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut heard = String::new();
    for (subject, expected) in [("one", "event: arrived"), ("two", "\"subject\":\"two\"")] {
        house.send(&format!("Subject: {subject}\r\n\r\n")).await;
        while !heard.contains(expected) {
            let chunk = within(answer.chunk())
                .await
                .unwrap()
                .expect("the stream goes on");
            heard.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
    house.mailbox.clear();
    while !heard.contains("event: changed") {
        let chunk = within(answer.chunk())
            .await
            .unwrap()
            .expect("the stream goes on");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    house.mailbox.close();
    while within(answer.chunk()).await.unwrap().is_some() {}
}
