//! Key records: what receivers take, and what they refuse.

use super::{World, lines, published, signed, subject};
use crate::domain::dns::dkim::{Fault, KeyKind, read, rsa_bits, rsa_public_key_info};
use crate::domain::dns::report::Check;
use crate::domain::dns::subject::PublicKey;

/// RFC 6376, appendix C: 1024 bits.
const RSA_1024: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";
/// RFC 8463, appendix A.2.
const ED25519: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

#[test]
fn records_are_read_as_receivers_read_them() {
    let key = |tags: &str| format!("{tags}p={RSA_1024}");
    for (text, outcome) in [
        (key("v=DKIM1; k=rsa; "), Ok((KeyKind::Rsa, 1024, false))),
        (key(""), Ok((KeyKind::Rsa, 1024, false))),
        (key("v=DKIM1;t=y:s;"), Ok((KeyKind::Rsa, 1024, true))),
        (
            key("v=DKIM1; h=sha1:sha256; s=email; "),
            Ok((KeyKind::Rsa, 1024, false)),
        ),
        (
            key("v=DKIM1; s=*; n=a note; "),
            Ok((KeyKind::Rsa, 1024, false)),
        ),
        (
            format!("v=DKIM1; k=ed25519; p={ED25519}"),
            Ok((KeyKind::Ed25519, 256, false)),
        ),
        (
            key("v=DKIM1; ").replacen("AQ", "A Q", 1),
            Ok((KeyKind::Rsa, 1024, false)),
        ),
        ("v=DKIM1; p=".to_owned(), Err(Fault::Revoked)),
        ("v=DKIM1; k=rsa".to_owned(), Err(Fault::NoKey)),
        (key("k=rsa; v=DKIM1; "), Err(Fault::Version)),
        (key("v=DKIM2; "), Err(Fault::Version)),
        (key("v=DKIM1; k=dsa; "), Err(Fault::Kind)),
        (key("v=DKIM1; h=sha1; "), Err(Fault::Hash)),
        (key("v=DKIM1; s=tlsrpt; "), Err(Fault::Service)),
        ("v=DKIM1; p=not base64!".to_owned(), Err(Fault::Damaged)),
        ("v=DKIM1; p=AAAA".to_owned(), Err(Fault::Damaged)),
        ("v=DKIM1; k=ed25519; p=AAAA".to_owned(), Err(Fault::Damaged)),
        (
            format!("v=DKIM1; k=rsa; p={}", &RSA_1024[..100]),
            Err(Fault::Damaged),
        ),
        ("\"v=DKIM1; p=\"".to_owned(), Err(Fault::Damaged)),
        ("some site verification".to_owned(), Err(Fault::NoTags)),
    ] {
        let found = read(&text).map(|key| (key.kind, key.bits, key.testing));
        assert_eq!(found, outcome, "{text}");
    }
}

#[test]
fn a_modulus_is_measured_with_and_without_its_wrapping() {
    let key = read(&format!("p={RSA_1024}")).unwrap();
    assert_eq!(rsa_bits(&key.bytes), Some(1024));
    let bare = &key.bytes[22..];
    assert_eq!(rsa_bits(bare), Some(1024));
    assert_eq!(rsa_public_key_info(bare), key.bytes);
    for cut in 0..key.bytes.len() {
        assert_eq!(rsa_bits(&key.bytes[..cut]), None, "{cut}");
    }
    for junk in [
        &[0x30, 0x80][..],
        &[0x30, 0x83, 1, 0, 0],
        &[0x02, 1, 1],
        &[0x30, 2, 0x02, 0],
        &[0xff; 40],
    ] {
        assert_eq!(rsa_bits(junk), None, "{junk:?}");
    }
}

#[test]
fn the_published_key_is_held_against_ours() {
    let at = "s1._domainkey.example.org TXT";
    let record = format!("v=DKIM1; k=rsa; p={RSA_1024}");
    let mut subject = subject(&[]);
    subject.signatures = vec![signed("example.org", "s1")];
    subject.signatures[0].key = Some(PublicKey {
        kind: KeyKind::Rsa,
        bytes: read(&record).unwrap().bytes,
        record: record.clone(),
    });
    let cases = [
        (
            vec![format!("{at} {record}")],
            "warn: The key at s1._domainkey.example.org is RSA, 1024 bits, the one that mails are signed with.",
            false,
        ),
        (
            vec![],
            "fail: There is no key at s1._domainkey.example.org.",
            true,
        ),
        (
            vec![format!("{at} k=ed25519; p={ED25519}")],
            "fail: The key at s1._domainkey.example.org is not the one that mails are signed with.",
            true,
        ),
        (
            vec![format!("{at} v=DKIM1; p=")],
            "fail: The record at s1._domainkey.example.org revokes the key (p= is empty).",
            true,
        ),
        (
            vec![format!("{at} {record}"), format!("{at} {record}")],
            "fail: There are 2 TXT records at s1._domainkey.example.org; receivers take any of them.",
            true,
        ),
        (
            vec!["s1._domainkey.example.org FAIL".to_owned()],
            "unknown: The key at s1._domainkey.example.org is not known: no answer in time.",
            false,
        ),
    ];
    for (records, line, publish) in cases {
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        let findings = World(&records).judge(&subject);
        assert_eq!(lines(&findings, Check::Dkim), [line]);
        let wanted = publish.then(|| format!("{at} {record}"));
        assert_eq!(
            published(&findings, Check::Dkim),
            wanted.into_iter().collect::<Vec<_>>()
        );
    }
}

#[test]
fn ed25519_alone_is_not_enough() {
    let record = format!("v=DKIM1; k=ed25519; p={ED25519}");
    let mut subject = subject(&[]);
    assert_eq!(
        lines(&World(&[]).judge(&subject), Check::Dkim),
        ["warn: Mails are not signed here: no key is set."]
    );
    subject.signatures = vec![signed("example.org", "e1")];
    subject.signatures[0].key = Some(PublicKey {
        kind: KeyKind::Ed25519,
        bytes: read(&record).unwrap().bytes,
        record: record.clone(),
    });
    let txt = format!("e1._domainkey.example.org TXT {record}");
    let lines = lines(&World(&[&txt]).judge(&subject), Check::Dkim);
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("ok: ") && lines[1].starts_with("warn: "),
        "{lines:?}"
    );
}
