//! `postern smtp session`, typed by a script.

use super::{PASSWORD, is_silent, sign_in, smtp};
use crate::certificates::Authority;
use crate::place::Place;
use crate::scripted::{Act, Server};

#[tokio::test(flavor = "multi_thread")]
async fn replies_are_explained_as_they_come() {
    let place = Place::new("session-words");
    let script = vec![("RCPT", Act::Say("550 5.1.1 no such user here"))];
    let server = Server::plain(script).await;
    let typed = "EHLO me\n\nMAIL FROM:<a@example.org>\nRCPT TO:<b@example.org>\n/caps\nQUIT\n";
    let ran = smtp(&place, "session", server.at, &[], typed);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    for part in [
        "< 220 test ESMTP\n",
        "  next: EHLO ",
        "> EHLO me\n< 250-test\n",
        "  250 = done\n",
        "AUTH PLAIN",
        "> RCPT TO:<b@example.org>\n< 550 5.1.1 no such user here\n",
        "5.1.1 = no such",
        "  rcpt.unknown: ",
        "    cause  ",
        "    fix    ",
        "  SIZE                  messages of at most 1000000 octets",
        "> QUIT\n< 221 bye\n",
    ] {
        assert!(ran.out.contains(part), "{part:?} is missing:\n{}", ran.out);
    }
    assert_eq!(server.heard().len(), 4, "{:?}", server.heard());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_can_be_typed_and_dots_are_stuffed() {
    let place = Place::new("session-data");
    let server = Server::plain(Vec::new()).await;
    let typed = "EHLO me\nMAIL FROM:<a@example.org>\nRCPT TO:<b@example.org>\nDATA\nSubject: hi\n\n.two\nsecret words\n.\nQUIT\n";
    let ran = smtp(&place, "session", server.at, &[], typed);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let heard = server.heard();
    let data = heard.iter().position(|line| line == "DATA").unwrap();
    assert_eq!(
        heard[data + 1..data + 6],
        ["Subject: hi", "", "..two", "secret words", "."]
    );
    assert!(
        ran.out.contains("> [message, 35 octets]\n< 250 2.0.0 Ok"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("secret words"), "{}", ran.out);
    // Half a mail is none.
    let server = Server::plain(Vec::new()).await;
    let typed = "EHLO me\nMAIL FROM:<a@example.org>\nRCPT TO:<b@example.org>\nDATA\nSubject: hi\n";
    let ran = smtp(&place, "session", server.at, &[], typed);
    assert!(ran.out.contains("was not sent"), "{}", ran.out);
    assert_eq!(server.heard().last().unwrap(), "DATA");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_explained_and_never_shown() {
    let place = Place::new("session-auth");
    sign_in(&place);
    let refused = || {
        vec![(
            "AUTH",
            Act::Say("535 5.7.8 bad: AHJlbGF5AG9wZW4tc2VzYW1lLTljMmU= open-sesame-9c2e"),
        )]
    };
    // Asked for, then typed by hand in base64.
    let asked = format!("EHLO me\nAUTH PLAIN\nrelay\n{PASSWORD}\n/transcript\nQUIT\n");
    let typed = "EHLO me\nAUTH PLAIN AHJlbGF5AG9wZW4tc2VzYW1lLTljMmU=\n/transcript\nQUIT\n";
    for input in [asked.as_str(), typed] {
        let server = Server::plain(refused()).await;
        let ran = smtp(&place, "session", server.at, &[], input);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let sent = server
            .heard()
            .contains(&"AUTH PLAIN AHJlbGF5AG9wZW4tc2VzYW1lLTljMmU=".to_owned());
        assert!(sent, "{:?}", server.heard());
        assert!(
            ran.out
                .contains("> AUTH PLAIN [secret]\n< 535 5.7.8 bad: [secret] [secret]\n"),
            "{}",
            ran.out
        );
        assert!(ran.out.contains("  auth.bad: "), "{}", ran.out);
        is_silent(&place, &ran);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn login_answers_what_it_is_asked() {
    let place = Place::new("session-login");
    sign_in(&place);
    let script = || {
        vec![
            ("AUTH", Act::Say("334 VXNlcm5hbWU6")),
            ("CMVSYXK=", Act::Say("334 UGFzc3dvcmQ6")),
            ("B3BLBI1ZZXNHBWUTOWMYZQ==", Act::Say("235 2.7.0 welcome")),
        ]
    };
    let asked = format!("EHLO me\nAUTH LOGIN\nrelay\n{PASSWORD}\nQUIT\n");
    let server = Server::plain(script()).await;
    let ran = smtp(&place, "session", server.at, &[], &asked);
    assert_eq!(ran.code, 0, "{}", ran.out);
    for part in [
        "> AUTH LOGIN\n< 334 VXNlcm5hbWU6",
        "it says: Username:",
        "> [secret]\n< 235",
        "235 = signed in",
    ] {
        assert!(ran.out.contains(part), "{part:?} is missing:\n{}", ran.out);
    }
    is_silent(&place, &ran);
    // With flags, nobody is asked.
    let server = Server::plain(script()).await;
    let ran = smtp(
        &place,
        "session",
        server.at,
        &sign_in(&place),
        "EHLO me\nAUTH LOGIN\nQUIT\n",
    );
    assert!(
        ran.out.contains("signing in as relay") && ran.out.contains("< 235"),
        "{}",
        ran.out
    );
    is_silent(&place, &ran);
}

#[tokio::test(flavor = "multi_thread")]
async fn starttls_typed_by_hand_begins_tls() {
    let place = Place::new("session-tls");
    let authority = Authority::new("Test CA");
    std::fs::write(place.0.join("ca.pem"), authority.pem()).unwrap();
    let typed = "EHLO me\n/cert\nSTARTTLS\nEHLO me\n/cert\nQUIT\n";
    let server = Server::starttls(Vec::new(), authority.server("localhost", |_| {})).await;
    let ran = smtp(
        &place,
        "session",
        server.at,
        &["--ca-file", "ca.pem"],
        typed,
    );
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for part in [
        "there was no TLS so far",
        "> STARTTLS\n< 220 go on",
        "TLSv1",
        "Test CA",
        "AUTH PLAIN",
    ] {
        assert!(ran.out.contains(part), "{part:?} is missing:\n{}", ran.out);
    }
    // At once, and from the first byte.
    for (tls, heard) in [("starttls", 4), ("implicit", 1)] {
        let config = authority.server("localhost", |_| {});
        let server = match tls {
            "implicit" => Server::implicit(Vec::new(), config).await,
            _ => Server::starttls(Vec::new(), config).await,
        };
        let ran = smtp(
            &place,
            "session",
            server.at,
            &["--ca-file", "ca.pem", "--tls", tls],
            "QUIT\n",
        );
        assert_eq!(ran.code, 0, "{tls}: {}{}", ran.out, ran.err);
        assert_eq!(server.heard().len(), heard, "{tls}: {:?}", server.heard());
    }
    // A certificate that is not trusted ends it, with the class of that.
    let server = Server::starttls(Vec::new(), authority.server("localhost", |_| {})).await;
    let ran = smtp(&place, "session", server.at, &[], typed);
    assert_eq!(ran.code, 11, "{}", ran.out);
    assert!(
        ran.out.contains("tls.issuer: ") && ran.out.contains("Test CA"),
        "{}",
        ran.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_not_or_no_more_ends_with_its_class() {
    let place = Place::new("session-ends");
    let closing = Server::plain(vec![("BANNER", Act::Say("554 5.7.1 go away"))]).await;
    let ran = smtp(&place, "session", closing.at, &[], "EHLO me\n");
    assert_eq!(ran.code, 30, "{}", ran.out);
    let dying = Server::plain(vec![("NOOP", Act::Close)]).await;
    let ran = smtp(&place, "session", dying.at, &[], "EHLO me\nNOOP\nQUIT\n");
    assert_eq!(ran.code, 10, "{}", ran.out);
    assert!(ran.out.contains("proto.closed: "), "{}", ran.out);
    let lines = Server::plain(Vec::new()).await;
    let long = format!("EHLO {}\n", "x".repeat(20_000));
    let ran = smtp(&place, "session", lines.at, &[], &long);
    assert_eq!(ran.code, 2, "{}", ran.err);
    // At the end of the script it says goodbye.
    let ran = smtp(&place, "session", lines.at, &[], "EHLO me");
    assert_eq!((ran.code, lines.heard_of("QUIT")), (0, 1), "{}", ran.out);
}
