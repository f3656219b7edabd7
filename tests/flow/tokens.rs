//! Mailed tokens: of every wrong kind, used, too old, of others; and what they must never open.

use reqwest::Method;

use crate::support::{Browser, Form, HOUR, House, MINUTE, PASSWORD, SECOND, percent};

const NEW: &str = "seven lanterns drift upstream";

/// Everything that a case that changes nothing must leave as it was.
async fn state(house: &House) -> Vec<String> {
    let mut state = house.texts("SELECT id || password_hash || state || wrong_usernames || sign_in_failures || email FROM account").await;
    let mut database = house.database().await;
    for sql in [
        "SELECT hash, purpose || wrong FROM token ORDER BY 1",
        "SELECT hash, state FROM reset_session ORDER BY 1",
    ] {
        let rows: Vec<(Vec<u8>, String)> = database.rows(sql, &[]).await;
        state.extend(rows.into_iter().map(|row| format!("{row:?}")));
    }
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn t3_type_confusion() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let before = state(&house).await;
    let browser = house.browser();
    let long = format!("username=alice&token={}", "A".repeat(10_000));
    let cases: [(&str, u16); 17] = [
        ("username=alice", 422),
        ("username=alice&token=", 422),
        ("username=alice&token=+++", 422),
        ("username=alice&token=null", 422),
        ("username=alice&token=undefined", 422),
        ("username=alice&token=0", 422),
        ("username=alice&token=true", 422),
        ("username=alice&token=%7B%22%24gt%22%3A%22%22%7D", 422),
        ("username=alice&token[]=", 422),
        ("username=alice&token[$ne]=x", 422),
        ("username=alice&token[]=x&token[]=y", 422),
        ("username=alice&token=x&token=y", 400),
        ("username=alice&token=a%00b", 400),
        ("username=alice&token=%ff%fe", 400),
        ("username=alice&token=%0", 400),
        ("username=alice&token=%E2%84%AA", 422),
        (&long, 422),
    ];
    for path in ["/reset", "/verify", "/not-me", "/account/verify-address"] {
        for (body, status) in cases {
            let page = browser.post(path, body.to_owned()).await;
            assert_eq!(page.status, status, "{path} {body:.60}: {}", page.body);
            assert!(page.cookies().is_empty(), "{path} {body:.60}");
        }
        for (kind, body) in [
            (
                "application/json",
                format!("{{\"token\":\"{code}\",\"username\":\"alice\"}}"),
            ),
            (
                "application/json",
                "{\"token\":{\"$gt\":\"\"},\"username\":\"alice\"}".to_owned(),
            ),
            ("text/xml", format!("<token>{code}</token>")),
        ] {
            let request = browser
                .request(Method::POST, path)
                .header("content-type", kind);
            let page = browser.send(request.body(body)).await;
            assert_eq!(page.status, 400, "{path} {kind}");
        }
    }
    assert_eq!(state(&house).await, before);
    assert_eq!(
        browser.exchange(&code, "alice").await.status,
        303,
        "the token still works"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t1_guessing_meets_the_limit_before_the_database() {
    let house = House::with(&[("limits.per_address", "5")]).await;
    house.add("alice").await;
    let browser = house.browser();
    let guess = |n: usize| format!("username=alice&token={n:0>42}A");
    for n in 0..5 {
        assert_eq!(browser.post("/reset", guess(n)).await.status, 422);
    }
    let page = browser.post("/reset", guess(6)).await;
    assert_eq!(page.status, 429);
    assert!(page.header("retry-after").parse::<u32>().unwrap() > 0);
    house.advance(HOUR);
    assert_eq!(browser.post("/reset", guess(7)).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn t4_reuse() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let browser = house.browser();
    browser.exchange(&code, "alice").await;
    let form = browser
        .get("/reset/password")
        .await
        .filled(&[("password", NEW)]);
    let with_session = browser.twin();
    assert_eq!(browser.submit(&form).await.location(), "/reset/done");
    // The token again, in this browser and in another; the password again, with the cookie that was.
    for browser in [&browser, &with_session, &house.browser()] {
        let page = browser.exchange(&code, "alice").await;
        assert_eq!(page.status, 422, "{}", page.body);
        assert!(
            page.error("token").contains("does not work"),
            "{}",
            page.body
        );
        assert!(page.cookies().is_empty());
    }
    let page = with_session
        .submit(&form.clone().fill("password", PASSWORD))
        .await;
    assert_eq!(page.status, 410, "{}", page.body);
    assert!(house.opens("alice", NEW).await && !house.opens("alice", PASSWORD).await);
    assert_eq!(house.mails().await.len(), 1, "one notice");
}

#[tokio::test(flavor = "multi_thread")]
async fn t7_a_newer_mail_replaces_the_older() {
    let mut house = House::new().await;
    house.add("alice").await;
    let first = house.code("alice").await;
    house.advance(MINUTE);
    let second = house.code("alice").await;
    assert_ne!(first, second);
    assert_eq!(
        house
            .count("SELECT COUNT(*) FROM token WHERE purpose = 'reset'")
            .await,
        1
    );
    assert_eq!(house.browser().exchange(&first, "alice").await.status, 422);
    assert_eq!(house.browser().exchange(&second, "alice").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_live_token_is_held_by_the_schema() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.code("alice").await;
    let mut database = house.database().await;
    let copy = "INSERT INTO token (hash, purpose, subject, minted_at, expires_at) \
         SELECT $1, purpose, subject, minted_at, expires_at FROM token";
    let hash: &[u8] = &[0; 32];
    let refused = database.try_execute(copy, &[hash.into()]).await;
    let refused = refused.unwrap_err();
    assert!(
        refused.as_database_error().unwrap().is_unique_violation(),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_does_not_end_a_session_in_progress_and_the_first_commit_ends_all() {
    let mut house = House::new().await;
    house.add("alice").await;
    let one = house.verified("alice").await;
    let other = house.verified("alice").await;
    let unused = house.code("alice").await;
    let late = other
        .get("/reset/password")
        .await
        .filled(&[("password", PASSWORD)]);
    assert_eq!(one.choose(NEW).await.location(), "/reset/done");
    assert_eq!(other.submit(&late).await.status, 410);
    assert_eq!(house.browser().exchange(&unused, "alice").await.status, 422);
    assert!(house.opens("alice", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn t11_swapped_users() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.add("mallory").await;
    let victim = house.account("alice").await;
    let code = house.code("mallory").await;
    let browser = house.browser();
    let body = format!(
        "token={code}&username=alice&user_id={0}&account_id={0}&id={0}&email=alice%40example.org",
        victim.id
    );
    let page = browser.post("/reset", body).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(
        page.error("username").contains("2 more tries"),
        "{}",
        page.body
    );
    assert_eq!(browser.get("/reset/password").await.status, 410);
    assert_eq!(house.account("mallory").await.wrong_usernames, 1);
    assert_eq!(house.account("alice").await.wrong_usernames, 0);
    // The session goes on for its own account, and only for that.
    let form = page.filled(&[("username", "mallory")]);
    assert_eq!(browser.submit(&form).await.location(), "/reset/password");
    let page = browser.get("/reset/password").await;
    let body = page.filled(&[("password", NEW)]).body();
    let body = format!("{body}&username=alice&account_id={}", victim.id);
    assert_eq!(
        browser.post("/reset/password", body).await.location(),
        "/reset/done"
    );
    assert!(
        house.opens("alice", PASSWORD).await,
        "alice's password is hers"
    );
    assert!(house.opens("mallory", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn t13_expiry() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.add("bob").await;
    // Three seconds for what the test itself takes; the domain's own test is exact to the millisecond.
    house.browser().ask("alice").await;
    let mail = house.mail().await;
    house.advance(20 * MINUTE - 3 * SECOND);
    let browser = house.browser();
    assert_eq!(browser.exchange(&mail.code(), "alice").await.status, 303);
    // The session has a life of its own.
    house.advance(10 * MINUTE - 3 * SECOND);
    let form = browser
        .get("/reset/password")
        .await
        .filled(&[("password", NEW)]);
    house.advance(3 * SECOND);
    assert_eq!(browser.submit(&form).await.status, 410);
    assert_eq!(browser.get("/reset/password").await.status, 410);

    let code = house.code("bob").await;
    house.advance(20 * MINUTE);
    let page = house.browser().exchange(&code, "bob").await;
    assert_eq!(page.status, 422);
    assert!(page.error("token").contains("too old"), "{}", page.body);
    assert!(house.opens("alice", PASSWORD).await && house.opens("bob", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn t13_other_links_expire_too() {
    let mut house = House::new().await;
    house
        .browser()
        .fill("/sign-up", &[("email", "new@example.org")])
        .await;
    let code = house.mail().await.code();
    house.advance(HOUR);
    let fields = [
        ("token", code.as_str()),
        ("username", "newcomer"),
        ("password", NEW),
    ];
    assert_eq!(house.browser().fill("/verify", &fields).await.status, 422);
    assert_eq!(house.count("SELECT COUNT(*) FROM account").await, 0);

    house.add("alice").await;
    house.verified("alice").await.choose(NEW).await;
    let code = house.mail().await.code();
    house.advance(30 * 24 * HOUR);
    let fields = [("token", code.as_str()), ("username", "alice")];
    assert_eq!(house.browser().fill("/not-me", &fields).await.status, 422);
    assert_eq!(house.account("alice").await.state.name(), "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn t15_skipped_steps() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let body = format!(
        "password={}&verified=true&state=verified&token={code}&username=alice",
        percent(NEW.as_bytes())
    );
    // Without a session, with an invented one, with one that still owes its username.
    let browser = house.browser();
    assert_eq!(browser.get("/reset/password").await.status, 410);
    assert_eq!(
        browser.post("/reset/password", body.clone()).await.status,
        410
    );
    let invented = "A".repeat(43);
    browser
        .jar
        .lock()
        .unwrap()
        .insert("postern-reset".into(), invented);
    assert_eq!(browser.get("/reset/password").await.status, 410);
    assert_eq!(
        browser.post("/reset/password", body.clone()).await.status,
        410
    );
    browser.jar.lock().unwrap().clear();

    let wrong = browser.exchange(&code, "bob").await;
    assert_eq!(wrong.status, 422);
    let csrf = wrong.form("/reset").value("csrf").unwrap().to_owned();
    assert_eq!(browser.get("/reset/password").await.status, 410);
    let forged = format!("{body}&csrf={csrf}");
    assert_eq!(browser.post("/reset/password", forged).await.status, 410);
    assert!(house.opens("alice", PASSWORD).await);
    assert!(!house.opens("alice", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn t16_scanners() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let scanner = house.browser();
    let before = state(&house).await;
    let mut pages = Vec::new();
    for _ in 0..20 {
        let page = scanner.get("/reset").await;
        assert_eq!(page.status, 200);
        assert!(page.cookies().is_empty(), "no cookie");
        pages.push(page.masked(&[]));
    }
    let head = scanner.send(scanner.request(Method::HEAD, "/reset")).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    // Gateways that turn fragments into queries, and robots that press the button: the script gives no code without a username.
    scanner.get(&format!("/reset?token={code}")).await;
    assert_eq!(scanner.fill("/reset", &[]).await.status, 422);
    pages.dedup();
    assert_eq!(pages.len(), 1, "the page is the same every time");
    assert_eq!(state(&house).await, before);
    assert_eq!(
        house.browser().exchange(&code, "alice").await.status,
        303,
        "the owner's link works"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t17_reload_and_other_browsers() {
    let mut house = House::new().await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let (same, other) = (house.browser(), house.browser());
    assert_eq!(same.exchange(&code, "alice").await.status, 303);
    for _ in 0..3 {
        assert_eq!(same.get("/reset/password").await.status, 200);
        assert_eq!(
            same.exchange(&code, "alice").await.location(),
            "/reset/password"
        );
    }
    let page = other.exchange(&code, "alice").await;
    assert_eq!(page.status, 422);
    assert!(other.jar.lock().unwrap().is_empty());
    assert_eq!(other.get("/reset/password").await.status, 410);
    assert_eq!(house.count("SELECT COUNT(*) FROM reset_session").await, 1);
    assert_eq!(same.choose(NEW).await.location(), "/reset/done");
}

/// One token of each kind, with the page that takes it.
async fn one_of_each(house: &mut House) -> (Browser, [(&'static str, String); 4]) {
    house.add("alice").await;
    house.verified("alice").await.choose(NEW).await;
    let not_me = house.mail().await.code();
    let signed_in = house.signed_in("alice", NEW).await;
    let form = signed_in.get("/account").await.form("/account/address");
    let form = form
        .fill("email", "next@example.org")
        .fill("current_password", NEW);
    assert_eq!(signed_in.submit(&form).await.status, 303);
    let address = house.mail().await.code();
    house
        .browser()
        .fill("/sign-up", &[("email", "new@example.org")])
        .await;
    let sign_up = house.mail().await.code();
    let reset = house.code("alice").await;
    let tokens = [
        ("/not-me", not_me),
        ("/account/verify-address", address),
        ("/verify", sign_up),
        ("/reset", reset),
    ];
    (signed_in, tokens)
}

#[tokio::test(flavor = "multi_thread")]
async fn t20_a_token_opens_only_what_it_is_for() {
    let mut house = House::new().await;
    let (signed_in, tokens) = one_of_each(&mut house).await;
    let before = state(&house).await;
    let fill = |form: Form, code: &str| {
        let username = if form.action == "/verify" {
            "newcomer"
        } else {
            "alice"
        };
        let form = form.fill("token", code).fill("username", username);
        if form.action == "/verify" {
            form.fill("password", "copper beeches rustle softly")
        } else {
            form
        }
    };
    for (page, _) in &tokens {
        for (own, code) in tokens.iter().filter(|(own, _)| own != page) {
            let form = signed_in.get(page).await.form(page);
            let answer = signed_in.submit(&fill(form, code)).await;
            assert_eq!(
                answer.status, 422,
                "{own}'s token at {page}: {}",
                answer.body
            );
            assert!(
                answer.error("token").contains("does not work"),
                "{}",
                answer.body
            );
        }
    }
    assert_eq!(state(&house).await, before);
    // Each still opens its own; the reset's first, as a new address would end it.
    for (page, code) in tokens.iter().rev() {
        let form = house.browser().get(page).await.form(page);
        let answer = house.browser().submit(&fill(form, code)).await;
        assert_eq!(answer.status, 303, "{page}: {}", answer.body);
    }
}
