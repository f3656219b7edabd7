//! An HTML part, read tag by tag with the tokenizer of browsers. No tree is built: one can be made to grow without end. Nothing here
//! is shown or run.

use std::cell::RefCell;
use std::collections::BTreeSet;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::clients::{self, Use};
use super::css;
use crate::domain::mail_check::{Anchor, Feature, Place, Sheet};

/// Octets that are read. Gmail shows 102 kB.
const MOST_READ: usize = 128 * 1024;

/// Links and loads that are kept.
const MOST_LINKS: usize = 1000;

/// Octets kept of a link's words.
const MOST_SHOWN: usize = 300;

/// What runs, asks, plays or frames; mail programs drop it.
const ACTIVE: [&str; 13] = [
    "script", "form", "input", "button", "select", "textarea", "iframe", "frame", "object",
    "embed", "applet", "video", "audio",
];

/// What stands in it, and what of it some mail programs do not support. Bounded in time by what is read of it.
pub fn read(html: &str) -> (Sheet, Vec<Feature>) {
    let end = html.floor_char_boundary(html.len().min(MOST_READ));
    let tokens = Tokenizer::new(Tokens(RefCell::default()), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&html[..end]));
    // It stops early only for a sink that asks it to.
    let _ = tokens.feed(&input);
    tokens.end();
    let mut reader = tokens.sink.0.into_inner();
    reader.sheet.size = html.len();
    reader.sheet.truncated = end < html.len();
    reader.sheet.active = reader.active.into_iter().map(str::to_owned).collect();
    (reader.sheet, clients::unsupported(&reader.used))
}

struct Tokens(RefCell<Reader>);

impl TokenSink for Tokens {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                reader.element(&tag);
                return content(&tag.name);
            }
            Token::TagToken(tag) => reader.ended(&tag.name),
            Token::CharacterTokens(text) => reader.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How what follows a tag is to be read (HTML 13.2.6.4): in some elements `<` means nothing.
