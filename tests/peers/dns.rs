//! The engine's DNS step against unbound.

use postern::domain::smtp::step::Step;
use postern::server::mail::relay::{Attempt, End};

use crate::support::delivery::shown;
use crate::support::sink::sink;
use crate::support::unbound::unbound;
use crate::support::{deliver, met, plain};

/// A delivery to a host that unbound knows, or not.
async fn tried(host: &str) -> Option<Attempt> {
    let (sink, unbound) = (sink(&[])?, unbound()?);
    let mut target = plain(sink.address);
    target.host = host.into();
    target.resolver = Some(unbound.address);
    target.limits.connect = std::time::Duration::from_secs(3);
    Some(deliver(target, "ada@example.net").await)
}

#[tokio::test]
async fn a_name_leads_to_its_address() {
    for host in ["four.mail.example", "relay.mail.example"] {
        let Some(attempt) = tried(host).await else {
            return;
        };
        let text = shown(&attempt.transcript);
        assert!(matches!(attempt.end, End::Accepted(_)), "{text}");
        assert!(attempt.transcript.peer.unwrap().starts_with("127.0.0.1:"));
        assert_eq!(text.contains("::1"), host.starts_with("relay"), "{text}");
    }
}

#[tokio::test]
async fn a_name_that_is_none() {
    let Some(attempt) = tried("typo.mail.example").await else {
        return;
    };
    met(&attempt, "dns.nxdomain", Step::Dns, "no such name");
}

#[tokio::test]
async fn a_name_without_an_address() {
    let Some(attempt) = tried("text.mail.example").await else {
        return;
    };
    met(&attempt, "dns.noaddr", Step::Dns, "no address");
}

#[tokio::test]
async fn a_server_that_fails_refuses_or_keeps_silent() {
    for host in [
        "host.broken.example",
        "host.refused.example",
        "host.silent.example",
    ] {
        let Some(attempt) = tried(host).await else {
            return;
        };
        met(
            &attempt,
            "dns.servfail",
            Step::Dns,
            "the resolver has no answer",
        );
    }
}
