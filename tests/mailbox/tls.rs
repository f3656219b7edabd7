//! STARTTLS, TLS from the first byte, and every bad handshake that the script can ask for.

use postern::server::config::Sandbox;
use postern::server::smtp::sandbox::Ending;

use crate::support::{Client, House};

async fn deliver(client: &mut Client, subject: &str) {
    client
        .say("EHLO t\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        .await;
    for code in [250, 250, 250, 354] {
        client.expect(code).await;
    }
    client
        .say(&format!("Subject: {subject}\r\n\r\n.\r\n"))
        .await;
    client.expect(250).await;
}

#[tokio::test]
async fn mail_comes_by_starttls_and_by_implicit_tls_under_every_name() {
    let config = Sandbox {
        starttls: true,
        ..Sandbox::default()
    };
    let mut house = House::with(config).await;
    let mut client = Client::secured(&house).await.unwrap();
    deliver(&mut client, "starttls").await;
    let message = house.arrival().await;
    assert_eq!(message.subject, "starttls");
    let record = house
        .mailbox
        .session(message.session.as_ref().unwrap())
        .unwrap();
    let tls = record.tls.unwrap();
    assert!(
        tls.starts_with("TLS 1.3, TLS13_") && tls.ends_with("asked for localhost"),
        "{tls}"
    );
    assert_eq!(record.messages.join(" "), message.id);

    for name in ["localhost", "127.0.0.1", "::1"] {
        let client = Client::connect(house.smtps).await;
        let mut client = client.secure(house.mailbox.ca_pem(), name).await.unwrap();
        client.expect(220).await;
        client.say("EHLO t\r\n").await;
        assert!(!client.expect(250).await.contains("STARTTLS"));
        deliver(&mut client, name).await;
        assert_eq!(house.arrival().await.subject, name);
        client.say("QUIT\r\n").await;
        client.expect(221).await;
        client.closed().await;
    }
    // Another house has another authority.
    let other = House::new().await;
    assert_ne!(other.mailbox.ca_pem(), house.mailbox.ca_pem());
    let client = Client::connect(house.smtps).await;
    let error = client
        .secure(other.mailbox.ca_pem(), "localhost")
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

#[tokio::test]
async fn starttls_is_not_offered_unless_it_is_wanted() {
    let house = House::new().await;
    for (script, offered) in [
        ("", false),
        ("TLS:expired", true),
        ("EHLO:STARTTLS", true),
        ("TLS:expired;EHLO:no STARTTLS", false),
    ] {
        house.mailbox.faults().set(script).unwrap();
        let mut client = house.client().await;
        client.expect(220).await;
        client.say("EHLO t\r\n").await;
        assert_eq!(
            client.expect(250).await.contains("STARTTLS"),
            offered,
            "{script}"
        );
        client.say("STARTTLS\r\n").await;
        client.expect(if offered { 220 } else { 502 }).await;
    }
}

#[tokio::test]
async fn what_stands_behind_starttls_is_thrown_away() {
    let mut house = House::faulty("EHLO:STARTTLS").await;
    let mut client = Client::ready(house.smtp).await;
    client
        .say("STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@x>\r\nRCPT TO:<c@d>\r\n")
        .await;
    client.expect(220).await;
    let mut client = client
        .secure(house.mailbox.ca_pem(), "localhost")
        .await
        .unwrap();
    // Nothing of it was answered, and nothing of it counts.
    client.say("RCPT TO:<c@d>\r\nMAIL FROM:<a@b>\r\n").await;
    assert!(client.expect(503).await.contains("MAIL first"));
    assert!(client.expect(503).await.contains("EHLO first"));
    deliver(&mut client, "clean").await;
    assert_eq!(house.arrival().await.envelope.from, "a@b");
    let record = &house.mailbox.sessions()[0];
    let note = record
        .lines
        .iter()
        .find(|line| line.text.contains("thrown away"))
        .unwrap();
    assert_eq!(
        note.text,
        "46 unencrypted octets behind STARTTLS are thrown away"
    );
}

#[tokio::test]
async fn bad_handshakes_end_as_the_script_says() {
    for (script, client_says, server_notes) in [
        ("TLS:expired", "certificate expired", "CertificateExpired"),
        ("TLS:not-yet-valid", "not valid yet", "CertificateExpired"),
        ("TLS:wrong-name", "not valid for name", "BadCertificate"),
        ("TLS:self-signed", "UnknownIssuer", "UnknownCA"),
        ("TLS:unknown-issuer", "UnknownIssuer", "UnknownCA"),
        ("TLS:alert", "HandshakeFailure", "as the fault script says"),
        (
            "TLS:garbage",
            "InvalidContentType",
            "as the fault script says",
        ),
        (
            "TLS:old-version",
            "ServerDoesNotSupportTls12Or13",
            "as the fault script says",
        ),
        ("TLS:close", "eof", ""),
        ("TLS:reset", "reset by peer", ""),
    ] {
        let house = House::faulty(script).await;
        for implicit in [false, true] {
            let client = if implicit {
                Client::connect(house.smtps).await
            } else {
                let mut client = Client::ready(house.smtp).await;
                client.say("STARTTLS\r\n").await;
                client.expect(220).await;
                client
            };
            let failed = client.secure(house.mailbox.ca_pem(), "localhost").await;
            let error = failed
                .err()
                .unwrap_or_else(|| panic!("{script}"))
                .to_string();
            assert!(error.contains(client_says), "{script}: {error}");
            let ending = house.ending().await;
            match ending {
                Ending::NoTls(why) => assert!(why.contains(server_notes), "{script}: {why}"),
                other => assert!(server_notes.is_empty(), "{script}: {other:?}"),
            }
        }
        assert_eq!(
            house.mailbox.faults().report().rules[0].fired,
            2,
            "{script}"
        );
    }
}

#[tokio::test]
async fn a_bad_certificate_may_be_for_the_first_time_only() {
    let house = House::faulty("TLS:first=1:expired").await;
    assert!(Client::secured(&house).await.is_err());
    assert!(Client::secured(&house).await.is_ok());
}
