//! Bad input: every field of every form, with everything that people and programs put there.

use std::time::{Duration, Instant};

use crate::support::{Browser, Form, House, PASSWORD, percent, raw};

/// What goes into a field, as the bytes that arrive.
fn nasty() -> Vec<(&'static str, String)> {
    let coded = |text: &str| percent(text.as_bytes());
    vec![
        ("empty", String::new()),
        ("spaces", "+++".into()),
        ("long", "a".repeat(10_000)),
        ("long and wide", coded(&"ẞ".repeat(1_500))),
        ("huge", "a".repeat(1 << 20)),
        ("NUL", "ali%00ce".into()),
        ("invalid UTF-8", "%ff%fe%c3%28".into()),
        ("half an escape", "abc%4".into()),
        ("no escape", "%zz".into()),
        ("overlong UTF-8", "%c0%80".into()),
        ("a surrogate", "%ed%a0%80".into()),
        ("CR and LF", "alice%0d%0aBcc:%20evil%40example.net".into()),
        ("escape sequences", "%1b%5b2J%07".into()),
        ("look-alikes", coded("аlісе")),
        ("full width", coded("ａｌｉｃｅ")),
        ("zero width", coded("al\u{200b}i\u{feff}ce")),
        ("right to left", coded("\u{202e}ecila")),
        ("line separators", coded("a\u{2028}b\u{2029}c\u{85}d")),
        ("combining", coded(&format!("a{}", "\u{301}".repeat(400)))),
        ("expanding under NFKC", coded(&"\u{fdfa}".repeat(60))),
        ("emoji", coded("🧑‍🚀🏴‍☠️")),
        ("noncharacters", coded("\u{ffff}\u{10ffff}")),
        ("SQL", coded("' OR 1=1; DROP TABLE account; --")),
        ("markup", coded("<script>alert(1)</script>")),
        ("paths", coded("../../../../etc/passwd")),
        ("formats", coded("%s%n{}{{7*7}}${jndi:ldap://x}")),
        ("numbers", "-1".into()),
        ("a big number", "99999999999999999999999".into()),
    ]
}

