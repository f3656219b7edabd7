//! Step 5's second half: the username typed again, counted on the account, across tokens.

use crate::support::{HOUR, House, PASSWORD, SECOND};

const LOCKED: &str = "Your Postern account is locked";

#[tokio::test(flavor = "multi_thread")]
async fn t18_three_wrong_usernames_in_a_row_lock_the_account_across_tokens() {
    let mut house = House::new().await;
    house.add("alice").await;
    let signed_in = house.signed_in("alice", PASSWORD).await;
    for (name, left) in [("alicia", "2 more tries"), ("bob", "one more try")] {
        let code = house.code("alice").await;
        let browser = house.browser();
        let page = browser.exchange(&code, name).await;
        assert_eq!(page.status, 422);
        assert!(
            page.error("username").contains(left),
            "{}",
            page.error("username")
        );
        assert!(
            browser.cookie("postern-reset").is_some(),
            "the session is open, and owes a username"
        );
        assert_eq!(browser.get("/reset/password").await.status, 410);
    }
    let code = house.code("alice").await;
    let browser = house.browser();
    let page = browser.exchange(&code, "mallory").await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(
        page.body.contains("Too many wrong usernames"),
        "{}",
        page.body
    );
    assert!(browser.cookie("postern-reset").is_none());

    // Shut: the right name, sign-in, a new reset. Whoever is signed in stays so.
    assert_eq!(house.browser().exchange(&code, "alice").await.status, 422);
    assert!(!house.opens("alice", PASSWORD).await);
    assert!(signed_in.is_signed_in().await);
    let told = house.mail().await;
    assert_eq!(
        (told.subject.as_str(), &told.to[0][..]),
        (LOCKED, "alice@example.org")
    );
    assert!(
        !told.text.contains('#'),
        "no link with a token: {}",
        told.text
    );
    house.browser().ask("alice").await;
    assert!(house.mails().await.is_empty());
    assert_eq!(house.reasons("reset_mail_discarded").await, ["locked"]);
    assert_eq!(house.audit("authn_account_locked").await.len(), 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM reset_session").await, 0);

    house.advance(HOUR - 5 * SECOND);
    assert!(!house.opens("alice", PASSWORD).await);
    house.advance(5 * SECOND);
    assert!(
        house.opens("alice", PASSWORD).await,
        "the lock ends by itself"
    );
    let code = house.code("alice").await;
    assert_eq!(house.browser().exchange(&code, "alice").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn t18_three_wrong_in_one_session() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let browser = house.browser();
    let mut page = browser.exchange(&code, "first").await;
    for (name, status) in [("second", 422), ("third", 403)] {
        assert_eq!(
            page.forms()[0].value("token"),
            None,
            "the code is not asked for again"
        );
        page = browser.submit(&page.filled(&[("username", name)])).await;
        assert_eq!(page.status, status, "{}", page.body);
    }
    assert!(house.account("alice").await.lock.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn t18_the_lock_of_the_reset_path_leaves_sign_in_alone() {
    let mut house = House::with(&[("reset.lock_scope", "reset")]).await;
    house.add("alice").await;
    for name in ["first", "second", "third"] {
        let code = house.code("alice").await;
        house.browser().exchange(&code, name).await;
    }
    let told = house.mail().await;
    assert_eq!(told.subject, LOCKED);
    assert!(told.text.contains("signing in"), "{}", told.text);
    assert!(house.opens("alice", PASSWORD).await);
    house.browser().ask("alice").await;
    assert!(house.mails().await.is_empty());
    house.advance(HOUR);
    house.code("alice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_username_clears_the_count() {
    let mut house = House::new().await;
    house.add("alice").await;
    for _ in 0..3 {
        let code = house.code("alice").await;
        let browser = house.browser();
        let page = browser.exchange(&code, "bob").await;
        let page = browser.submit(&page.filled(&[("username", "rob")])).await;
        assert!(
            page.error("username").contains("one more try"),
            "{}",
            page.body
        );
        let page = browser.submit(&page.filled(&[("username", "alice")])).await;
        assert_eq!(page.location(), "/reset/password");
        assert_eq!(house.account("alice").await.wrong_usernames, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_username_is_no_wrong_one_and_the_session_goes_on() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let browser = house.browser();
    let page = browser.exchange(&code, "  ").await;
    assert_eq!(page.status, 422);
    assert_eq!(page.error("username"), "Type your username.");
    assert_eq!(house.account("alice").await.wrong_usernames, 0);
    let page = browser.submit(&page.filled(&[("username", "alice")])).await;
    assert_eq!(page.location(), "/reset/password");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_the_username_is_not_it() {
    let mut house = House::with(&[("reset.wrong_usernames", "10")]).await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let browser = house.browser();
    let mut page = browser.exchange(&code, "аlice").await;
    for name in [
        "ａlice",
        "ali\u{200b}ce",
        "alice\u{0}x",
        "alıce",
        "alice%",
        "alic_",
        "al ice",
        "alice\r\n.x",
    ] {
        assert_eq!(page.status, 422, "{name:?}: {}", page.body);
        let next = browser.submit(&page.filled(&[("username", name)])).await;
        if name.contains('\0') {
            assert_eq!(next.status, 400);
        } else {
            page = next;
        }
    }
    assert_eq!(page.status, 422);
    let page = browser.submit(&page.filled(&[("username", "alice")])).await;
    assert_eq!(page.location(), "/reset/password");
}
