//! Sign-up: the address first, one answer for all; the mailed link opens the rest, and a slip does not spend it.

use crate::support::{HOUR, House, MINUTE, PASSWORD};

async fn ask(house: &House, address: &str) -> u16 {
    house
        .browser()
        .fill("/sign-up", &[("email", address)])
        .await
        .status
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_becomes_an_account() {
    let mut house = House::new().await;
    assert_eq!(ask(&house, "New.Person@Example.org").await, 303);
    let mail = house.mail().await;
    assert_eq!(mail.to, ["New.Person@example.org"]);
    assert_eq!(mail.subject, "Finish signing up at Postern");
    assert!(
        mail.link()
            .starts_with(&format!("{}/verify#", house.public_url()))
    );
    let code = mail.code();
    let fields = [
        ("token", code.as_str()),
        ("username", "Newcomer"),
        ("password", PASSWORD),
    ];
    let page = house.browser().fill("/verify", &fields).await;
    assert_eq!(
        (page.status, page.location()),
        (303, "/sign-in?note=created"),
        "{}",
        page.body
    );
    assert!(page.cookies().is_empty());
    assert!(
        house
            .browser()
            .get(page.location())
            .await
            .text("[role=status]")
            .contains("is made")
    );
    assert!(house.opens("newcomer", PASSWORD).await);
    assert!(house.opens("new.person@example.org", PASSWORD).await);
    assert_eq!(house.audit("account_created").await.len(), 1);
    // Used up.
    let again = [
        ("token", code.as_str()),
        ("username", "another"),
        ("password", PASSWORD),
    ];
    let page = house.browser().fill("/verify", &again).await;
    assert_eq!(page.status, 422);
    assert!(
        page.error("token").contains("does not work"),
        "{}",
        page.body
    );
    assert_eq!(house.count("SELECT COUNT(*) FROM account").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_an_account_gets_another_mail_and_the_same_page() {
    let mut house = House::new().await;
    house.add("alice").await;
    let mut pages = Vec::new();
    for address in [
        "alice@example.org",
        "ALICE@example.org",
        "nobody@example.org",
    ] {
        let browser = house.browser();
        let page = browser.fill("/sign-up", &[("email", address)]).await;
        let sent = browser.get(page.location()).await;
        pages.push((page.masked(&[]), sent.masked(&[])));
        assert!(browser.jar.lock().unwrap().is_empty());
        house.settled().await;
        house.advance(MINUTE);
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:#?}");
    let mails = house.mails().await;
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    let known = "You already have a Postern account";
    assert_eq!(subjects, [known, known, "Finish signing up at Postern"]);
    assert!(!mails[0].text.contains('#'), "no token: {}", mails[0].text);
    assert!(mails[0].text.contains("/sign-in") && mails[0].text.contains("/forgot"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_does_not_spend_the_link() {
    let mut house = House::new().await;
    house.add("alice").await;
    ask(&house, "new@example.org").await;
    let code = house.mail().await.code();
    let browser = house.browser();
    let start = browser.get("/verify").await;
    let slips = [
        ("alice", PASSWORD, "username", "taken"),
        ("ALICE", PASSWORD, "username", "taken"),
        ("x", PASSWORD, "username", "3 to 32"),
        ("me@example.org", PASSWORD, "username", "3 to 32"),
        ("", PASSWORD, "username", "Type"),
        ("newcomer", "short", "password", "15"),
        ("newcomer", "", "password", "Type"),
        ("newcomer", "newcomer newcomer", "password", ""),
    ];
    let mut page = start;
    for (username, password, field, says) in slips {
        let form = page.filled(&[("username", username), ("password", password)]);
        let form = if form.value("token") == Some("") {
            form.fill("token", &code)
        } else {
            form
        };
        page = browser.submit(&form).await;
        assert_eq!(page.status, 422, "{username} {password}: {}", page.body);
        let error = page.error(field);
        assert!(
            !error.is_empty() && error.contains(says),
            "{username} {password}: {error}"
        );
        let form = page.form("/verify");
        assert_eq!(
            form.value("username"),
            Some(username),
            "what was typed is kept"
        );
        assert_eq!(
            form.value("token"),
            Some(code.as_str()),
            "the code too, as it still works"
        );
        assert_eq!(form.value("password"), Some(""), "a password never");
    }
    let form = page.filled(&[("username", "newcomer"), ("password", PASSWORD)]);
    assert_eq!(browser.submit(&form).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_slips_are_told_at_once() {
    let mut house = House::new().await;
    ask(&house, "new@example.org").await;
    let code = house.mail().await.code();
    let fields = [
        ("token", code.as_str()),
        ("username", "?"),
        ("password", "?"),
    ];
    let page = house.browser().fill("/verify", &fields).await;
    assert!(!page.error("username").is_empty() && !page.error("password").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_cannot_be_tried_by_the_list() {
    let mut house = House::with(&[("limits.per_identifier", "3")]).await;
    house.add("alice").await;
    ask(&house, "new@example.org").await;
    let code = house.mail().await.code();
    let fields = [
        ("token", code.as_str()),
        ("username", "alice"),
        ("password", "x"),
    ];
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(house.browser().fill("/verify", &fields).await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 429, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_bombed_with_sign_ups() {
    let mut house = House::new().await;
    for _ in 0..3 {
        ask(&house, "victim@example.org").await;
    }
    assert_eq!(house.mails().await.len(), 1, "one a minute");
    for _ in 0..5 {
        house.advance(MINUTE);
        ask(&house, "victim@example.org").await;
        house.settled().await;
    }
    assert_eq!(house.mails().await.len(), 2, "three a lifetime");
    house.advance(HOUR);
    ask(&house, "victim@example.org").await;
    house.mail().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_told_and_kept() {
    let mut house = House::new().await;
    for address in [
        "",
        "nobody",
        "a@b@c",
        "a b@example.org",
        "victim@example.org,evil@example.net",
        "mıke@example.org",
    ] {
        let page = house
            .browser()
            .fill("/sign-up", &[("email", address)])
            .await;
        assert_eq!(page.status, 422, "{address}");
        assert!(!page.error("email").is_empty(), "{address}");
        assert_eq!(page.form("/sign-up").value("email"), Some(address));
    }
    assert!(house.mails().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_links_for_one_address_make_one_account() {
    let mut house = House::new().await;
    ask(&house, "new@example.org").await;
    let code = house.mail().await.code();
    let fields = |name: &'static str| {
        [
            ("token", code.clone()),
            ("username", name.into()),
            ("password", PASSWORD.into()),
        ]
    };
    let (one, two) = (house.browser(), house.browser());
    let forms = [(&one, fields("first.one")), (&two, fields("second.one"))];
    let mut tasks = Vec::new();
    for (browser, fields) in forms {
        let page = browser.get("/verify").await;
        let form = page.filled(
            &fields
                .each_ref()
                .map(|(name, value): &(&str, String)| (*name, value.as_str())),
        );
        let browser = browser.twin();
        tasks.push(tokio::spawn(
            async move { browser.submit(&form).await.status },
        ));
    }
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(house.count("SELECT COUNT(*) FROM account").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_up_can_be_off() {
    let house = House::with(&[("sign_up.enabled", "false")]).await;
    assert_eq!(house.browser().get("/sign-up").await.status, 404);
    assert_eq!(
        house
            .browser()
            .post("/sign-up", "email=a%40example.org")
            .await
            .status,
        404
    );
    assert!(!house.browser().get("/").await.body.contains("/sign-up"));
    assert_eq!(house.count("SELECT COUNT(*) FROM outbox").await, 0);
}
