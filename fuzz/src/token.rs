//! Tokens: what a person pastes is one token or none, whatever stands around it.

use postern::server::secrets::Token;

/// Longest paste that is looked at.
const LONGEST: usize = 512;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(token) = Token::parse(&text) else {
        return;
    };
    assert!(text.len() <= LONGEST, "a long paste was read");
    let code = token.expose();
    assert_eq!(code.len(), 43);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    assert!(code.bytes().all(plain), "not base64url");
    // The one spelling that is mailed means the same token, and no other spelling of the code does: characters that carry no bits
    // may not differ.
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(
        compact.contains(code.as_str()),
        "another spelling of a code was taken"
    );
    for around in [
        code.to_string(),
        format!(" {} \r\n{}\t", &code[..20], &code[20..]),
        format!("https://a.example/reset#{}.1790000000", *code),
    ] {
        assert!(
            Token::parse(&around) == Some(token.clone()),
            "the code does not read back"
        );
    }
    assert!(
        Token::parse(&format!("{}A", *code)).is_none(),
        "a longer code was taken"
    );
    assert!(
        Token::parse(&code[1..]).is_none(),
        "a shorter code was taken"
    );
    assert_eq!(
        format!("{token:?}{:?}", token.hash()),
        "Token(..)TokenHash(..)"
    );
    assert_ne!(
        token.derive("csrf"),
        *code,
        "what is derived gives the token away"
    );
}
