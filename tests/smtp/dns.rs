//! Names: found, not found, not answered, and private addresses behind public names.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use postern::domain::smtp::evidence::{DnsFault, Fault};
use postern::domain::smtp::step::Step;
use postern::server::smtp::client::{AddressRule, Family, StopAfter, Target};
use postern::server::smtp::dns::mail_hosts;

use crate::support::names::{Answer, server};
use crate::support::server::Server;
use crate::support::{SHORT, converse, target};

fn named(host: &str, at: SocketAddr, resolver: SocketAddr) -> Target {
    Target {
        host: host.into(),
        resolver: Some(resolver),
        ..target(at)
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_name_leads_to_its_addresses_and_they_are_noted() {
    let smtp = Server::plain(vec![]).await;
    let both = vec![address("::1"), address("127.0.0.1")];
    let names = server(vec![("mail.example.org", Answer::Addresses(both))]).await;
    let ended = converse(named("mail.example.org", smtp.at, names), StopAfter::Data).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
    let text = ended.text();
    assert!(
        text.contains("mail.example.org is ::1, 127.0.0.1"),
        "{text}"
    );

    let mut only = named("mail.example.org", smtp.at, names);
    only.family = Some(Family::V4);
    let ended = converse(only, StopAfter::Connect).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
    assert!(!ended.text().contains("::1"), "{}", ended.text());
}

#[tokio::test]
async fn why_there_is_no_address() {
    let names = server(vec![
        ("refused.example.org", Answer::Code(5)),
        ("broken.example.org", Answer::Code(2)),
        ("silent.example.org", Answer::Silence),
        ("bare.example.org", Answer::Addresses(vec![])),
        (
            "old.example.org",
            Answer::Addresses(vec![address("127.0.0.1")]),
        ),
    ])
    .await;
    let nobody = "127.0.0.1:9".parse().unwrap();
    for (host, expected) in [
        ("nobody.example.org", DnsFault::NoSuchName),
        ("refused.example.org", DnsFault::Unanswered),
        ("broken.example.org", DnsFault::Unanswered),
        ("silent.example.org", DnsFault::Unanswered),
        ("bare.example.org", DnsFault::NoAddress),
        ("old.example.org", DnsFault::NoAddress),
        ("not a name", DnsFault::NoSuchName),
    ] {
        let mut target = named(host, nobody, names);
        target.limits.connect = 3 * SHORT;
        target.family = Some(Family::V6).filter(|_| host.starts_with("old"));
        let ended = converse(target, StopAfter::Connect).await;
        assert_eq!(ended.fault(), (Step::Dns, Fault::Dns(expected)), "{host}");
    }
}

#[tokio::test]
async fn a_public_name_cannot_lead_to_a_private_address() {
    let smtp = Server::plain(vec![]).await;
    for private in [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        let answer = Answer::Addresses(vec![address(private)]);
        let names = server(vec![("rebound.example.org", answer)]).await;
        let mut target = named("rebound.example.org", smtp.at, names);
        target.allow = AddressRule::Public { and: Vec::new() };
        let ended = converse(target, StopAfter::Connect).await;
        let expected = Fault::Forbidden(private.to_owned());
        assert_eq!(ended.fault(), (Step::Connect, expected));
    }
    assert_eq!(smtp.connections(), 0);
}

#[tokio::test]
async fn the_hosts_of_a_domain_in_their_order() {
    let names = server(vec![
        (
            "example.org",
            Answer::Mail(vec![(20, "b.example.org"), (10, "a.example.org")]),
        ),
        ("none.example.org", Answer::Mail(vec![(0, ".")])),
        (
            "bare.example.org",
            Answer::Addresses(vec![address("127.0.0.1")]),
        ),
        ("broken.example.org", Answer::Code(2)),
    ])
    .await;
    let ask = async |domain: &str| mail_hosts(domain, Some(names), Duration::from_secs(5)).await;
    assert_eq!(
        ask("example.org").await.unwrap(),
        ["a.example.org", "b.example.org"]
    );
    assert_eq!(ask("none.example.org").await, Err(DnsFault::NullMx));
    assert_eq!(ask("bare.example.org").await.unwrap(), ["bare.example.org"]);
    assert_eq!(ask("broken.example.org").await, Err(DnsFault::Unanswered));
    assert_eq!(ask("nobody.example.org").await, Err(DnsFault::NoSuchName));
}
