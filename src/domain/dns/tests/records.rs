//! MX, reverse DNS, MTA-STS and TLS-RPT.

use proptest::prelude::*;

use super::{World, lines, published, signed, subject};
use crate::domain::dns::mta_sts;
use crate::domain::dns::report::Check;
use crate::domain::dns::subject::Relay;

fn of(check: Check, records: &[&str]) -> String {
    lines(&World(records).judge(&subject(&["203.0.113.7"])), check).remove(0)
}

#[test]
fn bounces_need_somewhere_to_go() {
    let (mx, host) = (
        "example.org MX 10 mx.example.org",
        "mx.example.org A 203.0.113.25",
    );
    for (records, line) in [
        (
            &[mx, host][..],
            "ok: Bounces go to the mail server of example.org.",
        ),
        (
            &[mx, "example.org MX 20 mx.example.org", host],
            "ok: Bounces go to 2 mail servers of example.org.",
        ),
        (&[], "fail: example.org does not exist in the DNS."),
        (
            &["example.org MX 0"],
            "fail: example.org takes no mail (null MX), so bounces cannot come back.",
        ),
        (
            &["example.org MX 0", mx, host],
            "fail: example.org has a null MX beside others, which contradict it.",
        ),
        (
            &["example.org A 203.0.113.1"],
            "warn: example.org has no MX record; bounces go to its own address.",
        ),
        (
            &["example.org TXT x"],
            "fail: example.org has neither MX nor an address: bounces cannot come back.",
        ),
        (
            &[mx],
            "fail: No mail server of example.org has an address: mx.example.org.",
        ),
        (
            &[mx, host, "example.org MX 20 gone.example.org"],
            "warn: Some mail servers of example.org have no address: gone.example.org.",
        ),
        (
            &[mx, "mx.example.org FAIL"],
            "unknown: example.org has the mail server; not all of their addresses are known.",
        ),
        (
            &["example.org FAIL"],
            "unknown: The MX records of example.org are not known: no answer in time.",
        ),
    ] {
        assert_eq!(of(Check::Mx, records), line, "{records:?}");
    }
}

#[test]
fn an_address_needs_a_name_that_leads_back() {
    let ptr = "7.113.0.203.in-addr.arpa PTR mail.example.org";
    for (records, line) in [
        (
            &[ptr, "mail.example.org A 203.0.113.7"][..],
            "ok: 203.0.113.7 is mail.example.org, and that is 203.0.113.7.",
        ),
        (&[], "fail: 203.0.113.7 has no name (PTR)."),
        (
            &[ptr],
            "fail: 203.0.113.7 is mail.example.org, which does not lead back to it.",
        ),
        (
            &[ptr, "mail.example.org A 203.0.113.8"],
            "fail: 203.0.113.7 is mail.example.org, which does not lead back to it.",
        ),
        (
            &[ptr, "mail.example.org FAIL"],
            "unknown: 203.0.113.7 is mail.example.org; whether that leads back is not known.",
        ),
        (
            &["7.113.0.203.in-addr.arpa FAIL"],
            "unknown: The name of 203.0.113.7 is not known: no answer in time.",
        ),
        (
            &[
                "7.113.0.203.in-addr.arpa PTR 7-113-0-203.dyn.example.net",
                "7-113-0-203.dyn.example.net A 203.0.113.7",
            ],
            "warn: 203.0.113.7 is 7-113-0-203.dyn.example.net, which looks like a customer's line.",
        ),
    ] {
        assert_eq!(of(Check::ReverseDns, records), line, "{records:?}");
    }
    let findings = World(&[ptr]).judge(&subject(&["203.0.113.7"]));
    assert_eq!(
        published(&findings, Check::ReverseDns),
        ["mail.example.org A 203.0.113.7"]
    );
    let v6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR six.example.org";
    let records = [v6, "six.example.org AAAA 2001:db8::1"];
    let line = lines(
        &World(&records).judge(&subject(&["2001:db8::1"])),
        Check::ReverseDns,
    )
    .remove(0);
    assert_eq!(
        line,
        "ok: 2001:db8::1 is six.example.org, and that is 2001:db8::1."
    );
    let private = lines(
        &World(&[]).judge(&subject(&["127.0.0.1"])),
        Check::ReverseDns,
    )
    .remove(0);
    assert!(
        private.starts_with("n/a: 127.0.0.1 is private"),
        "{private}"
    );
    let mut relayed = subject(&[]);
    relayed.relay = Relay::Host("relay.example.net".into());
    let line = lines(
        &World(&["relay.example.net A 203.0.113.7"]).judge(&relayed),
        Check::ReverseDns,
    )
    .remove(0);
    assert!(
        line.starts_with("n/a: Mail leaves through relay.example.net"),
        "{line}"
    );
}

