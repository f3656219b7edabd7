//! What every answer carries: on pages, errors, redirects, forms, JSON; in development and in production.

use reqwest::Method;

use crate::support::{Browser, House, PASSWORD, Page, port};

const PAGES: [&str; 16] = [
    "/",
    "/forgot",
    "/forgot/sent?reference=K7QF-2M",
    "/reset",
    "/reset/password",
    "/reset/done",
    "/sign-up",
    "/sign-up/sent",
    "/verify",
    "/sign-in",
    "/sign-out",
    "/account",
    "/account/verify-address",
    "/not-me",
    "/not-me/done",
    "/no/such/page",
];

fn check(page: &Page, path: &str) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{path} {name}");
    }
    assert_eq!(page.header("x-request-id").len(), 32, "{path}");
    assert!(
        page.header("permissions-policy").contains("camera=()"),
        "{path}"
    );
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{path}: {part} in {policy}");
    }
    for part in ["unsafe-inline", "'unsafe-eval'", "*", "http:", "https:"] {
        assert!(!policy.contains(part), "{path}: {part} in {policy}");
    }
    assert_eq!(page.nonce().len(), 32, "{path}: {policy}");
    for name in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert_eq!(page.header(name), "", "{path} {name}");
    }
}

async fn all(browser: &Browser) -> Vec<(String, Page)> {
    let mut pages = Vec::new();
    for path in PAGES {
        pages.push((path.to_owned(), browser.get(path).await));
        pages.push((
            format!("HEAD {path}"),
            browser.send(browser.request(Method::HEAD, path)).await,
        ));
        pages.push((
            format!("POST {path}"),
            browser.post(path, "username=alice&email=x&token=x").await,
        ));
        pages.push((
            format!("PUT {path}"),
            browser.send(browser.request(Method::PUT, path)).await,
        ));
        pages.push((
            format!("huge {path}"),
            browser.post(path, "x".repeat(20_000)).await,
        ));
    }
    pages.push(("/health/live".into(), browser.get("/health/live").await));
    pages.push(("/health/ready".into(), browser.get("/health/ready").await));
    pages.push(("/api/submit".into(), browser.post("/api/submit", "x").await));
    pages.push((
        "bad query".into(),
        browser.get("/sign-in?note=a&note=b").await,
    ));
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_them() {
    let house = House::new().await;
    house.add("alice").await;
    let mut nonces = Vec::new();
    for browser in [house.browser(), house.signed_in("alice", PASSWORD).await] {
        for (path, page) in all(&browser).await {
            check(&page, &path);
            assert_eq!(
                page.header("strict-transport-security"),
                "",
                "{path}: not on plain http"
            );
            nonces.push(page.nonce());
        }
    }
    let count = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), count, "each nonce is used once");
}

#[tokio::test(flavor = "multi_thread")]
async fn production_adds_hsts() {
    let house = House::production(port()).await;
    for (path, page) in all(&house.browser()).await {
        check(&page, &path);
        let hsts = page.header("strict-transport-security");
        assert_eq!(hsts, "max-age=63072000; includeSubDomains", "{path}");
        for (name, _) in page.cookies() {
            assert!(name.starts_with("__Host-"), "{path}: {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn production_takes_no_cookie_of_a_plain_name() {
    let house = House::production(port()).await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let value = browser.cookie("__Host-postern").unwrap();
    assert!(browser.is_signed_in().await);
    let forged = house.browser();
    forged.jar.lock().unwrap().insert("postern".into(), value);
    assert!(
        !forged.is_signed_in().await,
        "another name could be set from a subdomain"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn w6_static_files_of_the_site_are_cached_and_nothing_else() {
    let house = House::new().await;
    let site = house.folder().join("site");
    std::fs::create_dir(site.join("pkg")).unwrap();
    std::fs::write(site.join("pkg/postern.0123.css"), "body{}").unwrap();
    std::fs::write(site.join("robots.txt"), "User-agent: *\n").unwrap();
    let browser = house.browser();
    let css = browser.get("/pkg/postern.0123.css").await;
    assert_eq!(css.status, 200);
    assert_eq!(
        css.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(css.header("x-content-type-options"), "nosniff");
    assert_eq!(
        browser.get("/robots.txt").await.header("cache-control"),
        "no-cache"
    );
    // A path that ends like a file is still no file (web cache deception), and nothing outside the site is served.
    for path in [
        "/reset/x.css",
        "/account/x.js",
        "/account.css",
        "/forgot/..%2f..%2fetc/passwd.css",
    ] {
        let page = browser.get(path).await;
        assert_eq!(
            (page.status, page.header("cache-control")),
            (404, "no-store"),
            "{path}"
        );
    }
    for path in [
        "/pkg/../../postern.sqlite",
        "/pkg/..%2f..%2fpostern.sqlite",
        "/pkg/%2e%2e/%2e%2e/postern.sqlite",
        "/manifest.json",
        "/pkg/missing.js",
        "/pkg/",
        "/pkg",
    ] {
        let page = browser.get(path).await;
        assert!((300..500).contains(&page.status), "{path}: {}", page.status);
        assert!(!page.body.contains("SQLite"), "{path}");
        assert_ne!(
            page.header("cache-control"),
            "public, max-age=31536000, immutable",
            "{path}"
        );
    }
}
