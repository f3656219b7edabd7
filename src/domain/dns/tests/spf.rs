//! SPF: real records, real mistakes.

use super::{World, lines, published, subject};
use crate::domain::dns::answers::Answers;
use crate::domain::dns::report::Check;
use crate::domain::dns::spf::record::{Mechanism, parse};
use crate::domain::dns::spf::walk::{self, Outcome};
use crate::domain::dns::subject::Relay;

/// The world of a large provider, shortened.
const PROVIDER: [&str; 4] = [
    "_spf.google.com TXT v=spf1 include:_netblocks.google.com include:_netblocks2.google.com ~all",
    "_netblocks.google.com TXT v=spf1 ip4:35.190.247.0/24 ip4:64.233.160.0/19 ip4:209.85.128.0/17 ~all",
    "_netblocks2.google.com TXT v=spf1 ip6:2001:4860:4000::/36 ip6:2a00:1450:4000::/36 ~all",
    "mx.example.org A 198.51.100.25",
];

fn world(records: &[&str], relay: &[&str]) -> Vec<String> {
    let all: Vec<&str> = PROVIDER.iter().chain(records).copied().collect();
    lines(&World(&all).judge(&subject(relay)), Check::Spf)
}

#[test]
fn addresses_pass_by_each_mechanism() {
    for (record, address, covered) in [
        ("v=spf1 ip4:192.0.2.1 -all", "192.0.2.1", true),
        ("v=spf1 ip4:192.0.2.1 -all", "192.0.2.2", false),
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.255", true),
        ("v=spf1 ip4:0.0.0.0/0 -all", "203.0.113.9", true),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", true),
        ("v=spf1 ip6:2001:db8::/32 -all", "192.0.2.1", false),
        ("v=spf1 include:_spf.google.com ~all", "209.85.220.41", true),
        (
            "v=spf1 include:_spf.google.com ~all",
            "2a00:1450:4864::1",
            true,
        ),
        ("v=spf1 include:_spf.google.com ~all", "192.0.2.1", false),
        ("V=SPF1 INCLUDE:_spf.google.com ~ALL", "209.85.220.41", true),
        ("v=spf1 mx -all", "198.51.100.25", true),
        ("v=spf1 mx/24 -all", "198.51.100.77", true),
        ("v=spf1 mx:example.org -all", "198.51.100.25", true),
        ("v=spf1 a:mx.example.org/28//64 -all", "198.51.100.30", true),
        ("v=spf1 a -all", "198.51.100.25", false),
        ("v=spf1 redirect=_spf.google.com", "64.233.160.1", true),
        ("v=spf1 -ip4:192.0.2.1 +all", "192.0.2.1", false),
        (
            "v=spf1 exists:%{ir}.sender.example.org -all",
            "192.0.2.3",
            true,
        ),
        (
            "v=spf1 exists:%{i}.sender.example.org -all",
            "192.0.2.3",
            false,
        ),
        ("v=spf1 ptr -all", "192.0.2.4", true),
        (
            "v=spf1 exp=why.%{d} unknown=x ip4:192.0.2.1 -all",
            "192.0.2.1",
            true,
        ),
    ] {
        let txt = format!("example.org TXT {record}");
        let records = [
            txt.as_str(),
            "example.org MX 10 mx.example.org",
            "3.2.0.192.sender.example.org A 127.0.0.2",
            "4.2.0.192.in-addr.arpa PTR host.example.org",
            "host.example.org A 192.0.2.4",
        ];
        let lines = world(&records, &[address]);
        let last = lines.last().unwrap();
        assert_eq!(
            last.starts_with("ok: The relay is covered"),
            covered,
            "{record} {address}: {last}"
        );
    }
}

#[test]
fn records_that_are_wrong_are_named_for_it() {
    for (records, line) in [
        (&[][..], "fail: example.org has no SPF record."),
        (
            &["example.org TXT v=spf10 -all"],
            "fail: example.org has no SPF record.",
        ),
        (
            &[
                "example.org TXT v=spf1 -all",
                "example.org TXT v=spf1 mx -all",
            ],
            "fail: example.org has 2 SPF records.",
        ),
        (
            &["example.org TXT v=spf1 ipv4:192.0.2.1 -all"],
            "fail: The SPF record cannot be read at \"ipv4:192.0.2.1\".",
        ),
        (
            &["example.org TXT v=spf1 ip4:192.0.2.300 -all"],
            "fail: The SPF record cannot be read at \"ip4:192.0.2.300\".",
        ),
        (
            &["example.org TXT v=spf1 ip4:192.0.2.0/33 -all"],
            "fail: The SPF record cannot be read at \"ip4:192.0.2.0/33\".",
        ),
        (
            &["example.org TXT v=spf1 include: -all"],
            "fail: The SPF record cannot be read at \"include:\".",
        ),
        (
            &["example.org TXT v=spf1 mx -all;"],
            "fail: The SPF record cannot be read at \"-all;\".",
        ),
        (
            &["example.org FAIL"],
            "unknown: The TXT records of example.org are not known: no answer in time.",
        ),
    ] {
        assert_eq!(world(records, &["192.0.2.1"])[0], line);
    }
}