#[test]
fn a_policy_must_be_there_and_know_the_mail_servers() {
    let (mx, host) = (
        "example.org MX 10 mx1.mail.example.org",
        "mx1.mail.example.org A 203.0.113.25",
    );
    let txt = "_mta-sts.example.org TXT v=STSv1; id=20260101T000000;";
    let policy = |mode: &str, pattern: &str| {
        format!("example.org POLICY version: STSv1|mode: {mode}|mx: {pattern}|max_age: 604800|")
    };
    let judged = |records: &[&str]| of(Check::MtaSts, &[records, &[mx, host]].concat());
    assert_eq!(
        judged(&[]),
        "n/a: There is none; it protects mail to the domain, not mail from here."
    );
    for (mode, pattern, line) in [
        (
            "enforce",
            "mx1.mail.example.org",
            "ok: The policy is enforce, for 604800 seconds.",
        ),
        (
            "enforce",
            "*.mail.example.org",
            "ok: The policy is enforce, for 604800 seconds.",
        ),
        (
            "enforce",
            "*.example.org",
            "fail: The policy is enforce, for 604800 seconds. It does not know mx1.mail.example.org.",
        ),
        (
            "testing",
            "old.example.org",
            "warn: The policy is testing, for 604800 seconds. It does not know mx1.mail.example.org.",
        ),
        (
            "strict",
            "x.example.org",
            "warn: The policy cannot be used: its mode is not enforce, testing or none.",
        ),
    ] {
        assert_eq!(judged(&[txt, &policy(mode, pattern)]), line);
    }
    assert!(judged(&[txt]).starts_with("warn: There is a record, but no policy"));
    let bad = judged(&["_mta-sts.example.org TXT v=STSv1;"]);
    assert!(
        bad.starts_with("warn: The record at _mta-sts.example.org has no id="),
        "{bad}"
    );
    assert!(judged(&[txt, txt]).starts_with("warn: There are 2 MTA-STS records"));
    assert!(judged(&["_mta-sts.example.org FAIL"]).starts_with("unknown: "));
    for (text, fault) in [
        ("", "it has no version: STSv1"),
        (
            "version: STSv1\nmode: enforce\nmx: a.example\n",
            "its max_age is not a number of seconds up to a year",
        ),
        (
            "version: STSv1\nmode: enforce\nmax_age: 99999999\nmx: a.example\n",
            "its max_age is not a number of seconds up to a year",
        ),
        (
            "version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\n",
            "it names no mx",
        ),
        ("<!DOCTYPE html>", "\"<!DOCTYPE html>\" is no key and value"),
    ] {
        assert_eq!(mta_sts::read(text), Err(fault.to_owned()), "{text:?}");
    }
}

#[test]
fn reports_about_tls_need_an_address() {
    let at = "_smtp._tls.example.org TXT";
    for (records, line) in [
        (
            vec![],
            "n/a: No reports about TLS are asked for; they are about mail to the domain.",
        ),
        (
            vec!["v=TLSRPTv1; rua=mailto:a@example.org"],
            "ok: Reports about TLS go to mailto:a@example.org.",
        ),
        (
            vec!["v=TLSRPTv1;rua=https://r.example/x,mailto:a@example.org"],
            "ok: Reports about TLS go to https://r.example/x,mailto:a@example.org.",
        ),
        (
            vec!["v=TLSRPTv1; rua=a@example.org"],
            "warn: The record at _smtp._tls.example.org names no mailto: or https: address in rua=.",
        ),
        (
            vec!["v=TLSRPTv1"],
            "warn: The record at _smtp._tls.example.org names no mailto: or https: address in rua=.",
        ),
        (
            vec![
                "v=TLSRPTv1; rua=mailto:a@b.c",
                "v=TLSRPTv1; rua=mailto:a@b.c",
            ],
            "warn: There are 2 TLS-RPT records at _smtp._tls.example.org.",
        ),
    ] {
        let records: Vec<String> = records.iter().map(|text| format!("{at} {text}")).collect();
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        assert_eq!(of(Check::TlsRpt, &records), line);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever anybody publishes: a verdict, and an end to the questions.
    #[test]
    fn any_record_is_judged(text in any::<String>(), parts in prop::collection::vec(
        prop_oneof![
            Just("v=spf1 "), Just("include:"), Just("example.org"), Just(" "), Just("a:"), Just("%{i}"), Just("%{d2r}"), Just("%{"), Just("/"),
            Just("redirect="), Just("-all"), Just("ip4:"), Just("999"), Just("v=DKIM1; "), Just("p="), Just("k=ed25519; "), Just("AAAA"),
            Just("v=DMARC1; "), Just("p=reject; "), Just("v=STSv1; id="), Just("v=TLSRPTv1; rua="), Just(";"), Just("="), Just("ß"),
        ],
        0..30,
    )) {
        for text in [text.replace(['\n', '\r'], " "), parts.concat()] {
            let names = ["example.org", "s._domainkey.example.org", "_dmarc.example.org", "_mta-sts.example.org", "_smtp._tls.example.org"];
            let mut records: Vec<String> = names.iter().map(|name| format!("{name} TXT {text}")).collect();
            records.push(format!("example.org POLICY {text}"));
            let records: Vec<&str> = records.iter().map(String::as_str).collect();
            let mut one = subject(&["203.0.113.7"]);
            one.signatures = vec![signed("example.org", "s")];
            let findings = World(&records).judge(&one);
            prop_assert!(Check::ALL.iter().all(|check| findings.iter().any(|finding| finding.check == *check)));
        }
    }
}
