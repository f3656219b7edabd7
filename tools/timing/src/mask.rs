//! An answer without what is drawn anew for each: what is left must be the same for everybody.

use crate::wire::{Answer, Post};

/// Status, headers and body; what was typed stands as one star a character, so that lengths still show.
pub fn masked(answer: &Answer, post: &Post) -> String {
    let (head, body) = answer
        .text
        .split_once("\r\n\r\n")
        .unwrap_or((&answer.text, ""));
    let mut nonce = None;
    let mut lines = Vec::new();
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        lines.push(match name {
            "date" | "x-request-id" => format!("{name}: *"),
            "set-cookie" => format!("{name}: {}", without_value(value, ';')),
            "location" => format!("{name}: {}", without_value(value, '&')),
            _ => line.to_owned(),
        });
        nonce = nonce.or_else(|| between(value, "'nonce-", "'"));
    }
    let mut text = format!("{}\n\n{body}", lines.join("\n"));
    let csrf = body
        .split('<')
        .find(|tag| tag.starts_with("input") && tag.contains("name=\"csrf\""))
        .and_then(|tag| between(tag, "value=\"", "\""));
    for drawn in [nonce, csrf].into_iter().flatten() {
        text = text.replace(drawn, "*");
    }
    for (_, typed) in &post.fields {
        text = text.replace(
            &format!("\"{typed}\""),
            &format!("\"{}\"", "*".repeat(typed.len())),
        );
    }
    text
}

/// `name=value; rest` without the value.
fn without_value(pair: &str, end: char) -> String {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let rest = value.find(end).map_or("", |at| &value[at..]);
    format!("{name}=*{rest}")
}

fn between<'x>(text: &'x str, before: &str, after: &str) -> Option<&'x str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(text: &str) -> Answer {
        Answer {
            status: 422,
            text: text.replace('\n', "\r\n"),
            took: Duration::ZERO,
        }
    }

    #[test]
    fn only_what_is_drawn_is_taken_out() {
        let post = Post {
            path: "/reset",
            fields: vec![("username", "carol".into())],
        };
        let text = "HTTP/1.1 422 x\ndate: now\nset-cookie: s=abc; Path=/\ncontent-security-policy: script-src 'nonce-n0'\n\n\
            <input name=\"csrf\" value=\"c0\"><script nonce=\"n0\"></script><input name=\"username\" value=\"carol\">2 left";
        let one = masked(&answer(text), &post);
        let other = text
            .replace("now", "then")
            .replace("abc", "def")
            .replace("n0", "n1")
            .replace("c0", "c1");
        assert_eq!(one, masked(&answer(&other), &post));
        for different in [
            other.replace("2 left", "1 left"),
            other.replace("Path=/", "Path=/a"),
            other.replace("422", "429"),
        ] {
            assert_ne!(one, masked(&answer(&different), &post), "{different}");
        }
        let longer = Post {
            path: "/reset",
            fields: vec![("username", "caroline".into())],
        };
        assert_ne!(
            one,
            masked(&answer(&text.replace("carol", "caroline")), &longer),
            "lengths count"
        );
    }
}
