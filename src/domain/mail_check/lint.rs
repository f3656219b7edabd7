//! Ten points, and what costs some of them: plain rules that anybody can check by hand. Only a spam filter knows what a spam filter
//! thinks; these are what all of them dislike.

use serde::Serialize;

use super::links::{CheckedLink, Gravity};
use super::url::Url;
use super::{Letter, Sheet};

/// Gmail cuts a message's HTML here and hides the rest behind a link.
const CLIPPED_AT: usize = 102 * 1024;

/// Characters of a subject that a telephone shows in full, roughly.
const SUBJECT: usize = 70;

/// Octets of a line, without its end (RFC 5322 2.1.1).
const LINE: usize = 998;

/// One rule and how the message did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Stable, such as `text_part`.
    pub id: &'static str,
    /// What is wanted.
    pub wanted: &'static str,
    /// Points that it cost; 0 where all is well.
    pub cost: u8,
    /// Why it matters, or what was found.
    pub why: String,
}

/// What is left of ten points.
pub fn score(rules: &[Rule]) -> u8 {
    let cost = rules
        .iter()
        .fold(0, |sum: u8, rule| sum.saturating_add(rule.cost));
    10_u8.saturating_sub(cost)
}

/// Every rule, in the order in which people read a mail.
pub fn rules(letter: &Letter, links: &[CheckedLink]) -> Vec<Rule> {
    let mut rules = subject(&letter.subject);
    rules.extend(envelope(letter));
    rules.extend(bodies(letter));
    if let Some(html) = &letter.html {
        rules.extend(html_part(html));
    }
    rules.extend(addresses(links));
    rules
}

fn rule(
    id: &'static str,
    wanted: &'static str,
    broken: bool,
    cost: u8,
    why: impl Into<String>,
) -> Rule {
    Rule {
        id,
        wanted,
        cost: if broken { cost } else { 0 },
        why: why.into(),
    }
}

fn subject(subject: &str) -> Vec<Rule> {
    let length = subject.trim().chars().count();
    let letters = || {
        subject
            .chars()
            .filter(|c| c.is_alphabetic() && (c.is_uppercase() || c.is_lowercase()))
    };
    let shouts = letters().count() >= 8 && letters().all(char::is_uppercase);
    let loud = ["!!", "??", "$$", "!?", "?!"]
        .iter()
        .any(|signs| subject.contains(signs));
    vec![
        rule(
            "subject",
            "A subject",
            length == 0,
            2,
            "Without one a mail looks like a mistake, and filters think so too.",
        ),
        rule(
            "subject_length",
            "A short subject",
            length > SUBJECT,
            1,
            format!("It has {length} characters; telephones show about {SUBJECT}."),
        ),
        rule(
            "subject_calm",
            "A calm subject",
            shouts || loud,
            1,
            "CAPITALS and !! are the handwriting of spam.",
        ),
    ]
}

