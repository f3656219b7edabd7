//! Signing keys: which files are taken, what is said about the others, and the records that go with them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::config;
use crate::domain::dns::dkim::KeyKind;
use crate::server::config::{Sources, load};
use crate::server::mail::dkim::{KeyError, SigningKey, record};

const RSA: &[u8] = include_bytes!("keys/rsa2048.pem");
const RSA_PKCS1: &[u8] = include_bytes!("keys/rsa2048-pkcs1.pem");
const RSA_1024: &[u8] = include_bytes!("keys/rsa1024.pem");
const RSA_PUBLIC: &str = include_str!("keys/public.pem");
const ED25519: &[u8] = include_bytes!("keys/ed25519.pem");
const EC: &[u8] = include_bytes!("keys/ec.pem");
const ENCRYPTED: &[u8] = include_bytes!("keys/encrypted.pem");
const ENCRYPTED_PKCS1: &[u8] = include_bytes!("keys/rsa-encrypted-pkcs1.pem");
/// What `openssl pkey -pubout` says of `keys/ed25519.pem`: its last 32 bytes.
const ED25519_PUBLIC: &str = "KoFmJ868HGDTyJfZrpunZ2wjjfvPHlj6dDrzRmRuusE=";

/// A file beside this one.
fn file(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/mail/tests/keys");
    format!("{folder}/{name}")
}

#[test]
fn each_file_that_is_no_such_key_is_named_for_what_it_is() {
    use KeyKind::{Ed25519, Rsa};
    let broken = String::from_utf8_lossy(RSA).replacen("MII", "MIJ", 1);
    let public = RSA_PUBLIC.as_bytes();
    let cases: [(&str, &[u8], KeyKind, KeyError); 12] = [
        ("empty", b"", Rsa, KeyError::NoPem),
        ("text", b"hello", Ed25519, KeyError::NoPem),
        ("public", public, Rsa, KeyError::Public),
        ("encrypted", ENCRYPTED, Ed25519, KeyError::Encrypted),
        (
            "encrypted PKCS#1",
            ENCRYPTED_PKCS1,
            Rsa,
            KeyError::Encrypted,
        ),
        ("small", RSA_1024, Rsa, KeyError::TooSmall),
        ("EC for RSA", EC, Rsa, KeyError::OtherKind),
        ("EC for Ed25519", EC, Ed25519, KeyError::OtherKind),
        ("Ed25519 for RSA", ED25519, Rsa, KeyError::IsEd25519),
        ("RSA for Ed25519", RSA, Ed25519, KeyError::IsRsa),
        ("PKCS#1 for Ed25519", RSA_PKCS1, Ed25519, KeyError::IsRsa),
        ("broken", broken.as_bytes(), Rsa, KeyError::Damaged),
    ];
    for (name, text, kind, error) in cases {
        let found = SigningKey::from_pem(text, kind, "s").map(|_| ());
        assert_eq!(found, Err(error), "{name}");
    }
}

#[test]
fn the_records_are_those_that_openssl_makes() {
    let published: String = RSA_PUBLIC
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    for pem in [RSA, RSA_PKCS1] {
        let key = SigningKey::from_pem(pem, KeyKind::Rsa, "s2026").unwrap();
        assert_eq!(
            record::value(&key),
            format!("v=DKIM1; k=rsa; p={published}")
        );
        assert_eq!(
            record::name(&key, "example.org"),
            "s2026._domainkey.example.org"
        );
        assert_eq!((key.bits(), key.kind()), (2048, KeyKind::Rsa));
        assert_eq!(STANDARD.encode(key.public()), published);
    }
    let key = SigningKey::from_pem(ED25519, KeyKind::Ed25519, "e").unwrap();
    assert_eq!(
        record::value(&key),
        format!("v=DKIM1; k=ed25519; p={ED25519_PUBLIC}")
    );
}

