//! The pages and the JSON of faults and sessions, and the authority's certificate, over HTTP.

use reqwest::header::{CONTENT_TYPE, HOST, ORIGIN};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use scraper::{Html, Selector};
use serde_json::{Value, json};

use crate::support::{House, within};

const FAULTS: &str = "/dev/mailbox/api/faults";
const SESSIONS: &str = "/dev/mailbox/api/sessions";

fn http() -> Client {
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    client.build().unwrap()
}

async fn ask(request: RequestBuilder) -> Response {
    within(request.send()).await.unwrap()
}

async fn page(house: &House, path: &str) -> Html {
    let answer = ask(http().get(house.url(path))).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    Html::parse_document(&answer.text().await.unwrap())
}

async fn read(house: &House, path: &str) -> Value {
    ask(http().get(house.url(path))).await.json().await.unwrap()
}

/// The text of all that a selector finds, white space as single spaces.
fn all(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let texts = html
        .select(&selector)
        .map(|found| found.text().collect::<String>());
    texts
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

async fn put(house: &House, media_type: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = http()
        .put(house.url(FAULTS))
        .header(CONTENT_TYPE, media_type);
    ask(request.body(body)).await
}

#[tokio::test]
async fn the_script_as_json() {
    let house = House::new().await;
    let none = read(&house, FAULTS).await;
    assert_eq!(
        (&none["active"], &none["script"], &none["rules"]),
        (&json!(false), &json!(""), &json!([]))
    );

    let script = json!({ "script": "# wait\nRCPT:first=1:451 4.7.1 Later" }).to_string();
    let answer = put(&house, "application/json; charset=utf-8", script.clone()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let mut client = house.client().await;
    client
        .say("EHLO t\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<c@d>\r\nQUIT\r\n")
        .await;
    for code in [220, 250, 250, 451, 250, 221] {
        client.expect(code).await;
    }
    let now = read(&house, FAULTS).await;
    let rule = json!({ "line": 2, "rule": "RCPT:first=1:451 4.7.1 Later", "seen": 2, "fired": 1 });
    assert_eq!((&now["active"], &now["rules"][0]), (&json!(true), &rule));
    // The same script again begins anew.
    put(&house, "application/json", script).await;
    assert_eq!(read(&house, FAULTS).await["rules"][0]["seen"], 0);

    let answer = put(&house, "text/plain", "TLS:expired").await;
    let now: Value = answer.json().await.unwrap();
    assert_eq!(
        (&now["script"], now["rules"].as_array().unwrap().len()),
        (&json!("TLS:expired"), 1)
    );
    let at = now["set_at"].as_str().unwrap();
    assert!(at.len() == 24 && at.ends_with('Z'), "{at}");

    let answer = put(&house, "text/plain", "MAIL:451\nRCTP:451; RCPT:nth=0:451").await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong: Value = answer.json().await.unwrap();
    let errors = wrong["errors"].as_array().unwrap();
    assert_eq!(
        (&errors[0]["line"], &errors[0]["column"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        (&errors[1]["line"], &errors[1]["column"]),
        (&json!(2), &json!(16))
    );
    assert!(
        wrong["error"]
            .as_str()
            .unwrap()
            .starts_with("line 2, column 1: \"RCTP\" is no step"),
        "{wrong}"
    );
    // The old one stays.
    assert_eq!(read(&house, FAULTS).await["script"], "TLS:expired");

    assert_eq!(
        ask(http().delete(house.url(FAULTS))).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(read(&house, FAULTS).await["active"], false);
}

#[tokio::test]
async fn hostile_scripts_change_nothing() {
    let house = House::new().await;
    house.mailbox.faults().set("QUIT:close").unwrap();
    let json = |script: &str| json!({ "script": script }).to_string();
    for (media_type, body, status) in [
        ("text/plain", "MAIL:451\n".repeat(120_000), 413),
        ("text/plain", "MAIL:451\n".repeat(3_000), 422),
        ("application/json", json(&"x".repeat(1_000_000)), 413),
        ("application/json", "{\"script\":".to_owned(), 400),
        ("application/json", "[]".to_owned(), 400),
        ("application/json", "{\"script\":7}".to_owned(), 400),
        ("application/json", "{}".to_owned(), 400),
        (
            "application/x-www-form-urlencoded",
            "script=".to_owned(),
            422,
        ),
        ("application/json", json("MAIL:451 \0"), 422),
        (
            "text/plain",
            "RCPT:nth=99999999999999999999:451".to_owned(),
            422,
        ),
        (
            "text/plain",
            "DATA:delay=99999999999999999999h".to_owned(),
            422,
        ),
        ("text/plain", "RATE:5/fortnight:421".to_owned(), 422),
        ("text/plain", "<script>alert(1)</script>".to_owned(), 422),
    ] {
        let start: String = body.chars().take(40).collect();
        let answer = put(&house, media_type, body).await;
        assert_eq!(answer.status().as_u16(), status, "{start}");
        let told: Value = answer.json().await.unwrap();
        assert!(
            told["error"]
                .as_str()
                .is_some_and(|error| error.len() < 400),
            "{start}: {told}"
        );
    }
    assert_eq!(
        put(&house, "text/plain", vec![0xff, 0xfe]).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(house.mailbox.faults().report().source, "QUIT:close");
    // A form, too.
    for script in [
        "&lt;</textarea><img src=x onerror=alert(1)>".to_owned(),
        "MAIL:451\n".repeat(50_000),
        "a\0b".to_owned(),
    ] {
        let answer = ask(http()
            .post(house.url("/dev/mailbox/faults"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(&script)))
        .await;
        assert!(
            [413, 422].contains(&answer.status().as_u16()),
            "{}",
            answer.status()
        );
        let html = Html::parse_document(&answer.text().await.unwrap());
        assert!(all(&html, "main img").is_empty());
        if let Some(typed) = all(&html, "textarea").first() {
            assert!(
                script.contains("MAIL") || *typed == script.replace('\0', "\u{fffd}"),
                "{typed}"
            );
        }
    }
    assert_eq!(house.mailbox.faults().report().source, "QUIT:close");
}

/// As a browser writes it.
fn form(script: &str) -> String {
    let encoded: String = script.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("script={encoded}")
}

#[tokio::test]
async fn the_form_works_without_javascript() {
    let house = House::new().await;
    let post = |path: &str, body: String| {
        let request = http()
            .post(house.url(path))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        ask(request.body(body))
    };
    let calm = page(&house, "/dev/mailbox/faults").await;
    assert_eq!(all(&calm, "#in-force"), ["Nothing goes wrong"]);
    assert!(all(&page(&house, "/dev/mailbox").await, ".mailbox-warning").is_empty());

    // An example stands in the form and does nothing yet.
    let links = all(&calm, ".mailbox-examples a");
    assert!(links.len() > 10, "{links:?}");
    let chosen = page(&house, "/dev/mailbox/faults?example=greylisting").await;
    assert!(all(&chosen, "textarea")[0].starts_with("RCPT:first=1:451 4.7.1"));
    assert!(!house.mailbox.faults().is_active());
    page(&house, "/dev/mailbox/faults?example=%22%3Cx&example=y").await;

    let answer = post(
        "/dev/mailbox/faults",
        form("RCPT:451 4.7.1\r\nMAIL:nht=2:451"),
    )
    .await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = Html::parse_document(&answer.text().await.unwrap());
    let complaint = all(&wrong, "[role=alert] li");
    assert!(
        complaint[0].starts_with("Line 2, column 6: \"nht=2:451\" is no fault here")
            && complaint[0].ends_with("MAIL:nht=2:451"),
        "{complaint:?}"
    );
    assert_eq!(
        all(&wrong, "textarea[aria-invalid=true]"),
        ["RCPT:451 4.7.1 MAIL:nht=2:451"]
    );

    let answer = post("/dev/mailbox/faults", form("RCPT:451 4.7.1\r\nQUIT:close")).await;
    assert_eq!(
        (answer.status(), &answer.headers()["location"]),
        (
            StatusCode::SEE_OTHER,
            &"/dev/mailbox/faults".parse().unwrap()
        )
    );
    let active = page(&house, "/dev/mailbox/faults").await;
    assert_eq!(all(&active, "#in-force"), ["In force"]);
    assert_eq!(
        all(&active, ".mailbox-rules tbody tr"),
        ["1RCPT:451 4.7.100", "2QUIT:close00"]
    );
    for path in ["/dev/mailbox", "/dev/mailbox/sessions"] {
        let warned = all(&page(&house, path).await, ".mailbox-warning");
        assert!(
            warned[0].starts_with("A fault script is in force.")
                && warned[0].contains("2 rules, fired 0 times"),
            "{warned:?}"
        );
    }
    let answer = post("/dev/mailbox/faults/clear", String::new()).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(!house.mailbox.faults().is_active());
}

#[tokio::test]
async fn sessions_by_page_and_as_json_linked_to_their_mails() {
    let mut house = House::faulty("RSET:first=1:451 4.3.0 <b>no</b>").await;
    let mut client = house.client().await;
    client.say("EHLO <i>me</i>\r\nRSET\r\nAUTH PLAIN AGFkYQBodW50ZXIy\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n").await;
    let message = house.arrival().await;
    assert!(client.rest().await.ends_with("221 2.0.0 Bye\r\n"));
    drop(client);
    house.ending().await;

    let list = read(&house, SESSIONS).await;
    let id = list[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(list[0]["helo"], "<i>me</i>");
    assert_eq!(list[0]["result"], "closed by the sandbox");
    assert_eq!(list[0]["messages"], json!([message.id]));
    assert_eq!(
        (&list[0]["faults"], &list[0]["tls"]),
        (&json!(1), &Value::Null)
    );
    let one = read(&house, &format!("{SESSIONS}/{id}")).await;
    let lines = one["lines"].as_array().unwrap();
    let said: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["who"].as_str().unwrap(),
                line["text"].as_str().unwrap(),
            )
        })
        .collect();
    for expected in [
        ("client", "RSET"),
        ("fault", "RSET:first=1:451 4.3.0 <b>no</b>"),
        ("server", "451 4.3.0 <b>no</b>"),
        ("client", "AUTH PLAIN [secret]"),
        ("note", "a message of 14 octets"),
    ] {
        assert!(said.contains(&expected), "{expected:?}: {said:?}");
    }
    assert!(lines.iter().all(|line| line["at_ms"].is_u64()));
    let api = read(&house, &format!("/dev/mailbox/api/messages/{}", message.id)).await;
    assert_eq!(api["session"], id.as_str());

    let list = page(&house, "/dev/mailbox/sessions").await;
    let row = &all(&list, "#mailbox-list li")[0];
    assert!(
        row.starts_with("<i>me</i>1 mail, closed by the sandbox 1 fault"),
        "{row}"
    );
    let session = page(&house, &format!("/dev/mailbox/sessions/{id}")).await;
    let faults = all(&session, ".mailbox-lines .mailbox-fault .mailbox-said");
    assert_eq!(faults, ["RSET:first=1:451 4.3.0 <b>no</b>"]);
    let links = Selector::parse(".mailbox-facts a").unwrap();
    let link = session
        .select(&links)
        .next()
        .unwrap()
        .attr("href")
        .unwrap()
        .to_owned();
    assert_eq!(link, format!("/dev/mailbox/{}", message.id));
    let back = page(&house, &link).await;
    let link = back
        .select(&links)
        .next()
        .unwrap()
        .attr("href")
        .unwrap()
        .to_owned();
    assert_eq!(link, format!("/dev/mailbox/sessions/{id}"));

    // A mail that is deleted is told of, not linked; a session that is forgotten neither.
    house.mailbox.clear();
    let session = page(&house, &format!("/dev/mailbox/sessions/{id}")).await;
    assert!(session.select(&links).next().is_none());
    assert_eq!(
        ask(http().delete(house.url(SESSIONS))).await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(read(&house, SESSIONS).await, json!([]));
    for path in [
        format!("/dev/mailbox/sessions/{id}"),
        format!("{SESSIONS}/{id}"),
        "/dev/mailbox/sessions/%ff%00".into(),
    ] {
        let answer = ask(http().get(house.url(&path))).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn sessions_are_followed_live() {
    let house = House::new().await;
    let mut answer = ask(http().get(house.url("/dev/mailbox/events"))).await;
    let mut client = house.client().await;
    client.expect(220).await;
    let mut heard = String::new();
    let id = house.mailbox.sessions()[0].id.clone();
    while !heard.contains(&format!("event: session\ndata: {{\"id\":\"{id}\"}}")) {
        heard.push_str(&String::from_utf8_lossy(
            &within(answer.chunk()).await.unwrap().unwrap(),
        ));
    }
    let goes_on = read(&house, SESSIONS).await;
    assert_eq!(goes_on[0]["result"], Value::Null);
    house.mailbox.close();
    while within(answer.chunk()).await.unwrap().is_some() {}
}

#[tokio::test]
async fn the_authority_is_there_for_everybody_and_its_key_for_nobody() {
    let house = House::new().await;
    let answer = ask(http().get(house.url("/dev/mailbox/ca.pem"))).await;
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/x-pem-file");
    assert_eq!(answer.text().await.unwrap(), house.mailbox.ca_pem());
    assert!(!house.mailbox.ca_pem().contains("PRIVATE"));
}

#[tokio::test]
async fn all_of_it_is_behind_the_guard() {
    let house = House::new().await;
    for path in [
        "/dev/mailbox/faults",
        "/dev/mailbox/sessions",
        "/dev/mailbox/ca.pem",
        FAULTS,
        SESSIONS,
    ] {
        let answer = ask(http().get(house.url(path)).header(HOST, "evil.example")).await;
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
    let script = || http().put(house.url(FAULTS)).body("*:close");
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        (ORIGIN.as_str(), "https://evil.example"),
        (ORIGIN.as_str(), "null"),
    ] {
        for request in [
            script(),
            http().get(house.url(FAULTS)),
            http().delete(house.url(FAULTS)),
            http()
                .post(house.url("/dev/mailbox/faults"))
                .body("script=x"),
            http().post(house.url("/dev/mailbox/faults/clear")),
            http().get(house.url(SESSIONS)),
            http().delete(house.url(SESSIONS)),
        ] {
            let answer = ask(request.header(name, value)).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
        }
    }
    assert!(!house.mailbox.faults().is_active());
}