fn envelope(letter: &Letter) -> Vec<Rule> {
    let value = |name: &str| {
        let mut all = letter
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        all.next()
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    let from = value("From").and_then(domain);
    let id = value("Message-ID").and_then(domain);
    let aligned = match (&from, &id) {
        (Some(from), Some(id)) => {
            from == id || from.ends_with(&format!(".{id}")) || id.ends_with(&format!(".{from}"))
        }
        _ => true,
    };
    vec![
        rule(
            "from",
            "A From address",
            from.is_none(),
            3,
            "RFC 5322 3.6 demands it; many servers refuse a mail without.",
        ),
        rule(
            "to",
            "A To address",
            value("To").is_none(),
            1,
            "Without it a mail looks like one of many.",
        ),
        rule(
            "date",
            "A Date",
            value("Date").is_none(),
            1,
            "RFC 5322 3.6 demands it; readers sort by it.",
        ),
        rule(
            "message_id",
            "A Message-ID",
            id.is_none(),
            1,
            "Logs, answers and bounces find the mail by it.",
        ),
        rule(
            "message_id_domain",
            "A Message-ID at the sender's domain",
            !aligned,
            1,
            format!(
                "From is at {}, the Message-ID at {}.",
                from.unwrap_or_default(),
                id.unwrap_or_default()
            ),
        ),
        rule(
            "auto_submitted",
            "Auto-Submitted on a program's mail",
            value("Auto-Submitted").is_none(),
            1,
            "Without it holiday notices come back (RFC 3834).",
        ),
        rule(
            "unsubscribe",
            "No List-Unsubscribe needed",
            false,
            0,
            "It is for newsletters; a mail about somebody's own account has nothing to leave.",
        ),
    ]
}

/// The domain of the last address in a header, lower case.
fn domain(value: &str) -> Option<String> {
    let (_, domain) = value.rsplit_once('@')?;
    let end = domain.find(|c: char| matches!(c, '>' | ',' | ';' | ')' | ']') || c.is_whitespace());
    let domain = &domain[..end.unwrap_or(domain.len())];
    (!domain.is_empty()).then(|| domain.to_lowercase())
}

fn bodies(letter: &Letter) -> Vec<Rule> {
    let text = letter.text.as_deref().unwrap_or_default().trim();
    let wrapped = letter.longest_line <= LINE;
    vec![
        rule(
            "text_part",
            "A text part",
            text.is_empty(),
            2,
            "Some people and all scanners read text; HTML alone is what spam sends.",
        ),
        rule(
            "line_length",
            "Lines of at most 998 octets",
            !wrapped,
            1,
            format!(
                "The longest has {}; servers may cut or refuse it (RFC 5322 2.1.1).",
                letter.longest_line
            ),
        ),
    ]
}

fn html_part(html: &Sheet) -> Vec<Rule> {
    let share = html.visible * 100 / html.size.max(1);
    let thin = html.size > 2048 && share < 4;
    let active = html.active.join(", ");
    vec![
        rule(
            "size",
            "HTML under 102 kB",
            html.size >= CLIPPED_AT,
            2,
            format!(
                "It has {} kB; Gmail hides what is beyond 102.",
                html.size.div_ceil(1024)
            ),
        ),
        rule(
            "words",
            "Words in the HTML",
            thin,
            1,
            format!(
                "{share} % of it is text that people read; pictures and code alone look like spam."
            ),
        ),
        rule(
            "alt",
            "Images with alt texts",
            html.images_without_alt > 0,
            1,
            format!(
                "{} have none: they say nothing where images are not shown.",
                html.images_without_alt
            ),
        ),
        rule(
            "remote",
            "Nothing loaded from elsewhere",
            html.remote_loads > 0,
            1,
            format!(
                "{} loads tell the sender who opened the mail, and most programs block them.",
                html.remote_loads
            ),
        ),
        rule(
            "active",
            "Nothing that runs or asks",
            !html.active.is_empty(),
            2,
            if active.is_empty() {
                "Mail programs drop scripts and forms, and filters refuse them.".to_owned()
            } else {
                format!("Mail programs drop these, and filters refuse them: {active}.")
            },
        ),
    ]
}

fn addresses(links: &[CheckedLink]) -> Vec<Rule> {
    let worst = |gravity: Gravity| {
        links
            .iter()
            .filter(|link| {
                link.findings
                    .iter()
                    .any(|finding| finding.gravity() == gravity)
            })
            .count()
    };
    let (faults, warnings) = (worst(Gravity::Fault), worst(Gravity::Warning));
    let hosts: std::collections::BTreeSet<_> = links
        .iter()
        .filter_map(|link| Url::parse(&link.to))
        .filter(Url::is_web)
        .map(|url| url.host)
        .collect();
    vec![
        rule(
            "links_sound",
            "Links without faults",
            faults > 0,
            2,
            format!(
                "{faults} of {} lead nowhere, mislead, or show a token to logs.",
                links.len()
            ),
        ),
        rule(
            "links_safe",
            "Links over https to names",
            warnings > 0,
            1,
            format!(
                "{warnings} of {} are plain http, bare addresses or punycode.",
                links.len()
            ),
        ),
        rule(
            "links_few",
            "Few hosts to go to",
            hosts.len() > 5,
            1,
            format!("The links lead to {} hosts.", hosts.len()),
        ),
    ]
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
