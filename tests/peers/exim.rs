//! A real Exim 4, as a relay that wants STARTTLS and AUTH, and with its own refusals.

use std::sync::Arc;

use postern::domain::smtp::step::Step;
use postern::server::clock::Clock;
use postern::server::config::TlsMode;
use postern::server::mail::relay::{Attempt, End};
use postern::server::smtp::client::{Mechanism, Target};
use postern::server::smtp::relay::SmtpRelay;

use crate::support::delivery::{all_met, hand_over, shown, signed_in};
use crate::support::exim::{ADA, Setup, USER, exim, mails};
use crate::support::program::Running;
use crate::support::{Certs, deliver, letter, met, plain, target, whole};

/// A target that does all as it should.
fn right(exim: &Running, certs: &Certs) -> Target {
    signed_in(
        target(exim.address, TlsMode::StartTls, certs.trust()),
        USER.0,
        USER.1,
    )
}

#[tokio::test]
async fn a_mail_arrives_over_starttls_with_each_mechanism() {
    let certs = Certs::new();
    let setup = Setup {
        tls: Some(&certs.good()),
        ..Setup::default()
    };
    let Some(exim) = exim(&setup) else { return };
    for (n, mechanism) in [Some(Mechanism::Plain), Some(Mechanism::Login), None]
        .into_iter()
        .enumerate()
    {
        let mut target = right(&exim, &certs);
        target.credentials.as_mut().unwrap().mechanism = mechanism;
        let relay = SmtpRelay::new(Arc::new(target), Clock::system());
        for (again, octets) in [100, 40_000].into_iter().enumerate() {
            let letter = letter(ADA, octets);
            let attempt = hand_over(&relay, ADA, &letter).await;
            let text = shown(&attempt.transcript);
            let End::Accepted(reply) = &attempt.end else {
                panic!("{text}")
            };
            assert!(reply.text().contains("id="), "{reply}");
            whole(&attempt.transcript, None);
            assert!(!text.contains(USER.1), "{text}");
            // Delivered before the reply to the final dot is not promised: the file is waited for.
            let expected = n * 2 + again + 1;
            let arrived = arrived(&exim, expected).await;
            let sent = String::from_utf8(letter.bytes().to_vec())
                .unwrap()
                .replace("\r\n", "\n");
            let (_, body) = sent.split_once("\n\n").unwrap();
            assert_eq!(
                arrived
                    .iter()
                    .filter(|mail| mail.contains(letter.message_id()))
                    .count(),
                1
            );
            assert!(
                arrived.iter().any(|mail| mail.contains(body)),
                "the body, octet by octet"
            );
        }
        relay.close().await;
    }
}

