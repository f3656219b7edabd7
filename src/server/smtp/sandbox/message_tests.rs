//! Messages well-formed and not.

use super::*;

fn read(source: &[u8]) -> Message {
    let to = vec!["ada@localhost".to_owned()];
    let envelope = Envelope {
        helo: "test".into(),
        from: "bounce@x".into(),
        to,
        utf8: false,
    };
    let received = Received {
        envelope,
        source: source.to_vec(),
        session: None,
    };
    Message::read("1".into(), Timestamp::from_millis(0), received)
}

#[test]
fn a_multipart_message() {
    let message = read(
        b"From: =?utf-8?q?Post=C3=A9rn?= <postern@localhost>\r\nTo: Ada <ada@localhost>, bob@localhost\r\n\
        Subject: =?utf-8?b?UmVzZXQg8J+UkQ==?=\r\nX-Long: one\r\n two\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
        Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\
        Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        caf=E9\r\nhttp://x/#=\r\nTOKEN\r\n--a\r\nContent-Type: text/html\r\n\r\n<p>caf&eacute;</p>\r\n--a--\r\n--m\r\n\
        Content-Type: image/png\r\nContent-Disposition: attachment; filename=dot.png\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--m--\r\n",
    );
    assert_eq!(message.subject, "Reset \u{1f511}");
    assert_eq!(message.from, "Posté\u{72}n <postern@localhost>");
    assert_eq!(message.to, ["Ada <ada@localhost>", "bob@localhost"]);
    assert_eq!(message.text.as_deref(), Some("café\nhttp://x/#TOKEN"));
    assert_eq!(message.html.as_deref(), Some("<p>caf&eacute;</p>"));
    assert_eq!(message.headers[2].0, "Subject");
    assert_eq!(message.headers[2].1, "=?utf-8?b?UmVzZXQg8J+UkQ==?=");
    assert_eq!(message.headers[3], ("X-Long".into(), "one two".into()));
    let attachment = Attachment {
        name: Some("dot.png".into()),
        media_type: "image/png".into(),
        size: 4,
    };
    assert_eq!(message.attachments, [attachment]);
    for needle in ["reset", "postern@", "bounce@", "bob", "token"] {
        assert!(message.matches(needle), "{needle}");
    }
    assert!(!message.matches("absent"));
}

#[test]
fn one_part_is_not_shown_as_two() {
    let plain = read(b"Subject: x\r\n\r\nhello\r\n");
    assert_eq!((plain.text.as_deref(), plain.html), (Some("hello\n"), None));
    let html = read(b"Content-Type: text/html\r\n\r\n<b>x</b>\r\n");
    assert_eq!(
        (html.text, html.html.as_deref()),
        (None, Some("<b>x</b>\n"))
    );
}

#[test]
fn anything_is_kept() {
    for source in [
        &b""[..],
        b"\r\n",
        b"\0\xff\xfe",
        b"no colon",
        b":",
        b"Subject",
        b"Subject: \xff\0\r\n\r\n\xff",
    ] {
        let message = read(source);
        assert_eq!(message.source, source);
        assert_eq!(message.envelope.to, ["ada@localhost"]);
        let _ = message.source_text();
    }
    // Parts within parts, deeper than anybody's mail.
    let mut nested = b"MIME-Version: 1.0\r\n".to_vec();
    for depth in 0..20_000 {
        let part =
            format!("Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n");
        nested.extend(part.into_bytes());
    }
    read(&nested);
    let mut messages = Vec::new();
    for _ in 0..20_000 {
        messages.extend(b"Content-Type: message/rfc822\r\n\r\n");
    }
    read(&messages);
}
