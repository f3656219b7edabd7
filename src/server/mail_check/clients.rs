//! Which mail programs support what: the data of caniemail.com, kept with the source (`caniemail.tsv` says where it is from).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::domain::mail_check::Feature;

static DATA: &str = include_str!("caniemail.tsv");

/// Different things that are noted of one message; more are not of this world.
const MOST_NOTED: usize = 2000;

/// Letters of a name; longer ones are no names.
const LONGEST: usize = 60;

/// What a message uses, as `kind name`.
#[derive(Debug, Default)]
pub struct Use(BTreeSet<String>);

impl Use {
    pub fn element(&mut self, name: &str) {
        self.note("element", name);
    }

    /// An attribute, alone and where its value makes a kind of element (`<input type="text">`).
    pub fn attribute(&mut self, element: &str, name: &str, value: &str) {
        self.note("attribute", name);
        if name == "type" {
            self.note("pair", &format!("{element}:{}", value.to_ascii_lowercase()));
        }
    }

    /// A property and the first word of its value.
    pub fn property(&mut self, name: &str, value: &str) {
        self.note("property", name);
        self.note("value", &format!("{name}:{value}"));
    }

    pub fn at_rule(&mut self, name: &str) {
        self.note("at-rule", name);
    }

    pub fn media(&mut self, feature: &str) {
        self.note("media", feature);
    }

    pub fn pseudo(&mut self, name: &str) {
        self.note("pseudo", name);
    }

    pub fn function(&mut self, name: &str) {
        self.note("function", name);
    }

    pub fn unit(&mut self, name: &str) {
        self.note("unit", name);
    }

    fn note(&mut self, kind: &str, name: &str) {
        let fits = !name.is_empty() && name.len() <= LONGEST;
        if fits && self.0.len() < MOST_NOTED {
            self.0.insert(format!("{kind} {name}"));
        }
    }

    #[cfg(test)]
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// One line of the data.
struct Known {
    /// Any of these.
    found_by: Vec<String>,
    title: &'static str,
    slug: &'static str,
    /// One letter for each of [`CLIENTS`].
    support: &'static str,
}

static CLIENTS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut heads = DATA.lines().filter_map(|line| line.strip_prefix('#'));
    heads.next_back().unwrap_or_default().split('\t').collect()
});

static FEATURES: LazyLock<Vec<Known>> = LazyLock::new(|| {
    DATA.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(known)
        .collect()
});

fn known(line: &'static str) -> Option<Known> {
    let mut parts = line.split('\t');
    let (kind, names) = (parts.next()?, parts.next()?);
    let (title, slug, support) = (parts.next()?, parts.next()?, parts.next()?);
    let found_by = names
        .split(',')
        .map(|name| format!("{kind} {name}"))
        .collect();
    Some(Known {
        found_by,
        title,
        slug,
        support,
    })
}

/// What of it is not supported everywhere; what most programs lack first.
pub fn unsupported(used: &Use) -> Vec<Feature> {
    let found = FEATURES
        .iter()
        .filter(|known| known.found_by.iter().any(|name| used.0.contains(name)));
    let mut features: Vec<_> = found.map(feature).collect();
    features.sort_by_key(|feature| {
        std::cmp::Reverse((feature.missing_in.len(), feature.partly_in.len()))
    });
    features
}

fn feature(known: &Known) -> Feature {
    let with = |letter: char| {
        let all = CLIENTS.iter().zip(known.support.chars());
        all.filter(move |(_, support)| *support == letter)
            .map(|(client, _)| *client)
            .collect()
    };
    Feature {
        name: known.title.to_owned(),
        page: format!("https://www.caniemail.com/features/{}/", known.slug),
        missing_in: with('n'),
        partly_in: with('a'),
        tested: known
            .support
            .chars()
            .filter(|support| matches!(support, 'y' | 'a' | 'n'))
            .count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_whole() {
        assert!(
            CLIENTS.len() > 30 && CLIENTS.contains(&"Gmail (web)"),
            "{:?}",
            *CLIENTS
        );
        assert_eq!(
            DATA.lines().filter(|line| !line.starts_with('#')).count(),
            FEATURES.len()
        );
        assert!(FEATURES.len() > 200);
        for known in FEATURES.iter() {
            assert_eq!(known.support.len(), CLIENTS.len(), "{}", known.slug);
            assert!(known.support.contains(['n', 'a']), "{}", known.slug);
            assert!(known.found_by.iter().all(|name| {
                name.split_once(' ')
                    .is_some_and(|(_, name)| !name.is_empty())
            }));
        }
    }

    #[test]
    fn what_programs_lack_is_named() {
        let mut used = Use::default();
        used.property("display", "flex");
        used.element("video");
        used.attribute("input", "type", "TEXT");
        used.element("frobnicate");
        let features = unsupported(&used);
        let flex = features
            .iter()
            .find(|feature| feature.name == "display:flex")
            .unwrap();
        assert!(flex.missing_in.contains(&"Outlook (Windows)"), "{flex:?}");
        assert!(!flex.missing_in.contains(&"Apple Mail (macOS)"), "{flex:?}");
        assert_eq!(
            flex.page,
            "https://www.caniemail.com/features/css-display-flex/"
        );
        assert!(
            features
                .iter()
                .any(|feature| feature.name == "<video> element")
        );
        assert!(
            features
                .iter()
                .any(|feature| feature.name.contains("type=\"text\"")),
            "{features:?}"
        );
        assert!(unsupported(&Use::default()).is_empty());
    }
}
