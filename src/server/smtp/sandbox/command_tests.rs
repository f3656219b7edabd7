//! Command lines good and bad.

use super::*;

fn code(line: &[u8]) -> u16 {
    parse(line).map_or_else(|reply| reply.code, |_| 0)
}

#[test]
fn good_lines() {
    let greet = Command::Greet {
        extended: true,
        name: "client.example".into(),
    };
    assert_eq!(parse(b"ehlo client.example"), Ok(greet));
    let mail = |from: &str, size, utf8| {
        Ok(Command::Mail {
            from: from.into(),
            size,
            utf8,
        })
    };
    assert_eq!(parse(b"MAIL FROM:<a@b>"), mail("a@b", None, false));
    assert_eq!(
        parse(b"mail from: <a@b> size=12 BODY=8bitmime"),
        mail("a@b", Some(12), false)
    );
    assert_eq!(
        parse(b"MAIL FROM:<> AUTH=<> SMTPUTF8"),
        mail("", None, true)
    );
    assert_eq!(
        parse(b"RCPT TO:<Postmaster>"),
        Ok(Command::Rcpt {
            to: "Postmaster".into()
        })
    );
    let auth = |mechanism, response: Option<&str>| {
        let response = response.map(|text| Secret::new(text.into()));
        Ok(Command::Auth {
            mechanism,
            response,
        })
    };
    assert_eq!(
        parse(b"AUTH plain AGEAYg=="),
        auth(Mechanism::Plain, Some("AGEAYg=="))
    );
    assert_eq!(parse(b"AUTH LOGIN"), auth(Mechanism::Login, None));
    assert_eq!(
        parse(b"AUTH xoauth2 eA=="),
        auth(Mechanism::XOAuth2, Some("eA=="))
    );
    assert_eq!(parse(b"QUIT  "), Ok(Command::Quit));
    assert_eq!(parse(b"GET / HTTP/1.1"), Ok(Command::Http));
}

#[test]
fn bad_lines_and_their_codes() {
    for (line, expected) in [
        (&b""[..], 500),
        (b"XYZZY", 500),
        (b"\0\xff\xfe", 500),
        (b"NOOP \0", 500),
        (b"NOOP \rMAIL", 500),
        (b"EHLO", 501),
        (b"MAIL", 501),
        (b"MAIL FROM:a@b", 501),
        (b"MAIL FROM:<a>", 501),
        (b"MAIL FROM:<a@b> SIZE=x", 501),
        (b"MAIL FROM:<a@b> SIZE=99999999999999999999999", 501),
        (b"MAIL FROM:<a@b> BODY=BINARYMIME", 555),
        (b"MAIL FROM:<a@b> FOO", 555),
        (b"RCPT TO:<>", 501),
        (b"RCPT TO:<a@b> NOTIFY=NEVER", 555),
        ("RCPT ü:<a@b>".as_bytes(), 501),
        (b"DATA now", 501),
        (b"VRFY", 501),
        (b"AUTH", 501),
        (b"AUTH CRAM-MD5", 504),
    ] {
        assert_eq!(code(line), expected, "{}", String::from_utf8_lossy(line));
    }
}

#[test]
fn no_bytes_panic() {
    // A small generator in place of a fuzzer: every verb followed by bytes that a fixed sequence picks.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for verb in [
        "",
        "MAIL FROM:<",
        "RCPT TO:<\"",
        "AUTH ",
        "EHLO ",
        "VRFY ",
        "MAIL FROM:<a@b> ",
    ] {
        for _ in 0..2_000 {
            let mut line = verb.as_bytes().to_vec();
            for _ in 0..24 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                line.push(u8::try_from(state & 0xff).unwrap_or_default());
            }
            let _ = parse(&line);
        }
    }
}
