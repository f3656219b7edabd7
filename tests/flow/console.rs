//! The console: for operators alone, bound to their session, limited, blind to private networks, and without a secret anywhere.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Browser, Form, House, MINUTE, PASSWORD, Page, Relay, Reply, until};

const SECRET: &str = "quartz-lemon-7731";

/// A house with an operator who is signed in.
pub async fn manned(settings: &[(&str, &str)]) -> (House, Browser) {
    let house = House::with(settings).await;
    house.add_with("olga", "olga@example.org", true).await;
    let browser = house.signed_in("olga", PASSWORD).await;
    (house, browser)
}

pub async fn form(browser: &Browser) -> Form {
    browser.get("/console/smtp").await.form("/console/smtp")
}

/// The form with other settings typed into it.
pub fn typed(form: Form, host: &str, port: u16, stop: &str) -> Form {
    form.fill("source", "typed")
        .fill("host", host)
        .fill("port", &port.to_string())
        .fill("tls", "none")
        .fill("stop", stop)
}

/// Starts a probe and waits for its end; the path and the page.
pub async fn run(browser: &Browser, form: &Form) -> (String, Page) {
    let page = browser.submit(form).await;
    assert_eq!(page.status, 303, "{}", page.problem());
    let path = page.location().to_owned();
    assert!(path.starts_with("/console/smtp/runs/"), "{path}");
    let page = until("the end of the probe", async || {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        (page.text(".outcome h2") != "Running").then_some(page)
    })
    .await;
    (path, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_is_for_operators_and_unknown_to_others() {
    let (house, olga) = manned(&[]).await;
    house.add("alice").await;
    let alice = house.signed_in("alice", PASSWORD).await;
    let (nobody, some) = (house.browser(), "0123456789abcdef0123456789abcdef");
    let rooms = [
        "/console".to_owned(),
        "/console/smtp".to_owned(),
        format!("/console/smtp/runs/{some}"),
        format!("/console/smtp/runs/{some}/events"),
        "/console/outbox".to_owned(),
        format!("/console/outbox/{some}"),
        "/console/domain".to_owned(),
    ];
    let unknown = alice.get("/nowhere").await.masked(&[]);
    for room in &rooms {
        let page = nobody.get(room).await;
        assert_eq!((page.status, page.location()), (303, "/sign-in"), "{room}");
        let page = alice.get(room).await;
        assert_eq!(page.masked(&[]), unknown, "{room}: as any unknown page");
    }
    for room in ["/console/smtp", "/console/outbox", "/console/domain"] {
        let page = olga.get(room).await;
        assert_eq!(page.status, 200, "{room}");
        assert_eq!(page.header("cache-control"), "no-store", "{room}");
        assert!(page.body.contains("<a href=\"/console\">Console</a>"));
    }
    assert_eq!(olga.get("/console").await.location(), "/console/outbox");
    assert!(
        olga.get("/account")
            .await
            .body
            .contains("href=\"/console\"")
    );
    assert!(!alice.get("/account").await.body.contains("/console"));
    for unknown in [&rooms[2], &rooms[3], &rooms[5]] {
        assert_eq!(olga.get(unknown).await.status, 404, "{unknown}");
    }
    let posted = form(&olga).await;
    assert_eq!(alice.submit(&posted).await.status, 404);
    let page = nobody.submit(&posted).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"));
    assert_eq!(house.count("SELECT COUNT(*) FROM smtp_probe").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_is_started_by_the_form_of_ones_own_session_alone() {
    let (house, olga) = manned(&[]).await;
    let other = house.signed_in("olga", PASSWORD).await;
    let good = form(&olga).await;
    for csrf in ["", "x", form(&other).await.value("csrf").unwrap()] {
        let page = olga.submit(&good.clone().fill("csrf", csrf)).await;
        assert_eq!(page.status, 403, "{csrf}");
    }
    let request = olga
        .request(Method::POST, "/console/smtp")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(olga.send(request.body(good.body())).await.status, 403);
    for body in ["", "source=saved&source=typed", "stop=%ff", "host=a%00"] {
        let body = format!("csrf={}&{body}", good.value("csrf").unwrap());
        let page = olga.post("/console/smtp", body.clone()).await;
        assert!((400..500).contains(&page.status), "{body}: {}", page.status);
    }
    assert_eq!(house.count("SELECT COUNT(*) FROM smtp_probe").await, 0);
    assert_eq!(olga.submit(&good).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_saved_settings_are_probed_to_a_real_mail() {
    let (mut house, olga) = manned(&[]).await;
    let asked = form(&olga).await.fill("stop", "data");
    let (path, page) = run(&olga, &asked).await;
    assert_eq!(page.text(".outcome h2"), "Passed", "{}", page.body);
    assert!(page.body.contains("accepted the test mail") && !page.body.contains("delivered"));
    assert!(!page.body.contains("http-equiv"), "it is whole");
    assert_eq!(house.mail().await.to, ["olga@example.org"]);
    let bars = page.body.matches("<rect ").count();
    assert!(
        bars >= 7 && bars == page.body.matches("<summary>").count(),
        "{bars}"
    );
    for (view, part) in [
        ("lines", "EHLO "),
        ("certificate", "No certificate was seen"),
        ("capabilities", "SIZE"),
        ("history", "This is the first probe"),
        ("report", "SMTP probe of 127.0.0.1:"),
        ("nonsense", "EHLO "),
    ] {
        let page = olga.get(&format!("{path}?view={view}")).await;
        assert_eq!(page.status, 200);
        assert!(
            page.text("#details").contains(part),
            "{view}: {}",
            page.text("#details")
        );
        assert!(!page.body.contains("TO:<olga@example.org>"), "{view}");
    }
    let report = olga
        .get(&format!("{path}?view=report"))
        .await
        .text("#report");
    assert!(
        report.contains("RCPT: passed") && !report.contains("olga@"),
        "{report}"
    );

    let (again, _) = run(&olga, &form(&olga).await.fill("stop", "data")).await;
    let page = olga.get(&format!("{again}?view=history")).await;
    let said = page.text("#details");
    assert!(
        said.contains("Nothing that was recorded has changed"),
        "{said}"
    );
    assert!(page.body.contains(&format!("href=\"{path}\"")));

    // The row outlives the memory of it.
    house.stop().await;
    house.start_again(&[]).await;
    let olga = house.signed_in("olga", PASSWORD).await;
    let page = olga.get(&path).await;
    assert_eq!(page.text(".outcome h2"), "Passed", "{}", page.body);
    assert!(olga.get("/console/smtp").await.body.contains(&path));
    let events = house.audit("smtp_probe_run").await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].account_id, Some(house.account("olga").await.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn private_networks_are_closed_unless_they_are_on_the_list() {
    let (house, olga) = manned(&[("site.name", "Ours")]).await;
    let relay = Relay::start(&[]).await;
    for host in ["127.0.0.1", "localhost", "[::1]", "::ffff:127.0.0.1"] {
        let asked = typed(form(&olga).await, host, relay.port, "connect");
        let (_, page) = run(&olga, &asked).await;
        assert!(
            page.text(".outcome h2").starts_with("Failed"),
            "{host}: {}",
            page.body
        );
        assert!(
            page.text(".evidence").contains("may not be connected to"),
            "{host}: {}",
            page.text(".evidence")
        );
    }
    assert_eq!(relay.connections(), 0, "nothing was connected to");
    drop(house);

    let (_house, olga) = manned(&[("console.probe_allow", "127.0.0.1")]).await;
    let (_, page) = run(
        &olga,
        &typed(form(&olga).await, "127.0.0.1", relay.port, "connect"),
    )
    .await;
    assert_eq!(page.text(".outcome h2"), "Passed", "{}", page.body);
    assert_eq!(relay.connections(), 1);
    let (_, page) = run(
        &olga,
        &typed(form(&olga).await, "127.0.0.2", relay.port, "connect"),
    )
    .await;
    assert!(page.text(".evidence").contains("may not be connected to"));
    assert_eq!(relay.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_limited_in_ten_minutes_and_at_once() {
    let settings = [
        ("console.probes_per_10min", "4"),
        ("console.probe_allow", "127.0.0.0/8"),
        // How long a probe waits for what never comes.
        ("smtp.timeout", "3s"),
    ];
    let (house, olga) = manned(&settings).await;
    house.add_with("otto", "otto@example.org", true).await;
    let relay = Relay::start(&[Reply::Silent, Reply::Silent]).await;
    let silent = typed(form(&olga).await, "127.0.0.1", relay.port, "auth");
    let mut first_two = Vec::new();
    for _ in 0..2 {
        let page = olga.submit(&silent).await;
        assert_eq!(page.status, 303);
        first_two.push(page.location().to_owned());
    }
    let page = olga.submit(&silent).await;
    assert_eq!(page.status, 429, "two at once");
    assert!(
        page.problem().contains("still running"),
        "{}",
        page.problem()
    );
    assert_eq!(
        page.form("/console/smtp").value("host"),
        Some("127.0.0.1"),
        "what was typed is kept"
    );
    drop(relay);
    let relay = Relay::start(&[]).await;
    let quick = typed(form(&olga).await, "127.0.0.1", relay.port, "connect");
    for path in first_two {
        until("the first two to end", async || {
            let page = olga.get(&path).await;
            (page.text(".outcome h2") != "Running").then_some(())
        })
        .await;
    }
    for _ in 0..2 {
        run(&olga, &quick).await;
    }
    let page = olga.submit(&quick).await;
    assert_eq!(page.status, 429, "four in ten minutes");
    let wait: u32 = page.header("retry-after").parse().unwrap();
    assert!((500..=601).contains(&wait), "{wait}");
    let otto = house.signed_in("otto", PASSWORD).await;
    run(
        &otto,
        &typed(form(&otto).await, "127.0.0.1", relay.port, "connect"),
    )
    .await;
    house.advance(10 * MINUTE);
    run(&olga, &quick).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_password_is_nowhere_afterwards() {
    let (house, olga) = manned(&[("console.probe_allow", "127.0.0.1")]).await;
    let relay = Relay::start(&[Reply::Auth("535 5.7.8 no such luck")]).await;
    let asked = typed(form(&olga).await, "127.0.0.1", relay.port, "auth")
        .fill("username", "mailer@example.org")
        .fill("password", SECRET);

    // Refused for another reason, the form comes back without it.
    let page = olga.submit(&asked.clone().fill("port", "0")).await;
    assert_eq!(page.status, 422);
    assert!(page.error("port").contains("1 to 65535"), "{}", page.body);
    let again = page.form("/console/smtp");
    assert_eq!(again.value("username"), Some("mailer@example.org"));
    assert_eq!(again.value("password"), Some(""));
    assert!(!page.body.contains(SECRET));

    let (path, page) = run(&olga, &asked).await;
    assert!(
        page.text(".evidence").contains("535 5.7.8"),
        "{}",
        page.body
    );
    assert!(
        page.text(".outcome").contains("auth.bad"),
        "{}",
        page.text(".outcome")
    );
    let mut seen = page.body.clone();
    for view in ["lines", "capabilities", "history", "report"] {
        seen += &olga.get(&format!("{path}?view={view}")).await.body;
    }
    seen += &olga.get("/console/smtp").await.body;
    seen += &house
        .texts("SELECT transcript FROM smtp_probe")
        .await
        .concat();
    seen += &house
        .texts("SELECT evidence FROM smtp_probe")
        .await
        .concat();
    seen += &house.log();
    assert!(seen.contains("535 5.7.8"), "the right pages were looked at");
    let plain = format!("\0mailer@example.org\0{SECRET}");
    for secret in [SECRET.to_owned(), base64(SECRET), base64(&plain)] {
        assert!(!seen.contains(&secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrongly_is_said_field_by_field() {
    let (house, olga) = manned(&[]).await;
    let good = typed(form(&olga).await, "mail.example.org", 25, "auth");
    for (field, value, beside, part) in [
        ("host", "", "host", "host name"),
        ("host", "a b", "host", "host name"),
        ("host", "<script>", "host", "host name"),
        ("host", &"a".repeat(300), "host", "host name"),
        ("port", "65536", "port", "1 to 65535"),
        ("port", "-1", "port", "1 to 65535"),
        ("tls", "maybe", "tls", "protected"),
        ("helo", "no spaces", "helo", "host name"),
        ("helo", "a\r\nMAIL FROM:<x>", "helo", "host name"),
        ("username", "mailer", "password", "password"),
        ("password", "x", "username", "user name"),
        ("to", "nobody", "to", "name@example.org"),
        ("stop", "never", "stop", "where to stop"),
    ] {
        let page = olga.submit(&good.clone().fill(field, value)).await;
        assert_eq!(page.status, 422, "{field}={value}");
        assert!(
            page.error(beside).contains(part),
            "{field}={value}: {}",
            page.error(beside)
        );
        assert!(page.problem().contains(part), "{field}={value}");
    }
    let bare = good
        .clone()
        .fill("username", "mailer")
        .fill("password", SECRET);
    let page = olga.submit(&bare).await;
    assert!(page.error("tls").contains("encrypted"), "{}", page.body);
    let page = olga.submit(&good.fill("stop", "rcpt").fill("to", "")).await;
    assert!(page.error("to").contains("recipient"), "{}", page.body);
    assert_eq!(house.count("SELECT COUNT(*) FROM smtp_probe").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_probe_tells_each_step_and_holds_up_no_stop() {
    let (mut house, olga) = manned(&[("console.probe_allow", "127.0.0.1")]).await;
    let relay = Relay::start(&[Reply::Silent]).await;
    let asked = typed(form(&olga).await, "127.0.0.1", relay.port, "auth");
    let path = olga.submit(&asked).await.location().to_owned();
    let page = olga.get(&path).await;
    assert_eq!(page.text(".outcome h2"), "Running");
    assert!(
        page.body
            .contains("<noscript><meta http-equiv=\"refresh\" content=\"1\""),
        "{}",
        page.body
    );
    let events = format!("{path}/events");
    assert!(page.body.contains(&format!("data-events=\"{events}\"")));
    let request = olga.request(Method::GET, &events);
    let cookie = format!("postern={}", olga.cookie("postern").unwrap());
    let mut answer = request.header("cookie", cookie).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    relay.tried(1).await;
    let mut heard = String::new();
    until("the banner's row", async || {
        let chunk = answer.chunk().await.unwrap().unwrap_or_default();
        heard += &String::from_utf8_lossy(&chunk);
        let data = heard
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("data: "))?;
        let event: Value = serde_json::from_str(data).ok()?;
        event["html"].as_str()?.contains("banner").then_some(())
    })
    .await;
    // It still runs, and the server stops all the same.
    let running = house.take();
    let stopping = tokio::time::timeout(10 * crate::support::SECOND, running.stop());
    stopping
        .await
        .expect("the stop waits for nobody who watches");
    assert!(
        answer.chunk().await.is_ok_and(|chunk| chunk.is_none()),
        "the stream ended well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_domain_is_checked_when_somebody_asks_for_it() {
    // No time to ask anybody: every answer is missing, and the report says so.
    let settings = [
        ("mail.from", "Ours <support@ours.example>"),
        ("limits.request_timeout", "2s"),
        ("console.probes_per_10min", "1"),
    ];
    let (_house, olga) = manned(&settings).await;
    let page = olga.get("/console/domain").await;
    assert!(page.text("h1").contains("ours.example"), "{}", page.body);
    assert!(page.body.contains("has not been checked"));
    let asked = page.form("/console/domain");
    let forged = asked.clone().fill("csrf", "x");
    assert_eq!(olga.submit(&forged).await.status, 403);
    let done = olga.submit(&asked).await;
    assert_eq!(
        (done.status, done.location()),
        (303, "/console/domain"),
        "{}",
        done.body
    );
    let page = olga.get("/console/domain").await;
    for check in ["SPF", "DKIM", "DMARC", "MX", "no time was left to ask"] {
        assert!(page.body.contains(check), "{check}: {}", page.body);
    }
    assert_eq!(
        olga.submit(&asked).await.status,
        429,
        "it counts as a probe"
    );
}

fn base64(text: &str) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let symbol = SYMBOLS[(bits >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= chunk.len() {
                char::from(symbol)
            } else {
                '='
            });
        }
    }
    out
}
