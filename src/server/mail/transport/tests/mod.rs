//! Attempts against a scripted server: what is sent, and what each end of an attempt means.

mod protection;
mod scripted;

use std::time::Duration;

use tokio::net::TcpListener;

use self::scripted::{Script, server};
use super::{Delivery, FailureClass, LettreTransport, MailTransport, OutgoingMessage};
use crate::domain::identifier::EmailAddress;
use crate::domain::time::Timestamp;
use crate::server::config::{Config, Smtp, Sources, TlsMode, load};
use crate::server::mail::message::build;
use crate::server::mail::render::Rendered;
use crate::server::secrets::Secret;

fn config() -> Config {
    load(&Sources::default()).unwrap().0
}

fn message() -> OutgoingMessage {
    let rendered = Rendered {
        subject: "Hello".into(),
        text: "Dear reader,\n.a dot\n".into(),
        html: "<p>Dear reader</p>\n".into(),
    };
    let to = EmailAddress::parse("alice@example.net").unwrap();
    build(
        &rendered,
        &to,
        &config().mail,
        Timestamp::from_millis(1_795_356_330_000),
    )
    .unwrap()
}

fn settings(port: u16, tls: TlsMode) -> Smtp {
    Smtp {
        port,
        tls,
        timeout: Duration::from_secs(5),
        ..config().smtp
    }
}

async fn attempt(script: Script, change: impl FnOnce(&mut Smtp)) -> (Delivery, String) {
    let (port, task) = server(script).await;
    let mut smtp = settings(port, TlsMode::None);
    change(&mut smtp);
    let delivery = LettreTransport::new(&smtp).unwrap().send(&message()).await;
    (delivery, task.await.unwrap())
}

fn temporary(class: FailureClass, detail: &str) -> Delivery {
    Delivery::TemporaryFailure {
        class,
        detail: detail.into(),
    }
}

fn permanent(class: FailureClass, detail: &str) -> Delivery {
    Delivery::PermanentFailure {
        class,
        detail: detail.into(),
    }
}

#[tokio::test]
async fn a_mail_is_handed_over_with_our_name_and_nothing_else_in_the_envelope() {
    let (delivery, heard) = attempt(&[], |smtp| smtp.helo = "recover.example.org".into()).await;
    assert_eq!(
        delivery,
        Delivery::Accepted {
            response: "250 2.0.0 Ok: queued as 4XyZ".into()
        }
    );
    let commands = "EHLO recover.example.org\r\nMAIL FROM:<postern@localhost>\r\nRCPT TO:<alice@example.net>\r\nDATA\r\n";
    assert!(heard.starts_with(commands), "{heard}");
    assert!(
        heard.contains("\r\n..a dot\r\n") && heard.ends_with("\r\n.\r\nQUIT\r\n"),
        "{heard}"
    );
}

#[tokio::test]
async fn a_server_slow_to_say_goodbye_has_taken_the_mail_all_the_same() {
    let (delivery, _) = attempt(&[("QUIT", "silence")], |_| {}).await;
    assert!(
        matches!(delivery, Delivery::Accepted { .. }),
        "{delivery:?}"
    );
}

#[tokio::test]
async fn replies_of_4xx_may_be_tried_again_and_5xx_not() {
    use FailureClass::{Blocking, Connection, Delivery as About, Protocol};
    for (script, expected) in [
        (
            &[("RCPT", "450 4.2.0 later")][..],
            temporary(About, "RCPT: 450 4.2.0 later"),
        ),
        (
            &[("RCPT", "450 4.7.1 greylisted")],
            temporary(Blocking, "RCPT: 450 4.7.1 greylisted"),
        ),
        (
            &[("RCPT", "550 5.1.1 no such user")],
            permanent(About, "RCPT: 550 5.1.1 no such user"),
        ),
        (
            &[("MAIL", "421 4.3.2 closing")],
            temporary(Connection, "MAIL: 421 4.3.2 closing"),
        ),
        (
            &[("MAIL", "503 order")],
            permanent(Protocol, "MAIL: 503 order"),
        ),
        (
            &[("DATA", "554 5.7.1 no")],
            permanent(Blocking, "DATA: 554 5.7.1 no"),
        ),
        (
            &[(".", "452 4.3.1 full")],
            temporary(About, "message: 452 4.3.1 full"),
        ),
        (
            &[(".", "554 5.6.0 bad")],
            permanent(About, "message: 554 5.6.0 bad"),
        ),
        (
            &[("BANNER", "554 not you")],
            permanent(Blocking, "connect: 554 not you"),
        ),
        (
            &[("BANNER", "421 busy")],
            temporary(Connection, "connect: 421 busy"),
        ),
    ] {
        let (delivery, heard) = attempt(script, |_| {}).await;
        assert_eq!(delivery, expected);
        assert!(
            !heard.contains("Dear reader") || script[0].0 == ".",
            "{heard}"
        );
    }
}

#[tokio::test]
async fn silence_ends_the_attempt_in_time_wherever_it_falls() {
    for (script, stage) in [
        (&[("BANNER", "silence")][..], "connect"),
        (&[("RCPT", "silence")], "RCPT"),
        (&[(".", "silence")], "message"),
    ] {
        let start = std::time::Instant::now();
        let short = Duration::from_millis(300);
        let (delivery, _) = attempt(script, |smtp| smtp.timeout = short).await;
        let detail = format!("{stage}: no answer; the attempt was ended after 300ms");
        assert_eq!(delivery, temporary(FailureClass::Connection, &detail));
        assert!(start.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn faults_on_the_way_may_be_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = LettreTransport::new(&settings(port, TlsMode::None)).unwrap();
    let delivery = refused.send(&message()).await;
    let Delivery::TemporaryFailure { class, detail } = &delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(*class, FailureClass::Connection);
    assert!(detail.contains("refused"), "{detail}");
    for (script, class) in [
        (&[("BANNER", "hang up")][..], FailureClass::Connection),
        (&[("RCPT", "hang up")], FailureClass::Connection),
        (
            &[("BANNER", "HTTP/1.1 400 Bad Request")],
            FailureClass::Protocol,
        ),
    ] {
        let (delivery, _) = attempt(script, |_| {}).await;
        let Delivery::TemporaryFailure { class: found, .. } = &delivery else {
            panic!("{delivery:?}")
        };
        assert_eq!(*found, class, "{delivery:?}");
    }
}

#[tokio::test]
async fn refused_credentials_are_about_us_and_are_not_kept() {
    let script = &[
        ("EHLO", "250-test\r\n250 AUTH PLAIN"),
        (
            "AUTH",
            "535 5.7.8 bad: AHJlbGF5AG9wZW4gc2VzYW1l open sesame",
        ),
    ];
    let credentials = Some(("relay".to_owned(), Secret::new("open sesame".into())));
    let (delivery, _) = attempt(script, |smtp| smtp.credentials = credentials).await;
    let detail = "AUTH: 535 5.7.8 bad: [secret] [secret]";
    assert_eq!(delivery, temporary(FailureClass::Authentication, detail));
}

#[tokio::test]
async fn a_reply_keeps_neither_address_nor_token_nor_control_characters() {
    let script = &[(
        "RCPT",
        "550 5.1.1 <Alice@Example.NET> \u{1b}[31m http://x/reset#SAMPLE-code-that-opens-nothing-SAMPLE-12345 ok",
    )];
    let (delivery, _) = attempt(script, |_| {}).await;
    let detail = "RCPT: 550 5.1.1 <[recipient]> [31m http://x/reset#[token] ok";
    assert_eq!(delivery, permanent(FailureClass::Delivery, detail));
}
