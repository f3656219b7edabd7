//! Domains beyond ASCII: as people write them, and as mail and DNS do (IDNA, RFC 5890).

use std::borrow::Cow;

/// A domain in A-labels and lower case, without a final dot. None where it is no domain, or where its letters are another spelling
/// of something else (full-width letters, ligatures, the Kelvin sign): what is typed must be what is meant.
pub fn to_ascii(domain: &str) -> Option<String> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if domain.is_empty() || domain.ends_with('.') || domain.len() > 1024 {
        return None;
    }
    if domain.is_ascii() {
        let printable = domain.bytes().all(|b| b.is_ascii_graphic());
        return printable.then(|| domain.to_ascii_lowercase());
    }
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let (back, valid) = idna::domain_to_unicode(&ascii);
    let lower = domain.to_lowercase();
    let labels = || domain.split('.').zip(ascii.split('.'));
    let kept = labels().all(|(typed, written)| typed.is_ascii() || written.starts_with("xn--"));
    (valid.is_ok() && back == lower && kept).then_some(ascii)
}

/// An address whose domain is in A-labels; as it was where its domain is ASCII already or cannot be written so, and then
/// [`crate::domain::identifier::EmailAddress`] refuses it. The part before the `@` stays: one beyond ASCII is refused there too.
pub fn address(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let converted = text.trim().rsplit_once('@').and_then(|(local, domain)| {
        let domain = to_ascii(domain)?;
        Some(format!("{local}@{domain}"))
    });
    converted.map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_written_in_a_labels() {
        for (typed, written) in [
            ("Example.ORG", Some("example.org")),
            ("example.org.", Some("example.org")),
            ("müller.example", Some("xn--mller-kva.example")),
            ("MÜLLER.example", Some("xn--mller-kva.example")),
            ("straße.example", Some("xn--strae-oqa.example")),
            ("пример.испытание", Some("xn--e1afmkfd.xn--80akhbyknj4f")),
            ("exаmple.org", Some("xn--exmple-4nf.org")),
            ("ｅxample.org", None),
            ("\u{212a}im.example", None),
            ("ﬁsh.example", None),
            ("exam\u{ad}ple.org", None),
            ("ex\u{202e}ample.org", None),
            ("mu\u{308}ller.example", None),
            ("a。b", None),
            ("", None),
            (".", None),
            ("example.org..", None),
            ("example.org .", None),
            ("exam\0ple.org", None),
        ] {
            assert_eq!(to_ascii(typed).as_deref(), written, "{typed:?}");
        }
    }

    #[test]
    fn only_the_domain_of_an_address_is_rewritten() {
        for (typed, written) in [
            ("Ada@Example.org", "Ada@Example.org"),
            ("ada@müller.example", "ada@xn--mller-kva.example"),
            (" ada@müller.example ", "ada@xn--mller-kva.example"),
            ("mıke@müller.example", "mıke@xn--mller-kva.example"),
            ("mike@ｅxample.org", "mike@ｅxample.org"),
            ("mıke", "mıke"),
        ] {
            assert_eq!(address(typed), written, "{typed:?}");
        }
    }
}
