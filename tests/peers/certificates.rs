//! Certificates on real servers: a good one, and each kind that must be refused, with the chain in the record.

use postern::domain::smtp::step::Step;
use postern::server::config::TlsMode;
use postern::server::mail::relay::{Attempt, End};
use postern::server::smtp::client::Trust;

use crate::support::aiosmtpd::{Offer, aiosmtpd};
use crate::support::certs::{Leaf, Pair};
use crate::support::delivery::shown;
use crate::support::exim::{ADA, Setup, exim};
use crate::support::openssl::s_server;
use crate::support::{Certs, deliver, met, target};

/// A delivery over STARTTLS to an Exim with that certificate, and one over implicit TLS to an aiosmtpd with it.
async fn shown_to_us(pair: &Pair, trust: &Trust) -> Option<[Attempt; 2]> {
    let setup = Setup {
        tls: Some(pair),
        open: true,
        ..Setup::default()
    };
    let exim = exim(&setup)?;
    let aiosmtpd = aiosmtpd(&Offer::Implicit(pair), &[])?;
    Some([
        deliver(target(exim.address, TlsMode::StartTls, trust.clone()), ADA).await,
        deliver(
            target(aiosmtpd.address, TlsMode::Implicit, trust.clone()),
            ADA,
        )
        .await,
    ])
}

/// That both ended so at the handshake, with the certificate in the record all the same.
#[track_caller]
fn refused(attempts: &[Attempt; 2], id: &str, words: &str, (name_matches, trusted): (bool, bool)) {
    for attempt in attempts {
        met(attempt, id, Step::Tls, words);
        let tls = attempt.transcript.tls.as_ref().unwrap();
        assert_eq!(tls.chain.len(), 1, "{tls:?}");
        assert_eq!(
            (tls.name_matches, tls.trusted),
            (name_matches, trusted),
            "{tls:?}"
        );
        assert_eq!(tls.expected_name, "localhost");
    }
}

#[tokio::test]
async fn a_good_one_is_taken_and_shown() {
    let certs = Certs::new();
    let Some(attempts) = shown_to_us(&certs.good(), &certs.trust()).await else {
        return;
    };
    for attempt in attempts {
        assert!(
            matches!(attempt.end, End::Accepted(_)),
            "{}",
            shown(&attempt.transcript)
        );
        let tls = attempt.transcript.tls.unwrap();
        assert_eq!(tls.version.as_deref(), Some("TLSv1.3"));
        assert!(tls.name_matches && tls.trusted && tls.fault.is_none());
        assert_eq!(tls.chain[0].names, ["localhost"]);
        assert!(
            (29..=30).contains(&tls.chain[0].days_left),
            "{}",
            tls.chain[0].days_left
        );
    }
}

#[tokio::test]
async fn expired() {
    let certs = Certs::new();
    let pair = certs.signed(&Leaf {
        from: -30,
        until: -3,
        ..Leaf::default()
    });
    let Some(attempts) = shown_to_us(&pair, &certs.trust()).await else {
        return;
    };
    refused(&attempts, "tls.expired", "expired", (true, true));
    let chain = &attempts[0].transcript.tls.as_ref().unwrap().chain;
    assert!(
        (-4..=-3).contains(&chain[0].days_left),
        "{}",
        chain[0].days_left
    );
}

#[tokio::test]
async fn not_valid_yet() {
    let certs = Certs::new();
    let pair = certs.signed(&Leaf {
        from: 3,
        ..Leaf::default()
    });
    let Some(attempts) = shown_to_us(&pair, &certs.trust()).await else {
        return;
    };
    refused(&attempts, "tls.early", "not valid yet", (true, true));
}

#[tokio::test]
async fn for_another_name() {
    let certs = Certs::new();
    let pair = certs.signed(&Leaf {
        name: "mx.elsewhere.example",
        ..Leaf::default()
    });
    let Some(attempts) = shown_to_us(&pair, &certs.trust()).await else {
        return;
    };
    refused(&attempts, "tls.name", "mx.elsewhere.example", (false, true));
}

#[tokio::test]
async fn by_an_issuer_that_nobody_knows() {
    let (certs, others) = (Certs::new(), Certs::new());
    let Some(attempts) = shown_to_us(&certs.good(), &others.trust()).await else {
        return;
    };
    refused(
        &attempts,
        "tls.issuer",
        "issuer is not trusted",
        (true, false),
    );
}

#[tokio::test]
async fn by_itself() {
    let certs = Certs::new();
    let Some(attempts) = shown_to_us(&certs.self_signed(), &certs.trust()).await else {
        return;
    };
    refused(
        &attempts,
        "tls.issuer",
        "issuer is not trusted",
        (true, false),
    );
}

#[tokio::test]
async fn a_server_that_speaks_only_old_tls() {
    let certs = Certs::new();
    let old = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"];
    let Some(server) = s_server(&certs.good(), &old) else {
        return;
    };
    let attempt = deliver(
        target(server.address, TlsMode::Implicit, certs.trust()),
        ADA,
    )
    .await;
    met(&attempt, "tls.version", Step::Tls, "");
}

#[tokio::test]
async fn a_server_that_wants_to_see_our_certificate() {
    let certs = Certs::new();
    let ca = certs.ca_file().display().to_string();
    let strict = [
        "-tls1_2",
        "-Verify",
        "1",
        "-verify_return_error",
        "-CAfile",
        &ca,
    ];
    let Some(server) = s_server(&certs.good(), &strict) else {
        return;
    };
    let attempt = deliver(
        target(server.address, TlsMode::Implicit, certs.trust()),
        ADA,
    )
    .await;
    met(&attempt, "tls.alert", Step::Tls, "");
}

#[tokio::test]
async fn a_web_server() {
    let certs = Certs::new();
    let Some(server) = s_server(&certs.good(), &["-www"]) else {
        return;
    };
    let mut target = target(server.address, TlsMode::Implicit, certs.trust());
    target.limits.banner = std::time::Duration::from_secs(1);
    let attempt = deliver(target, ADA).await;
    met(&attempt, "banner.silent", Step::Banner, "no answer in time");
}
