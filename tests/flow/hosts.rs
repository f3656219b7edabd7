//! Links come from the settings alone, whatever a request says about names and addresses.

use reqwest::Method;

use crate::support::{Browser, House, Page, SECOND, raw};

/// Asks for alice's reset with more headers.
async fn ask(browser: &Browser, headers: &[(&str, &str)]) -> Page {
    let mut request = browser.request(Method::POST, "/forgot");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    browser.send(request.body("username=alice")).await
}

/// A 4xx and no mail, or a mail whose link leads home.
async fn harmless(house: &mut House, answer: u16, case: &str) {
    let mails = house.mails().await;
    if answer >= 400 {
        assert!(answer < 500 && mails.is_empty(), "{case}: {answer}");
        return;
    }
    assert_eq!((answer, mails.len()), (303, 1), "{case}");
    let home = format!("{}/reset#", house.public_url());
    assert!(
        mails[0].link().starts_with(&home),
        "{case}: {}",
        mails[0].link()
    );
    for part in [&mails[0].source, &mails[0].text, &mails[0].html] {
        assert!(
            !part.contains("evil.example") && !part.contains("<script"),
            "{case}: {part}"
        );
    }
    assert_eq!(mails[0].envelope_from, "postern@localhost", "{case}");
    // So that the next one is sent at once.
    house.browser().exchange(&mails[0].code(), "alice").await;
    house.advance(SECOND);
}