/// Every form, with what is right in all of its fields.
async fn forms(browser: &Browser, reset: &Browser) -> Vec<(Form, bool)> {
    let mut all = Vec::new();
    for path in [
        "/forgot",
        "/reset",
        "/sign-up",
        "/verify",
        "/sign-in",
        "/account/verify-address",
        "/not-me",
    ] {
        let page = browser.get(path).await;
        all.push((page.form(path), false));
    }
    for form in browser.get("/account").await.forms() {
        all.push((form, false));
    }
    all.push((browser.get("/sign-out").await.form("/sign-out"), false));
    all.push((
        reset.get("/reset/password").await.form("/reset/password"),
        true,
    ));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_form_takes_anything_and_breaks_nothing() {
    let mut house = House::with(&[("session.max_failures", "100")]).await;
    house.add("alice").await;
    let reset = house.verified("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let before = house.account("alice").await;
    for (form, by_reset) in forms(&browser, &reset).await {
        let sender = if by_reset { &reset } else { &browser };
        for field in form.fields.iter().map(|(name, _)| name) {
            for (what, value) in nasty() {
                // These make good passwords.
                let good = ["SQL", "markup", "formats", "paths", "a big number"];
                if by_reset && field == "password" && good.contains(&what) {
                    continue;
                }
                let rest = form.fields.iter().filter(|(name, _)| name != field);
                let rest: String = rest
                    .map(|(name, value)| format!("&{name}={}", percent(value.as_bytes())))
                    .collect();
                // A connection of its own for what the server hangs up on.
                let twin = sender.twin();
                let sender = if what == "huge" { &twin } else { sender };
                let request = sender.request(reqwest::Method::POST, &form.action);
                let request = request.header("content-type", "application/x-www-form-urlencoded");
                let answer = sender
                    .try_send(request.body(format!("{field}={value}{rest}")))
                    .await;
                let case = format!("{} {field}: {what}", form.action);
                let Ok(page) = answer else {
                    assert_eq!(
                        what, "huge",
                        "{case}: the server may hang up on what is too much"
                    );
                    continue;
                };
                let generic = page.status == 303
                    && ["/forgot/sent", "/sign-up/sent"]
                        .iter()
                        .any(|to| page.location().starts_with(to));
                assert!(
                    generic || (400..500).contains(&page.status),
                    "{case}: {} {}",
                    page.status,
                    page.location()
                );
                if what == "huge" {
                    assert_eq!(page.status, 413, "{case}");
                }
                if [
                    "NUL",
                    "invalid UTF-8",
                    "half an escape",
                    "no escape",
                    "overlong UTF-8",
                    "a surrogate",
                ]
                .contains(&what)
                {
                    assert_eq!(page.status, 400, "{case}");
                }
                if page.header("content-type").starts_with("text/html") {
                    assert!(
                        !page.text("main").is_empty(),
                        "{case}: a sentence for the person"
                    );
                }
            }
        }
    }
    let after = house.account("alice").await;
    assert_eq!(
        (after.password_hash, after.email, after.state),
        (before.password_hash, before.email, before.state)
    );
    assert!(browser.is_signed_in().await, "still signed in");
    assert_eq!(
        reset
            .choose("seven lanterns drift upstream")
            .await
            .location(),
        "/reset/done",
        "the session is usable"
    );
    assert!(!house.log().contains("panicked"));
    assert_eq!(house.browser().get("/health/ready").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_answer_whether_or_not_the_account_exists() {
    let house = House::new().await;
    house.add("kaspar").await;
    for (what, tail) in nasty().into_iter().filter(|(what, _)| *what != "huge") {
        let mut answers = Vec::new();
        for name in ["kaspar", "nobody"] {
            for path in ["/forgot", "/sign-in"] {
                let browser = house.browser();
                let page = browser
                    .post(path, format!("username={name}{tail}&password=x"))
                    .await;
                answers.push((path, page.masked(&[]).replace(name, "*")));
            }
        }
        assert_eq!(answers[0], answers[2], "{what}");
        assert_eq!(answers[1], answers[3], "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_a_huge_body_is_refused_at_once() {
    let house = House::new().await;
    house.add("alice").await;
    let head =
        "Host: a\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n";
    for path in [
        "/forgot",
        "/sign-in",
        "/verify",
        "/reset/password",
        "/account/password",
    ] {
        let began = Instant::now();
        let body = format!("username=alice&password={}", "x".repeat(1 << 20));
        let request = format!(
            "POST {path} HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = raw(house.address(), request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer:.200}");
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{path}: {:?}",
            began.elapsed()
        );
        // Without a length, and without an end.
        let chunk = format!("{:x}\r\n{}\r\n", 4_096, "x".repeat(4_096));
        let request = format!(
            "POST {path} HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n{}",
            chunk.repeat(32)
        );
        let answer = raw(house.address(), request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer:.200}");
    }
    assert_eq!(
        house.audit("authn_login_fail").await.len(),
        0,
        "nothing was hashed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_a_long_password_is_refused_before_it_is_hashed() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.verified("alice").await;
    for password in ["x".repeat(15_000), "\u{fdfa}".repeat(256), "é".repeat(300)] {
        let page = browser.choose(&password).await;
        assert_eq!(page.status, 422, "{}", page.body);
        assert!(
            page.error("password").contains("256"),
            "{}",
            page.error("password")
        );
    }
    assert!(house.opens("alice", PASSWORD).await);
    assert!(!house.opens("alice", &"x".repeat(15_000)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_hostile_passwords_do_not_hold_others_up() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.verified("alice").await;
    let form = browser.get("/reset/password").await.filled(&[]);
    let hostile = "4@8({[<369&#!1/|0$5+7%2".repeat(12);
    let bomb: String = hostile.chars().take(256).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (browser, form) = (browser.twin(), form.clone().fill("password", &bomb));
        tasks.spawn(async move { browser.submit(&form).await.status });
    }
    let began = Instant::now();
    assert_eq!(house.browser().get("/health/live").await.status, 200);
    assert_eq!(
        house
            .browser()
            .fill("/forgot", &[("username", "bob")])
            .await
            .status,
        303
    );
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    for status in tasks.join_all().await {
        assert!([303, 410, 422, 503].contains(&status), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_http() {
    let house = House::new().await;
    for request in [
        "GET / HTTP/9.9\r\n\r\n",
        "NONSENSE\r\n\r\n",
        "GET /%ff%fe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /sign-in?note=%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /sign-in?note=a&note=b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /forgot/sent?reference=a&reference=b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST /forgot HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /forgot HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        "POST /forgot HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nCookie: postern=\u{1}; postern-reset=;;==\r\nConnection: close\r\n\r\n",
        "GET /account HTTP/1.1\r\nHost: a\r\nCookie: postern=AAAA; postern=%ff; =x; postern\r\nConnection: close\r\n\r\n",
    ] {
        let answer = raw(house.address(), request.as_bytes()).await;
        let status: u16 = answer
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(400);
        assert!(status < 500, "{request:?}: {answer}");
        for inside in ["deserialize", "serde", "src/", "panicked"] {
            assert!(!answer.contains(inside), "{request:?}: {answer}");
        }
    }
    let long = format!(
        "GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "x".repeat(100_000)
    );
    let answer = raw(house.address(), long.as_bytes()).await;
    assert!(!answer.starts_with("HTTP/1.1 5"), "{answer:.100}");
    assert_eq!(house.browser().get("/health/live").await.status, 200);
}
