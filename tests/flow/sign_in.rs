//! Sign-in and out: one answer for every refusal, growing delays, a lock that mail tells of.

use postern::domain::account::AccountState;
use postern::server::accounts::admin;

use crate::races::{at_once, with_status};
use crate::support::{HOUR, House, PASSWORD, SECOND, until};

#[tokio::test(flavor = "multi_thread")]
async fn in_and_out_again() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.browser();
    let page = browser.get("/account").await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"));
    let page = browser.sign_in("Alice", PASSWORD).await;
    assert_eq!((page.status, page.location()), (303, "/account"));
    let cookie = page.header("set-cookie");
    for part in ["postern=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let account = browser.get("/account").await;
    assert_eq!(account.text("#username-shown"), "alice");
    assert!(account.body.contains("alice@example.org"));
    assert!(account.body.contains("/sign-out"));
    // A link that is only opened signs nobody out.
    let page = browser.get("/sign-out").await;
    assert!(browser.is_signed_in().await);
    let copy = browser.twin();
    let page = browser.submit(&page.filled(&[])).await;
    assert_eq!(
        (page.status, page.location()),
        (303, "/sign-in?note=signed-out")
    );
    assert!(browser.jar.lock().unwrap().is_empty());
    assert!(
        !copy.is_signed_in().await,
        "the session is over, not the cookie alone"
    );
    assert_eq!(house.audit("authn_login_success").await.len(), 1);
    assert_eq!(house.audit("authn_logout").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_every_refusal_is_the_same_answer() {
    let house = House::with(&[("session.max_failures", "5")]).await;
    for name in ["known", "frost", "lockd"] {
        house.add(name).await;
    }
    admin::set_state(house.service(), "frost", AccountState::Frozen)
        .await
        .unwrap();
    for _ in 0..5 {
        house.browser().sign_in("lockd", "wrong").await;
        house.advance(31 * SECOND);
    }
    assert!(house.account("lockd").await.lock.is_some());
    let tries = [
        ("known", "wrong password here"),
        ("nobod", "wrong password here"),
        ("frost", PASSWORD),
        ("lockd", PASSWORD),
        ("known", ""),
        ("nobod", ""),
        ("known@example.org", "wrong password here"),
        ("nobod@example.org", "wrong password here"),
        ("??", "wrong password here"),
        ("аlice", PASSWORD),
    ];
    let mut pages = Vec::new();
    for (name, password) in tries {
        let page = house.browser().sign_in(name, password).await;
        assert_eq!(page.status, 401, "{name}: {}", page.body);
        assert!(page.cookies().is_empty());
        assert_eq!(
            page.form("/sign-in").value("username"),
            Some(name),
            "what was typed is kept"
        );
        assert_eq!(page.form("/sign-in").value("password"), Some(""));
        let length = format!("content-length: {}", page.header("content-length"));
        pages.push((name, page.masked(&[name]).replace(&length, "")));
    }
    for (name, page) in &pages[1..] {
        assert_eq!(page, &pages[0].1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_slow_the_next_try_down() {
    let house = House::new().await;
    house.add("alice").await;
    for _ in 0..8 {
        house.browser().sign_in("alice", "wrong").await;
        house.advance(31 * SECOND);
    }
    house.browser().sign_in("alice", "wrong").await;
    // The ninth makes the next wait thirty seconds; trying in between neither helps nor costs.
    for _ in 0..3 {
        assert!(!house.opens("alice", PASSWORD).await);
    }
    assert_eq!(house.account("alice").await.sign_in_failures, 9);
    assert_eq!(
        house.reasons("authn_login_fail").await[0],
        "too early after a failure"
    );
    house.advance(30 * SECOND);
    assert!(house.opens("alice", PASSWORD).await);
    assert_eq!(
        house.account("alice").await.sign_in_failures,
        0,
        "success forgets them"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_failures_lock_and_the_owner_gets_a_mail() {
    let mut house = House::with(&[("session.max_failures", "5")]).await;
    house.add("alice").await;
    let signed_in = house.signed_in("alice", PASSWORD).await;
    for _ in 0..5 {
        assert!(house.mails().await.is_empty());
        house.browser().sign_in("alice", "wrong").await;
        house.advance(31 * SECOND);
    }
    let told = house.mail().await;
    assert_eq!(told.subject, "Your Postern account is locked");
    assert!(
        told.text.contains("failed attempts to sign in"),
        "{}",
        told.text
    );
    assert!(!house.opens("alice", PASSWORD).await);
    assert!(signed_in.is_signed_in().await, "strangers sign nobody out");
    house.advance(HOUR);
    // The count stays: one more failure locks again.
    house.browser().sign_in("alice", "wrong").await;
    assert!(!house.opens("alice", PASSWORD).await);
    assert_eq!(house.audit("authn_account_locked").await.len(), 2);
    house.advance(HOUR);
    assert!(house.opens("alice", PASSWORD).await);
    assert_eq!(house.account("alice").await.sign_in_failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_lock_sign_in_leave_the_reset_open() {
    let mut house = House::with(&[("session.max_failures", "5")]).await;
    house.add("alice").await;
    for _ in 0..5 {
        house.browser().sign_in("alice", "wrong").await;
        house.advance(31 * SECOND);
    }
    house.mail().await;
    let browser = house.verified("alice").await;
    let new = "seven lanterns drift upstream";
    assert_eq!(browser.choose(new).await.location(), "/reset/done");
    assert!(
        house.opens("alice", new).await,
        "a new password ends the lock"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_fails_a_lot_is_slowed_down_whoever_it_tries() {
    let house = House::with(&[("limits.per_address", "4")]).await;
    house.add("alice").await;
    for name in ["nobody1", "nobody2", "nobody3", "nobody4"] {
        assert_eq!(house.browser().sign_in(name, "wrong").await.status, 401);
    }
    let page = house.browser().sign_in("alice", PASSWORD).await;
    assert_eq!(page.status, 429);
    assert!(!page.header("retry-after").is_empty());
    assert_eq!(page.form("/sign-in").value("username"), Some("alice"));
    house.advance(HOUR);
    assert!(house.opens("alice", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_tries_gets_no_further_than_the_limit() {
    let house = House::with(&[("limits.per_address", "4")]).await;
    house.add("alice").await;
    for _ in 0..6 {
        assert!(house.opens("alice", PASSWORD).await, "who is right is free");
    }
    let page = house.browser().get("/sign-in").await;
    let form = |n: usize| {
        let name = format!("person{n}");
        page.filled(&[("username", &name), ("password", "wrong password here")])
    };
    let all = (0..40).map(|n| (house.browser(), form(n))).collect();
    let pages = at_once(&house, all).await;
    assert_eq!(with_status(&pages, 401), 4);
    assert_eq!(with_status(&pages, 429), 36);
    let judged = house.audit("authn_login_fail").await;
    assert_eq!(judged.len(), 4, "the others were not even judged");
    assert!(!house.opens("alice", PASSWORD).await);
}

/// A try for nobody reads another account's row, to take as long: it must neither open that account nor count against it.
#[tokio::test(flavor = "multi_thread")]
async fn a_try_for_nobody_leaves_the_account_alone_that_is_read_in_its_place() {
    let house = House::new().await;
    // Without any account there is nothing to read.
    let page = house.browser().sign_in("alice", PASSWORD).await;
    assert_eq!(page.status, 401);
    house.add("alice").await;
    for name in [
        "nobody-here",
        "nobody@example.org",
        "alicf",
        "a",
        "\u{130}",
        "alice@example.com",
    ] {
        for _ in 0..2 {
            let browser = house.browser();
            let page = browser.sign_in(name, PASSWORD).await;
            assert_eq!(page.status, 401, "{name}");
            assert!(!browser.is_signed_in().await, "{name}");
        }
    }
    assert_eq!(house.account("alice").await.sign_in_failures, 0);
    assert_eq!(house.audit("authn_login_fail").await.len(), 13);
    for event in house.audit("authn_login_fail").await {
        assert_eq!(event.account_id, None);
    }
    assert_eq!(
        house
            .texts("SELECT CAST(SUM(failures) AS TEXT) FROM stand_in")
            .await,
        ["13"]
    );
    assert!(house.opens("alice", PASSWORD).await);
}

/// Tries for an account wait for each other at its row. Those for nobody wait as well, at the same place: before any row is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_tries_for_one_name_queue_whoevers_it_is() {
    let house = House::new().await;
    house.add("known").await;
    let mut database = house.database().await;
    for name in ["known", "nobod"] {
        let hold = format!("SELECT pg_advisory_lock(hashtextextended('sign-in {name}', 0))");
        database.execute(&hold, &[]).await;
    }
    let (one, other) = (house.browser(), house.browser());
    let queue = async {
        let waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        until("both to wait", async || {
            let waiting: i64 = database.scalar(waiting, &[]).await;
            (waiting == 2).then_some(())
        })
        .await;
        let go = "SELECT pg_advisory_unlock_all()";
        database.execute(go, &[]).await;
    };
    let (known, nobody, ()) = tokio::join!(
        one.sign_in("KNOWN", "wrong password here"),
        other.sign_in("nobod", "wrong password here"),
        queue
    );
    assert_eq!((known.status, nobody.status), (401, 401));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_when_unused_and_in_any_case() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    for _ in 0..3 {
        house.advance(11 * HOUR);
        assert!(browser.is_signed_in().await, "each use prolongs it");
    }
    house.advance(12 * HOUR + SECOND);
    assert!(!browser.is_signed_in().await);
    let browser = house.signed_in("alice", PASSWORD).await;
    for _ in 0..65 {
        house.advance(11 * HOUR);
        browser.get("/account").await;
    }
    house.advance(6 * HOUR);
    assert!(!browser.is_signed_in().await, "thirty days are the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_sign_in_ends_the_session_that_the_browser_held() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let before = browser.twin();
    browser.sign_in("alice", PASSWORD).await;
    assert!(browser.is_signed_in().await && !before.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_is_signed_out_at_once() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    admin::set_state(house.service(), "alice", AccountState::Frozen)
        .await
        .unwrap();
    let page = browser.get("/account").await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_account_is_there_in_development_only() {
    let house = House::with(&[("sign_up.demo_account", "true")]).await;
    let page = house.browser().get("/").await;
    assert!(
        page.body.contains("a window on the mail"),
        "the start page says so"
    );
    assert!(house.opens("demo", "a window on the mail").await);
    drop(house);
    let house = House::new().await;
    assert!(
        !house
            .browser()
            .get("/")
            .await
            .body
            .contains("a window on the mail")
    );
    assert_eq!(house.count("SELECT COUNT(*) FROM account").await, 0);
}