#[test]
fn look_ups_are_counted_through_includes() {
    let cost = |records: &[&str]| world(records, &["192.0.2.1"])[1].clone();
    let counted = |all, void| {
        format!("Receivers look up {all} of at most 10 names, {void} of at most 2 in vain.")
    };
    assert_eq!(
        cost(&[
            "example.org TXT v=spf1 include:_spf.google.com a:mx.example.org ip4:192.0.2.1 ~all"
        ]),
        format!("ok: {}", counted(4, 0))
    );
    assert_eq!(
        cost(&["example.org TXT v=spf1 a:gone.example.org ~all"]),
        format!("warn: {}", counted(1, 1))
    );
    let three = "example.org TXT v=spf1 a:g1.example.org mx:g2.example.org a:g3.example.org ~all";
    assert_eq!(cost(&[three]), format!("fail: {}", counted(3, 3)));
    assert_eq!(
        cost(&["example.org TXT v=spf1 include:nothing.example.net ~all"]),
        format!("fail: {}", counted(1, 1))
    );
    assert_eq!(
        cost(&[
            "example.org TXT v=spf1 include:b.example.net ~all",
            "b.example.net TXT v=spf1 include:example.org ~all"
        ]),
        format!("fail: {}", counted(2, 0))
    );
    assert_eq!(
        cost(&["example.org TXT v=spf1 ptr ~all"]),
        format!("warn: {}", counted(1, 0))
    );
    assert_eq!(
        cost(&[
            "example.org TXT v=spf1 include:slow.example.net ~all",
            "slow.example.net FAIL"
        ]),
        format!("unknown: {}", counted(1, 0))
    );
    let eleven: String = (0..11)
        .map(|at| format!(" exists:{at}.example.org"))
        .collect();
    let eleven = format!("example.org TXT v=spf1{eleven} ~all");
    assert_eq!(cost(&[&eleven]), format!("fail: {}", counted(11, 0)));
    // A record that includes a hundred others is not followed without end.
    let wide: String = (0..100)
        .map(|at| format!(" include:w{at}.example.org"))
        .collect();
    let wide = format!("v=spf1{wide} ~all");
    let mut records = vec![format!("example.org TXT {wide}")];
    records.extend((0..100).map(|at| format!("w{at}.example.org TXT {wide}")));
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    assert!(cost(&records).starts_with("fail: "));
}

#[test]
fn the_end_of_a_record_matters() {
    for (end, verdict) in [
        ("-all", "ok"),
        ("~all", "ok"),
        ("?all", "warn"),
        ("+all", "fail"),
        ("all", "fail"),
        ("", "warn"),
        ("redirect=_spf.google.com", "ok"),
    ] {
        let record = format!("example.org TXT v=spf1 ip4:192.0.2.1 {end}");
        let lines = world(&[&record], &["192.0.2.1"]);
        assert!(lines[2].starts_with(verdict), "{end}: {lines:?}");
    }
}

#[test]
fn a_relay_that_is_missing_is_worth_a_record_or_a_question() {
    let record = "example.org TXT v=spf1 mx -all";
    let mut subject = subject(&["192.0.2.1", "2001:db8::1"]);
    let findings = World(&[record]).judge(&subject);
    assert_eq!(
        published(&findings, Check::Spf),
        ["example.org TXT v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 mx -all"]
    );
    let records = [
        record,
        "relay.example.net A 192.0.2.9",
        "relay.example.net AAAA 2001:db8::9",
    ];
    subject.relay = Relay::Host("relay.example.net".into());
    let findings = World(&records).judge(&subject);
    let last = lines(&findings, Check::Spf).pop().unwrap();
    assert_eq!(
        last,
        "warn: The record does not cover 192.0.2.9, 2001:db8::9."
    );
    subject.relay = Relay::Host("gone.example.net".into());
    let last = lines(&World(&records).judge(&subject), Check::Spf)
        .pop()
        .unwrap();
    assert_eq!(last, "fail: The relay gone.example.net has no address.");
    subject.relay = Relay::Unknown;
    let last = lines(&World(&records).judge(&subject), Check::Spf)
        .pop()
        .unwrap();
    assert!(
        last.starts_with("n/a: Mail goes to a program on this machine"),
        "{last}"
    );
    let findings = World(&[]).judge(&subject);
    assert_eq!(
        published(&findings, Check::Spf),
        ["example.org TXT v=spf1 mx ~all"]
    );
}

#[test]
fn terms_are_read_as_the_grammar_has_them() {
    let terms = |text: &str| parse(text).map(|record| record.terms.len());
    assert_eq!(terms("v=spf1"), Ok(0));
    assert_eq!(terms("v=spf1  a   mx  "), Ok(2));
    for bad in [
        "all:x",
        "a:",
        "a/33",
        "a//129",
        "a/024",
        "ip4:",
        "ip6:1.2.3.4",
        "ip4:::1",
        "redirect=",
        "+",
        "exists",
        "foo",
        "a:b%c",
    ] {
        assert_eq!(terms(&format!("v=spf1 {bad}")).unwrap_err(), bad);
    }
    let record = parse("v=spf1 a:example.org/24//64").unwrap();
    let Mechanism::A(target) = &record.terms[0].mechanism else {
        panic!("{record:?}")
    };
    assert_eq!(
        (target.domain.as_deref(), target.v4, target.v6),
        (Some("example.org"), 24, 64)
    );
    assert!(parse("v=spf1 redirect=a.example redirect=b.example").is_err());
}

#[test]
fn a_question_that_is_open_is_asked_and_nothing_guessed() {
    let answers = Answers::default();
    assert_eq!(
        walk::check(&answers, "example.org", "192.0.2.1".parse().unwrap()),
        None
    );
    assert_eq!(answers.open().len(), 1);
    assert_ne!(Outcome::None, Outcome::Neutral);
}
