//! Whatever a name, a subject or a body holds: one message, its own headers and no other, the one recipient.

use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

use super::{AT, config, example};
use crate::domain::identifier::EmailAddress;
use crate::server::config::Config;
use crate::server::mail::message::{MessageError, OutgoingMessage, build};
use crate::server::mail::render::Rendered;

const HEADERS: [&str; 10] = [
    "auto-submitted",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "subject",
    "to",
    "x-auto-response-suppress",
];

fn built(rendered: &Rendered, config: &Config) -> Result<OutgoingMessage, MessageError> {
    let to = EmailAddress::parse("alice@example.net").unwrap();
    build(rendered, &to, &config.mail, AT)
}

/// Quoted as RFC 5322 3.2.4 has it.
fn from(name: &str) -> String {
    let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{quoted}\" <noreply@example.org>")
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What must hold of the bytes, by their own reading and by a parser's.
fn check(message: &OutgoingMessage, rendered: &Rendered) {
    let bytes = message.bytes();
    assert!(bytes.is_ascii() && !bytes.contains(&0), "7-bit, no NUL");
    let source = std::str::from_utf8(bytes).unwrap();
    for line in source.split("\r\n") {
        assert!(line.len() <= 998, "{} octets: {line}", line.len());
        assert!(!line.contains(['\r', '\n']), "a bare line end: {line:?}");
    }
    let (head, _) = source.split_once("\r\n\r\n").unwrap();
    let fields = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']));
    let mut names: Vec<String> = fields
        .map(|field| field.split_once(": ").unwrap().0.to_ascii_lowercase())
        .collect();
    names.sort();
    assert_eq!(names, HEADERS, "{head}");

    let envelope = message.envelope();
    let to: Vec<String> = envelope.to().iter().map(ToString::to_string).collect();
    assert_eq!(to, ["alice@example.net"]);
    assert_eq!(envelope.from().unwrap().to_string(), "noreply@example.org");
    let parsed = MessageParser::default().parse(bytes).unwrap();
    assert_eq!(parsed.to().unwrap().iter().count(), 1);
    let mailbox = parsed.to().unwrap().first().unwrap();
    assert_eq!(mailbox.address(), Some("alice@example.net"));
    assert_eq!(parsed.from().unwrap().iter().count(), 1);
    let mailbox = parsed.from().unwrap().first().unwrap();
    assert_eq!(mailbox.address(), Some("noreply@example.org"));
    assert_eq!(parsed.attachment_count(), 0);
    assert_eq!(parsed.parts.len(), 3, "the two bodies and what holds them");
    assert!(parsed.parts[1..].iter().all(|part| {
        part.content_type()
            .is_some_and(|kind| kind.c_type == "text")
    }));
    let subject = rendered.subject.replace(char::is_control, " ");
    assert_eq!(
        spaced(parsed.subject().unwrap_or_default()),
        spaced(&subject)
    );
    let clean = |body: &str| {
        let unix = body.replace("\r\n", "\n").replace('\r', "\n");
        let fits = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
        unix.chars()
            .filter(fits)
            .collect::<String>()
            .trim_end()
            .to_owned()
    };
    for (found, put) in [
        (parsed.body_text(0), &rendered.text),
        (parsed.body_html(0), &rendered.html),
    ] {
        let found = found.unwrap_or_default().replace("\r\n", "\n");
        assert_eq!(found.trim_end(), clean(put));
    }
}

/// One value for subject, From's name and bodies alike.
fn try_everywhere(value: &str) {
    let rendered = Rendered {
        subject: value.to_owned(),
        text: format!("{value}\nsecond"),
        html: format!("<p>\n{value}\n</p>"),
    };
    let mut config = example();
    check(&built(&rendered, &config).unwrap(), &rendered);
    config.mail.from = from(value);
    match built(&rendered, &config) {
        Ok(message) => {
            check(&message, &rendered);
            let parsed = MessageParser::default().parse(message.bytes()).unwrap();
            let name = parsed.from().unwrap().first().unwrap().name();
            assert_eq!(
                spaced(name.unwrap_or_default()),
                spaced(value),
                "From shows what was set"
            );
        }
        Err(error) => assert!(matches!(error, MessageError::Mailbox("from")), "{error}"),
    }
}

