//! Signed mail: made with the commands of Leptos.toml, verified by dkimpy.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{House, Mail, SECOND, peer};

const PROGRAM: &str = include_str!("support/verify_dkim.py");
const KEYS: [(&str, &str, &str); 2] = [
    (
        "mail.dkim_selector",
        "mail.dkim_key_file",
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/server/mail/tests/keys/rsa2048.pem"
        ),
    ),
    (
        "mail.dkim_ed25519_selector",
        "mail.dkim_ed25519_key_file",
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/server/mail/tests/keys/ed25519.pem"
        ),
    ),
];

/// A reset mail that went through the whole server into its mailbox.
async fn reset_mail(settings: &[(&str, &str)]) -> (House, Mail) {
    let mut house = House::with(settings).await;
    house.add("alice").await;
    house.browser().ask("alice").await;
    let mail = house.mail().await;
    (house, mail)
}

/// What dkimpy says, with these records published.
fn verified(python: &Path, message: &str, records: &[(String, String)]) -> Value {
    let records = records
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let mut child = Command::new(python)
        .args(["-c", PROGRAM])
        .args(records)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(message.as_bytes()).unwrap();
    drop(pipe);
    let ran = child.wait_with_output().unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// The records that `postern mail dkim-record` prints.
fn records(house: &House) -> Vec<(String, String)> {
    use postern::server::mail::dkim::record;
    let settings = &house.service().config.mail;
    let domain = settings
        .dkim
        .domain
        .clone()
        .or_else(|| settings.from_domain())
        .unwrap();
    let keys = settings.dkim.keys.iter();
    keys.map(|key| (record::name(key, &domain), record::value(key)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_signatures_verify_and_notice_every_change() {
    let python = ["/usr/bin/python3", "python3"];
    let Some(python) = peer(
        "peers-python",
        &python,
        &["-c", "import dkim, nacl.signing"],
    ) else {
        return;
    };
    let [(rsa, rsa_file, rsa_pem), (ed, ed_file, ed_pem)] = KEYS;
    let settings = [
        ("mail.from", "Пример <noreply@bücher.example>"),
        ("mail.reply_to", "help@example.org"),
        ("site.name", "Пример & Söhne"),
        (rsa, "s2026"),
        (rsa_file, rsa_pem),
        (ed, "e2026"),
        (ed_file, ed_pem),
    ];
    let (house, mail) = reset_mail(&settings).await;
    let published = records(&house);
    let now = house.clock.now().millis() / 1000;
    let answer = verified(&python, &mail.source, &published);
    assert_eq!(answer["verdicts"], json!([true, true]), "{answer}");
    assert_eq!(answer["unnoticed"], json!([]), "{answer}");
    assert_eq!(answer["carried"], json!([true, true]), "{answer}");
    assert!(answer["tried"].as_u64().unwrap() > 500, "{answer}");
    for (signature, algorithm, selector) in [
        (&answer["signed"][0], "rsa-sha256", "s2026"),
        (&answer["signed"][1], "ed25519-sha256", "e2026"),
    ] {
        assert_eq!(signature["a"], algorithm);
        assert_eq!(signature["s"], selector);
        assert_eq!(signature["d"], "xn--bcher-kva.example");
        assert_eq!(signature["c"], "relaxed/relaxed");
        assert!(
            (signature["t"].as_i64().unwrap() - now).abs() < 60,
            "{signature}"
        );
        let names: Vec<&str> = signature["h"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        for (name, times) in [
            ("from", 2),
            ("to", 2),
            ("subject", 2),
            ("reply-to", 2),
            ("content-type", 2),
            ("date", 1),
            ("message-id", 1),
            ("mime-version", 1),
            ("auto-submitted", 1),
        ] {
            let found = names.iter().filter(|other| **other == name).count();
            assert_eq!(found, times, "{name} in {names:?}");
        }
    }
    // The wrong key says no: the check can fail.
    let swapped = [
        (published[0].0.clone(), published[1].1.clone()),
        (published[1].0.clone(), published[0].1.clone()),
    ];
    let answer = verified(&python, &mail.source, &swapped);
    assert_eq!(answer["verdicts"], json!([false, false]), "{answer}");
    assert_eq!(
        verified(&python, &mail.source, &[])["verdicts"],
        json!([false, false])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mail_of_a_kind_is_signed_for_the_domain_that_is_set() {
    let [(rsa, rsa_file, rsa_pem), _] = KEYS;
    let settings = [
        ("mail.from", "noreply@mail.example.org"),
        ("mail.message_id_domain", "ids.example.org"),
        ("mail.dkim_domain", "Example.ORG"),
        (rsa, "s2026"),
        (rsa_file, rsa_pem),
    ];
    let (mut house, mail) = reset_mail(&settings).await;
    house.advance(60 * SECOND);
    house
        .browser()
        .fill("/sign-up", &[("email", "new@example.org")])
        .await;
    for mail in [mail, house.mail().await] {
        let signatures: Vec<_> = mail.source.match_indices("DKIM-Signature: ").collect();
        assert_eq!(signatures.len(), 1, "{}", mail.source);
        assert!(
            mail.source.contains("; s=s2026; d=example.org; "),
            "{}",
            mail.source
        );
        let id = mail
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("message-id"))
            .unwrap();
        assert!(
            id.1.trim()
                .trim_end_matches('>')
                .ends_with("@ids.example.org"),
            "{id:?}"
        );
        assert_eq!(mail.envelope_from, "noreply@mail.example.org");
    }
    let log = house.log();
    assert!(
        !log.contains("PRIVATE KEY")
            && !format!("{:?}", house.service().config).contains("PRIVATE")
    );
}
