//! Where a message's links lead, judged by their look alone: an address with a token in it must never be opened to see.

use serde::Serialize;

use super::url::Url;
use super::{Anchor, Letter, MOST_LISTED, Place};

/// One address with what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedLink {
    /// As it stands in the message, at most 300 characters of it.
    pub to: String,
    /// The words that are clicked.
    pub shown: Option<String>,
    pub place: Place,
    /// The same address stands there so many times.
    pub times: usize,
    pub findings: Vec<Finding>,
}

/// What can be said about a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    NoScheme,
    ForeignScheme,
    NoHost,
    UserInHost,
    ShowsAnotherHost,
    MixedScripts,
    Punycode,
    AddressAsHost,
    TokenInQuery,
    PlainHttp,
    Loopback,
    OtherHost,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gravity {
    /// Worth knowing.
    Note,
    /// Costs trust.
    Warning,
    /// Broken, unsafe, or what filters refuse.
    Fault,
}

impl Finding {
    pub const fn gravity(self) -> Gravity {
        match self {
            Self::OtherHost | Self::Loopback => Gravity::Note,
            Self::PlainHttp | Self::AddressAsHost | Self::Punycode => Gravity::Warning,
            Self::NoScheme
            | Self::ForeignScheme
            | Self::NoHost
            | Self::UserInHost
            | Self::ShowsAnotherHost
            | Self::MixedScripts
            | Self::TokenInQuery => Gravity::Fault,
        }
    }

    /// One plain sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoScheme => "It has no https:// before it: in a mail it leads nowhere.",
            Self::ForeignScheme => "Mail programs open only https:, http:, mailto: and tel:.",
            Self::NoHost => "It names no host.",
            Self::UserInHost => {
                "A name stands before the host, which is how false links hide where they lead."
            }
            Self::ShowsAnotherHost => {
                "Its words show another host than it leads to, as false mails do."
            }
            Self::MixedScripts => "Its host mixes letters of several scripts, as look-alikes do.",
            Self::Punycode => {
                "Its host is written in punycode (xn--): people cannot tell what it says."
            }
            Self::AddressAsHost => {
                "Its host is a bare IP address: filters distrust it, and no certificate fits."
            }
            Self::TokenInQuery => {
                "It has something like a token behind the ?, where logs and scanners see it; behind a # they do not."
            }
            Self::PlainHttp => "It is plain http: anybody on the way can read and change it.",
            Self::Loopback => "It works on this machine alone.",
            Self::OtherHost => "It leads to another host than site.public_url.",
        }
    }
}

/// All links of a message, each address once, in order.
pub fn check(letter: &Letter, own: &str) -> Vec<CheckedLink> {
    let own = Url::parse(own);
    let in_text = letter.text.as_deref().map(in_text).unwrap_or_default();
    let in_html = letter
        .html
        .iter()
        .flat_map(|html| html.links.iter().cloned());
    let mut checked: Vec<CheckedLink> = Vec::new();
    for anchor in in_html.chain(in_text) {
        let to: String = anchor.to.trim().chars().take(300).collect();
        let shown = anchor
            .shown
            .as_ref()
            .map(|shown| shown.trim().chars().take(300).collect::<String>());
        let same = checked
            .iter_mut()
            .find(|link| link.to == to && link.shown == shown && link.place == anchor.place);
        if let Some(same) = same {
            same.times += 1;
        } else if checked.len() < MOST_LISTED {
            let findings = findings(&anchor, own.as_ref());
            checked.push(CheckedLink {
                to,
                shown,
                place: anchor.place,
                times: 1,
                findings,
            });
        }
    }
    checked
}