#[tokio::test(flavor = "multi_thread")]
async fn w1_w2_w3_m13_hostile_names() {
    let mut house = House::new().await;
    house.add("alice").await;
    let cases: [&[(&str, &str)]; 12] = [
        &[("host", "evil.example")],
        &[("host", "good.example:x@evil.example")],
        &[("host", "good.example:'<a href=\"//evil.example/?")],
        &[("host", "evil.example:80\t")],
        &[("x-forwarded-host", "evil.example")],
        &[
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "gopher"),
            ("x-forwarded-port", "1"),
        ],
        &[("forwarded", "host=evil.example;proto=https")],
        &[
            ("x-host", "evil.example"),
            ("x-original-host", "evil.example"),
        ],
        &[
            ("x-original-url", "//evil.example/"),
            ("x-rewrite-url", "//evil.example/"),
        ],
        &[("x-http-host-override", "evil.example")],
        &[("referer", "https://evil.example/?")],
        &[("user-agent", "evil\u{202e}<script>evil</script>")],
    ];
    for headers in cases {
        let page = ask(&house.browser(), headers).await;
        assert!(
            !page.location().contains("evil"),
            "{headers:?}: {}",
            page.location()
        );
        harmless(&mut house, page.status, &format!("{headers:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w1_w2_names_that_no_client_sends() {
    let mut house = House::new().await;
    house.add("alice").await;
    let end = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\nConnection: close\r\n\r\nusername=alice";
    for start in [
        "POST /forgot HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n",
        "POST http://evil.example/forgot HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "POST http://evil.example/forgot HTTP/1.1\r\nHost: evil.example\r\n",
        "POST //evil.example/forgot HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "POST /forgot HTTP/1.1\r\n",
        "POST /forgot HTTP/1.0\r\n",
        "POST /forgot HTTP/1.1\r\nHost: \r\n",
        "POST /forgot HTTP/1.1\r\nHost: evil.example\r\n folded: evil\r\n",
    ] {
        let answer = raw(house.address(), format!("{start}{end}").as_bytes()).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        let status: u16 = status
            .parse()
            .unwrap_or_else(|_| panic!("{start:?}: {answer}"));
        let location = answer
            .lines()
            .find(|line| line.to_lowercase().starts_with("location"));
        assert!(
            !location.unwrap_or_default().contains("evil"),
            "{start:?}: {answer}"
        );
        harmless(&mut house, status, start).await;
    }
}

/// A proxy that we trust tells us its client's address, and nothing about our own name. Every mail with a link is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn w1_w2_w3_names_behind_a_trusted_proxy_reach_no_kind_of_mail() {
    let mut house = House::with(&[("site.trusted_proxies", "127.0.0.0/8")]).await;
    house.add("alice").await;
    let hostile = [
        ("host", "evil.example:'<a href=\"//evil.example/?"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-server", "evil.example"),
        ("forwarded", "for=203.0.113.9;host=evil.example;proto=https"),
        ("x-host", "evil.example"),
        ("referer", "https://evil.example/"),
    ];
    let browser = house.browser();
    let send = async |form: &crate::support::Form| {
        let mut request = browser.request(Method::POST, &form.action);
        for (name, value) in hostile {
            request = request.header(name, value);
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let page = browser.send(request.body(form.body())).await;
        assert_eq!(page.status, 303, "{}: {}", form.action, page.body);
        assert!(!page.location().contains("evil"), "{}", page.location());
    };
    let mut mails = Vec::new();
    let fill = async |path: &str, fields: &[(&str, &str)]| browser.get(path).await.filled(fields);
    for email in ["alice@example.org", "new@example.org"] {
        send(&fill("/sign-up", &[("email", email)]).await).await;
        mails.push(house.mail().await);
    }
    send(&fill("/forgot", &[("username", "alice")]).await).await;
    mails.push(house.mail().await);
    let code = mails[2].code();
    let fields = [("token", code.as_str()), ("username", "alice")];
    send(&fill("/reset", &fields).await).await;
    let new = "seven lanterns drift upstream";
    send(&fill("/reset/password", &[("password", new)]).await).await;
    mails.push(house.mail().await);
    let fields = [("username", "alice"), ("password", new)];
    send(&fill("/sign-in", &fields).await).await;
    let form = browser.get("/account").await.form("/account/address");
    let form = form.fill("email", "next@example.org");
    send(&form.fill("current_password", new)).await;
    mails.push(house.mail().await);
    let home = house.public_url();
    for mail in &mails {
        for part in [&mail.source, &mail.text, &mail.html] {
            assert!(
                !part.contains("evil.example") && !part.contains("203.0.113"),
                "{part}"
            );
        }
        assert!(mail.text.contains(&home), "{}", mail.text);
        assert_eq!(mail.envelope_from, "postern@localhost");
    }
    let clients = house
        .texts("SELECT DISTINCT client FROM audit_event WHERE client IS NOT NULL")
        .await;
    assert_eq!(clients, ["203.0.113.9"], "its client's address is believed");
}

#[tokio::test(flavor = "multi_thread")]
async fn w4_a_peer_that_is_no_proxy_is_limited_by_its_own_address() {
    let house = House::with(&[("limits.per_address", "5")]).await;
    let mut statuses = Vec::new();
    for n in 0..8 {
        let forged = format!("203.0.113.{n}");
        let browser = house.browser();
        let headers = [
            ("x-forwarded-for", forged.as_str()),
            ("x-real-ip", &forged),
            ("forwarded", "for=9.9.9.9"),
        ];
        statuses.push(ask(&browser, &headers).await.status);
    }
    assert_eq!(statuses, [303, 303, 303, 303, 303, 429, 429, 429]);
    let clients = house
        .texts("SELECT DISTINCT client FROM audit_event WHERE client IS NOT NULL")
        .await;
    assert_eq!(clients, ["127.0.0.1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn w4_behind_a_trusted_proxy_its_clients_are_told_apart() {
    let settings = [
        ("limits.per_address", "2"),
        ("site.trusted_proxies", "127.0.0.0/8"),
    ];
    let house = House::with(&settings).await;
    let mut statuses = Vec::new();
    for client in [
        "203.0.113.1",
        "203.0.113.1",
        "203.0.113.1",
        "203.0.113.2",
        "198.51.100.9, 203.0.113.1",
    ] {
        statuses.push(
            ask(&house.browser(), &[("x-forwarded-for", client)])
                .await
                .status,
        );
    }
    assert_eq!(
        statuses,
        [303, 303, 429, 303, 429],
        "what the client itself put before counts for nothing"
    );
    let rows = house.audit("reset_requested").await;
    assert!(rows.iter().all(|row| {
        row.client
            .as_deref()
            .unwrap_or_default()
            .starts_with("203.0.113.")
    }));
    // An IPv6 client has a whole /64 to call from.
    let mut statuses = Vec::new();
    for client in [
        "2001:db8::1",
        "2001:db8::2",
        "2001:db8::3",
        "2001:db8:0:1::1",
    ] {
        statuses.push(
            ask(&house.browser(), &[("x-forwarded-for", client)])
                .await
                .status,
        );
    }
    assert_eq!(statuses, [303, 303, 429, 303]);
}

#[tokio::test(flavor = "multi_thread")]
async fn w10_every_redirect_stays_here() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.browser();
    let tail = "next=//evil.example&redirect=https%3A%2F%2Fevil.example&return_to=/%5Cevil.example&__path=//evil.example&__err=x";
    let forgot = browser
        .post(&format!("/forgot?{tail}"), format!("username=alice&{tail}"))
        .await;
    let form = browser.get("/sign-in").await.filled(&[
        ("username", "alice"),
        ("password", crate::support::PASSWORD),
    ]);
    let request = browser.request(Method::POST, &format!("/sign-in?{tail}"));
    let request = request
        .header("referer", "https://evil.example/")
        .header("accept", "text/html");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let sign_in = browser
        .send(request.body(format!("{}&{tail}", form.body())))
        .await;
    let out = browser.get("/sign-out").await.filled(&[]);
    let out = browser
        .post(
            &format!("/sign-out?{tail}"),
            format!("{}&{tail}", out.body()),
        )
        .await;
    let account = browser.get(&format!("/account?{tail}")).await;
    let sent = browser
        .get(&format!("/forgot/sent?reference=//evil.example&{tail}"))
        .await;
    for page in [forgot, sign_in, out, account, sent] {
        let location = page.location();
        assert_eq!(page.status, 303, "{}", page.body);
        assert!(
            location.starts_with('/') && !location.starts_with("//"),
            "{location}"
        );
        assert!(
            !location.contains("evil") && !location.contains('\\'),
            "{location}"
        );
    }
}
