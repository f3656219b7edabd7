//! aiosmtpd, the server of Python's own people.

use std::sync::Arc;

use postern::domain::smtp::step::Step;
use postern::server::clock::Clock;
use postern::server::config::TlsMode;
use postern::server::mail::relay::End;
use postern::server::smtp::relay::SmtpRelay;

use crate::support::aiosmtpd::{Offer, aiosmtpd};
use crate::support::delivery::{hand_over, shown};
use crate::support::{Certs, deliver, letter, met, plain, target, whole};

const TO: &str = "ada@example.net";

#[tokio::test]
async fn mails_over_each_kind_of_connection() {
    let certs = Certs::new();
    let pair = certs.good();
    for (tls, mode) in [
        (Offer::Plain, TlsMode::None),
        (Offer::StartTls(&pair), TlsMode::StartTls),
        (Offer::Implicit(&pair), TlsMode::Implicit),
    ] {
        let Some(server) = aiosmtpd(&tls, &[]) else {
            return;
        };
        let relay = SmtpRelay::new(
            Arc::new(target(server.address, mode, certs.trust())),
            Clock::system(),
        );
        for n in 0..3 {
            let attempt = hand_over(&relay, TO, &letter(TO, 10_000)).await;
            assert!(
                matches!(attempt.end, End::Accepted(_)),
                "{}",
                shown(&attempt.transcript)
            );
            assert_eq!(attempt.transcript.reused, n > 0);
            whole(&attempt.transcript, None);
        }
        relay.close().await;
    }
}

#[tokio::test]
async fn a_letter_beyond_its_size() {
    let Some(server) = aiosmtpd(&Offer::Plain, &["-s", "5000"]) else {
        return;
    };
    let relay = SmtpRelay::new(Arc::new(plain(server.address)), Clock::system());
    let attempt = hand_over(&relay, TO, &letter(TO, 10_000)).await;
    met(&attempt, "msg.size", Step::Data, "5000");
}

#[tokio::test]
async fn an_unknown_recipient() {
    let Some(server) = aiosmtpd(&Offer::Plain, &[]) else {
        return;
    };
    let attempt = deliver(plain(server.address), "nobody@example.net").await;
    met(
        &attempt,
        "rcpt.unknown",
        Step::Rcpt,
        "550 5.1.1 No such user",
    );
}

#[tokio::test]
async fn starttls_where_it_has_no_certificate() {
    let Some(server) = aiosmtpd(&Offer::Plain, &[]) else {
        return;
    };
    let attempt = deliver(
        target(server.address, TlsMode::StartTls, Certs::new().trust()),
        TO,
    )
    .await;
    met(
        &attempt,
        "tls.absent",
        Step::StartTls,
        "STARTTLS is not offered",
    );
}
