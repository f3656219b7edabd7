//! What is met on a socket is told by the id that the documentation explains.

use postern::domain::smtp::diagnosis::diagnose;
use postern::server::config::TlsMode;
use postern::server::smtp::client::{AddressRule, StopAfter};

use crate::support::certificates::{Authority, early, expired};
use crate::support::server::{Act, Script, Server};
use crate::support::{SHORT, converse, credentials, protected, target};

async fn id(script: Script, sign_in: bool) -> &'static str {
    let server = Server::plain(script).await;
    let mut target = target(server.at);
    (target.limits.banner, target.limits.command) = (SHORT, SHORT);
    target.limits.data_end = SHORT;
    target.credentials = sign_in.then(|| credentials(None));
    let ended = converse(target, StopAfter::Data).await;
    diagnose(ended.evidence()).id()
}

#[tokio::test]
async fn the_rows_of_a_conversation_in_the_clear() {
    for (step, act, expected) in [
        ("BANNER", Act::Close, "banner.eof"),
        ("BANNER", Act::Silence, "banner.silent"),
        ("BANNER", Act::Say("SSH-2.0-x"), "banner.foreign"),
        ("BANNER", Act::Say("554 5.7.1 no"), "banner.554"),
        ("BANNER", Act::Say("421 4.3.2 busy"), "banner.busy"),
        ("EHLO", Act::Say("501 5.5.2 name"), "ehlo.name"),
        ("MAIL", Act::Say("530 5.7.0 sign in"), "auth.required"),
        ("MAIL", Act::Say("503 5.5.1 order"), "proto.order"),
        ("MAIL", Act::Reset, "tcp.reset"),
        ("RCPT", Act::Say("nonsense"), "proto.garbled"),
        ("RCPT", Act::Silence, "proto.timeout"),
        ("RCPT", Act::Close, "proto.closed"),
        ("RCPT", Act::Say("550 5.1.1 nobody"), "rcpt.unknown"),
        ("RCPT", Act::Say("450 4.7.1 greylisted"), "block.grey"),
        ("DATA", Act::Close, "proto.closed"),
        (".", Act::Close, "data.ambiguous"),
        (".", Act::Silence, "data.ambiguous"),
        (".", Act::Reset, "data.ambiguous"),
        ("EHLO", Act::Say("250-x\r\n250 SIZE 9"), "msg.size"),
    ] {
        let found = id(vec![(step, act.clone())], false).await;
        assert_eq!(found, expected, "{step}: {act:?}");
    }
}

#[tokio::test]
async fn the_rows_of_signing_in() {
    for (step, act, expected) in [
        ("EHLO", Act::Say("250 x"), "auth.absent"),
        ("EHLO", Act::Say("250-x\r\n250 AUTH NTLM"), "auth.mech"),
        ("AUTH", Act::Say("535 5.7.8 wrong"), "auth.bad"),
        ("AUTH", Act::Say("534 5.7.9 app"), "auth.apppw"),
        ("AUTH", Act::Say("454 4.7.0 later"), "auth.temp"),
        ("AUTH", Act::Say("421 4.7.0 enough"), "auth.lockout"),
    ] {
        let found = id(vec![(step, act.clone())], true).await;
        assert_eq!(found, expected, "{step}: {act:?}");
    }
}

#[tokio::test]
async fn the_rows_of_tls() {
    let authority = Authority::new("Test CA");
    let other = Authority::new("Other CA");
    for (tls, expected) in [
        (authority.server("localhost", expired), "tls.expired"),
        (authority.server("localhost", early), "tls.early"),
        (authority.server("mx.example.org", |_| {}), "tls.name"),
        (other.server("localhost", |_| {}), "tls.issuer"),
    ] {
        let server = Server::starttls(vec![], tls).await;
        let target = protected(server.at, TlsMode::StartTls, &authority.pem());
        let ended = converse(target, StopAfter::Data).await;
        assert_eq!(diagnose(ended.evidence()).id(), expected);
    }
    let server = Server::plain(vec![]).await;
    for (protection, expected) in [
        (TlsMode::Implicit, "tls.plain"),
        (TlsMode::StartTls, "tls.absent"),
    ] {
        let target = protected(server.at, protection, &authority.pem());
        let ended = converse(target, StopAfter::Data).await;
        assert_eq!(diagnose(ended.evidence()).id(), expected);
    }
}

#[tokio::test]
async fn a_password_is_not_sent_in_the_clear_to_another_machine() {
    // An address of this machine that is not the loopback's, where it has one.
    let probe = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let outside = probe
        .connect("192.0.2.1:9")
        .and_then(|()| probe.local_addr());
    let Ok(outside) = outside else { return };
    let Ok(server) = Server::at(outside.ip()).await else {
        return;
    };
    let mut target = target(server.at);
    target.allow = AddressRule::Any;
    target.credentials = Some(credentials(None));
    let ended = converse(target, StopAfter::Data).await;
    if outside.ip().is_loopback() {
        return;
    }
    assert_eq!(diagnose(ended.evidence()).id(), "tls.absent");
    assert_eq!(server.heard_of("AUTH"), 0);
}
