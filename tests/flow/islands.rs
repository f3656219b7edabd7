//! The islands' way in, `/api/submit`: the same use cases, the same rules, and no more words than needed for nonsense.

use postern::api::error::Refused;
use postern::api::forms::{Fields, FormKind, Next, Submit};
use reqwest::Method;
use server_fn::codec::PostcardEncoding;
use server_fn::{Decodes, Encodes};

use crate::support::{Browser, House, PASSWORD, raw};

const NEW: &str = "seven lanterns drift upstream";

fn encoded(form: FormKind, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut all = Fields::default();
    for (name, value) in fields {
        (*value).clone_into(all.get_mut(name).unwrap());
    }
    PostcardEncoding::encode(&Submit { form, fields: all })
        .unwrap()
        .to_vec()
}

/// Status, and where to go or what is wrong.
async fn submit(
    browser: &Browser,
    form: FormKind,
    fields: &[(&str, &str)],
) -> (u16, Result<String, Vec<String>>) {
    let (status, bytes) = post(browser, encoded(form, fields), &[]).await;
    let answer = if status == 200 {
        let next: Next = PostcardEncoding::decode(bytes.into()).unwrap();
        Ok(next.go)
    } else {
        let refused: Refused = PostcardEncoding::decode(bytes.into()).unwrap();
        Err(refused
            .sentences
            .into_iter()
            .map(|one| format!("{}: {}", one.field, one.words))
            .collect())
    };
    (status, answer)
}