fn findings(anchor: &Anchor, own: Option<&Url<'_>>) -> Vec<Finding> {
    let to = anchor.to.trim();
    if to.starts_with('#') {
        return Vec::new();
    }
    let Some(url) = Url::parse(to) else {
        return vec![Finding::NoScheme];
    };
    if !url.is_web() {
        let fits = match anchor.place {
            Place::Load => matches!(url.scheme.as_str(), "data" | "cid"),
            Place::Html | Place::Text => matches!(url.scheme.as_str(), "mailto" | "tel"),
        };
        return if fits {
            Vec::new()
        } else {
            vec![Finding::ForeignScheme]
        };
    }
    if url.host.is_empty() {
        return vec![Finding::NoHost];
    }
    let ours = own.is_some_and(|own| own.host == url.host && own.port == url.port);
    let all = [
        (url.has_user, Finding::UserInHost),
        (shows_another_host(anchor, &url), Finding::ShowsAnotherHost),
        (mixes_scripts(&url.host), Finding::MixedScripts),
        (
            url.host.split('.').any(|label| label.starts_with("xn--")),
            Finding::Punycode,
        ),
        (
            url.is_address() && !url.is_loopback(),
            Finding::AddressAsHost,
        ),
        (has_token(url.query), Finding::TokenInQuery),
        (
            url.scheme == "http" && !url.is_loopback(),
            Finding::PlainHttp,
        ),
        (url.is_loopback(), Finding::Loopback),
        (own.is_some() && !ours, Finding::OtherHost),
    ];
    all.into_iter()
        .filter_map(|(holds, finding)| holds.then_some(finding))
        .collect()
}

/// Whether the words look like an address themselves, and of another host.
fn shows_another_host(anchor: &Anchor, url: &Url<'_>) -> bool {
    let Some(shown) = anchor.shown.as_deref() else {
        return false;
    };
    let word = shown.trim();
    if word.contains(char::is_whitespace) || word.contains('@') {
        return false;
    }
    let host = match Url::parse(word) {
        Some(shown) if shown.is_web() => shown.host,
        _ => {
            let host = word.split(['/', '?', '#', ':']).next().unwrap_or_default();
            let dotted =
                host.contains('.') && !host.ends_with('.') && host.chars().any(char::is_alphabetic);
            let letters = host
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
            if !(dotted && letters) {
                return false;
            }
            host.to_lowercase()
        }
    };
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    bare(&host) != bare(&url.host)
}

/// Whether Latin letters stand beside Greek or Cyrillic ones in one label.
fn mixes_scripts(host: &str) -> bool {
    host.split('.').any(|label| {
        let latin = label.chars().any(|c| c.is_ascii_alphabetic());
        let greek_or_cyrillic = label.chars().any(|c| matches!(c, '\u{370}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{1f00}'..='\u{1fff}'));
        latin && greek_or_cyrillic
    })
}

/// Whether a value is named like a secret, or looks like one: 20 letters and digits or more without a word break.
fn has_token(query: &str) -> bool {
    query.split(['&', ';']).any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let name = name.to_ascii_lowercase();
        let named = [
            "token",
            "code",
            "key",
            "secret",
            "signature",
            "sig",
            "ticket",
            "otp",
        ]
        .contains(&name.as_str())
            || name.ends_with("token");
        let random = value.len() >= 20
            && value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'%' | b'='))
            && value.bytes().any(|b| b.is_ascii_digit())
            && value.bytes().any(|b| b.is_ascii_alphabetic());
        (named && value.len() >= 6) || random
    })
}

/// The web addresses in a text.
fn in_text(text: &str) -> Vec<Anchor> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = first_scheme(rest) {
        let from = &rest[at..];
        let end = from
            .find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"'));
        let word = &from[..end.unwrap_or(from.len())];
        let address = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ')', ']']);
        found.push(Anchor {
            to: address.to_owned(),
            shown: None,
            place: Place::Text,
        });
        if found.len() == 10 * MOST_LISTED {
            break;
        }
        rest = &from[word.len().max(1)..];
    }
    found
}

fn first_scheme(text: &str) -> Option<usize> {
    ["https://", "http://"]
        .iter()
        .filter_map(|scheme| text.find(scheme))
        .min()
}

#[cfg(test)]
mod tests {
    use super::super::Sheet;
    use super::*;

