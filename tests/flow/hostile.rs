//! Hostile words in settings and addresses, through the whole server into the mailbox: one mail, its recipient, no header added.

use postern::server::config::{Sources, load};

use crate::support::{HOUR, House, Mail};

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

/// The mail as it came over the wire.
fn check(mail: &Mail, to: &str) {
    assert_eq!(mail.to, [to]);
    let (head, _) = mail.source.split_once("\r\n\r\n").unwrap();
    let fields = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']));
    let mut names: Vec<_> = fields
        .map(|field| field.split(':').next().unwrap().to_ascii_lowercase())
        .collect();
    names.sort();
    assert_eq!(names, HEADERS, "{head}");
    assert!(mail.source.is_ascii());
    for line in mail.source.split("\r\n") {
        assert!(
            line.len() <= 998 && !line.contains(['\r', '\n', '\0']),
            "{line:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_settings_put_nothing_into_a_mail_but_words() {
    let long = "w".repeat(64);
    let letters = "ß".repeat(64);
    let subject = "s".repeat(100);
    let names = [
        (".", "."),
        ("..", ".."),
        ("From evil@example.net", "From evil@example.net"),
        (
            "=?utf-8?q?Evil=0d=0aBcc:_e@example.net?=",
            "=?utf-8?q?Evil=0d=0aBcc:_e@example.net?=",
        ),
        (
            "\"Evil\" <evil@example.net>,",
            "\"Evil\" <evil@example.net>,",
        ),
        ("a\\\"b", "a\\\"b"),
        ("\u{202e}gro.elpmaxe\u{202c}", "gro.elpmaxe"),
        ("x\u{2028}y\u{2029}z", "x y z"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        (&long, &long),
        (&letters, &letters),
    ];
    let mut house = House::with(&[
        ("mail.reply_to", "help@example.org"),
        ("mail.subject_reset", "{site}"),
    ])
    .await;
    house.add("alice").await;
    for (name, shown) in names {
        house.stop().await;
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        let turned = name.contains('\u{202e}');
        let from = if turned {
            "a@example.org".to_owned()
        } else {
            format!("\"{quoted}\" <a@example.org>")
        };
        house
            .start_again(&[("site.name", name), ("mail.from", &from)])
            .await;
        house.advance(HOUR);
        house.browser().ask("alice").await;
        let mail = house.mail().await;
        check(&mail, "alice@example.org");
        assert_eq!(
            mail.subject
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            shown
        );
        assert_eq!(mail.envelope_from, "a@example.org");
        let last = mail.text.trim_end().lines().last().unwrap().to_owned();
        assert!(
            last.starts_with(&format!("{shown}, http")) || shown.len() > 60,
            "{last:?}"
        );
        assert!(!mail.html.contains("<script"), "{}", mail.html);
        assert!(mail.link().contains("/reset#"));
    }
    house.stop().await;
    house
        .start_again(&[("site.name", "Acme"), ("mail.subject_reset", &subject)])
        .await;
    house.advance(HOUR);
    house.browser().ask("alice").await;
    let mail = house.mail().await;
    check(&mail, "alice@example.org");
    assert_eq!(mail.subject, subject);
}

#[test]
fn m6_settings_with_line_ends_are_refused_at_the_start() {
    for key in [
        "site.name",
        "mail.from",
        "mail.reply_to",
        "mail.subject_reset",
        "mail.message_id_domain",
        "mail.dkim_domain",
    ] {
        for value in [
            "a\r\nBcc: evil@example.net",
            "a@b.example\nBcc: evil@example.net",
            "a\0b",
            "a\u{85}b",
        ] {
            let flags = vec![(key.to_owned(), value.to_owned())];
            let line = load(&Sources {
                flags,
                ..Sources::default()
            })
            .expect_err(value)
            .to_string();
            assert!(line.starts_with(key) && line.lines().count() == 1, "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_in_other_letters_are_written_in_a_labels_or_refused() {
    let mut house = House::with(&[("mail.reply_to", "help@example.org")]).await;
    house
        .add_with("ada", "ada@xn--bcher-kva.example", false)
        .await;
    // The domain: as people write it, and as the DNS does.
    for typed in [
        "ada@bücher.example",
        "ADA@BÜCHER.example",
        "ada@xn--bcher-kva.example",
    ] {
        house.advance(HOUR);
        house.browser().ask(typed).await;
        let mail = house.mail().await;
        check(&mail, "ada@xn--bcher-kva.example");
    }
    let page = house
        .browser()
        .fill("/sign-up", &[("email", "new@bücher.example")])
        .await;
    assert_eq!(page.status, 303, "{}", page.body);
    check(&house.mail().await, "new@xn--bcher-kva.example");
    // Spellings of something else, and a mailbox that would need SMTPUTF8: nobody, and no sign-up.
    for typed in [
        "ada@bu\u{308}cher.example",
        "ａda@bücher.example",
        "адa@example.org",
        "ada@ｂücher.example",
        "ada@bücher.example\u{202e}",
    ] {
        house.advance(HOUR);
        house.browser().ask(typed).await;
        assert!(house.mails().await.is_empty(), "{typed:?}");
        let page = house.browser().fill("/sign-up", &[("email", typed)]).await;
        assert_eq!(page.status, 422, "{typed:?}");
        assert!(house.mails().await.is_empty(), "{typed:?}");
    }
}
