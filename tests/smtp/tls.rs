//! TLS: the chain is recorded whatever comes of it, and each fault is told apart.

use postern::domain::smtp::evidence::{Fault, TlsFault};
use postern::domain::smtp::step::Step;
use postern::domain::smtp::transcript::TlsRecord;
use postern::server::config::TlsMode;
use postern::server::smtp::client::StopAfter;

use crate::support::certificates::{Authority, early, expired, self_signed};
use crate::support::server::{Act, Server, foreign};
use crate::support::{Ended, SHORT, converse, protected, steps, target};

const BOTH: [TlsMode; 2] = [TlsMode::StartTls, TlsMode::Implicit];

async fn start(
    protection: TlsMode,
    tls: &std::sync::Arc<tokio_rustls::rustls::ServerConfig>,
) -> Server {
    match protection {
        TlsMode::Implicit => Server::implicit(vec![], tls.clone()).await,
        _ => Server::starttls(vec![], tls.clone()).await,
    }
}

#[tokio::test]
async fn a_good_certificate_in_both_ways() {
    let authority = Authority::new("Test CA");
    let tls = authority.server("localhost", |_| {});
    for protection in BOTH {
        let server = start(protection, &tls).await;
        let ended = converse(
            protected(server.at, protection, &authority.pem()),
            StopAfter::Data,
        )
        .await;
        assert!(ended.outcome.is_ok(), "{}", ended.text());
        let record = ended.transcript.tls.as_ref().unwrap();
        assert_eq!(record.version.as_deref(), Some("TLSv1.3"));
        assert!(record.cipher.as_deref().unwrap().starts_with("TLS13_"));
        assert!(record.trusted && record.name_matches && record.fault.is_none());
        assert_eq!(record.expected_name, "localhost");
        assert_eq!(record.chain.len(), 2);
        let leaf = &record.chain[0];
        assert_eq!(leaf.names, ["localhost"]);
        assert_eq!(leaf.subject, "CN=localhost");
        assert_eq!(leaf.issuer, "CN=Test CA");
        assert_eq!(leaf.key, "EC P-256");
        assert_eq!(leaf.signature, "ecdsa-with-SHA256");
        assert_eq!(leaf.sha256.len(), 64);
        assert!(leaf.days_left > 10_000 && !leaf.serial.is_empty());
        assert_eq!(record.chain[1].subject, "CN=Test CA");
        // Both replies to EHLO are kept apart.
        let offered = |lines: &[String]| lines.iter().any(|line| line.starts_with("AUTH"));
        assert!(offered(&ended.transcript.within_tls));
        assert_eq!(
            ended.transcript.before_tls.is_empty(),
            protection == TlsMode::Implicit
        );
        // Nothing but the beginning went in the clear.
        if protection == TlsMode::StartTls {
            assert_eq!(
                server.heard()[..2],
                ["EHLO recover.example.org", "STARTTLS"]
            );
            assert_eq!(
                steps(&ended.transcript)[2..7],
                [
                    Step::Banner,
                    Step::Ehlo,
                    Step::StartTls,
                    Step::Tls,
                    Step::Ehlo
                ]
            );
        }
    }
}

/// What a handshake failed with; nothing was said after it, and the chain is there.
fn refused(ended: &Ended, server: &Server) -> (TlsFault, TlsRecord) {
    let (step, fault) = ended.fault();
    assert_eq!(step, Step::Tls, "{}", ended.text());
    let Fault::Tls(fault) = fault else {
        panic!("{fault}")
    };
    for verb in ["AUTH", "MAIL", "RCPT", "DATA"] {
        assert_eq!(server.heard_of(verb), 0, "{:?}", server.heard());
    }
    let record = ended.transcript.tls.clone().unwrap();
    assert_eq!(record.fault, Some(fault.clone()));
    assert!(!record.chain.is_empty(), "the chain of a refusal is kept");
    (fault, record)
}

