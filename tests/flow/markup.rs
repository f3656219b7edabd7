//! What stands in the HTML: scripts by nonce only, labelled inputs, and nothing that somebody sent in as anything but text.

use scraper::{ElementRef, Html, Selector};

use crate::support::{House, PASSWORD, Page};

const PAYLOADS: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "</title><script>alert(1)</script>",
    "{{7*7}}${7*7}<%=7*7%>",
    "<!--#exec cmd=\"id\"-->",
    "\u{202e}gro.elpmaxe\u{2028}<b>",
];

fn elements<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// Everything that runs or styles carries the answer's nonce; no handlers, no inline styles, nothing from elsewhere.
fn inert(page: &Page, case: &str) {
    let html = Html::parse_document(&page.body);
    let nonce = page.nonce();
    for element in elements(&html, "script, style") {
        assert_eq!(
            element.attr("nonce"),
            Some(nonce.as_str()),
            "{case}: {}",
            element.html()
        );
        let text: String = element.text().collect();
        assert!(!text.contains("alert(1)"), "{case}: {text}");
    }
    for element in elements(&html, "*") {
        for (name, value) in element.value().attrs() {
            assert!(
                !name.starts_with("on") && name != "style",
                "{case}: {}",
                element.html()
            );
            if ["href", "src", "action", "formaction"].contains(&name) {
                let value = value.to_lowercase();
                let scheme = value.split([':', '/']).next().unwrap_or_default();
                assert!(
                    scheme.is_empty() || scheme == "mailto" || value.starts_with('#'),
                    "{case}: {name}={value}"
                );
                assert!(!value.starts_with("//"), "{case}: {name}={value}");
            }
        }
    }
    for name in [
        "iframe",
        "object",
        "embed",
        "base",
        "svg[onload]",
        "img[onerror]",
        "meta[http-equiv]",
    ] {
        assert!(elements(&html, name).is_empty(), "{case}: {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w11_payloads_in_addresses_are_inert() {
    let house = House::new().await;
    let browser = house.browser();
    for payload in PAYLOADS {
        let coded = crate::support::percent(payload.as_bytes());
        for path in [
            format!("/sign-in?note={coded}"),
            format!("/forgot/sent?reference={coded}"),
            format!("/forgot?__err={coded}&__path={coded}&username={coded}"),
            format!("/reset?token={coded}"),
            format!("/{coded}"),
            format!("/account/{coded}?{coded}={coded}"),
            format!("/verify?note=created&note={coded}"),
            format!("/dev/mailbox/{coded}"),
            format!("/dev/mailbox?q={coded}"),
            format!("/api/{coded}"),
        ] {
            let page = browser.get(&path).await;
            assert!(page.status < 500, "{path}: {}", page.status);
            if page.header("content-type").starts_with("text/html") && !path.starts_with("/dev") {
                inert(&page, &path);
                assert!(!page.body.contains(payload), "{path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w11_payloads_in_fields_are_shown_as_text() {
    let house = House::new().await;
    let browser = house.browser();
    for payload in PAYLOADS {
        for (path, field) in [
            ("/sign-in", "username"),
            ("/sign-up", "email"),
            ("/verify", "username"),
            ("/verify", "token"),
            ("/not-me", "username"),
            ("/reset", "username"),
        ] {
            let fields: Vec<_> = browser.get(path).await.forms()[0]
                .fields
                .iter()
                .map(|(name, _)| name.clone())
                .collect();
            let typed: Vec<_> = fields
                .iter()
                .map(|name| (name.as_str(), if name == field { payload } else { "x" }))
                .collect();
            let page = browser.fill(path, &typed).await;
            assert!(
                (400..500).contains(&page.status),
                "{path} {payload}: {}",
                page.status
            );
            inert(&page, path);
            if path != "/reset" {
                assert_eq!(
                    page.form(path).value(field),
                    Some(payload),
                    "{path}: what was typed is kept, as it was"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m8_w11_what_browsers_say_of_themselves_is_shown_as_text() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.browser();
    let form = browser
        .get("/sign-in")
        .await
        .filled(&[("username", "alice"), ("password", PASSWORD)]);
    let request = browser
        .request(reqwest::Method::POST, "/sign-in")
        .header("user-agent", PAYLOADS[1]);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(browser.send(request.body(form.body())).await.status, 303);
    let page = browser.get("/account").await;
    assert_eq!(page.status, 200);
    inert(&page, "/account");
    assert!(
        page.text(".devices").contains(PAYLOADS[1]),
        "{}",
        page.text(".devices")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_can_be_read_by_a_program_and_by_a_screen_reader() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    for path in [
        "/forgot",
        "/reset",
        "/sign-up",
        "/verify",
        "/sign-in",
        "/sign-out",
        "/account",
        "/account/verify-address",
        "/not-me",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        inert(&page, path);
        assert!(!page.forms().is_empty(), "{path}");
        let html = Html::parse_document(&page.body);
        assert_eq!(elements(&html, "h1").len(), 1, "{path}");
        assert_eq!(elements(&html, "html[lang=en]").len(), 1, "{path}");
        for input in elements(&html, "input[name]:not([type=hidden])") {
            let id = input.attr("id").unwrap_or_default();
            assert_eq!(
                elements(&html, &format!("label[for='{id}']")).len(),
                1,
                "{path} {id}"
            );
            assert!(input.attr("autocomplete").is_some(), "{path} {id}");
            assert_eq!(
                elements(&html, &format!("[id='{id}']")).len(),
                1,
                "{path} {id}: once"
            );
        }
    }
}
