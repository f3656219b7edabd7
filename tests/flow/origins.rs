//! W7: state changes come from our own pages only, and with a session only with its CSRF token.

use reqwest::Method;

use crate::support::{House, PASSWORD};

const FORM: &str = "application/x-www-form-urlencoded";
const POSTS: [&str; 12] = [
    "/forgot",
    "/reset",
    "/reset/password",
    "/sign-up",
    "/verify",
    "/sign-in",
    "/sign-out",
    "/account/password",
    "/account/address",
    "/account/sessions",
    "/account/verify-address",
    "/not-me",
];

/// Everything that a refused request must leave as it was.
async fn state(house: &House) -> Vec<String> {
    let mut state = house
        .texts("SELECT password_hash || state || email || sign_in_failures FROM account ORDER BY 1")
        .await;
    for table in [
        "outbox",
        "reset_request",
        "token",
        "sign_in_session",
        "reset_session",
        "audit_event",
    ] {
        state.push(
            house
                .count(&format!("SELECT COUNT(*) FROM {table}"))
                .await
                .to_string(),
        );
    }
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn w7_foreign_origins_change_nothing() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let csrf = browser
        .get("/account")
        .await
        .form("/account/password")
        .value("csrf")
        .unwrap()
        .to_owned();
    let before = state(&house).await;
    let own = house.public_url();
    let port = own.rsplit(':').next().unwrap();
    let near = [
        format!("http://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("{own}.evil.example"),
        format!("{own}@evil.example"),
        "http://127.0.0.1".to_owned(),
    ];
    let mut foreign: Vec<Vec<(&str, &str)>> = vec![
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site"), ("origin", &own)],
        vec![("sec-fetch-site", "cross-site"), ("origin", &own)],
        vec![("sec-fetch-site", "nonsense")],
    ];
    foreign.extend(near.iter().map(|origin| vec![("origin", origin.as_str())]));
    let body = format!(
        "csrf={csrf}&username=alice&email=alice%40example.org&current_password=quiet+otters+juggle+marmalade\
         &password=seven+lanterns+drift+upstream"
    );
    for path in POSTS.iter().chain(&["/api/submit", "/dev/mailbox/delete"]) {
        for headers in &foreign {
            let mut request = browser
                .request(Method::POST, path)
                .header("content-type", FORM);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let page = browser.send(request.body(body.clone())).await;
            assert_eq!(page.status, 403, "{path} {headers:?}: {}", page.body);
            assert!(page.cookies().is_empty(), "{path}");
        }
    }
    assert_eq!(state(&house).await, before);
    assert!(browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn w7_what_other_sites_can_send_without_asking_is_no_form_of_ours() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let before = state(&house).await;
    let multipart =
        "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nalice\r\n--x--\r\n";
    for path in POSTS {
        for (kind, body) in [
            (
                Some("text/plain"),
                "username=alice&email=alice%40example.org",
            ),
            (Some("multipart/form-data; boundary=x"), multipart),
            (Some("application/json"), "{\"username\":\"alice\"}"),
            (None, "username=alice&email=alice%40example.org"),
        ] {
            let mut request = browser
                .request(Method::POST, path)
                .header("origin", house.public_url());
            if let Some(kind) = kind {
                request = request.header("content-type", kind);
            }
            let page = browser.send(request.body(body)).await;
            assert_eq!(page.status, 400, "{path} {kind:?}: {}", page.body);
        }
        // No form is sent by GET, and no other method does anything.
        browser
            .get(&format!(
                "{path}?username=alice&email=alice%40example.org&password=x"
            ))
            .await;
        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let page = browser.send(browser.request(method.clone(), path)).await;
            assert_eq!(page.status, 405, "{method} {path}");
        }
    }
    for kind in [
        "text/plain",
        FORM,
        "multipart/form-data; boundary=x",
        "application/json",
        "application/x-postcard; x",
    ] {
        let request = browser
            .request(Method::POST, "/api/submit")
            .header("content-type", kind);
        assert_eq!(browser.send(request.body("x")).await.status, 415, "{kind}");
    }
    let put = browser
        .send(browser.request(Method::GET, "/api/submit"))
        .await;
    assert_eq!(put.status, 405);
    assert_eq!(state(&house).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn w7_our_own_pages_and_programs_pass() {
    let house = House::new().await;
    let own = house.public_url();
    let cases: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", &own)],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", &own)],
        &[("sec-fetch-site", "none")],
    ];
    for headers in cases {
        let browser = house.browser();
        let mut request = browser
            .request(Method::POST, "/forgot")
            .header("content-type", FORM);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        assert_eq!(
            browser.send(request.body("username=alice")).await.status,
            303,
            "{headers:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w7_with_a_session_the_csrf_token_must_be_its_own() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.add("mallory").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let other = house.signed_in("mallory", PASSWORD).await;
    let reset = house.verified("alice").await;
    let foreign = other
        .get("/account")
        .await
        .form("/account/password")
        .value("csrf")
        .unwrap()
        .to_owned();
    let of_reset = reset.get("/reset/password").await.forms()[0]
        .value("csrf")
        .unwrap()
        .to_owned();
    let before = state(&house).await;
    let account = browser.get("/account").await;
    let tokens = [
        "",
        "x",
        &foreign,
        &of_reset,
        &"A".repeat(43),
        &browser.cookie("postern").unwrap(),
    ];
    let filled = [
        account
            .form("/account/password")
            .fill("current_password", PASSWORD)
            .fill("password", "seven lanterns drift upstream"),
        account
            .form("/account/address")
            .fill("current_password", PASSWORD)
            .fill("email", "evil@example.net"),
        browser.get("/sign-out").await.filled(&[]),
    ];
    for form in filled {
        for token in tokens {
            let page = browser.submit(&form.clone().fill("csrf", token)).await;
            assert_eq!(page.status, 403, "{} {token}: {}", form.action, page.body);
        }
        let mut without = form.clone();
        without.fields.retain(|(name, _)| name != "csrf");
        assert_eq!(
            browser.submit(&without).await.status,
            403,
            "{}",
            form.action
        );
    }
    for token in tokens {
        let page = browser
            .post("/account/sessions", format!("csrf={token}"))
            .await;
        assert_eq!(page.status, 403, "{token}");
    }
    let form = reset
        .get("/reset/password")
        .await
        .filled(&[("password", "seven lanterns drift upstream")]);
    for token in [
        "",
        "x",
        &foreign,
        &"A".repeat(43),
        &reset.cookie("postern-reset").unwrap(),
    ] {
        let page = reset.submit(&form.clone().fill("csrf", token)).await;
        assert_eq!(page.status, 403, "{token}: {}", page.body);
    }
    assert_eq!(state(&house).await, before);
    assert!(browser.is_signed_in().await);
    // The page that refused carries a good one.
    let page = reset.submit(&form.clone().fill("csrf", "x")).await;
    let form = page.filled(&[("password", "seven lanterns drift upstream")]);
    assert_eq!(reset.submit(&form).await.location(), "/reset/done");
}
