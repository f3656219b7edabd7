//! The main job: from "I forgot" to signed in again, and what the owner hears of it.

use crate::support::{House, MINUTE, PASSWORD, Page, Relay, SECOND};

const NEW: &str = "seven lanterns drift upstream";

fn went_to(page: &Page, path: &str) {
    assert_eq!((page.status, page.location()), (303, path), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_i_forgot_to_signed_in_again() {
    let mut house = House::new().await;
    house.add("alice").await;
    let old = house.signed_in("alice", PASSWORD).await;

    let browser = house.browser();
    let sent = browser.ask("alice").await;
    let reference = sent.text(".reference");
    assert!(sent.body.contains("20 minutes"), "{}", sent.body);
    assert!(
        sent.body.contains("postern@localhost"),
        "names our From address: {}",
        sent.body
    );
    let mail = house.mail().await;
    assert_eq!(mail.to, ["alice@example.org"]);
    assert!(
        mail.text.contains(&reference),
        "the same reference: {}",
        mail.text
    );
    assert!(mail.text.contains("20 minutes"), "{}", mail.text);
    assert!(
        mail.link()
            .starts_with(&format!("{}/reset#", house.public_url())),
        "{}",
        mail.link()
    );
    let lifetime = mail.ends_at() - house.clock.now().millis() / 1000;
    assert!((1_190..=1_200).contains(&lifetime), "{lifetime}");

    went_to(
        &browser.exchange(&mail.code(), "alice").await,
        "/reset/password",
    );
    assert!(browser.cookie("postern-reset").is_some());
    went_to(&browser.choose(NEW).await, "/reset/done");
    assert_eq!(browser.get("/reset/done").await.status, 200);
    assert!(
        browser.cookie("postern-reset").is_none(),
        "the session's cookie is gone"
    );
    assert!(
        browser.cookie("postern").is_none(),
        "nobody is signed in by a reset"
    );
    assert!(!old.is_signed_in().await, "other devices are signed out");
    assert!(!house.opens("alice", PASSWORD).await);
    assert!(house.opens("alice", NEW).await);

    let told = house.mail().await;
    assert_eq!(told.subject, "Your Postern password was changed");
    assert_eq!(told.to, ["alice@example.org"]);
    assert!(told.link().contains("/not-me#"), "{}", told.link());
    assert_eq!(
        house.texts("SELECT state FROM reset_request").await,
        ["used"]
    );
    let mut events: Vec<_> = house
        .audit("")
        .await
        .into_iter()
        .map(|row| row.event)
        .collect();
    events.sort();
    events.dedup();
    for event in [
        "reset_requested",
        "authn_token_created",
        "mail_sent",
        "authn_token_used",
        "reset_username_confirmed",
        "authn_password_change",
    ] {
        assert!(
            events.iter().any(|known| known == event),
            "{event} in {events:?}"
        );
    }
    let row = &house.audit("authn_password_change").await[0];
    assert_eq!(row.client.as_deref(), Some("127.0.0.1"));
    assert_eq!(row.account_id, Some(house.account("alice").await.id));
    assert!(row.request_id.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_names_the_account_as_well() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("Alice@Example.ORG").await;
    went_to(
        &house.browser().exchange(&code, " ALICE ").await,
        "/reset/password",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_link_may_be_pasted() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    let link = house.mail().await.link();
    let broken = format!("{}\r\n {}", &link[..50], &link[50..]);
    went_to(
        &house.browser().exchange(&broken, "alice").await,
        "/reset/password",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flow_in_production() {
    let relay = Relay::start(&[]).await;
    let house = House::production(relay.port).await;
    house.add("alice").await;
    let browser = house.browser();
    browser.ask("alice").await;
    let source = relay.got(1).await.remove(0);
    let parsed = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    let text = parsed.body_text(0).unwrap().into_owned();
    let link = text.lines().find(|line| line.contains("/reset#")).unwrap();
    let code = link
        .strip_prefix("https://recover.example.org/reset#")
        .unwrap();
    let page = browser.exchange(code.trim(), "alice").await;
    went_to(&page, "/reset/password");
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-postern-reset="), "{cookie}");
    for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(
        page.header("strict-transport-security")
            .contains("max-age=63072000")
    );
    went_to(&browser.choose(NEW).await, "/reset/done");
    let page = house.browser().sign_in("alice", NEW).await;
    let cookie = page.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-postern=") && cookie.contains("Secure"),
        "{cookie}"
    );
    assert_eq!(house.browser().get("/dev/mailbox").await.status, 404);
    assert!(!house.browser().get("/").await.body.contains("mailbox"));
    relay.got(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_leaves_the_session_usable() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.verified("alice").await;
    for (bad, says) in [
        ("short", "15"),
        ("aaaaaaaaaaaaaaaaaaaa", ""),
        ("alice@example.org", ""),
        ("passwordpassword", ""),
        ("", "Type a password"),
    ] {
        let page = browser.choose(bad).await;
        assert_eq!(page.status, 422, "{bad}: {}", page.body);
        assert!(
            page.error("password").contains(says),
            "{bad}: {}",
            page.error("password")
        );
        assert!(!page.error("password").is_empty() && !page.problem().is_empty());
        assert_eq!(
            page.form("/reset/password").value("password"),
            Some(""),
            "never shown again"
        );
    }
    assert!(house.opens("alice", PASSWORD).await);
    // The page that was refused is itself a form to go on with.
    let page = browser.choose("short").await;
    went_to(
        &browser.submit(&page.filled(&[("password", NEW)])).await,
        "/reset/done",
    );
    assert!(house.opens("alice", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_notices_come_and_freeze_an_account_each_in_its_own_right() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.verified("alice").await;
    went_to(&browser.choose(NEW).await, "/reset/done");
    let first = house.mail().await;
    house.advance(24 * 60 * MINUTE - 30 * SECOND);
    assert!(house.mails().await.is_empty(), "not a second too early");
    house.advance(31 * SECOND);
    let second = house.mail().await;
    assert_eq!(
        second.subject,
        "Reminder: your Postern password was changed"
    );
    assert_eq!(second.to, first.to);
    assert_ne!(second.code(), first.code());
    assert!(!second.text.contains("/reset#"), "{}", second.text);

    // Neither resets anything.
    for code in [first.code(), second.code()] {
        assert_eq!(house.browser().exchange(&code, "alice").await.status, 422);
    }
    // A scanner that opens the link or presses its button types no username.
    let page = house
        .browser()
        .fill("/not-me", &[("token", &first.code())])
        .await;
    assert_eq!(page.status, 422);
    assert_eq!(house.account("alice").await.state.name(), "active");
    let signed_in = house.signed_in("alice", NEW).await;
    let fields = [("token", first.code()), ("username", "alice".to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let page = signed_in.fill("/not-me", &fields).await;
    went_to(&page, "/not-me/done");
    assert_eq!(house.account("alice").await.state.name(), "frozen");
    assert!(!signed_in.is_signed_in().await);
    assert!(!house.opens("alice", NEW).await);
    assert_eq!(house.mail().await.subject, "Your Postern account is frozen");
    house.browser().ask("alice").await;
    assert!(
        house.mails().await.is_empty(),
        "no reset of a frozen account"
    );
    assert_eq!(house.reasons("reset_mail_discarded").await, ["frozen"]);
    // Used up.
    assert_eq!(house.browser().fill("/not-me", &fields).await.status, 422);
    let frozen = house.audit("account_freeze").await;
    let allowed: Vec<_> = frozen
        .iter()
        .filter(|row| row.outcome == "allowed")
        .collect();
    assert_eq!(allowed.len(), 1);
    assert_eq!(allowed[0].account_id, Some(house.account("alice").await.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn not_me_forgives_two_wrong_usernames_and_no_third() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.verified("alice").await.choose(NEW).await;
    let code = house.mail().await.code();
    for _ in 0..3 {
        let page = house
            .browser()
            .fill("/not-me", &[("token", &code), ("username", "bob")])
            .await;
        assert_eq!(page.status, 422);
        assert!(!page.error("username").is_empty(), "{}", page.body);
    }
    let page = house
        .browser()
        .fill("/not-me", &[("token", &code), ("username", "alice")])
        .await;
    assert_eq!(page.status, 422);
    assert!(!page.error("token").is_empty(), "{}", page.body);
    assert_eq!(house.account("alice").await.state.name(), "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_are_never_mailed() {
    let mut house = House::new().await;
    house.add_with("root.desk", "desk@example.org", true).await;
    for name in ["root.desk", "desk@example.org"] {
        let page = house.browser().ask(name).await;
        assert_eq!(page.status, 200);
    }
    assert!(house.mails().await.is_empty());
    assert_eq!(
        house.reasons("reset_mail_discarded").await,
        ["operator", "operator"]
    );
    assert_eq!(house.count("SELECT COUNT(*) FROM token").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn back_and_reload_at_every_step_do_no_harm() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let browser = house.browser();
    assert_eq!(browser.get("/reset").await.status, 200);
    went_to(&browser.exchange(&code, "alice").await, "/reset/password");
    // Back to the link's page, and through it again.
    went_to(&browser.exchange(&code, "alice").await, "/reset/password");
    let page = browser.get("/reset/password").await;
    assert_eq!(browser.get("/reset/password").await.status, 200);
    let form = page.filled(&[("password", NEW)]);
    went_to(&browser.submit(&form).await, "/reset/done");
    // Back after the end, and the form sent again.
    let again = browser.submit(&form).await;
    assert_eq!(again.status, 410);
    assert_eq!(again.text("h1"), "This reset is over");
    assert_eq!(browser.get("/reset/password").await.status, 410);
    assert_eq!(browser.get("/reset/done").await.status, 200);
    assert_eq!(house.mails().await.len(), 1, "one notice");
    assert!(house.opens("alice", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cookies_the_page_says_what_to_do() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let browser = house.browser();
    went_to(&browser.exchange(&code, "alice").await, "/reset/password");
    browser.jar.lock().unwrap().clear();
    let page = browser.get("/reset/password").await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("allow cookies"), "{}", page.body);
    assert!(page.body.contains("href=\"/forgot\""));
}