async fn post(browser: &Browser, body: Vec<u8>, headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
    let cookies: Vec<_> = browser
        .jar
        .lock()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut request = browser
        .request(Method::POST, "/api/submit")
        .header("content-type", "application/x-postcard");
    request = request.header("cookie", cookies.join("; "));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(body).send().await.unwrap();
    for line in answer.headers().get_all("set-cookie") {
        let (name, value) = line
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .split_once('=')
            .unwrap();
        let mut jar = browser.jar.lock().unwrap();
        if value.is_empty() {
            jar.remove(name)
        } else {
            jar.insert(name.into(), value.into())
        };
    }
    assert_eq!(answer.headers().get("location"), None);
    (
        answer.status().as_u16(),
        answer.bytes().await.unwrap().to_vec(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_flow_by_the_islands() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.browser();
    let (status, next) = submit(&browser, FormKind::Forgot, &[("username", "alice")]).await;
    assert_eq!(status, 200);
    assert!(next.unwrap().starts_with("/forgot/sent?reference="));
    let code = house.mail().await.code();
    let (status, next) = submit(
        &browser,
        FormKind::Exchange,
        &[("token", &code), ("username", "bob")],
    )
    .await;
    assert_eq!(status, 422);
    assert!(next.unwrap_err()[0].starts_with("username: This link belongs"));
    // The island keeps the code and may send it again: the cookie shows that it is this browser's.
    let (status, next) = submit(
        &browser,
        FormKind::Exchange,
        &[("token", &code), ("username", "alice")],
    )
    .await;
    assert_eq!((status, next.unwrap().as_str()), (200, "/reset/password"));
    let csrf = browser.get("/reset/password").await.forms()[0]
        .value("csrf")
        .unwrap()
        .to_owned();
    for csrf in ["", "x"] {
        let (status, _) = submit(
            &browser,
            FormKind::SetPassword,
            &[("password", NEW), ("csrf", csrf)],
        )
        .await;
        assert_eq!(status, 403);
    }
    let (status, next) = submit(
        &browser,
        FormKind::SetPassword,
        &[("password", "weak"), ("csrf", &csrf)],
    )
    .await;
    assert_eq!(status, 422);
    assert!(next.unwrap_err()[0].starts_with("password: "));
    let (status, next) = submit(
        &browser,
        FormKind::SetPassword,
        &[("password", NEW), ("csrf", &csrf)],
    )
    .await;
    assert_eq!((status, next.unwrap().as_str()), (200, "/reset/done"));
    let (status, next) = submit(
        &browser,
        FormKind::SignIn,
        &[("username", "alice"), ("password", NEW)],
    )
    .await;
    assert_eq!((status, next.unwrap().as_str()), (200, "/account"));
    assert!(browser.is_signed_in().await);
    let (status, _) = submit(&browser, FormKind::SignOut, &[]).await;
    assert_eq!(status, 403, "with a session, the CSRF token here too");
    assert!(browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_the_islands_answer_the_same_for_everybody() {
    let house = House::new().await;
    house.add("known").await;
    let (known, nobody) = (house.browser(), house.browser());
    let ask = [("known", &known), ("nobody", &nobody)];
    for (name, browser) in ask {
        let (status, next) = submit(browser, FormKind::Forgot, &[("username", name)]).await;
        let next = next.unwrap();
        assert_eq!(
            (status, next.split('=').next().unwrap()),
            (200, "/forgot/sent?reference")
        );
        assert!(browser.jar.lock().unwrap().is_empty());
    }
    let one = submit(
        &known,
        FormKind::SignIn,
        &[("username", "known"), ("password", "wrong")],
    )
    .await;
    let two = submit(
        &nobody,
        FormKind::SignIn,
        &[("username", "nobody"), ("password", "wrong")],
    )
    .await;
    assert_eq!(one, two);
    assert_eq!(one.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_and_their_headers_hold_here_too() {
    let house = House::with(&[("limits.per_identifier", "1")]).await;
    let browser = house.browser();
    let (status, _) = submit(&browser, FormKind::Forgot, &[("username", "alice")]).await;
    assert_eq!(status, 200);
    let request = browser
        .request(Method::POST, "/api/submit")
        .header("content-type", "application/x-postcard");
    let answer = request
        .body(encoded(FormKind::Forgot, &[("username", "alice")]))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 429);
    assert!(
        answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
            > 0
    );
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn d6_nonsense_is_refused_without_a_word_about_the_inside() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.browser();
    let good = encoded(FormKind::Forgot, &[("username", "alice")]);
    let mut bodies = vec![
        Vec::new(),
        vec![0],
        vec![0xff; 100],
        vec![0x80; 20],
        b"{\"form\":\"forgot\",\"fields\":{}}".to_vec(),
        // A length of nearly 2^64 bytes.
        [vec![0], vec![0xff; 9], vec![0x01]].concat(),
        // Text that is no UTF-8.
        vec![0, 2, 0xc3, 0x28, 0, 0, 0, 0, 0],
        // NUL.
        encoded(FormKind::Forgot, &[("username", "ali\0ce")]),
        // A form that there is not.
        [vec![99], good[1..].to_vec()].concat(),
    ];
    bodies.extend((1..good.len()).map(|end| good[..end].to_vec()));
    let before = house.count("SELECT COUNT(*) FROM outbox").await;
    for body in bodies {
        let (status, answer) = post(&browser, body.clone(), &[]).await;
        assert!((400..500).contains(&status), "{body:?}: {status}");
        let words = String::from_utf8_lossy(&answer).to_lowercase();
        for inside in [
            "serde",
            "deseriali",
            "postcard",
            "src/",
            "server_fn",
            "server function",
            "panick",
            "struct",
            "expected",
        ] {
            assert!(!words.contains(inside), "{body:?}: {words}");
        }
    }
    assert_eq!(house.count("SELECT COUNT(*) FROM outbox").await, before);
    for path in [
        "/api/",
        "/api/other",
        "/api/submit/",
        "/api/submit/more",
        "/api/submit123",
    ] {
        let request = browser
            .request(Method::POST, path)
            .header("content-type", "application/x-postcard");
        let page = browser.send(request.body(good.clone())).await;
        assert_eq!(page.status, 404, "{path}: {}", page.body);
        assert!(
            !page.body.contains("server function"),
            "{path}: {}",
            page.body
        );
    }
    for headers in [
        &[
            ("accept", "text/html"),
            ("referer", "https://evil.example/"),
        ][..],
        &[("content-encoding", "gzip")],
        &[("origin", "https://evil.example")],
    ] {
        let (status, _) = post(&browser, vec![0xff], headers).await;
        assert!((400..500).contains(&status), "{headers:?}: {status}");
    }
    assert!(house.opens("alice", PASSWORD).await, "it goes on");
    assert!(!house.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_bodies_are_bounded_here_too() {
    let house = House::new().await;
    let head = "POST /api/submit HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-postcard\r\nConnection: close\r\n";
    let declared = format!("{head}Content-Length: 1048576\r\n\r\n");
    let request = [declared.into_bytes(), vec![0; 1 << 20]].concat();
    let answer = raw(house.address(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let chunk = format!("{:x}\r\n{}\r\n", 8_192, "x".repeat(8_192));
    let chunked = format!(
        "{head}Transfer-Encoding: chunked\r\n\r\n{}",
        chunk.repeat(16)
    );
    let answer = raw(house.address(), chunked.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}