#[tokio::test]
async fn bad_certificates_are_refused_with_the_reason_and_the_chain() {
    let authority = Authority::new("Test CA");
    let other = Authority::new("Other CA");
    let pem = authority.pem();
    let (own, _) = self_signed("localhost", false);
    let (own_authority, _) = self_signed("localhost", true);
    for protection in BOTH {
        // The server's certificate, the fault, whether the chain is trusted, whether the name fits.
        let cases = [
            (
                authority.server("localhost", expired),
                TlsFault::Expired,
                true,
                true,
            ),
            (
                authority.server("localhost", early),
                TlsFault::NotYetValid,
                true,
                true,
            ),
            (
                authority.server("mail.example.org", |_| {}),
                TlsFault::WrongName(vec!["mail.example.org".into()]),
                true,
                false,
            ),
            (
                other.server("localhost", |_| {}),
                TlsFault::UnknownIssuer,
                false,
                true,
            ),
            (own.clone(), TlsFault::UnknownIssuer, false, true),
            (own_authority.clone(), TlsFault::UnknownIssuer, false, true),
        ];
        for (tls, expected, trusted, name_matches) in cases {
            let server = start(protection, &tls).await;
            let ended = converse(protected(server.at, protection, &pem), StopAfter::Data).await;
            let (fault, record) = refused(&ended, &server);
            assert_eq!(fault, expected, "{record:#?}");
            assert_eq!(
                (record.trusted, record.name_matches),
                (trusted, name_matches),
                "{expected}"
            );
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_for_servers_is_unfit() {
    let authority = Authority::new("Test CA");
    let tls = authority.server("localhost", |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    let server = Server::implicit(vec![], tls).await;
    let target = protected(server.at, TlsMode::Implicit, &authority.pem());
    let ended = converse(target, StopAfter::Tls).await;
    let (fault, _) = refused(&ended, &server);
    assert!(matches!(fault, TlsFault::BadCertificate(_)), "{fault}");
}

#[tokio::test]
async fn a_self_signed_certificate_that_was_named_is_trusted_but_for_another_name() {
    for authority in [false, true] {
        let (tls, pem) = self_signed("localhost", authority);
        let server = Server::implicit(vec![], tls).await;
        let ended = converse(
            protected(server.at, TlsMode::Implicit, &pem),
            StopAfter::Data,
        )
        .await;
        assert!(ended.outcome.is_ok(), "{}", ended.text());
        assert!(ended.transcript.tls.unwrap().trusted);

        let (tls, pem) = self_signed("mail.example.org", authority);
        let server = Server::implicit(vec![], tls).await;
        let ended = converse(
            protected(server.at, TlsMode::Implicit, &pem),
            StopAfter::Data,
        )
        .await;
        let (fault, _) = refused(&ended, &server);
        assert!(matches!(fault, TlsFault::WrongName(_)), "{fault}");
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_in_the_clear() {
    let plain = Act::Say("250 plain only");
    for (script, step) in [
        (vec![("EHLO", plain)], Step::StartTls),
        (
            vec![("STARTTLS", Act::Say("454 4.7.0 no TLS today"))],
            Step::StartTls,
        ),
        (
            vec![("STARTTLS", Act::Say("502 5.5.1 unknown"))],
            Step::StartTls,
        ),
        (vec![("STARTTLS", Act::Close)], Step::StartTls),
        (vec![("STARTTLS", Act::SayAndClose("220 go on"))], Step::Tls),
    ] {
        let authority = Authority::new("Test CA");
        let tls = authority.server("localhost", |_| {});
        let server = Server::starttls(script.clone(), tls).await;
        let mut target = protected(server.at, TlsMode::StartTls, &authority.pem());
        target.credentials = Some(crate::support::credentials(None));
        let ended = converse(target, StopAfter::Data).await;
        assert_eq!(ended.evidence().step, step, "{script:?}\n{}", ended.text());
        for verb in ["AUTH", "MAIL", "RCPT", "DATA"] {
            assert_eq!(server.heard_of(verb), 0, "{:?}", server.heard());
        }
    }
}

/// CVE-2011-0411: what a man in the middle puts behind the 220 must not be taken for what comes within TLS.
#[tokio::test]
async fn words_injected_behind_starttls_end_the_connection() {
    for injected in [
        "220 go on\r\n250 injected\r\n",
        "220 go on\r\n\0",
        "220-go on\r\n220 on\r\n250-test\r\n250 AUTH PLAIN\r\n",
    ] {
        let authority = Authority::new("Test CA");
        let tls = authority.server("localhost", |_| {});
        let script = vec![("STARTTLS", Act::Bytes(injected.into()))];
        let server = Server::starttls(script, tls).await;
        let mut target = protected(server.at, TlsMode::StartTls, &authority.pem());
        target.credentials = Some(crate::support::credentials(None));
        let ended = converse(target, StopAfter::Data).await;
        assert_eq!(ended.fault(), (Step::Tls, Fault::Injected));
        assert_eq!(server.heard(), ["EHLO recover.example.org", "STARTTLS"]);
        assert!(!ended.text().contains("injected\n"), "{}", ended.text());
    }
}

#[tokio::test]
async fn plain_text_where_tls_should_be_and_the_other_way_round() {
    let authority = Authority::new("Test CA");
    let plain = Server::plain(vec![]).await;
    let ended = converse(
        protected(plain.at, TlsMode::Implicit, &authority.pem()),
        StopAfter::Tls,
    )
    .await;
    assert_eq!(ended.fault(), (Step::Tls, Fault::Tls(TlsFault::NotTls)));
    assert!(plain.heard_of("EHLO") == 0);

    // A server that waits for the handshake says nothing to who waits for a banner.
    let tls = authority.server("localhost", |_| {});
    let server = Server::implicit(vec![], tls).await;
    let mut wrong = target(server.at);
    wrong.limits.banner = SHORT;
    let ended = converse(wrong, StopAfter::Tls).await;
    assert_eq!(ended.fault(), (Step::Banner, Fault::Silent));
}

#[tokio::test]
async fn an_alert_is_told_by_its_name() {
    for (alert, expected) in [
        // Fatal, by their numbers (RFC 8446 6).
        (
            b"\x15\x03\x03\x00\x02\x02\x28",
            TlsFault::Alert("handshake_failure".into()),
        ),
        (
            b"\x15\x03\x03\x00\x02\x02\x70",
            TlsFault::Alert("unrecognised_name".into()),
        ),
    ] {
        let at = foreign(alert).await;
        let ended = converse(protected(at, TlsMode::Implicit, &ca()), StopAfter::Tls).await;
        assert_eq!(ended.fault(), (Step::Tls, Fault::Tls(expected)));
    }
    let at = foreign(b"\x15\x03\x03\x00\x02\x02\x46").await;
    let ended = converse(protected(at, TlsMode::Implicit, &ca()), StopAfter::Tls).await;
    let (_, fault) = ended.fault();
    assert!(
        matches!(fault, Fault::Tls(TlsFault::Incompatible(_))),
        "{fault}"
    );
}

fn ca() -> String {
    Authority::new("Test CA").pem()
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_gets_ours_or_says_so() {
    let authority = Authority::new("Test CA");
    let server = Server::implicit(vec![], authority.demanding_server("localhost")).await;
    let bare = protected(server.at, TlsMode::Implicit, &authority.pem());
    let ended = converse(bare.clone(), StopAfter::Data).await;
    let (_, fault) = ended.fault();
    assert_eq!(
        fault,
        Fault::Tls(TlsFault::Alert("certificate_required".into()))
    );

    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = authority.client("postern");
    let paths = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&paths.0, certificate).unwrap();
    std::fs::write(&paths.1, key).unwrap();
    let mut known = bare;
    known.trust.client = Some(paths);
    let ended = converse(known, StopAfter::Data).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
}

#[tokio::test]
async fn silence_in_the_handshake_meets_its_deadline() {
    let authority = Authority::new("Test CA");
    let server = Server::plain(vec![("BANNER", Act::Silence)]).await;
    let mut target = protected(server.at, TlsMode::Implicit, &authority.pem());
    target.limits.command = SHORT;
    let ended = converse(target, StopAfter::Tls).await;
    assert_eq!(ended.fault(), (Step::Tls, Fault::Silent));
}
