//! What stays behind: in the log, in the audit, in the database file; and what a reset leaves of before.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::{House, PASSWORD, Relay, Reply, until};

const NEW: &str = "seven lanterns drift upstream";

#[tokio::test(flavor = "multi_thread")]
async fn l1_what_people_type_breaks_no_record() {
    let house = House::new().await;
    house.add("alice").await;
    let nasty = "alice-l1\n{\"level\":\"ERROR\",\"forged\":true}\r\n\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{2028}end";
    for path in [
        "/forgot",
        "/sign-in",
        "/verify",
        "/not-me",
        "/reset",
        "/account/verify-address",
    ] {
        let names: Vec<_> = house.browser().get(path).await.forms()[0]
            .fields
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let typed: Vec<_> = names.iter().map(|name| (name.as_str(), nasty)).collect();
        let page = house.browser().fill(path, &typed).await;
        assert!(page.status < 500, "{path}: {}", page.status);
    }
    house.settled().await;
    let mut kept = house.texts("SELECT identifier FROM reset_request").await;
    for row in house.audit("").await {
        kept.extend([
            row.event,
            row.outcome,
            row.reason.unwrap_or_default(),
            row.user_agent.unwrap_or_default(),
        ]);
    }
    for text in kept {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    let log = house.log();
    assert!(
        !log.contains("forged"),
        "what was typed is not logged at all"
    );
    assert!(!log.contains('\u{1b}') && !log.contains('\u{7}'));
    assert!(
        log.lines().all(|line| line.starts_with("20")),
        "one record a line, each with its time"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn l1_what_browsers_say_is_cut_and_cleaned() {
    let house = House::new().await;
    let browser = house.browser();
    let agent = format!("Mozilla\t{}", "x".repeat(5_000));
    let request = browser
        .request(reqwest::Method::POST, "/forgot")
        .header("user-agent", agent);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(
        browser.send(request.body("username=alice")).await.status,
        303
    );
    let kept = house.audit("reset_requested").await[0]
        .user_agent
        .clone()
        .unwrap();
    assert!(
        kept.chars().count() <= 200 && !kept.contains('\t'),
        "{kept}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn l3_neither_the_database_nor_the_log_holds_a_secret() {
    let mut house = House::new().await;
    house.add("alice").await;
    let old = house.signed_in("alice", PASSWORD).await;
    let mut secrets = vec![
        PASSWORD.to_owned(),
        NEW.to_owned(),
        old.cookie("postern").unwrap(),
    ];
    let used = house.code("alice").await;
    let browser = house.browser();
    browser.exchange(&used, "alice").await;
    secrets.push(browser.cookie("postern-reset").unwrap());
    let form = browser
        .get("/reset/password")
        .await
        .filled(&[("password", NEW)]);
    secrets.push(form.value("csrf").unwrap().to_owned());
    // A live token of each kind, and a mail that is still owed.
    let live = house.code("alice").await;
    secrets.extend([used, live]);
    assert_eq!(browser.submit(&form).await.location(), "/reset/done");
    secrets.push(house.mail().await.code());
    house
        .browser()
        .fill("/sign-up", &[("email", "new@example.org")])
        .await;
    secrets.push(house.mail().await.code());
    let signed_in = house.signed_in("alice", NEW).await;
    secrets.push(signed_in.cookie("postern").unwrap());
    let form = signed_in.get("/account").await.form("/account/address");
    signed_in
        .submit(
            &form
                .fill("current_password", NEW)
                .fill("email", "next@example.org"),
        )
        .await;
    secrets.push(house.mail().await.code());
    let code = house.code("alice").await;
    secrets.push(code);
    house
        .browser()
        .sign_in("alice", "a wrong password typed")
        .await;
    secrets.push("a wrong password typed".to_owned());

    let mut files = house.stored().await;
    // SQLite's write-ahead log is among its files.
    assert!(
        files
            .iter()
            .any(|(name, bytes)| name.ends_with("-wal") || name == "account" && !bytes.is_empty()),
        "it is the database that is looked at"
    );
    assert!(house.log().contains("mail handed over"), "there is a log");
    files.push(("the log".to_owned(), house.log().into_bytes()));
    for (name, bytes) in &files {
        for secret in &secrets {
            let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!holds(secret.as_bytes()), "{name} holds {secret}");
            assert!(!holds(&hex(secret.as_bytes())), "{name} holds {secret}");
            if let Ok(raw) = URL_SAFE_NO_PAD.decode(secret) {
                assert!(!holds(&raw), "{name} holds the bytes of {secret}");
                assert!(!holds(&hex(&raw)), "{name} holds the bytes of {secret}");
            }
        }
    }
}

/// Bytes as PostgreSQL writes them.
fn hex(bytes: &[u8]) -> Vec<u8> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_cannot_be_rewritten() {
    let house = House::new().await;
    house.add("alice").await;
    let mut database = house.database().await;
    let update = database
        .try_execute("UPDATE audit_event SET event = 'x'", &[])
        .await;
    assert!(update.unwrap_err().to_string().contains("append-only"));
}

#[tokio::test(flavor = "multi_thread")]
async fn l4_sessions_of_before_are_over() {
    let mut house = House::new().await;
    house.add("alice").await;
    let devices = [
        house.signed_in("alice", PASSWORD).await,
        house.signed_in("alice", PASSWORD).await,
    ];
    let browser = house.verified("alice").await;
    browser.choose(NEW).await;
    for device in devices {
        let copy = device.twin();
        assert_eq!(device.get("/account").await.location(), "/sign-in");
        let page = copy
            .post("/account/password", "current_password=x&password=y&csrf=z")
            .await;
        assert_eq!((page.status, page.location()), (303, "/sign-in"));
    }
    assert_eq!(house.count("SELECT COUNT(*) FROM sign_in_session").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn l6_passwords_of_any_script_spaces_included() {
    let mut house = House::new().await;
    house.add("alice").await;
    for (set, typed) in [
        (
            "🐢🦊🐙🦉🐝🦋🐌🐞🦀🐍🦎🐡🐬🐘🦓",
            "🐢🦊🐙🦉🐝🦋🐌🐞🦀🐍🦎🐡🐬🐘🦓",
        ),
        (
            "Cafe\u{301} au lait, s'il vous plai\u{302}t",
            "Café au lait, s'il vous plaît",
        ),
        (
            "  wide   spaces   stay   here  ",
            "  wide   spaces   stay   here  ",
        ),
        ("пять сонных жирафов танцуют", "пять сонных жирафов танцуют"),
        (
            "a+b&c=d%20e;f \"quoted\" \\ <g>",
            "a+b&c=d%20e;f \"quoted\" \\ <g>",
        ),
    ] {
        let page = house.verified("alice").await.choose(set).await;
        assert_eq!(page.location(), "/reset/done", "{set}: {}", page.body);
        house.mails().await;
        assert!(house.opens("alice", typed).await, "{set}");
        assert!(
            !house
                .opens(
                    "alice",
                    typed.trim_start_matches(' ').get(1..).unwrap_or("x")
                )
                .await
        );
    }
    let wide = "  wide   spaces   stay   here  ";
    house.verified("alice").await.choose(wide).await;
    assert!(!house.opens("alice", wide.trim()).await, "not trimmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_a_server_tells_of_are_kept_nowhere() {
    let words = "550 5.1.1 host mx.other.example said: <real.name@other.example> is unknown here";
    let long: &'static str = format!("{words} {}", "so it is ".repeat(100)).leak();
    let relay = Relay::start(&[Reply::Rcpt(long)]).await;
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    until("the refusal to be written down", async || {
        (house.reasons("mail_failed").await.len() == 1).then_some(())
    })
    .await;
    let mut kept = house.reasons("mail_failed").await;
    kept.extend(house.texts("SELECT reason FROM outbox").await);
    kept.extend(house.texts("SELECT reason FROM reset_request").await);
    assert_eq!(kept.len(), 3);
    for reason in &kept {
        assert!(reason.contains("r…@other.example"), "{reason}");
        assert!(reason.chars().count() <= 600, "{reason}");
    }
    let attempt = "SELECT evidence || transcript FROM delivery_attempt";
    kept.extend(house.texts(attempt).await);
    assert!(
        kept[3].contains("MAIL FROM:<postern@"),
        "ours shows: {}",
        kept[3]
    );
    kept.push(house.log());
    for text in kept {
        assert!(!text.contains("real.name"), "{text}");
    }
}
