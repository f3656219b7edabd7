//! What each mail says, in both versions, and what can never get into one.

use super::{AT, config, example};
use crate::domain::mail::{LockCause, Mail, MailKind};
use crate::server::config::Config;
use crate::server::mail::preview::sample;
use crate::server::mail::render::{Look, RenderError, Rendered, render};

const HOUR: i64 = 3_600_000;

fn rendered(kind: MailKind, config: &Config) -> Rendered {
    render(&sample(kind, config, AT), &Look::from_config(config)).unwrap()
}

/// The words of the HTML version as a person sees them.
fn seen(html: &str) -> String {
    let body = html.split_once("<body").unwrap().1;
    let mut out = String::new();
    let mut inside = true;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    let out = out
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_kind_says_in_both_versions_what_it_must() {
    let reset = [
        "within 20 minutes",
        "until 14:25 UTC on 22 November 2026",
        "K7QF-2M",
        "username",
    ];
    let not_me = [
        "https://recover.example.org/not-me",
        "freezes the account",
        "22 December 2026",
    ];
    let wanted = |kind| match kind {
        MailKind::Reset => [
            &reset[..],
            &["https://recover.example.org/reset", "Do nothing"],
        ]
        .concat(),
        MailKind::PasswordChanged => [
            &not_me[..],
            &[
                "at 14:05 UTC on 22 November 2026",
                "All other devices were signed out",
            ],
        ]
        .concat(),
        MailKind::PasswordChangedReminder => [
            &not_me[..],
            &["at 14:05 UTC on 21 November 2026", "repeat it on purpose"],
        ]
        .concat(),
        MailKind::AddressChanged => {
            [&not_me[..], &["This message goes to the old address"]].concat()
        }
        MailKind::AccountLocked => vec![
            "until 15:06 UTC",
            "wrong usernames",
            "password of your mailbox",
        ],
        MailKind::SignUp => vec![
            "within 1 hour",
            "https://recover.example.org/verify",
            "no account is made",
        ],
        MailKind::SignUpKnown => vec!["belongs to an account already", "was not told"],
        MailKind::VerifyAddress => {
            vec![
                "within 1 hour",
                "https://recover.example.org/account/verify-address",
            ]
        }
        MailKind::AccountFrozen => vec!["was frozen at 14:05 UTC", "does not open by itself"],
        MailKind::Test => vec![
            "at 14:05 UTC on 22 November 2026",
            "127.0.0.1:1025",
            "olivia",
        ],
    };
    for kind in MailKind::ALL {
        let mail = rendered(kind, &example());
        let (text, html) = (flat(&mail.text), seen(&mail.html));
        for part in [
            &wanted(kind)[..],
            &["help@example.org", "Example, https://recover.example.org"],
        ]
        .concat()
        {
            assert!(
                text.contains(part),
                "{} as text lacks {part:?}:\n{text}",
                kind.name()
            );
            assert!(
                html.contains(part),
                "{} as HTML lacks {part:?}:\n{html}",
                kind.name()
            );
        }
        assert!(mail.subject.contains("Example"), "{}", mail.subject);
    }
}

#[test]
fn the_link_and_the_code_stand_whole_in_both_versions() {
    let config = example();
    for kind in MailKind::ALL {
        let open = match sample(kind, &config, AT) {
            Mail::Reset { open, .. }
            | Mail::SignUp { open, .. }
            | Mail::VerifyAddress { open, .. } => open,
            Mail::PasswordChanged { not_me, .. }
            | Mail::PasswordChangedReminder { not_me, .. }
            | Mail::AddressChanged { not_me, .. } => not_me,
            Mail::AccountLocked { .. }
            | Mail::SignUpKnown { .. }
            | Mail::AccountFrozen { .. }
            | Mail::Test { .. } => {
                continue;
            }
        };
        let mail = rendered(kind, &config);
        let lines: Vec<&str> = mail.text.lines().collect();
        assert!(lines.contains(&open.link.as_str()), "{}", mail.text);
        assert!(lines.contains(&open.code.as_str()), "{}", mail.text);
        assert!(mail.html.contains(&format!("href=\"{}\"", open.link)));
        assert!(mail.html.contains(&format!(">{}</p>", open.code)));
    }
}

#[test]
fn text_is_narrow_but_for_links_and_nothing_is_left_to_fill_in() {
    for kind in MailKind::ALL {
        let mail = rendered(kind, &example());
        for line in mail.text.lines() {
            assert!(
                line.chars().count() <= 76 || line.starts_with("https://"),
                "{line:?}"
            );
        }
        assert!(!mail.text.contains(['{', '}', '<', '>']), "{}", mail.text);
        assert!(
            !mail.text.contains("\n\n\n") && !mail.text.starts_with('\n'),
            "{}",
            mail.text
        );
        let visible = seen(&mail.html);
        assert!(!visible.contains(['{', '}']), "{visible}");
        assert!(mail.html.lines().all(|line| line.len() < 300));
    }
}

#[test]
fn html_loads_nothing() {
    for kind in MailKind::ALL {
        let html = rendered(kind, &example()).html.to_lowercase();
        for part in [
            "<img",
            "src=",
            "url(",
            "@import",
            "<link",
            "<script",
            "<form",
            "background=",
        ] {
            assert!(!html.contains(part), "{} holds {part}", kind.name());
        }
    }
}

#[test]
fn a_hostile_brand_is_words_and_nothing_else() {
    let mut config = example();
    config.site.name =
        "<script>alert(1)</script>\" onload=\"x\r\nBcc: evil@example.net\u{2028}\u{202e}{site}"
            .into();
    config.site.color = "red;} </style><script>".into();
    config.site.support = "https://example.org/\"><script>".into();
    config.mail.subjects.reset = "Reset\r\nBcc: evil@example.net\u{0} {site}".into();
    for kind in MailKind::ALL {
        let mail = rendered(kind, &config);
        assert!(!mail.html.contains("<script"), "{}", mail.html);
        assert!(!mail.html.contains("\" onload"), "{}", mail.html);
        assert!(mail.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        for version in [&mail.subject, &mail.text, &mail.html] {
            assert!(
                !version.contains(['\r', '\0', '\u{2028}', '\u{202e}']),
                "{version}"
            );
        }
        assert!(!mail.subject.contains('\n') && mail.subject.chars().count() <= 150);
    }
}

#[test]
fn the_notice_of_a_lock_says_why_and_what_is_shut() {
    let locked = |config: &Config, cause| {
        let until = AT.plus(std::time::Duration::from_secs(3600));
        let mail = Mail::AccountLocked {
            at: AT,
            until,
            cause,
        };
        flat(&render(&mail, &Look::from_config(config)).unwrap().text)
    };
    let whole = example();
    let reset = config(&[("reset.lock_scope", "reset")]);
    assert!(locked(&whole, LockCause::WrongUsernames).contains("nobody can sign in"));
    assert!(locked(&whole, LockCause::FailedSignIns).contains("guessing your password"));
    assert!(locked(&reset, LockCause::WrongUsernames).contains("works as before"));
    assert!(locked(&reset, LockCause::FailedSignIns).contains("choose a new password at any time"));
}

#[test]
fn words_on_the_button_can_be_read_on_any_brand_colour() {
    for (color, words) in [
        ("#1f5f8b", "#ffffff"),
        ("#ffe08a", "#000000"),
        ("#000000", "#ffffff"),
    ] {
        let html = rendered(MailKind::Reset, &config(&[("site.color", color)])).html;
        assert!(html.contains(&format!(
            "background-color:{color};border:2px solid {color};color:{words};"
        )));
    }
}

#[test]
fn no_body_prints_and_no_time_panics() {
    let mail = rendered(MailKind::Reset, &example());
    assert_eq!(
        format!("{mail:?}"),
        "Rendered { subject: \"Reset your Example password\", .. }"
    );
    let at = crate::domain::time::Timestamp::from_millis(i64::MAX - HOUR);
    let look = Look::from_config(&example());
    let frozen = render(&Mail::AccountFrozen { at }, &look);
    assert_eq!(frozen.map(|mail| mail.subject), Err(RenderError::Time));
}
