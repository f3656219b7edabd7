//! Taking a MIME message apart (RFC 2046), to a bounded depth.
//!
//! mail-parser decodes each part, but never sees one that holds others: it nests as deeply as the sender says, and twenty thousand
//! messages within messages overflow its stack.

use mail_parser::{ContentType, Message, MessageParser, MimeHeaders, PartType};

use super::message::Attachment;

/// Multiparts within multiparts, at most; what is deeper is listed as an attachment.
const MAX_DEPTH: usize = 8;
/// Parts looked at, at most.
const MAX_PARTS: usize = 1_000;

/// A part that holds no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    Text(String),
    Html(String),
    Other(Attachment),
}

/// The leaves of a whole message, in order.
pub fn leaves(message: &[u8]) -> Vec<Leaf> {
    let mut found = Vec::new();
    walk(&MessageParser::default(), message, 0, &mut found);
    found
}

fn walk(parser: &MessageParser, entity: &[u8], depth: usize, found: &mut Vec<Leaf>) {
    if found.len() >= MAX_PARTS {
        return;
    }
    let Some(head) = parser.parse_headers(entity) else {
        // A part may do without headers: an empty line, then text.
        let text = String::from_utf8_lossy(entity);
        let text = text
            .strip_prefix("\r\n")
            .or_else(|| text.strip_prefix('\n'))
            .unwrap_or(&text);
        found.push(Leaf::Text(text.to_owned()));
        return;
    };
    let body = body(entity, &head);
    let kind = head.content_type();
    let boundary = kind
        .filter(|kind| kind.ctype() == "multipart")
        .and_then(|kind| kind.attribute("boundary"));
    match boundary {
        Some(boundary) if depth < MAX_DEPTH => {
            for part in split(body, boundary.as_bytes()) {
                walk(parser, part, depth + 1, found);
            }
        }
        None if kind.is_none_or(|kind| kind.ctype() != "message") => {
            found.push(parser.parse(entity).map_or_else(
                || Leaf::Text(String::from_utf8_lossy(body).into_owned()),
                |part| leaf(&part),
            ));
        }
        _ => found.push(Leaf::Other(attachment(&head, body.len()))),
    }
}

/// What follows the empty line after the last header; empty where there is none.
fn body<'x>(entity: &'x [u8], head: &Message<'_>) -> &'x [u8] {
    let mut at = head
        .headers()
        .iter()
        .map(|header| header.offset_end as usize)
        .max()
        .unwrap_or(0);
    for line in entity
        .get(at..)
        .unwrap_or_default()
        .split_inclusive(|&byte| byte == b'\n')
    {
        at += line.len();
        if line.trim_ascii().is_empty() && entity[..at - line.len()].ends_with(b"\n") {
            return &entity[at..];
        }
    }
    &[]
}

/// What stands between the delimiter lines `--boundary`, without the line end before each (RFC 2046 5.1.1).
fn split<'x>(body: &'x [u8], boundary: &[u8]) -> Vec<&'x [u8]> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        let mark = line
            .trim_ascii_end()
            .strip_prefix(b"--")
            .and_then(|rest| rest.strip_prefix(boundary));
        let last = match mark {
            Some(b"") => false,
            Some(b"--") => true,
            _ => {
                at += line.len();
                continue;
            }
        };
        parts.extend(start.map(|from| without_line_end(&body[from..at])));
        at += line.len();
        start = Some(at);
        if last || parts.len() >= MAX_PARTS {
            return parts;
        }
    }
    // The closing delimiter is missing: what there is counts.
    parts.extend(start.map(|from| &body[from..]));
    parts
}

fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

fn leaf(part: &Message<'_>) -> Leaf {
    let Some(root) = part.parts.first() else {
        return Leaf::Text(String::new());
    };
    let attached = root
        .content_disposition()
        .is_some_and(ContentType::is_attachment)
        || root.attachment_name().is_some();
    let plain = root
        .content_type()
        .is_none_or(|kind| kind.subtype() == Some("plain"));
    match &root.body {
        PartType::Text(text) if plain && !attached => Leaf::Text(text.to_string()),
        PartType::Html(html) if !attached => Leaf::Html(html.to_string()),
        body => Leaf::Other(attachment(
            part,
            match body {
                PartType::Text(text) | PartType::Html(text) => text.len(),
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.len(),
                PartType::Message(_) | PartType::Multipart(_) => 0,
            },
        )),
    }
}

fn attachment(part: &Message<'_>, size: usize) -> Attachment {
    let media_type = part.content_type().map_or_else(
        || "application/octet-stream".to_owned(),
        |kind| match kind.subtype() {
            Some(subtype) => format!("{}/{subtype}", kind.ctype()),
            None => kind.ctype().to_owned(),
        },
    );
    Attachment {
        name: part.attachment_name().map(str::to_owned),
        media_type,
        size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters() {
        let parts = |body: &'static str| -> Vec<&str> {
            split(body.as_bytes(), b"b")
                .into_iter()
                .map(|part| std::str::from_utf8(part).unwrap())
                .collect()
        };
        assert_eq!(
            parts("before\r\n--b\r\none\r\n\r\n--b  \r\ntwo\r\n--b--\r\nafter"),
            ["one\r\n", "two"]
        );
        assert_eq!(parts("--b\none\n--bb\n--b\ntwo"), ["one\n--bb", "two"]);
        assert_eq!(parts("--b--\r\n"), [""; 0]);
        assert_eq!(parts("no delimiter"), [""; 0]);
        assert_eq!(parts("--b\r\n--b\r\n"), ["", ""]);
    }

    #[test]
    fn a_part_without_headers_is_text() {
        let found = leaves(
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n",
        );
        assert_eq!(found, [Leaf::Text("hello".into())]);
    }

    #[test]
    fn parts_are_bounded_in_number() {
        let mut message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
        for _ in 0..5_000 {
            message.extend(b"--b\r\n\r\nx\r\n");
        }
        assert_eq!(leaves(&message).len(), MAX_PARTS);
    }

    #[test]
    fn a_message_within_is_an_attachment() {
        let found = leaves(
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
            Subject: inner\r\n\r\ninner text\r\n--b--\r\n",
        );
        let attachment = Attachment {
            name: None,
            media_type: "message/rfc822".into(),
            size: 28,
        };
        assert_eq!(found, [Leaf::Other(attachment)]);
    }
}
