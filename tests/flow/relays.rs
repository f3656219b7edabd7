//! Mail servers that are hostile, stale or not who they say, between a request at the front door and its mail.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::ServerConfig;

use crate::support::{House, MINUTE, PASSWORD, SECOND, until};

#[path = "../smtp/support/certificates.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod certificates;
#[path = "../smtp/support/server.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

use certificates::{Authority, early, expired, self_signed};
use server::{Act, Script, Server};

const NOTHING_SAID: [&str; 4] = ["AUTH", "MAIL", "RCPT", "DATA"];
/// What the saved settings sign in with.
const SECRET: &str = "open sesame";

/// A house with alice and bob, whose mail leaves by that server in that way, signed in.
async fn house(server: &Server, tls: &str, ca: Option<&PathBuf>) -> House {
    let port = server.at.port().to_string();
    let ca = ca.map(|path| path.display().to_string());
    let secret = ca.as_ref().map(|ca| format!("{ca}.secret"));
    let mut settings = vec![
        ("smtp.port", port.as_str()),
        ("smtp.tls", tls),
        ("smtp.timeout", "5s"),
    ];
    if let (Some(ca), Some(secret)) = (&ca, &secret) {
        std::fs::write(secret, SECRET).unwrap();
        settings.extend([
            ("smtp.host", "localhost"),
            ("smtp.ca_file", ca),
            ("smtp.username", "relay"),
            ("smtp.password_file", secret),
        ]);
    }
    let house = House::with(&settings).await;
    for name in ["alice", "bob"] {
        house.add(name).await;
    }
    house
}

/// Waits until so many attempts have ended, and returns how, oldest first.
async fn ended(house: &House, attempts: usize) -> Vec<String> {
    until("the attempts to end", async || {
        let all = house
            .texts(
                "SELECT outcome || COALESCE(' ' || diagnosis, '') FROM delivery_attempt \
                 WHERE outcome <> 'running' ORDER BY started_at, number",
            )
            .await;
        (all.len() >= attempts).then_some(all)
    })
    .await
}

async fn sent(house: &House) {
    until("the mail to be sent", async || {
        let states = house.texts("SELECT DISTINCT state FROM outbox").await;
        (states == ["sent"]).then_some(())
    })
    .await;
}

/// One attempt has failed with that diagnosis: the server heard nothing that matters, there is no token, the queue waits.
async fn refused(house: &House, server: &Server, diagnosis: &str, case: &str) {
    let sent = house.browser().ask("alice").await;
    assert_eq!(sent.status, 200, "{case}: the person's page is the same");
    let attempts = ended(house, 1).await;
    let end = attempts[0].split_once(' ').unwrap_or_default();
    assert!(
        ["held", "deferred"].contains(&end.0),
        "{case}: {attempts:?}"
    );
    assert_eq!(end.1, diagnosis, "{case}");
    for verb in NOTHING_SAID {
        assert_eq!(server.heard_of(verb), 0, "{case}: {:?}", server.heard());
    }
    let tokens = house.count("SELECT COUNT(*) FROM token").await;
    assert_eq!(tokens, 0, "{case}: none is drawn for a mail that cannot go");
    let states = house.texts("SELECT state FROM outbox").await;
    assert_eq!(states, ["queued"], "{case}: it is owed still");
}

/// The authority's certificate as a file beside the database.
fn trusting(authority: &Authority) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    (folder, path)
}