/// Waits for that many mails in the maildir.
async fn arrived(exim: &Running, count: usize) -> Vec<String> {
    for _ in 0..1_000 {
        let mails = mails(exim);
        if mails.len() >= count {
            assert_eq!(mails.len(), count);
            return mails;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!(
        "no mail: {}",
        std::fs::read_to_string(exim.folder().join("log/mainlog")).unwrap_or_default()
    );
}

#[tokio::test]
async fn a_wrong_password() {
    let certs = Certs::new();
    let Some(exim) = exim(&Setup {
        tls: Some(&certs.good()),
        ..Setup::default()
    }) else {
        return;
    };
    let wrong = signed_in(
        target(exim.address, TlsMode::StartTls, certs.trust()),
        USER.0,
        "wrong donkey",
    );
    let attempt = deliver(wrong, ADA).await;
    met(
        &attempt,
        "auth.bad",
        Step::Auth,
        "535 Incorrect authentication data",
    );
    assert!(!shown(&attempt.transcript).contains("donkey"));
}

#[tokio::test]
async fn nobody_signed_in() {
    let certs = Certs::new();
    let Some(exim) = exim(&Setup {
        tls: Some(&certs.good()),
        ..Setup::default()
    }) else {
        return;
    };
    let attempt = deliver(target(exim.address, TlsMode::StartTls, certs.trust()), ADA).await;
    met(
        &attempt,
        "relay.denied",
        Step::Rcpt,
        "550 relay not permitted",
    );
}

#[tokio::test]
async fn auth_is_offered_within_tls_alone() {
    let certs = Certs::new();
    let Some(exim) = exim(&Setup {
        tls: Some(&certs.good()),
        ..Setup::default()
    }) else {
        return;
    };
    let attempt = deliver(signed_in(plain(exim.address), USER.0, USER.1), ADA).await;
    met(&attempt, "auth.absent", Step::Auth, "AUTH is not offered");
}

#[tokio::test]
async fn no_starttls_without_a_certificate() {
    let certs = Certs::new();
    let Some(exim) = exim(&Setup::default()) else {
        return;
    };
    let attempt = deliver(right(&exim, &certs), ADA).await;
    met(
        &attempt,
        "tls.absent",
        Step::StartTls,
        "STARTTLS is not offered",
    );
}

#[tokio::test]
async fn a_certificate_that_it_cannot_read() {
    let certs = Certs::new();
    let mut pair = certs.good();
    pair.key = pair.key.with_file_name("missing.pem");
    let Some(exim) = exim(&Setup {
        tls: Some(&pair),
        ..Setup::default()
    }) else {
        return;
    };
    let attempt = deliver(right(&exim, &certs), ADA).await;
    met(
        &attempt,
        "tls.454",
        Step::StartTls,
        "454 TLS currently unavailable",
    );
}

/// One delivery to an Exim that takes mail from anybody, with more settings.
async fn open(setup: Setup<'_>, to: &str) -> Option<Attempt> {
    let exim = exim(&Setup {
        open: true,
        ..setup
    })?;
    Some(deliver(plain(exim.address), to).await)
}

#[tokio::test]
async fn an_unknown_recipient() {
    let Some(attempt) = open(Setup::default(), "nobody@mx.example").await else {
        return;
    };
    met(
        &attempt,
        "rcpt.unknown",
        Step::Rcpt,
        "550 Unrouteable address",
    );
}

#[tokio::test]
async fn somebody_elses_domain() {
    let Some(attempt) = open(Setup::default(), "ada@elsewhere.example").await else {
        return;
    };
    met(
        &attempt,
        "relay.denied",
        Step::Rcpt,
        "550 relay not permitted",
    );
}

#[tokio::test]
async fn a_letter_beyond_its_size() {
    let setup = Setup {
        main: "message_size_limit = 20K",
        open: true,
        ..Setup::default()
    };
    let Some(exim) = exim(&setup) else { return };
    let relay = SmtpRelay::new(Arc::new(plain(exim.address)), Clock::system());
    let attempt = hand_over(&relay, ADA, &letter(ADA, 30_000)).await;
    met(&attempt, "msg.size", Step::Data, "20480");
}

#[tokio::test]
async fn too_many_connections() {
    let Some(attempt) = open(Setup { main: "smtp_accept_max = 1\nsmtp_accept_queue = 0\nsmtp_load_reserve = 0.0001\nqueue_only_load = 0", ..Setup::default() }, ADA).await else { return };
    met(&attempt, "banner.busy", Step::Banner, "421");
}

#[tokio::test]
async fn a_client_that_it_does_not_talk_to() {
    let Some(attempt) = open(
        Setup {
            main: "host_reject_connection = 127.0.0.1",
            ..Setup::default()
        },
        ADA,
    )
    .await
    else {
        return;
    };
    met(
        &attempt,
        "banner.554",
        Step::Banner,
        "554 SMTP service not available",
    );
}

#[tokio::test]
async fn a_name_in_ehlo_that_it_does_not_take() {
    let setup = Setup {
        open: true,
        ..Setup::default()
    };
    let Some(exim) = exim(&setup) else { return };
    let mut target = plain(exim.address);
    target.helo = "not_a_name".into();
    let attempt = deliver(target, ADA).await;
    met(
        &attempt,
        "ehlo.name",
        Step::Ehlo,
        "501 Syntactically invalid EHLO argument(s)",
    );
}

/// Refusals by its access lists: the order and the codes are Exim's, the words are those of providers.
#[tokio::test]
async fn its_lists_say_what_providers_say() {
    let mut attempts = Vec::new();
    for (id, step, statement) in [
        (
            "rcpt.unknown",
            Step::Rcpt,
            "deny message = 550 5.1.1 The email account that you tried to reach does not exist",
        ),
        (
            "block.grey",
            Step::Rcpt,
            "defer message = 451 4.7.1 Greylisted, please try again in 300 seconds",
        ),
        (
            "block.dnsbl",
            Step::Rcpt,
            "deny message = 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.dnsbl.example; https://check.dnsbl.example/192.0.2.1",
        ),
        (
            "block.rate",
            Step::Rcpt,
            "defer message = 450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery",
        ),
        (
            "rcpt.full",
            Step::Rcpt,
            "defer message = 452 4.2.2 The recipient's inbox is out of storage space",
        ),
        (
            "rcpt.over",
            Step::Rcpt,
            "deny message = 552 5.2.2 Mailbox full",
        ),
        (
            "rcpt.disabled",
            Step::Rcpt,
            "deny message = 550 5.2.1 This mailbox is disabled",
        ),
        (
            "block.ptr",
            Step::Rcpt,
            "deny message = 550 5.7.25 The IP address sending this message does not have a PTR record",
        ),
        (
            "block.spf",
            Step::Rcpt,
            "deny message = 550 5.7.23 SPF check failed for sender.example",
        ),
        (
            "server.storage",
            Step::Rcpt,
            "defer message = 452 4.3.1 Insufficient system storage",
        ),
    ] {
        let rcpt = format!("  {}\n", statement);
        let Some(attempt) = open(
            Setup {
                rcpt: &rcpt,
                ..Setup::default()
            },
            ADA,
        )
        .await
        else {
            return;
        };
        let words = statement.split_once(" = ").unwrap().1;
        attempts.push((attempt, id, step, words));
    }
    for (id, statement) in [
        (
            "auth.required",
            "deny message = 530 5.7.0 Authentication Required",
        ),
        (
            "from.owned",
            "deny message = 553 5.7.1 Sender address rejected: not owned by user postern",
        ),
        (
            "from.domain",
            "deny message = 550 5.7.27 Sender address has null MX",
        ),
        (
            "block.quota",
            "deny message = 550 5.4.5 Daily sending quota exceeded",
        ),
    ] {
        let lists = format!("acl_mail:\n  {statement}\n");
        let Some(attempt) = open(
            Setup {
                lists: &lists,
                ..Setup::default()
            },
            ADA,
        )
        .await
        else {
            return;
        };
        attempts.push((
            attempt,
            id,
            Step::Mail,
            statement.split_once(" = ").unwrap().1,
        ));
    }
    for (id, statement) in [
        (
            "block.content",
            "deny message = 554 5.7.1 Message rejected as spam by content scanning",
        ),
        (
            "block.dmarc",
            "deny message = 550 5.7.26 Unauthenticated email from sender.example is not accepted due to its DMARC policy",
        ),
        (
            "block.dkim",
            "deny message = 550 5.7.20 No passing DKIM signature found",
        ),
        ("server.loop", "deny message = 554 5.4.6 Too many hops"),
    ] {
        let lists = format!("acl_data:\n  {statement}\n");
        let setup = Setup {
            main: "acl_smtp_data = acl_data",
            lists: &lists,
            ..Setup::default()
        };
        let Some(attempt) = open(setup, ADA).await else {
            return;
        };
        attempts.push((
            attempt,
            id,
            Step::Message,
            statement.split_once(" = ").unwrap().1,
        ));
    }
    all_met(&attempts);
}
