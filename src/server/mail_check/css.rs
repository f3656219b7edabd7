//! Enough of CSS to see which properties, values, functions, units and selectors stand in it (CSS Syntax 3).

use super::clients::Use;

/// Everything in a `<style>`.
pub fn sheet(css: &str, used: &mut Use) {
    let css = plain(css);
    let mut rest = css.as_str();
    while let Some(at) = rest.find(['{', '}', ';']) {
        let piece = rest[..at].trim();
        match (rest.as_bytes()[at], piece.strip_prefix('@')) {
            (_, Some(rule)) => at_rule(rule, used),
            (b'{', None) => selector(piece, used),
            _ => declaration(piece, used),
        }
        rest = &rest[at + 1..];
    }
    declaration(rest, used);
}

/// What stands in a `style` attribute.
pub fn declarations(css: &str, used: &mut Use) {
    for piece in plain(css).split(';') {
        declaration(piece, used);
    }
}

/// Without comments and without what stands in quotes or in `url()`; lower case.
fn plain(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find(['"', '\'', '/', '(']) {
        out.push_str(&rest[..at]);
        let from = &rest[at..];
        let skipped = match from.as_bytes()[0] {
            b'/' if from.starts_with("/*") => from.find("*/").map_or(from.len(), |end| end + 2),
            b'(' if out.ends_with("url") => from.find(')').unwrap_or(from.len()),
            quote @ (b'"' | b'\'') => {
                let end = from[1..].find(char::from(quote));
                end.map_or(from.len(), |end| end + 2)
            }
            other => {
                out.push(char::from(other));
                1
            }
        };
        rest = &from[skipped..];
    }
    out.push_str(rest);
    out.make_ascii_lowercase();
    out
}

fn at_rule(rule: &str, used: &mut Use) {
    let end = rule.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let (name, rest) = rule.split_at(end.unwrap_or(rule.len()));
    used.at_rule(name);
    if name == "media" {
        let words = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        for word in words.filter(|word| !word.is_empty()) {
            used.media(
                word.trim_start_matches("-webkit-")
                    .trim_start_matches("any-"),
            );
        }
    }
}

/// The pseudo-classes and pseudo-elements of a selector.
fn selector(selector: &str, used: &mut Use) {
    for part in selector.split(':').skip(1) {
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        used.pseudo(&part[..end.unwrap_or(part.len())]);
    }
}

fn declaration(piece: &str, used: &mut Use) {
    let Some((name, value)) = piece.split_once(':') else {
        return;
    };
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty()
        || !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    {
        return;
    }
    used.property(name, value.split([' ', '!']).next().unwrap_or_default());
    if value.contains("!important") {
        used.function("!important");
    }
    let mut word = String::new();
    for c in value.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '#') {
            word.push(c);
            continue;
        }
        if c == '(' {
            used.function(&word);
        } else if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) {
            used.unit(
                word.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')),
            );
        }
        word.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(css: &str) -> Vec<String> {
        let mut used = Use::default();
        sheet(css, &mut used);
        used.names().map(str::to_owned).collect()
    }

    #[test]
    fn what_stands_in_a_sheet_is_seen() {
        let css = "@import url(x.css;y); a:hover > b::before{Display:FLEX;width:calc(1rem + 2VW)!important}\
            /* video { } */ @media (prefers-color-scheme: dark) { p { background: url(\"a;b}c\") } } q { content: \"gap:1px\"; margin: -1.5em";
        let names = names(css);
        for wanted in [
            "at-rule import",
            "at-rule media",
            "media prefers-color-scheme",
            "pseudo hover",
            "pseudo before",
            "property display",
            "value display:flex",
            "function calc",
            "function !important",
            "unit rem",
            "unit vw",
            "unit em",
            "property background",
            "property content",
            "property margin",
        ] {
            assert!(
                names.iter().any(|name| name == wanted),
                "{wanted} is missing: {names:?}"
            );
        }
        for unwanted in ["property gap", "element video"] {
            assert!(
                !names.iter().any(|name| name == unwanted),
                "{unwanted}: {names:?}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_css_is_survived(css in "([a-z@:;{}()/*\"'!#. -]|.){0,200}") {
            names(&css);
            declarations(&css, &mut Use::default());
        }
    }
}
