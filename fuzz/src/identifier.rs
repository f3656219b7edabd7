//! Identifiers: normalising twice changes nothing, nothing that names nobody ever names somebody, and nothing unprintable gets through.

use postern::domain::identifier::{
    EmailAddress, Identifier, IdentifierMode, MAX_IDENTIFIER_BYTES, Username,
};
use postern::server::idn;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    username(&text);
    address(&text);
    for mode in [
        IdentifierMode::Either,
        IdentifierMode::Username,
        IdentifierMode::Email,
    ] {
        identifier(&text, mode);
    }
    let ascii = idn::address(&text);
    assert_eq!(idn::address(&ascii), ascii, "converting twice");
    if let Some(domain) = idn::to_ascii(&text) {
        assert!(domain.is_ascii() && domain == domain.to_ascii_lowercase());
        assert_eq!(
            idn::to_ascii(&domain).as_deref().unwrap_or(&domain),
            domain.strip_suffix('.').unwrap_or(&domain)
        );
    }
}

fn username(text: &str) {
    let Ok(name) = Username::parse(text) else {
        return;
    };
    let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    assert!((3..=32).contains(&name.as_str().len()) && name.as_str().bytes().all(plain));
    assert_eq!(Username::parse(name.as_str()), Ok(name.clone()));
    assert_eq!(
        Username::parse(&name.as_str().to_ascii_uppercase()),
        Ok(name.clone())
    );
    assert!(
        text.trim().eq_ignore_ascii_case(name.as_str()),
        "only case and space around may differ"
    );
}

fn address(text: &str) {
    let Ok(address) = EmailAddress::parse(text) else {
        return;
    };
    let written = address.as_str();
    assert!(
        written.len() <= 254 && written.bytes().all(|b| b.is_ascii_graphic()),
        "{written:?}"
    );
    assert_eq!(written.matches('@').count(), 1);
    for apart in [',', ';', '<', '>', '"', '(', ')', ':', '\\'] {
        assert!(
            !written.contains(apart),
            "{written:?}: one recipient could be read as more"
        );
    }
    assert!(
        text.trim().eq_ignore_ascii_case(written),
        "only case and space around may differ"
    );
    assert_eq!(EmailAddress::parse(written).as_ref(), Ok(&address));
    assert_eq!(address.key(), written.to_ascii_lowercase());
    assert_eq!(
        written.rsplit_once('@').map(|(_, domain)| domain),
        Some(address.domain())
    );
    let first = written.chars().next().unwrap_or_default();
    let masked = format!("{first}…@{}", address.domain());
    assert_eq!(address.masked(), masked, "only the first letter shows");
}

fn identifier(text: &str, mode: IdentifierMode) {
    let Ok(identifier) = Identifier::parse(text, mode) else {
        assert!(
            text.trim().is_empty() || text.trim().len() > MAX_IDENTIFIER_BYTES,
            "only empty and too long are refused"
        );
        return;
    };
    let key = identifier.key();
    // One character of what was typed can become eighteen; the count of characters is bounded all the same.
    assert!(
        key.chars().count() <= MAX_IDENTIFIER_BYTES,
        "{} characters",
        key.chars().count()
    );
    assert!(!key.chars().any(char::is_control), "{key:?}");
    let back = Identifier::from_stored(&identifier.stored());
    assert_eq!(back.key(), key);
    let kind = std::mem::discriminant(&identifier);
    assert_eq!(
        std::mem::discriminant(&back),
        kind,
        "what named nobody must go on doing so"
    );
    // Every spelling is limited by the same key.
    for spelling in [format!(" {text}\t"), text.trim().to_owned()] {
        if let Ok(other) = Identifier::parse(&spelling, mode) {
            assert_eq!(other.key(), key, "{spelling:?}");
        }
    }
    if let Ok(again) = Identifier::parse(key, mode) {
        assert_eq!(again.key(), key, "normalising twice");
    }
}
