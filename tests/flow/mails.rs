//! What mail says, to whom, and what must never be in it.

use crate::support::{Browser, House, Mail, PASSWORD, SECOND};

const NEW: &str = "seven lanterns drift upstream";
const NAME: &str = "zaphod.b";
const ADDRESS: &str = "postbox77@example.org";

/// Every kind of mail that an account can cause.
async fn all_kinds(house: &mut House) -> Vec<Mail> {
    let mut mails = Vec::new();
    house.add_with(NAME, ADDRESS, false).await;
    let browser = house.browser();
    browser.ask(NAME).await;
    let reset = house.mail().await;
    browser.exchange(&reset.code(), NAME).await;
    browser.choose(NEW).await;
    mails.push(reset);
    let changed = house.mail().await;
    house
        .browser()
        .fill("/sign-up", &[("email", "fresh99@example.org")])
        .await;
    mails.push(house.mail().await);
    house.advance(60 * SECOND);
    house
        .browser()
        .fill("/sign-up", &[("email", ADDRESS)])
        .await;
    mails.push(house.mail().await);
    let signed_in: Browser = house.signed_in(NAME, NEW).await;
    let form = signed_in.get("/account").await.form("/account/address");
    let form = form
        .fill("current_password", NEW)
        .fill("email", "postbox78@example.org");
    signed_in.submit(&form).await;
    let verify = house.mail().await;
    let fields = [("token", verify.code()), ("username", NAME.to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    signed_in.fill("/account/verify-address", &fields).await;
    mails.push(verify);
    mails.push(house.mail().await);
    for _ in 0..3 {
        let code = house.code(NAME).await;
        house.browser().exchange(&code, "somebody").await;
    }
    mails.push(house.mail().await);
    house.advance(24 * 3_600 * SECOND);
    mails.push(house.mail().await);
    let fields = [("token", changed.code()), ("username", NAME.to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    house.browser().fill("/not-me", &fields).await;
    mails.push(changed);
    mails.push(house.mail().await);
    let mut subjects: Vec<_> = mails.iter().map(|mail| mail.subject.clone()).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 9, "one of each kind: {subjects:?}");
    mails
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_no_mail_names_the_account() {
    let mut house = House::new().await;
    let mails = all_kinds(&mut house).await;
    let id = house.account(NAME).await.id;
    let requests = house
        .texts("SELECT id FROM reset_request UNION SELECT id FROM outbox")
        .await;
    for mail in &mails {
        let headers: String = mail
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        for (part, text) in [
            ("source", &mail.source),
            ("text", &mail.text),
            ("html", &mail.html),
            ("headers", &headers),
        ] {
            let lower = text.to_lowercase();
            assert!(!lower.contains("zaphod"), "{} {part}: {text}", mail.subject);
            assert!(!lower.contains(&id), "{} {part}: {text}", mail.subject);
            assert!(
                requests.iter().all(|id| !lower.contains(id.as_str())),
                "{} {part}",
                mail.subject
            );
            assert!(
                !lower.contains(PASSWORD) && !lower.contains(NEW),
                "{} {part}",
                mail.subject
            );
        }
        // No address but the envelope's and To.
        assert!(
            !mail.text.contains("postbox") && !mail.html.contains("postbox"),
            "{}",
            mail.text
        );
        let named = headers
            .lines()
            .filter(|line| line.contains("postbox") || line.contains("fresh99"));
        assert!(
            named.clone().all(|line| line.starts_with("To: ")) && named.count() == 1,
            "{headers}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m13_headers_and_envelope_come_from_the_settings() {
    let settings = [
        ("mail.from", "Recovery <help@example.org>"),
        ("mail.reply_to", "desk@example.org"),
        ("site.name", "Acme"),
        ("site.support", "https://help.example.org/"),
        ("mail.subject_reset", "{site}: a new password"),
    ];
    let mut house = House::with(&settings).await;
    let mails = all_kinds(&mut house).await;
    assert_eq!(mails[0].subject, "Acme: a new password");
    let mut ids = Vec::new();
    for mail in &mails {
        let header = |name: &str| -> Vec<&str> {
            let named = mail
                .headers
                .iter()
                .filter(|(known, _)| known.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.trim()).collect()
        };
        assert_eq!(mail.envelope_from, "help@example.org", "{}", mail.subject);
        assert_eq!(header("from").len(), 1);
        assert!(
            header("from")[0].contains("help@example.org"),
            "{:?}",
            header("from")
        );
        assert!(
            header("reply-to")[0].contains("desk@example.org"),
            "{:?}",
            header("reply-to")
        );
        assert_eq!(
            header("auto-submitted"),
            ["auto-generated"],
            "{}",
            mail.subject
        );
        assert_eq!(header("to").len(), 1);
        assert_eq!(mail.to.len(), 1);
        assert!(header("bcc").is_empty() && header("cc").is_empty());
        assert_eq!(header("date").len(), 1);
        ids.extend(header("message-id").into_iter().map(str::to_owned));
        assert!(
            mail.text.contains("https://help.example.org/"),
            "{}",
            mail.text
        );
        // No pictures to track by, nothing loaded from anywhere, no script.
        let html = mail.html.to_lowercase();
        for part in [
            "<img", "<script", "<link", "src=", "url(", "@import", "onload",
        ] {
            assert!(!html.contains(part), "{}: {part}", mail.subject);
        }
        assert!(
            mail.source.lines().all(|line| line.len() <= 998),
            "RFC 5322 2.1.1"
        );
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), mails.len(), "each its own Message-ID");
}

#[tokio::test(flavor = "multi_thread")]
async fn m1_m2_nobody_chooses_the_recipient() {
    let mut house = House::new().await;
    house.add("alice").await;
    for (body, status) in [
        ("username=alice&email=evil%40example.net", 303),
        (
            "username=alice&to=evil%40example.net&recipient=evil%40example.net",
            303,
        ),
        ("username=alice&username=evil", 400),
        ("username[]=alice&username[]=evil%40example.net", 422),
        (
            "username[0]=alice%40example.org&username[1]=evil%40example.net",
            422,
        ),
        ("username=alice%40example.org,evil%40example.net", 303),
        ("username=alice%40example.org%20evil%40example.net", 303),
        ("username=alice%40example.org;evil%40example.net", 303),
        (
            "username=%5B%22alice%40example.org%22,%22evil%40example.net%22%5D",
            303,
        ),
        ("username=%3Calice%40example.org%3E", 303),
        ("username=%22evil%40example.net%22%40example.org", 303),
    ] {
        let page = house.browser().post("/forgot", body).await;
        assert_eq!(page.status, status, "{body}");
        house.settled().await;
        house.advance(60 * SECOND);
    }
    let mails = house.mails().await;
    assert_eq!(mails.len(), 2, "for the two that name her");
    assert!(mails.iter().all(|mail| mail.to == ["alice@example.org"]));
}

/// Asks for each of these; nobody gets a mail, and nobody is asked about.
async fn are_nobody(house: &mut House, names: &[&str]) {
    for name in names {
        house.browser().ask(name).await;
        assert!(house.mails().await.is_empty(), "{name:?}");
    }
    let discarded = house.reasons("reset_mail_discarded").await;
    assert_eq!(discarded, vec!["unknown account"; names.len()]);
}

/// Mails go to the address as it is stored, however it was typed; what folds to it only by Unicode is another's.
#[tokio::test(flavor = "multi_thread")]
async fn m3_folded_letters_are_nobody_or_go_to_the_stored_address() {
    let mut house = House::new().await;
    house.add_with("mike", "Mike@Example.org", false).await;
    house
        .add_with("strasse", "sam@strasse.example", false)
        .await;
    let names = [
        "mıke@example.org",
        "mİke@example.org",
        "mi\u{212a}e@example.org",
        "ｍｉｋｅ@example.org",
        "mike@ｅxample.org",
        "mıke",
        "ｍｉｋｅ",
        "mi\u{212a}e",
        "MIKE\u{200b}",
        "ﬁke@example.org",
        "straße",
        "sam@straße.example",
        "sam@STRAẞE.example",
        "mike%",
        "mik_",
        "mike' OR '1'='1",
    ];
    are_nobody(&mut house, &names).await;
    for (name, to) in [
        ("MIKE@EXAMPLE.ORG", "Mike@example.org"),
        ("mike@example.org\u{2028}", "Mike@example.org"),
        ("STRASSE", "sam@strasse.example"),
    ] {
        house.advance(3_600 * SECOND);
        house.browser().ask(name).await;
        let mail = house.mail().await;
        assert_eq!(mail.to, [to], "{name:?}");
        assert!(!mail.source.contains('\u{2028}'));
    }
}

/// A database that compared by a collation would take these for one (MySQL does).
#[tokio::test(flavor = "multi_thread")]
async fn m4_accents_make_another_name() {
    let mut house = House::new().await;
    house.add_with("julian", "julian@example.org", false).await;
    let names = [
        "jülian",
        "ju\u{308}lian",
        "JÜLIAN",
        "jülian@example.org",
        "ju\u{308}lian@example.org",
        "julián@example.org",
        "julian@exämple.org",
        "julian@xn--exmple-cua.org",
    ];
    are_nobody(&mut house, &names).await;
    // Neither can it be had beside the other: names and mailboxes are ASCII, and the sign-up says so.
    for email in ["jülian@example.org", "ju\u{308}lian@example.org"] {
        let page = house.browser().fill("/sign-up", &[("email", email)]).await;
        assert_eq!(page.status, 422, "{email}");
    }
    // Whoever signs up with the accent in the domain gets a mail of their own, to their own address.
    let email = "julian@exämple.org";
    house.browser().fill("/sign-up", &[("email", email)]).await;
    let mail = house.mail().await;
    assert_eq!(mail.to, ["julian@xn--exmple-cua.org"]);
    assert!(
        mail.subject.starts_with("Finish signing up"),
        "{}",
        mail.subject
    );
    let wrong = house.code("julian").await;
    assert_eq!(house.browser().exchange(&wrong, "jülian").await.status, 422);
    assert_eq!(house.account("julian").await.wrong_usernames, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn m5_domains_that_look_alike_are_others() {
    let mut house = House::new().await;
    house.add_with("mike", "mike@example.org", false).await;
    house
        .add_with("anna", "anna@xn--bcher-kva.example", false)
        .await;
    let names = [
        "mike@exаmple.org",
        "mike@xn--exmple-4nf.org",
        "mike@xn--example-.org",
        "mike@xn--example.org",
        "mike@example.org.",
        "mike@example。org",
        "mike@.example.org",
        "mike@example..org",
        "mike@[93.184.216.34]",
        "mike@example.org@evil.example",
        "anna@bucher.example",
        "anna@bűcher.example",
        "anna@xn--bcher-kvb.example",
    ];
    are_nobody(&mut house, &names).await;
    // The domain as people write it, as the DNS does, and composed anew: one address, and its mail goes to the stored one.
    for typed in ["anna@bücher.example", "ANNA@XN--BCHER-KVA.EXAMPLE"] {
        house.advance(3_600 * SECOND);
        house.browser().ask(typed).await;
        assert_eq!(
            house.mail().await.to,
            ["anna@xn--bcher-kva.example"],
            "{typed}"
        );
    }
}

/// A mail shows nothing that a request brought along, and nothing of an account: what is left is the site's name, as text.
#[tokio::test(flavor = "multi_thread")]
async fn m8_mails_show_nothing_of_a_request_and_link_nowhere_else() {
    let name = "<a href=\"https://evil.example\">Acme</a> evil.example \u{202e}";
    let mut house = House::with(&[
        ("site.name", "<a href=\"https://evil.example/?\">Acme"),
        ("site.support", "https://help.example.org/"),
        ("site.trusted_proxies", "127.0.0.0/8"),
    ])
    .await;
    let browser = house.browser();
    house.add_with(NAME, ADDRESS, false).await;
    for (path, field, value) in [
        ("/forgot", "username", NAME),
        ("/sign-up", "email", ADDRESS),
    ] {
        let request = browser.request(reqwest::Method::POST, path);
        let request = request
            .header("user-agent", name.as_bytes())
            .header("x-forwarded-for", "203.0.113.77")
            .header("accept-language", "<b>evil.example</b>")
            .header("content-type", "application/x-www-form-urlencoded");
        let page = browser
            .send(request.body(format!("{field}={value}&name=evil.example")))
            .await;
        assert_eq!(page.status, 303);
    }
    let mails = house.mails().await;
    assert_eq!(mails.len(), 2);
    let home = house.public_url();
    for mail in mails {
        let both = format!("{}{}{}", mail.subject, mail.text, mail.html);
        assert!(
            !both.contains("203.0.113.77") && !both.contains('\u{202e}'),
            "{both}"
        );
        let html = scraper::Html::parse_document(&mail.html);
        let every = scraper::Selector::parse("*").unwrap();
        for element in html.select(&every) {
            assert!(!element.html().contains("<script") && element.attr("src").is_none());
            if let Some(to) = element.attr("href") {
                let ours = to.starts_with(&home) || to == "https://help.example.org/";
                assert!(ours, "{}: {to}", mail.subject);
            }
        }
        // In the text, where mail programs make links of what looks like one, the operator's own words alone name another place.
        let links = mail
            .text
            .split_whitespace()
            .filter(|word| word.contains("://"));
        for link in links {
            let operators =
                link.contains("evil.example/?") || link.starts_with("https://help.example.org/");
            assert!(link.starts_with(&home) || operators, "{link}");
        }
        assert!(mail.html.contains("&lt;a href="), "{}", mail.html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_line_breaks_add_no_header_and_no_recipient() {
    let mut house = House::new().await;
    house.add("alice").await;
    for tail in [
        "%0d%0aBcc:%20evil%40example.net",
        "%0aBcc:%20evil%40example.net",
        "%0d%0a%0d%0aevil",
        "%0d%0aRCPT%20TO:%3Cevil%40example.net%3E",
        "%E2%80%A8Bcc:%20evil%40example.net",
        "%250d%250aBcc:%20evil%40example.net",
    ] {
        for head in ["alice", "alice%40example.org"] {
            let page = house
                .browser()
                .post("/forgot", format!("username={head}{tail}"))
                .await;
            assert_eq!(page.status, 303, "{tail}");
        }
        let page = house
            .browser()
            .post("/sign-up", format!("email=new%40example.org{tail}"))
            .await;
        assert_eq!(page.status, 422, "{tail}");
    }
    assert!(house.mails().await.is_empty());
    assert_eq!(
        house
            .browser()
            .post("/forgot", "username=alice%0d%0a")
            .await
            .status,
        303
    );
    let mail = house.mail().await;
    assert_eq!(mail.to, ["alice@example.org"]);
    assert!(!mail.source.to_lowercase().contains("bcc:"));
}
