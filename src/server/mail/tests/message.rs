//! The message as it goes over the wire, read back by a parser of its own.

use mail_parser::MessageParser;

use super::{AT, example};
use crate::domain::identifier::EmailAddress;
use crate::domain::mail::{Mail, MailKind};
use crate::server::config::Config;
use crate::server::mail::message::{MessageError, OutgoingMessage, build};
use crate::server::mail::preview::{sample, write_all};
use crate::server::mail::render::{Look, render};

fn built(kind: MailKind, config: &Config) -> Result<OutgoingMessage, MessageError> {
    let rendered = render(&sample(kind, config, AT), &Look::from_config(config)).unwrap();
    let to = EmailAddress::parse("alice@example.net").unwrap();
    build(&rendered, &to, &config.mail, AT)
}

#[test]
fn each_message_reads_back_with_its_headers_and_both_bodies() {
    let config = example();
    for kind in MailKind::ALL {
        let message = built(kind, &config).unwrap();
        let parsed = MessageParser::default().parse(message.bytes()).unwrap();
        let from = parsed.from().unwrap().first().unwrap();
        assert_eq!(from.name(), Some("Example Support"));
        assert_eq!(from.address(), Some("noreply@example.org"));
        let to = parsed.to().unwrap();
        assert_eq!(to.iter().count(), 1);
        assert_eq!(to.first().unwrap().name(), None);
        assert_eq!(to.first().unwrap().address(), Some("alice@example.net"));
        assert_eq!(
            parsed.reply_to().unwrap().first().unwrap().address(),
            Some("help@example.org")
        );
        assert_eq!(parsed.date().unwrap().to_rfc3339(), "2026-11-22T14:05:30Z");
        assert_eq!(
            parsed.header("Auto-Submitted").unwrap().as_text(),
            Some("auto-generated")
        );
        assert_eq!(
            parsed.header("X-Auto-Response-Suppress").unwrap().as_text(),
            Some("All")
        );
        let rendered = render(&sample(kind, &config, AT), &Look::from_config(&config)).unwrap();
        assert_eq!(parsed.subject(), Some(rendered.subject.as_str()));
        assert_eq!(
            parsed
                .body_text(0)
                .unwrap()
                .replace("\r\n", "\n")
                .trim_end(),
            rendered.text.trim_end()
        );
        assert_eq!(
            parsed
                .body_html(0)
                .unwrap()
                .replace("\r\n", "\n")
                .trim_end(),
            rendered.html.trim_end()
        );
        assert_eq!(
            (parsed.text_body_count(), parsed.attachment_count()),
            (1, 0)
        );
        let names: Vec<&str> = parsed
            .headers()
            .iter()
            .map(|header| header.name())
            .collect();
        for unwanted in ["Bcc", "Cc", "Sender", "User-Agent", "X-Mailer"] {
            assert!(!names.contains(&unwanted), "{names:?}");
        }
    }
}

#[test]
fn a_link_survives_words_beyond_ascii() {
    let mut config = example();
    config.site.name = "Пример — Schlüssel".into();
    config.mail.from = "Пример <noreply@example.org>".into();
    let Mail::Reset { open, .. } = sample(MailKind::Reset, &config, AT) else {
        unreachable!()
    };
    let message = built(MailKind::Reset, &config).unwrap();
    assert!(message.bytes().is_ascii());
    let parsed = MessageParser::default().parse(message.bytes()).unwrap();
    assert!(
        parsed
            .body_text(0)
            .unwrap()
            .lines()
            .any(|line| line.trim_end() == open.link)
    );
    assert!(parsed.body_html(0).unwrap().contains(&open.link));
    assert!(parsed.subject().unwrap().contains("Пример — Schlüssel"));
    assert_eq!(
        parsed.from().unwrap().first().unwrap().name(),
        Some("Пример")
    );
}

#[test]
fn the_message_id_is_new_each_time_and_at_the_domain_of_from() {
    let ids: Vec<String> = (0..2)
        .map(|_| {
            built(MailKind::Reset, &example())
                .unwrap()
                .message_id()
                .to_owned()
        })
        .collect();
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        let (left, domain) = id.trim_matches(['<', '>']).split_once('@').unwrap();
        assert_eq!(domain, "example.org");
        assert!(left.len() == 32 && left.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}

#[test]
fn lines_are_short_and_end_in_crlf() {
    let mut config = example();
    config.site.name = "x".repeat(5000);
    for kind in MailKind::ALL {
        let message = built(kind, &config).unwrap();
        let text = std::str::from_utf8(message.bytes()).unwrap();
        assert!(
            text.split("\r\n")
                .all(|line| line.len() <= 998 && !line.contains(['\r', '\n']))
        );
    }
}

#[test]
fn no_setting_smuggles_a_header_or_a_recipient() {
    for from in [
        "Evil\r\nBcc: evil@example.net <noreply@example.org>",
        "noreply@example.org\nBcc: evil@example.net",
        "nobody",
        "",
        "mıke@example.org",
    ] {
        let mut config = example();
        config.mail.from = from.into();
        assert!(
            matches!(
                built(MailKind::Reset, &config),
                Err(MessageError::Mailbox("from"))
            ),
            "{from:?}"
        );
    }
    let mut config = example();
    config.mail.reply_to = Some("a@example.org\r\nBcc: evil@example.net".into());
    assert!(matches!(
        built(MailKind::Reset, &config),
        Err(MessageError::Mailbox("reply_to"))
    ));
    config = example();
    config.site.name = "Example\r\nBcc: evil@example.net".into();
    let message = built(MailKind::Reset, &config).unwrap();
    let parsed = MessageParser::default().parse(message.bytes()).unwrap();
    assert!(parsed.header("Bcc").is_none());
    assert_eq!(message.envelope().to().len(), 1);
    assert_eq!(
        message.envelope().from().unwrap().to_string(),
        "noreply@example.org"
    );
}

#[test]
fn a_message_does_not_print_its_body() {
    let message = built(MailKind::Reset, &example()).unwrap();
    let printed = format!("{message:?}");
    assert!(
        !printed.contains("SAMPLE") && !printed.contains("alice"),
        "{printed}"
    );
}

#[test]
fn the_preview_writes_three_files_for_each_kind() {
    let folder = std::env::temp_dir().join(format!("postern-preview-{}", std::process::id()));
    let files = write_all(&folder, &example(), AT).unwrap();
    assert_eq!(files.len(), 3 * MailKind::ALL.len());
    for file in &files {
        assert!(
            std::fs::metadata(file).unwrap().len() > 400,
            "{}",
            file.display()
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}