fn content(element: &str) -> TokenSinkResult<()> {
    match element {
        "script" => TokenSinkResult::RawData(ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(Rawtext),
        "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
        "plaintext" => TokenSinkResult::Plaintext,
        _ => TokenSinkResult::Continue,
    }
}

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Inside {
    #[default]
    Page,
    Style,
    /// Nobody reads it.
    Hidden,
}

#[derive(Default)]
struct Reader {
    sheet: Sheet,
    active: BTreeSet<&'static str>,
    used: Use,
    inside: Inside,
    /// A style sheet as far as it has come.
    style: String,
    /// The link whose words come.
    open: Option<usize>,
}

impl Reader {
    fn element(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        self.used.element(name);
        if let Some(known) = ACTIVE.iter().find(|known| **known == name) {
            self.active.insert(known);
        }
        for attribute in &tag.attrs {
            let (attribute, value): (&str, &str) = (&attribute.name.local, &attribute.value);
            self.used.attribute(name, attribute, value);
            if attribute == "style" {
                css::declarations(value, &mut self.used);
            } else if attribute.starts_with("on") {
                self.active.insert("an event handler");
            }
        }
        let refresh =
            attribute(tag, "http-equiv").is_some_and(|what| what.eq_ignore_ascii_case("refresh"));
        if name == "meta" && refresh {
            self.active.insert("a redirection");
        }
        if name == "img" && attribute(tag, "alt").is_none() {
            self.sheet.images_without_alt += 1;
        }
        match name {
            "style" => self.inside = Inside::Style,
            "script" | "title" | "template" => self.inside = Inside::Hidden,
            "a" => self.open = None,
            _ => {}
        }
        self.linked(tag);
    }

    fn ended(&mut self, name: &str) {
        match name {
            "style" => {
                css::sheet(&std::mem::take(&mut self.style), &mut self.used);
                self.inside = Inside::Page;
            }
            "script" | "title" | "template" => self.inside = Inside::Page,
            "a" => self.open = None,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        match self.inside {
            Inside::Style => self.style.push_str(text),
            Inside::Hidden => {}
            Inside::Page => {
                self.sheet.visible += seen(text);
                let open = self.open.and_then(|at| self.sheet.links.get_mut(at));
                if let Some(shown) = open.and_then(|link| link.shown.as_mut()) {
                    append(shown, text);
                }
            }
        }
    }

    /// Where the element leads, or what it loads.
    fn linked(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        let (to, place) = match name {
            "a" | "area" => (attribute(tag, "href"), Place::Html),
            "link" => (attribute(tag, "href"), Place::Load),
            "body" | "table" | "td" | "th" => (attribute(tag, "background"), Place::Load),
            _ => (attribute(tag, "src"), Place::Load),
        };
        let Some(to) = to.map(str::trim).filter(|to| !to.is_empty()) else {
            return;
        };
        if place == Place::Load {
            let scheme = to.split(':').next().unwrap_or_default();
            if ["data", "cid"]
                .iter()
                .any(|inline| scheme.eq_ignore_ascii_case(inline))
            {
                return;
            }
            self.sheet.remote_loads += 1;
        }
        if self.sheet.links.len() < MOST_LINKS {
            let shown = (place == Place::Html).then(String::new);
            self.open = (name == "a").then_some(self.sheet.links.len());
            self.sheet.links.push(Anchor {
                to: to.to_owned(),
                shown,
                place,
            });
        }
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let found = tag
        .attrs
        .iter()
        .find(|attribute| &*attribute.name.local == name);
    found.map(|attribute| &*attribute.value)
}

/// More of a link's words; runs of white space become one blank.
fn append(shown: &mut String, text: &str) {
    let mut apart = text.starts_with(char::is_whitespace);
    for word in text.split_whitespace() {
        if shown.len() > MOST_SHOWN {
            return;
        }
        if apart && !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(&word[..word.floor_char_boundary(word.len().min(MOST_SHOWN))]);
        apart = true;
    }
    if text.ends_with(char::is_whitespace) && !shown.ends_with(' ') && !shown.is_empty() {
        shown.push(' ');
    }
}

/// Characters that a person reads.
fn seen(text: &str) -> usize {
    text.split_whitespace()
        .map(|word| word.chars().count() + 1)
        .sum()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn links_images_and_what_runs_are_found() {
        let html = "<!doctype html><style>p { gap: 1px }</style><body background=http://x/b.png><p onclick=a()>Hello\n  there\
            <a href='https://a.example/'>Click  <b>here</b></a><img src=https://t.example/p.gif><img src=cid:1 alt=x>\
            <img src='data:image/png;base64,AA' alt=''><script>alert(1)</script><form></form><a name=x>no link</a>";
        let (sheet, features) = read(html);
        let links: Vec<_> = sheet
            .links
            .iter()
            .map(|link| (link.to.as_str(), link.shown.as_deref()))
            .collect();
        assert_eq!(
            links,
            [
                ("http://x/b.png", None),
                ("https://a.example/", Some("Click here")),
                ("https://t.example/p.gif", None)
            ]
        );
        assert_eq!(
            (
                sheet.images_without_alt,
                sheet.remote_loads,
                sheet.truncated
            ),
            (1, 2, false)
        );
        assert_eq!(sheet.active, ["an event handler", "form", "script"]);
        assert_eq!(sheet.visible, "Hello there Click here no link ".len());
        assert!(
            features.iter().any(|feature| feature.name.contains("gap")),
            "{features:?}"
        );
        assert!(
            features
                .iter()
                .any(|feature| feature.name == "<form> element"),
            "{features:?}"
        );
    }

    /// What browsers' parsers are slow at, and more than is read.
    #[test]
    fn hostile_html_costs_little() {
        let attributes: String = (0..40_000).map(|n| format!("a{n} ")).collect();
        let pieces = [
            "<div>",
            "<a href=x>",
            "<b a=1><p>",
            "<table><tr><td>",
            "<p style=a:b;c:d>",
            "<style>{",
            "<style>p{a:url(",
            "<!--",
            "\u{0}<",
            "<svg><desc>",
            "<a href=x><table>",
            "&amp",
            "<title>",
        ];
        let pages = pieces
            .iter()
            .map(|piece| piece.repeat(1_000_000 / piece.len()));
        for page in pages.chain([format!("<p {attributes}>").repeat(3)]) {
            let began = Instant::now();
            let (sheet, _) = read(&page);
            assert!(sheet.truncated && sheet.links.len() <= MOST_LINKS);
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "{}: {:?}",
                &page[..20],
                began.elapsed()
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_html_is_survived(html in "(<[a-z]{1,6}( style=\"[^\"]{0,20}\"| href=[a-z:/]{0,9})?>|</[a-z]{1,6}>|.{0,10}){0,40}") {
            let (sheet, _) = read(&html);
            proptest::prop_assert_eq!(sheet.size, html.len());
        }
    }
}