#[test]
fn a_long_record_is_a_zone_line_of_strings_that_join_to_it() {
    let value = format!("v=DKIM1; p={}", "A".repeat(390));
    let line = record::zone_line("s._domainkey.example.org", &value);
    let strings: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    assert_eq!(strings.concat(), value);
    assert!(strings.iter().all(|part| part.len() <= 255), "{line}");
    assert!(
        line.starts_with("s._domainkey.example.org. IN TXT (\n  \"v=DKIM1; p=A"),
        "{line}"
    );
    let short = record::zone_line("e._domainkey.example.org", "v=DKIM1; k=ed25519; p=AA==");
    assert_eq!(
        short,
        "e._domainkey.example.org. IN TXT \"v=DKIM1; k=ed25519; p=AA==\""
    );
}

#[test]
fn keys_do_not_print() {
    let key = SigningKey::from_pem(RSA, KeyKind::Rsa, "s2026").unwrap();
    let printed = format!("{key:?}");
    assert_eq!(
        printed,
        "SigningKey { selector: \"s2026\", kind: Rsa, bits: 2048, .. }"
    );
}

#[test]
fn settings_that_do_not_fit_stop_the_start_with_one_line() {
    let rsa = file("rsa2048.pem");
    let cases: [(&[(&str, &str)], &str); 7] = [
        (
            &[("mail.dkim_selector", "s")],
            "mail.dkim_selector = \"s\" (from the command line): needs mail.dkim_key_file as well",
        ),
        (
            &[("mail.dkim_ed25519_key_file", &file("ed25519.pem"))],
            "needs mail.dkim_ed25519_selector as well",
        ),
        (
            &[
                ("mail.dkim_selector", "s"),
                ("mail.dkim_key_file", "no/such.pem"),
            ],
            "mail.dkim_key_file = \"no/such.pem\" (from the command line): cannot be read: ",
        ),
        (
            &[
                ("mail.dkim_selector", "s"),
                ("mail.dkim_key_file", &file("rsa1024.pem")),
            ],
            "holds an RSA key of fewer than 2048 bits",
        ),
        (
            &[("mail.dkim_selector", "s s"), ("mail.dkim_key_file", &rsa)],
            "must be a selector: letters, digits, hyphens and dots",
        ),
        (
            &[
                ("mail.dkim_selector", "s"),
                ("mail.dkim_key_file", &rsa),
                ("mail.dkim_ed25519_selector", "S"),
                ("mail.dkim_ed25519_key_file", &file("ed25519.pem")),
            ],
            "must differ from mail.dkim_selector",
        ),
        (
            &[("mail.dkim_domain", "exa mple")],
            "must be a domain, such as \"example.org\"",
        ),
    ];
    for (settings, part) in cases {
        let flags = settings
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()));
        let sources = Sources {
            flags: flags.collect(),
            ..Sources::default()
        };
        let line = load(&sources).unwrap_err().to_string();
        assert!(line.contains(part) && line.lines().count() == 1, "{line}");
        assert!(!line.contains("BEGIN"), "{line}");
    }
}

#[test]
fn a_key_that_everybody_reads_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::write(&path, RSA).unwrap();
    for (mode, warned) in [(0o600, false), (0o640, false), (0o644, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let pairs = [
            ("mail.dkim_selector", "s"),
            ("mail.dkim_key_file", path.to_str().unwrap()),
        ];
        let flags = pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec();
        let (config, warnings) = load(&Sources {
            flags,
            ..Sources::default()
        })
        .unwrap();
        assert_eq!(config.mail.dkim.keys.len(), 1);
        let lines: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        let found = lines
            .iter()
            .any(|line| line.contains("mail.dkim_key_file names a file that everybody"));
        assert_eq!(found, warned, "{lines:?}");
    }
}

#[test]
fn domains_of_settings_may_be_written_in_their_own_letters() {
    let settings = config(&[
        ("mail.from", "Bücher <post@bücher.example>"),
        ("mail.dkim_domain", "Bücher.example"),
        ("mail.message_id_domain", "ids.bücher.example"),
    ]);
    let mail = settings.mail;
    assert_eq!(mail.from_domain().as_deref(), Some("xn--bcher-kva.example"));
    assert_eq!(
        mail.from_address().unwrap().as_str(),
        "post@xn--bcher-kva.example"
    );
    assert_eq!(mail.dkim.domain.as_deref(), Some("xn--bcher-kva.example"));
    assert_eq!(
        mail.message_id_domain.as_deref(),
        Some("ids.xn--bcher-kva.example")
    );
}
