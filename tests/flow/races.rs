//! Many at once: exactly one wins, and one notice says so.

use tokio::task::JoinSet;

use crate::support::{Browser, Form, House, PASSWORD, Page};

/// Submits all at the same moment.
async fn at_once(all: Vec<(Browser, Form)>) -> Vec<(Form, Page)> {
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(all.len()));
    let mut tasks = JoinSet::new();
    for (browser, form) in all {
        let barrier = barrier.clone();
        tasks.spawn(async move {
            // A connection each, made before the start.
            browser.get("/health/live").await;
            barrier.wait().await;
            let page = browser.submit(&form).await;
            (form, page)
        });
    }
    tasks.join_all().await
}

fn with_status(pages: &[(Form, Page)], status: u16) -> usize {
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
    let pages = at_once((0..50).map(|n| (browser.twin(), form(n))).collect()).await;
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
    let pages = at_once((0..50).map(|_| (house.browser(), form.clone())).collect()).await;
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
    let pages = at_once(vec![
        (house.browser(), form.clone()),
        (house.browser(), form),
    ])
    .await;
    assert_eq!(with_status(&pages, 303), 2);
    let code = house.mail().await.code();
    // The code twice from the same browser, before it has the cookie: one goes on, the other is told that it is used.
    let browser = house.browser();
    let form = browser
        .get("/reset")
        .await
        .filled(&[("token", &code), ("username", "alice")]);
    let pages = at_once(vec![(browser.twin(), form.clone()), (browser.twin(), form)]).await;
    assert_eq!((with_status(&pages, 303), with_status(&pages, 422)), (1, 1));
    // Signing in twice: two sessions, both good.
    let form = browser
        .get("/sign-in")
        .await
        .filled(&[("username", "alice"), ("password", PASSWORD)]);
    let pages = at_once(vec![
        (house.browser(), form.clone()),
        (house.browser(), form),
    ])
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
    let pages = at_once((0..20).map(|_| (browser.twin(), form.clone())).collect()).await;
    assert_eq!(
        with_status(&pages, 422),
        8,
        "the first made nine of ten left"
    );
    assert_eq!(with_status(&pages, 403), 1, "the tenth locks");
    assert_eq!(with_status(&pages, 410), 11, "the rest come too late");
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
        let pages = at_once((0..10).map(|_| (house.browser(), form.clone())).collect()).await;
        assert_eq!(with_status(&pages, 401), 10);
        house.advance(std::time::Duration::from_secs(31));
    }
    assert!(house.account("alice").await.lock.is_some());
    assert_eq!(house.mails().await.len(), 1);
}
