//! What costs points, and what does not.

use super::super::{Anchor, Place, check};
use super::*;

fn good() -> Letter {
    let headers = [
        ("From", "Postern <no-reply@example.org>"),
        ("To", "a@b.example"),
        ("Date", "Sun, 22 Nov 2026 10:00:00 +0000"),
        ("Message-ID", "<1@mail.example.org>"),
        ("Auto-Submitted", "auto-generated"),
    ];
    Letter {
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        subject: "Reset your password".to_owned(),
        text: Some("Hello https://id.example.org/reset".to_owned()),
        html: Some(Sheet {
            size: 5000,
            visible: 800,
            ..Sheet::default()
        }),
        longest_line: 78,
    }
}

fn broken(letter: &Letter) -> Vec<(&'static str, u8)> {
    let checks = check(letter, "https://id.example.org", Vec::new());
    let cost: u8 = checks.rules.iter().map(|rule| rule.cost).sum();
    assert_eq!(checks.score, 10_u8.saturating_sub(cost));
    checks
        .rules
        .iter()
        .filter(|rule| rule.cost > 0)
        .map(|rule| (rule.id, rule.cost))
        .collect()
}

type Spoil = fn(&mut Letter);

#[test]
fn a_good_mail_has_ten_points_and_each_fault_costs_its_own() {
    assert_eq!(broken(&good()), []);
    let without =
        |letter: &mut Letter, name: &str| letter.headers.retain(|(known, _)| known != name);
    let cases: [(Spoil, &str, u8); 17] = [
        (|letter| letter.subject = " ".into(), "subject", 2),
        (
            |letter| letter.subject = "x".repeat(71),
            "subject_length",
            1,
        ),
        (
            |letter| letter.subject = "RESET YOUR PASSWORD".into(),
            "subject_calm",
            1,
        ),
        (
            |letter| letter.subject = "Act now!!".into(),
            "subject_calm",
            1,
        ),
        (|letter| letter.text = None, "text_part", 2),
        (|letter| letter.text = Some("\n ".into()), "text_part", 2),
        (|letter| letter.longest_line = 999, "line_length", 1),
        (
            |letter| letter.headers[3].1 = "<1@elsewhere.example>".into(),
            "message_id_domain",
            1,
        ),
        (
            |letter| letter.html.as_mut().unwrap().size = 102 * 1024,
            "size",
            2,
        ),
        (
            |letter| letter.html.as_mut().unwrap().visible = 100,
            "words",
            1,
        ),
        (
            |letter| letter.html.as_mut().unwrap().images_without_alt = 2,
            "alt",
            1,
        ),
        (
            |letter| letter.html.as_mut().unwrap().remote_loads = 1,
            "remote",
            1,
        ),
        (
            |letter| letter.html.as_mut().unwrap().active = vec!["form".into()],
            "active",
            2,
        ),
        (
            |letter| letter.text = Some("http://id.example.org/".into()),
            "links_safe",
            1,
        ),
        (
            |letter| letter.text = Some("https://id.example.org/?token=abcdefgh".into()),
            "links_sound",
            2,
        ),
        (
            |letter| letter.text = Some((0..6).map(|n| format!("https://{n}.example/ ")).collect()),
            "links_few",
            1,
        ),
        (
            |letter| {
                let anchor = Anchor {
                    to: "/reset".into(),
                    shown: None,
                    place: Place::Html,
                };
                letter.html.as_mut().unwrap().links.push(anchor);
            },
            "links_sound",
            2,
        ),
    ];
    for (spoil, id, cost) in cases {
        let mut letter = good();
        spoil(&mut letter);
        let found = broken(&letter);
        // Where the HTML is blown up, its words are fewer in proportion.
        assert!(
            found.contains(&(id, cost)) && found.len() <= 2,
            "{id}: {found:?}"
        );
    }
    for (name, id, cost) in [
        ("From", "from", 3),
        ("To", "to", 1),
        ("Date", "date", 1),
        ("Message-ID", "message_id", 1),
        ("Auto-Submitted", "auto_submitted", 1),
    ] {
        let mut letter = good();
        without(&mut letter, name);
        assert_eq!(broken(&letter), [(id, cost)]);
    }
}

#[test]
fn nothing_at_all_has_no_points_below_zero() {
    let checks = check(&Letter::default(), "", Vec::new());
    assert_eq!(checks.score, 0);
    assert!(
        checks
            .rules
            .iter()
            .all(|rule| !rule.why.is_empty() && !rule.wanted.is_empty())
    );
}

#[test]
fn scripts_without_capitals_do_not_shout() {
    let mut letter = good();
    letter.subject = "パスワードをリセットする".into();
    assert_eq!(broken(&letter), []);
}
