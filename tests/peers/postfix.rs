//! A real Postfix: its own refusals in its own words, for its own reasons.

use std::sync::Arc;

use postern::domain::smtp::step::Step;
use postern::server::clock::Clock;
use postern::server::config::TlsMode;
use postern::server::mail::relay::{Attempt, End};
use postern::server::smtp::relay::SmtpRelay;

use crate::support::delivery::{hand_over, shown, signed_in};
use crate::support::exim::ADA;
use crate::support::postfix::postfix;
use crate::support::{Certs, deliver, letter, met, plain, target, whole};

/// One delivery to a Postfix with these settings, where names resolve as the last argument says.
async fn tried(settings: &str, names: &str, to: &str) -> Option<Attempt> {
    let postfix = postfix(None, settings, names)?;
    Some(deliver(plain(postfix.address), to).await)
}

#[tokio::test]
async fn mails_over_starttls_and_one_connection() {
    let certs = Certs::new();
    let Some(postfix) = postfix(Some(&certs.good()), "", "") else {
        return;
    };
    let relay = SmtpRelay::new(
        Arc::new(target(postfix.address, TlsMode::StartTls, certs.trust())),
        Clock::system(),
    );
    for n in 0..5 {
        let attempt = hand_over(&relay, ADA, &letter(ADA, 20_000)).await;
        let End::Accepted(reply) = &attempt.end else {
            panic!("{}", shown(&attempt.transcript))
        };
        assert!(reply.text().contains("queued as"), "{reply}");
        assert_eq!(attempt.transcript.reused, n > 0);
        whole(&attempt.transcript, None);
    }
    relay.close().await;
}

#[tokio::test]
async fn an_unknown_recipient() {
    let Some(attempt) = tried("", "", "nobody@mx.example").await else {
        return;
    };
    met(
        &attempt,
        "rcpt.unknown",
        Step::Rcpt,
        "Recipient address rejected: User unknown in local recipient table",
    );
}

#[tokio::test]
async fn somebody_elses_domain() {
    let Some(attempt) = tried("", "", "ada@elsewhere.example").await else {
        return;
    };
    met(&attempt, "relay.denied", Step::Rcpt, "554 5.7.1");
}

#[tokio::test]
async fn tls_is_asked_for_first() {
    let certs = Certs::new();
    let Some(postfix) = postfix(
        Some(&certs.good()),
        "smtpd_tls_security_level = encrypt\n",
        "",
    ) else {
        return;
    };
    let attempt = deliver(plain(postfix.address), ADA).await;
    met(
        &attempt,
        "auth.needtls",
        Step::Mail,
        "530 5.7.0 Must issue a STARTTLS command first",
    );
}

#[tokio::test]
async fn a_certificate_that_it_cannot_read() {
    let certs = Certs::new();
    let mut pair = certs.good();
    pair.key = pair.key.with_file_name("missing.pem");
    let Some(postfix) = postfix(Some(&pair), "", "") else {
        return;
    };
    let attempt = deliver(
        target(postfix.address, TlsMode::StartTls, certs.trust()),
        ADA,
    )
    .await;
    met(
        &attempt,
        "tls.454",
        Step::StartTls,
        "454 4.7.0 TLS not available due to local problem",
    );
}

#[tokio::test]
async fn no_auth_is_set_up() {
    let certs = Certs::new();
    let Some(postfix) = postfix(Some(&certs.good()), "", "") else {
        return;
    };
    let attempt = deliver(
        signed_in(
            target(postfix.address, TlsMode::StartTls, certs.trust()),
            "u",
            "p",
        ),
        ADA,
    )
    .await;
    met(&attempt, "auth.absent", Step::Auth, "AUTH is not offered");
}

#[tokio::test]
async fn a_letter_beyond_its_size() {
    let Some(postfix) = postfix(None, "message_size_limit = 20000\n", "") else {
        return;
    };
    let relay = SmtpRelay::new(Arc::new(plain(postfix.address)), Clock::system());
    let attempt = hand_over(&relay, ADA, &letter(ADA, 30_000)).await;
    met(&attempt, "msg.size", Step::Data, "20000");
}