#[test]
fn hostile_values_stay_where_they_were_put() {
    let long = "x".repeat(1000);
    let spaced_long = "word ".repeat(400);
    let letters = "ß".repeat(600);
    for value in [
        "Evil\r\nBcc: evil@example.net",
        "Evil\nBcc: evil@example.net",
        "Evil\r\n\r\n<h1>body</h1>",
        "\rBcc: evil@example.net",
        "a\0b",
        "a\u{7f}\u{1b}[2J\u{85}\u{9b}",
        ".",
        "..",
        ".\r\n.\r\nMAIL FROM:<evil@example.net>",
        "\n.\n",
        "From evil@example.net Sun Nov 22 2026",
        "--",
        "Content-Type: text/html",
        "=?utf-8?q?Evil=0d=0aBcc:_evil@example.net?=",
        "a =?utf-8?b?RXZpbA==?= b",
        "=?iso-8859-1?Q?broken",
        "\"Evil\" <evil@example.net>, ",
        "Evil, Mallory <evil@example.net>; (comment)",
        "\\\"\\",
        "\u{202e}moc.elpmaxe\u{202c}",
        "\u{2066}x\u{2069}\u{200f}",
        "line\u{2028}separator\u{2029}paragraph",
        "👩‍👩‍👧‍👦 ключ ßßß",
        "\u{feff}bom",
        "=3D=0A=",
        "",
        " ",
        &long,
        &spaced_long,
        &letters,
    ] {
        try_everywhere(value);
    }
}

#[test]
fn settings_refuse_what_could_hide_in_a_sender() {
    for key in ["mail.from", "mail.reply_to"] {
        for value in [
            "Evil\r\nBcc: b@example.net <a@example.org>",
            "Evil\0 <a@example.org>",
            "\u{202e}gro.elpmaxe <a@example.org>",
            "mıke@example.org",
            "a@ｅxample.org",
            "a@example.org, b@example.net",
            "a@exam\u{2028}ple.org",
            "a b@example.org",
        ] {
            let flags = vec![(key.to_owned(), value.to_owned())];
            let sources = crate::server::config::Sources {
                flags,
                ..Default::default()
            };
            let line = crate::server::config::load(&sources)
                .unwrap_err()
                .to_string();
            assert!(line.contains("must be an address"), "{value:?}: {line}");
        }
    }
    let sender = config(&[("mail.from", "Bücher <post@bücher.example>")]);
    let rendered = Rendered {
        subject: "s".into(),
        text: "t".into(),
        html: "h".into(),
    };
    let message = built(&rendered, &sender).unwrap();
    let address = message.envelope().from().unwrap().to_string();
    assert_eq!(address, "post@xn--bcher-kva.example");
    assert!(message.message_id().ends_with("@xn--bcher-kva.example>"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_makes_one_message(value in any::<String>()) {
        try_everywhere(&value);
    }

    #[test]
    fn any_mix_of_what_matters_makes_one_message(
        parts in prop::collection::vec(
            prop_oneof![
                Just("\r\n"), Just("\n"), Just("\r"), Just("."), Just(" "), Just("\t"), Just("=?"), Just("?="), Just("utf-8?q?"),
                Just("\0"), Just("\""), Just("\\"), Just("<"), Just(">"), Just(","), Just("@"), Just("Bcc: e@example.net"), Just("--"),
                Just("=\r\n"), Just("ß"), Just("\u{202e}"), Just("\u{2028}"), Just("word"), Just("0123456789012345678901234567890123456789"),
            ],
            0..80,
        )
    ) {
        try_everywhere(&parts.concat());
    }
}