async fn start(tls: &str, script: Script, config: Arc<ServerConfig>) -> Server {
    match tls {
        "implicit" => Server::implicit(script, config).await,
        _ => Server::starttls(script, config).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_stale_connections_cost_no_attempt() {
    let cases: [(&str, Script); 6] = [
        (
            "closed while idle",
            vec![
                (".", Act::SayAndClose("250 2.0.0 Ok")),
                (".", Act::Say("250 2.0.0 Ok")),
            ],
        ),
        (
            "closed with a word",
            vec![
                (".", Act::SayAndClose("250 2.0.0 Ok\r\n421 4.4.2 idle")),
                (".", Act::Say("250 2.0.0 Ok")),
            ],
        ),
        (
            "421 to RSET",
            vec![("RSET", Act::Say("421 4.7.0 too many mails"))],
        ),
        ("reset at RSET", vec![("RSET", Act::Reset)]),
        (
            "421 to MAIL",
            vec![
                ("MAIL", Act::Say("250 ok")),
                ("MAIL", Act::Say("421 4.7.0 too many mails")),
                ("MAIL", Act::Say("250 ok")),
            ],
        ),
        (
            "closed at MAIL",
            vec![
                ("MAIL", Act::Say("250 ok")),
                ("MAIL", Act::Close),
                ("MAIL", Act::Say("250 ok")),
            ],
        ),
    ];
    for (case, script) in cases {
        let server = Server::plain(script).await;
        let house = house(&server, "none", None).await;
        for (number, name) in ["alice", "bob"].into_iter().enumerate() {
            house.browser().ask(name).await;
            let attempts = ended(&house, number + 1).await;
            assert_eq!(attempts[number], "accepted", "{case}: {attempts:?}");
        }
        sent(&house).await;
        assert_eq!(
            server.connections(),
            2,
            "{case}: the second mail opened one"
        );
        assert_eq!(server.heard_of("DATA"), 2, "{case}: {:?}", server.heard());
        assert_eq!(house.count("SELECT COUNT(*) FROM token").await, 2, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_bad_certificates_get_no_secret_and_no_mail() {
    let (ours, other) = (Authority::new("Our CA"), Authority::new("Other CA"));
    let (_folder, ca) = trusting(&ours);
    for tls in ["starttls", "implicit"] {
        let (lone, _) = self_signed("localhost", false);
        let (lone_authority, _) = self_signed("localhost", true);
        let cases = [
            ("tls.expired", ours.server("localhost", expired)),
            ("tls.early", ours.server("localhost", early)),
            ("tls.name", ours.server("mail.example.org", |_| {})),
            ("tls.issuer", other.server("localhost", |_| {})),
            ("tls.issuer", lone),
            ("tls.issuer", lone_authority),
        ];
        for (diagnosis, config) in cases {
            let server = start(tls, vec![], config).await;
            let house = house(&server, tls, Some(&ca)).await;
            refused(&house, &server, diagnosis, tls).await;
            // Why, for whoever looks: the chain is kept, the password nowhere.
            let transcript = house.texts("SELECT transcript FROM delivery_attempt").await;
            assert!(transcript[0].contains("CN="), "{}", transcript[0]);
            assert!(!transcript[0].contains(SECRET));
            assert!(!server.heard().iter().any(|line| line.contains(SECRET)));
        }
        // The same settings with a certificate that fits: it signs in, and the mail goes.
        let server = start(tls, vec![], ours.server("localhost", |_| {})).await;
        let house = house(&server, tls, Some(&ca)).await;
        house.browser().ask("alice").await;
        assert_eq!(ended(&house, 1).await, ["accepted"]);
        assert_eq!((server.heard_of("AUTH"), server.heard_of("DATA")), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_without_tls_nothing_is_said() {
    let authority = Authority::new("Our CA");
    let (_folder, ca) = trusting(&authority);
    let cases: [(&str, Script); 7] = [
        // Left out of EHLO, by the server or by somebody between.
        (
            "tls.absent",
            vec![("EHLO", Act::Say("250-test\r\n250 AUTH PLAIN LOGIN"))],
        ),
        (
            "tls.absent",
            vec![(
                "EHLO",
                Act::Say("250-test\r\n250-XXXXXXXX\r\n250 AUTH PLAIN"),
            )],
        ),
        (
            "tls.454",
            vec![("STARTTLS", Act::Say("454 4.7.0 no TLS today"))],
        ),
        (
            "tls.absent",
            vec![("STARTTLS", Act::Say("502 5.5.1 unknown"))],
        ),
        // Words behind the 220 that would be taken for what comes within TLS (CVE-2011-0411).
        (
            "proto.garbled",
            vec![(
                "STARTTLS",
                Act::Bytes(b"220 go on\r\n250 AUTH PLAIN\r\n".to_vec()),
            )],
        ),
        ("proto.closed", vec![("STARTTLS", Act::Close)]),
        ("tls.plain", vec![("STARTTLS", Act::Say("220 go on"))]),
    ];
    for (diagnosis, script) in cases {
        let case = format!("{script:?}");
        let config = authority.server("localhost", |_| {});
        let server = Server::starttls(script, config).await;
        let house = house(&server, "starttls", Some(&ca)).await;
        refused(&house, &server, diagnosis, &case).await;
        for line in server.heard() {
            // What TLS says is random, and may hold line ends; it is no command.
            let told = ["AUTH", "MAIL", "RCPT", "DATA"]
                .iter()
                .any(|command| line.to_ascii_uppercase().starts_with(command));
            assert!(!told, "{case}: {line:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p9_hostile_replies_are_bounded_and_the_mail_goes_later() {
    let mut banner = b"220 ".to_vec();
    banner.resize(10 << 20, b'x');
    let cases: [(&str, Act); 12] = [
        ("BANNER", Act::Bytes(banner)),
        ("BANNER", Act::Endless(b"220-")),
        ("BANNER", Act::Bytes(b"\xff\xfe\xfd\r\n".to_vec())),
        ("EHLO", Act::Endless(b"250-and more\r\n")),
        ("EHLO", Act::Endless(b"250-\r\n")),
        ("EHLO", Act::Endless(b"\0")),
        ("EHLO", Act::Say("354 go on")),
        ("MAIL", Act::Bytes(b"250-one\r\n550 two\r\n".to_vec())),
        ("MAIL", Act::Say("250 ok\r\n250 ok")),
        ("RCPT", Act::Bytes(b"2\xc3\x28 ok\r\n".to_vec())),
        ("RCPT", Act::Reset),
        ("DATA", Act::Say("999 what")),
    ];
    for (step, act) in cases {
        let case = format!("{step} {:.60}", format!("{act:?}"));
        let usual = match step {
            "BANNER" => "220 test ESMTP",
            "EHLO" => "250 test",
            "DATA" => "354 go on",
            _ => "250 ok",
        };
        let server = Server::plain(vec![(step, act), (step, Act::Say(usual))]).await;
        let house = house(&server, "none", None).await;
        house.browser().ask("alice").await;
        let attempts = ended(&house, 1).await;
        assert!(
            attempts[0].starts_with("deferred ") || attempts[0].starts_with("held "),
            "{case}: {attempts:?}"
        );
        let kept = house
            .texts("SELECT COALESCE(evidence, '') || transcript FROM delivery_attempt")
            .await;
        assert!(kept[0].len() < 5_000, "{case}: {}", kept[0].len());
        assert!(
            server.written() < 10 << 20,
            "{case}: it is not read to its end"
        );
        assert_eq!(house.browser().get("/health/live").await.status, 200);
        // The server comes to its senses.
        house.advance(6 * MINUTE);
        sent(&house).await;
        assert_eq!(ended(&house, 2).await[1], "accepted", "{case}");
        assert!(!house.log().contains("panicked"), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_a_byte_now_and_then_pushes_no_deadline_and_holds_nobody_up() {
    for step in ["BANNER", "RCPT", "."] {
        let drip = Act::Drip(b'2', Duration::from_millis(100));
        let server = Server::plain(vec![(step, drip), (step, Act::Say("250 ok"))]).await;
        let port = server.at.port().to_string();
        let house = House::with(&[("smtp.port", &port), ("smtp.timeout", "1s")]).await;
        house.add("alice").await;
        house.browser().ask("alice").await;
        let attempts = ended(&house, 1).await;
        let expected = if step == "." { "lost" } else { "deferred" };
        assert!(attempts[0].starts_with(expected), "{step}: {attempts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m11_mailboxes_in_other_letters_are_refused_in_words_and_domains_become_a_labels() {
    // A server without SMTPUTF8, which says so when it is asked for what it cannot do.
    let refusal = Act::Say("553 5.6.7 non-ASCII addresses not permitted for that recipient");
    let script = vec![
        ("RCPT TO:<UTF8@", refusal),
        ("EHLO", Act::Say("250-test\r\n250 8BITMIME")),
    ];
    let server = Server::plain(script).await;
    let house = house(&server, "none", None).await;
    let browser = house.signed_in("alice", PASSWORD).await;
    for typed in [
        "адa@example.org",
        "jos\u{e9}@example.org",
        "ａda@example.org",
    ] {
        let page = house.browser().fill("/sign-up", &[("email", typed)]).await;
        assert_eq!(page.status, 422, "{typed}");
        assert!(!page.error("email").is_empty(), "{typed}: {}", page.body);
        assert_eq!(
            page.form("/sign-up").value("email"),
            Some(typed),
            "unmangled"
        );
        let form = browser.get("/account").await.form("/account/address");
        let form = form.fill("email", typed).fill("current_password", PASSWORD);
        assert_eq!(browser.submit(&form).await.status, 422, "{typed}");
        // Nobody has it.
        house.browser().ask(typed).await;
    }
    house.settled().await;
    assert_eq!(server.connections(), 0);
    assert_eq!(
        house.reasons("reset_mail_discarded").await,
        ["unknown account"; 3]
    );

    let page = house
        .browser()
        .fill("/sign-up", &[("email", "new@bücher.example")])
        .await;
    assert_eq!(page.status, 303, "{}", page.body);
    assert_eq!(ended(&house, 1).await, ["accepted"]);
    let heard = server.heard();
    assert!(heard.iter().all(|line| line.is_ascii()), "{heard:?}");
    assert!(
        heard.contains(&"RCPT TO:<new@xn--bcher-kva.example>".to_owned()),
        "{heard:?}"
    );
    assert!(
        !heard.iter().any(|line| line.contains("SMTPUTF8")),
        "{heard:?}"
    );

    // A relay that refuses for want of it: a failure with a name, and no second try.
    house.add_with("utf8", "utf8@example.org", false).await;
    house.advance(10 * SECOND);
    house.browser().ask("utf8").await;
    let attempts = ended(&house, 2).await;
    assert_eq!(attempts[1], "failed rcpt.utf8");
    assert!(house.reasons("mail_failed").await[0].contains("5.6.7"));
}