#[tokio::test]
async fn a_full_disk() {
    let Some(attempt) = tried(
        "queue_minfree = 900000000000000\nmessage_size_limit = 10000\n",
        "",
        ADA,
    )
    .await
    else {
        return;
    };
    met(
        &attempt,
        "server.storage",
        Step::Mail,
        "452 4.3.1 Insufficient system storage",
    );
}

#[tokio::test]
async fn too_many_mails() {
    let Some(postfix) = postfix(
        None,
        "smtpd_client_message_rate_limit = 1\nsmtpd_client_event_limit_exceptions =\n",
        "",
    ) else {
        return;
    };
    deliver(plain(postfix.address), ADA).await;
    let attempt = deliver(plain(postfix.address), ADA).await;
    met(
        &attempt,
        "block.rate",
        Step::Mail,
        "450 4.7.1 Error: too much mail from 127.0.0.1",
    );
}

#[tokio::test]
async fn too_many_connections() {
    let Some(postfix) = postfix(
        None,
        "smtpd_client_connection_rate_limit = 1\nsmtpd_client_event_limit_exceptions =\n",
        "",
    ) else {
        return;
    };
    deliver(plain(postfix.address), ADA).await;
    let attempt = deliver(plain(postfix.address), ADA).await;
    met(
        &attempt,
        "banner.busy",
        Step::Banner,
        "421 4.7.0 mx.example Error: too many connections from 127.0.0.1",
    );
}

#[tokio::test]
async fn a_name_in_ehlo_that_it_does_not_take() {
    let settings = "smtpd_helo_required = yes\nsmtpd_delay_reject = no\nsmtpd_helo_restrictions = reject_non_fqdn_helo_hostname\n";
    let Some(postfix) = postfix(None, settings, "") else {
        return;
    };
    let mut target = plain(postfix.address);
    target.helo = "client".into();
    let attempt = deliver(target, ADA).await;
    met(
        &attempt,
        "ehlo.name",
        Step::Ehlo,
        "504 5.5.2 <client>: Helo command rejected: need fully-qualified hostname",
    );
}

#[tokio::test]
async fn a_sender_domain_that_does_not_exist() {
    let settings = "smtpd_sender_restrictions = reject_unknown_sender_domain\n";
    let Some(attempt) = tried(settings, "A other.example 192.0.2.1\n", ADA).await else {
        return;
    };
    met(
        &attempt,
        "from.domain",
        Step::Rcpt,
        "Sender address rejected: Domain not found",
    );
}

#[tokio::test]
async fn a_recipient_domain_that_does_not_exist() {
    let settings = "unknown_address_reject_code = 550\nrelay_domains = typo.example\nsmtpd_recipient_restrictions = reject_unknown_recipient_domain\n";
    let Some(attempt) = tried(settings, "A other.example 192.0.2.1\n", "ada@typo.example").await
    else {
        return;
    };
    met(&attempt, "rcpt.domain", Step::Rcpt, "550 5.1.2");
}

#[tokio::test]
async fn an_address_on_a_blocklist() {
    let settings = "smtpd_client_restrictions = reject_rbl_client dnsbl.example\n";
    let names = "A 1.0.0.127.dnsbl.example 127.0.0.2\n";
    let Some(attempt) = tried(settings, names, ADA).await else {
        return;
    };
    met(
        &attempt,
        "block.dnsbl",
        Step::Rcpt,
        "554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using dnsbl.example",
    );
}

#[tokio::test]
async fn content_that_it_rejects() {
    let settings = "header_checks = regexp:{{/^Subject: Reset/ REJECT}}\n";
    let Some(attempt) = tried(settings, "", ADA).await else {
        return;
    };
    met(
        &attempt,
        "block.content",
        Step::Message,
        "550 5.7.1 message content rejected",
    );
}

#[tokio::test]
async fn a_client_that_it_does_not_talk_to() {
    let settings = "smtpd_delay_reject = no\nsmtpd_client_restrictions = reject\n";
    let Some(attempt) = tried(settings, "", ADA).await else {
        return;
    };
    met(
        &attempt,
        "banner.554",
        Step::Banner,
        "554 5.7.1 <unknown[127.0.0.1]>: Client host rejected: Access denied",
    );
}