    fn of(to: &str, shown: Option<&str>) -> Vec<Finding> {
        let anchor = Anchor {
            to: to.into(),
            shown: shown.map(Into::into),
            place: Place::Html,
        };
        let letter = Letter {
            html: Some(Sheet {
                links: vec![anchor],
                ..Sheet::default()
            }),
            ..Letter::default()
        };
        check(&letter, "https://id.example.org")[0].findings.clone()
    }

    #[test]
    fn what_is_well_is_left_alone() {
        for (to, shown) in [
            (
                "https://id.example.org/reset#TOKEN-code-1234567890abc",
                Some("Choose a new password"),
            ),
            (
                "https://ID.example.org:443/",
                Some("https://id.example.org/x"),
            ),
            ("https://id.example.org/", Some("www.id.example.org")),
            (
                "https://id.example.org/?page=2&q=hello",
                Some("e.g. this one"),
            ),
            ("mailto:help@example.org", Some("help@example.org")),
            ("#top", Some("up")),
        ] {
            assert_eq!(of(to, shown), [], "{to}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        use Finding::*;
        for (to, shown, findings) in [
            ("http://id.example.org/", None, &[PlainHttp][..]),
            ("https://other.example/", None, &[OtherHost]),
            ("https://id.example.org:8443/", None, &[OtherHost]),
            ("/reset", None, &[NoScheme]),
            ("javascript:alert(1)", None, &[ForeignScheme]),
            ("https:///x", None, &[NoHost]),
            (
                "https://id.example.org@evil.example/",
                None,
                &[UserInHost, OtherHost],
            ),
            (
                "https://evil.example/",
                Some("https://id.example.org/"),
                &[ShowsAnotherHost, OtherHost],
            ),
            (
                "https://evil.example/",
                Some(" id.example.org/reset "),
                &[ShowsAnotherHost, OtherHost],
            ),
            ("https://exаmple.org/", None, &[MixedScripts, OtherHost]),
            ("https://xn--exmple-4nf.org/", None, &[Punycode, OtherHost]),
            (
                "http://192.0.2.7/",
                None,
                &[AddressAsHost, PlainHttp, OtherHost],
            ),
            (
                "https://id.example.org/reset?token=abcdef",
                None,
                &[TokenInQuery],
            ),
            (
                "https://id.example.org/reset?x=Zk3f-9aB_0cDeFgHiJkLm",
                None,
                &[TokenInQuery],
            ),
            ("http://127.0.0.1:3000/reset", None, &[Loopback, OtherHost]),
        ] {
            assert_eq!(of(to, shown), findings, "{to}");
        }
    }

    #[test]
    fn addresses_are_found_in_text_and_counted() {
        let text = "See https://id.example.org/a. Or (https://id.example.org/a) <http://b.example>, https://";
        let letter = Letter {
            text: Some(text.into()),
            ..Letter::default()
        };
        let links = check(&letter, "https://id.example.org");
        let found: Vec<_> = links
            .iter()
            .map(|link| (link.to.as_str(), link.times))
            .collect();
        assert_eq!(
            found,
            [
                ("https://id.example.org/a", 2),
                ("http://b.example", 1),
                ("https://", 1)
            ]
        );
        assert_eq!(links[2].findings, [Finding::NoHost]);
        let many: String = (0..5000)
            .map(|n| format!("https://{n}.example/ "))
            .collect();
        let letter = Letter {
            text: Some(many),
            ..Letter::default()
        };
        assert_eq!(check(&letter, "").len(), MOST_LISTED);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,200}", to in ".{0,80}", shown in ".{0,40}") {
            let anchor = Anchor { to: format!("https://{to}"), shown: Some(shown), place: Place::Html };
            let sheet = Sheet { links: vec![anchor], ..Sheet::default() };
            let letter = Letter { text: Some(format!("http://{text}")), html: Some(sheet), ..Letter::default() };
            let _ = check(&letter, &text);
        }
    }
}
