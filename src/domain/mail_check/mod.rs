//! What can be said about a mail by looking at it: its links, its headers, and what costs it points. Nothing is ever fetched.

pub mod headers;
pub mod links;
pub mod lint;
mod url;

use serde::Serialize;

pub use headers::Explained;
pub use links::{CheckedLink, Finding, Gravity};
pub use lint::{Rule, score};

/// Headers and links that are listed of one message, at most.
pub const MOST_LISTED: usize = 200;

/// A message, taken apart.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// Names and values, unfolded, in order.
    pub headers: Vec<(String, String)>,
    /// Decoded.
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<Sheet>,
    /// Octets of the longest line, its line break not counted.
    pub longest_line: usize,
}

/// What stands in an HTML part.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Octets of the HTML.
    pub size: usize,
    /// Whether only its beginning was read.
    pub truncated: bool,
    /// Characters that a person reads, runs of white space counted once.
    pub visible: usize,
    /// Links and what they show; images and other things that load have no words.
    pub links: Vec<Anchor>,
    /// Images without `alt`; an empty one says that an image is decoration.
    pub images_without_alt: usize,
    /// Images and style sheets that are loaded from elsewhere.
    pub remote_loads: usize,
    /// Elements that run, ask or play, which mail programs drop: `script`, `form`.
    pub active: Vec<String>,
}

/// One address in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    pub to: String,
    /// The words that are clicked; none where nothing is.
    pub shown: Option<String>,
    pub place: Place,
}

/// Where an address stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A link in the HTML part.
    Html,
    /// Loaded by the HTML part: an image, a style sheet.
    Load,
    /// In the text part.
    Text,
}

/// Everything that the rules say.
#[derive(Debug, Clone, Serialize)]
pub struct Checks {
    /// 0 to 10.
    pub score: u8,
    pub rules: Vec<Rule>,
    pub links: Vec<CheckedLink>,
    pub headers: Vec<Explained>,
    /// HTML and CSS that some mail programs do not support; whoever knows the programs fills it.
    pub features: Vec<Feature>,
    /// Whether the HTML part was too long to be read to its end.
    pub truncated: bool,
}

/// Something in the HTML part that not every mail program supports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// `border-radius`, `<video> element`.
    pub name: String,
    /// Its page at caniemail.com.
    pub page: String,
    /// Programs without it.
    pub missing_in: Vec<&'static str>,
    /// Programs that have a part of it.
    pub partly_in: Vec<&'static str>,
    /// Programs that were asked.
    pub tested: usize,
}

/// Judges a message. `own` is what links should begin with: `site.public_url`.
pub fn check(letter: &Letter, own: &str, features: Vec<Feature>) -> Checks {
    let links = links::check(letter, own);
    let rules = lint::rules(letter, &links);
    let headers = letter.headers.iter().take(MOST_LISTED);
    Checks {
        score: score(&rules),
        rules,
        headers: headers
            .map(|(name, value)| headers::explain(name, value))
            .collect(),
        features,
        truncated: letter.html.as_ref().is_some_and(|html| html.truncated),
        links,
    }
}
