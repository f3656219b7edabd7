//! DMARC: policies, where they come from, and who is aligned.

use super::{World, lines, published, signed, subject};
use crate::domain::dns::dmarc::read;
use crate::domain::dns::report::Check;

#[test]
fn policies_are_judged() {
    for (record, verdict) in [
        ("v=DMARC1; p=reject; rua=mailto:a@example.org", "ok"),
        ("v=DMARC1;p=quarantine;rua=mailto:a@example.org;", "ok"),
        ("V = dmarc1 ; P = Reject", "ok"),
        ("v=DMARC1; p=none; rua=mailto:a@example.org", "warn"),
        ("v=DMARC1; p=reject; pct=50", "warn"),
        ("v=DMARC1; p=reject; pct=101", "fail"),
        ("v=DMARC1; rua=mailto:a@example.org", "fail"),
        ("v=DMARC1; p=rejected", "fail"),
        ("v=DMARC1; p=none; sp=all", "fail"),
        ("v=DMARC1 p=none", "warn"),
        ("v=DMARC2; p=reject", "warn"),
    ] {
        let txt = format!("_dmarc.example.org TXT {record}");
        let lines = lines(&World(&[&txt]).judge(&subject(&[])), Check::Dmarc);
        assert!(lines[0].starts_with(verdict), "{record}: {lines:?}");
    }
    assert!(read("v=DMARC1; p=reject; psd=y").unwrap().suffix);
}

#[test]
fn a_policy_is_looked_for_upwards() {
    let mut one = subject(&[]);
    one.domain = "mail.news.example.org".into();
    one.from_domain.clone_from(&one.domain);
    let dmarc = |records: &[&str]| lines(&World(records).judge(&one), Check::Dmarc);
    let above = "_dmarc.example.org TXT v=DMARC1; p=reject; rua=mailto:a@example.org";
    assert_eq!(
        dmarc(&[above])[0],
        "ok: The policy is reject, from example.org above it."
    );
    let below = "_dmarc.example.org TXT v=DMARC1; p=reject; sp=none";
    assert_eq!(
        dmarc(&[below])[0],
        "warn: The policy is none, from example.org above it."
    );
    let own = "_dmarc.mail.news.example.org TXT v=DMARC1; p=quarantine; rua=mailto:a@example.org";
    assert_eq!(dmarc(&[own, below])[0], "ok: The policy is quarantine.");
    let suffix = "_dmarc.example.org TXT v=DMARC1; p=reject; psd=y";
    assert_eq!(
        dmarc(&[suffix])[0],
        "warn: mail.news.example.org has no DMARC record."
    );
    assert_eq!(
        dmarc(&["_dmarc.news.example.org FAIL"])[0],
        "unknown: The policy at _dmarc.news.example.org is not known: no answer in time."
    );
    let twice = [
        "_dmarc.example.org TXT v=DMARC1; p=none",
        "_dmarc.example.org TXT v=DMARC1; p=reject",
    ];
    assert_eq!(
        dmarc(&twice)[0],
        "fail: There are 2 DMARC records at _dmarc.example.org."
    );
    let findings = World(&[]).judge(&one);
    assert_eq!(
        published(&findings, Check::Dmarc),
        [
            "_dmarc.mail.news.example.org TXT v=DMARC1; p=none; rua=mailto:dmarc@mail.news.example.org"
        ]
    );
    // A name of many labels costs a few questions, not one for each.
    one.domain = "a.b.c.d.e.f.g.h.i.example.org".into();
    one.from_domain.clone_from(&one.domain);
    assert_eq!(
        lines(&World(&[above]).judge(&one), Check::Dmarc)[0],
        "ok: The policy is reject, from example.org above it."
    );
}

#[test]
fn alignment_is_strict_where_the_record_says_so() {
    let relaxed = "_dmarc.example.org TXT v=DMARC1; p=reject; rua=mailto:a@example.org";
    let strict =
        "_dmarc.example.org TXT v=DMARC1; p=reject; adkim=s; aspf=s; rua=mailto:a@example.org";
    let none = "unrelated.example TXT x";
    for (record, envelope, signers, line) in [
        (
            relaxed,
            "example.org",
            &["example.org"][..],
            "ok: SPF's and DKIM's domains both fit From's.",
        ),
        (
            relaxed,
            "bounce.example.org",
            &["mail.example.org"],
            "ok: SPF's and DKIM's domains both fit From's.",
        ),
        (
            relaxed,
            "example.net",
            &["example.org"],
            "ok: DKIM's domain fits From's, SPF's does not.",
        ),
        (
            relaxed,
            "example.org",
            &[],
            "warn: Only SPF's domain fits From's, and SPF is lost when mail is forwarded.",
        ),
        (
            relaxed,
            "example.org",
            &["example.net"],
            "warn: SPF's domain fits From's; the signature's does not.",
        ),
        (
            relaxed,
            "example.net",
            &["example.net"],
            "fail: Neither SPF's nor DKIM's domain fits From's.",
        ),
        (
            strict,
            "example.org",
            &["example.org"],
            "ok: SPF's and DKIM's domains both fit From's.",
        ),
        (
            strict,
            "bounce.example.org",
            &["example.org"],
            "ok: DKIM's domain fits From's, SPF's does not.",
        ),
        (
            strict,
            "bounce.example.org",
            &["mail.example.org"],
            "fail: Neither SPF's nor DKIM's domain fits From's.",
        ),
        (
            none,
            "bounce.example.org",
            &["example.org"],
            "ok: SPF's and DKIM's domains both fit From's.",
        ),
        (
            none,
            "notexample.org",
            &["example.net"],
            "fail: Neither SPF's nor DKIM's domain fits From's.",
        ),
    ] {
        let mut one = subject(&[]);
        one.domain = envelope.into();
        one.signatures = signers.iter().map(|signer| signed(signer, "s")).collect();
        let lines = lines(&World(&[record]).judge(&one), Check::Dmarc);
        assert_eq!(lines[1], line, "{record} {envelope} {signers:?}");
    }
}

#[test]
fn names_below_a_public_suffix_do_not_belong_together() {
    let mut one = subject(&[]);
    one.from_domain = "ours.example.co".into();
    one.domain = "theirs.example.co".into();
    let records = [
        "_dmarc.example.co TXT v=DMARC1; p=reject; psd=y",
        "_dmarc.ours.example.co TXT v=DMARC1; p=reject; rua=mailto:a@ours.example.co",
        "_dmarc.theirs.example.co TXT v=DMARC1; p=reject; rua=mailto:a@theirs.example.co",
    ];
    assert_eq!(
        lines(&World(&records).judge(&one), Check::Dmarc)[1],
        "fail: Neither SPF's nor DKIM's domain fits From's."
    );
}
