//! What each header of a message says, in one plain sentence.

use serde::Serialize;

/// A header and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    pub name: String,
    /// At most 300 characters of it.
    pub value: String,
    pub meaning: String,
    /// Whether the name is one that is known here.
    pub known: bool,
}

/// Explains one header. Unknown ones say so.
pub fn explain(name: &str, value: &str) -> Explained {
    let lower = name.to_ascii_lowercase();
    let special = by_value(&lower, value);
    let known = KNOWN.iter().find(|(known, _)| *known == lower);
    let meaning = special
        .clone()
        .or_else(|| known.map(|(_, meaning)| (*meaning).to_owned()));
    Explained {
        name: name.to_owned(),
        value: value.trim().chars().take(300).collect(),
        known: meaning.is_some(),
        meaning: meaning.unwrap_or_else(|| unknown(&lower)),
    }
}

fn unknown(lower: &str) -> String {
    if lower.starts_with("x-") {
        "A private header: it means something to whoever added it, and nothing here.".to_owned()
    } else {
        "Not known here.".to_owned()
    }
}

/// Meanings that depend on what the header says.
fn by_value(name: &str, value: &str) -> Option<String> {
    let lower = value.trim().to_ascii_lowercase();
    let words = match name {
        "received" => {
            let word = |lead: &str| {
                let (_, rest) = lower.split_once(lead)?;
                rest.split([' ', ';', '\t'])
                    .next()
                    .filter(|word| !word.is_empty())
            };
            match (word("from "), word("by ")) {
                (Some(from), Some(by)) => format!(
                    "A server on the way: {} took the message from {}.",
                    short(by),
                    short(from)
                ),
                _ => "A server on the way put this here; the newest stands on top.".to_owned(),
            }
        }
        "dkim-signature" => {
            let tag = |name: &str| {
                lower
                    .split(';')
                    .filter_map(|part| part.trim().split_once('='))
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| short(value.trim()))
            };
            format!(
                "A signature (DKIM): {} answers for the message; its key is in DNS at {}._domainkey.{}. Whether it is valid was not checked here.",
                tag("d").unwrap_or_default(),
                tag("s").unwrap_or_default(),
                tag("d").unwrap_or_default()
            )
        }
        "auto-submitted" if lower.starts_with("no") => "A person wrote this message.".to_owned(),
        "auto-submitted" => {
            "A program sent this: holiday notices and other machines must not answer it (RFC 3834)."
                .to_owned()
        }
        "content-type" => match lower.split(';').next().unwrap_or_default().trim() {
            "multipart/alternative" => {
                "The message stands here in several forms; the reader shows the best that it can."
                    .to_owned()
            }
            "multipart/mixed" => "The message has several parts, such as attachments.".to_owned(),
            "text/plain" => "The message is plain text.".to_owned(),
            "text/html" => "The message is HTML alone.".to_owned(),
            _ => "What kind of content follows.".to_owned(),
        },
        "precedence" => format!(
            "An old hint to other programs, here \u{201c}{}\u{201d}: mostly that this is no personal mail.",
            short(&lower)
        ),
        "importance" | "x-priority" | "priority" => {
            "How urgent the sender finds it; most readers ignore it.".to_owned()
        }
        _ => return None,
    };
    Some(words)
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// RFC 5322, RFC 2045, RFC 3834, RFC 6376, RFC 8601, RFC 2369, RFC 8058 and what is common beside them. Lower case.
static KNOWN: [(&str, &str); 47] = [
    (
        "from",
        "Who wrote the message: what the reader shows as its sender.",
    ),
    (
        "sender",
        "Who handed the message over, where that is somebody else than its author.",
    ),
    (
        "to",
        "Whom it is for. The server went by the envelope, which may differ.",
    ),
    ("cc", "Who gets a copy and is seen to."),
    (
        "bcc",
        "Who gets a copy unseen. It should never arrive: this is a fault of the sending program.",
    ),
    ("reply-to", "Where answers go, in place of From."),
    ("subject", "The line that the reader shows first."),
    ("date", "When it was written, by the sender's clock."),
    (
        "message-id",
        "The name of this one message, by which logs and answers refer to it.",
    ),
    ("in-reply-to", "The message that this one answers."),
    (
        "references",
        "The conversation that this message belongs to.",
    ),
    (
        "mime-version",
        "The message may have parts and letters beyond ASCII (always 1.0).",
    ),
    (
        "content-transfer-encoding",
        "How the content was written so that every server can carry it.",
    ),
    (
        "content-disposition",
        "Whether a part is shown or offered as a file.",
    ),
    ("content-language", "The language of the content."),
    (
        "content-id",
        "The name of a part, by which the HTML shows it.",
    ),
    ("content-description", "What a part is, in words."),
    (
        "return-path",
        "Where bounces go: the sender of the envelope, written by the last server.",
    ),
    (
        "delivered-to",
        "The mailbox that it ended in, written by the last server.",
    ),
    (
        "x-original-to",
        "The recipient before aliases were followed.",
    ),
    ("resent-from", "Somebody sent an old message on as it was."),
    ("resent-to", "To whom an old message was sent on."),
    ("resent-date", "When an old message was sent on."),
    (
        "authentication-results",
        "What the receiving server found when it checked SPF, DKIM and DMARC.",
    ),
    (
        "received-spf",
        "What the receiving server found when it checked SPF.",
    ),
    (
        "arc-seal",
        "A server that passed the message on vouches for the checks made before (ARC).",
    ),
    (
        "arc-message-signature",
        "The signature of a server that passed the message on (ARC).",
    ),
    (
        "arc-authentication-results",
        "What a server that passed the message on had found (ARC).",
    ),
    (
        "domainkey-signature",
        "A forerunner of DKIM; nobody checks it any more.",
    ),
    (
        "list-unsubscribe",
        "Where to leave the list. Mails about one's own account do not need it.",
    ),
    (
        "list-unsubscribe-post",
        "Leaving the list takes one click (RFC 8058).",
    ),
    ("list-id", "The mailing list that it came by."),
    ("list-help", "Where the mailing list is explained."),
    ("list-post", "Where to write to the mailing list."),
    ("list-archive", "Where the mailing list is kept."),
    (
        "feedback-id",
        "By what the sender counts complaints, for Gmail.",
    ),
    (
        "x-auto-response-suppress",
        "Tells Exchange and Outlook to send no automatic answer.",
    ),
    (
        "x-mailer",
        "The program that wrote the message. It tells more than anybody needs.",
    ),
    (
        "user-agent",
        "The program that wrote the message. It tells more than anybody needs.",
    ),
    (
        "x-originating-ip",
        "The address of the computer that it was written at. It tells more than anybody needs.",
    ),
    ("x-spam-status", "What a spam filter thought of it."),
    (
        "x-spam-score",
        "What a spam filter thought of it, as a number.",
    ),
    ("x-spam-flag", "Whether a spam filter took it for spam."),
    (
        "disposition-notification-to",
        "Asks the reader's program to tell when it is opened.",
    ),
    (
        "require-recipient-valid-since",
        "Only if the mailbox has had the same owner since then (RFC 7293).",
    ),
    ("thread-index", "How Outlook groups conversations."),
    ("thread-topic", "How Outlook groups conversations."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_explained_in_one_sentence() {
        for (name, value, part) in [
            ("Subject", "Hello", "shows first"),
            (
                "RECEIVED",
                "from a.example (b [192.0.2.7]) by c.example with ESMTP; Sun",
                "c.example took the message from a.example",
            ),
            ("Received", "nonsense", "on the way"),
            (
                "DKIM-Signature",
                "v=1; a=rsa-sha256; d=example.org;\t s=2026; b=x",
                "2026._domainkey.example.org",
            ),
            ("Auto-Submitted", "auto-generated", "must not answer"),
            ("Auto-Submitted", "no", "A person"),
            (
                "Content-Type",
                "multipart/alternative; boundary=b",
                "several forms",
            ),
            ("Message-ID", "<a@b>", "this one message"),
        ] {
            let explained = explain(name, value);
            assert!(
                explained.known && explained.meaning.contains(part),
                "{explained:?}"
            );
        }
        for (name, part) in [
            ("X-Frobnicate", "private"),
            ("Frobnicate", "Not known"),
            ("", "Not known"),
        ] {
            let explained = explain(name, "x");
            assert!(
                !explained.known && explained.meaning.contains(part),
                "{explained:?}"
            );
        }
        assert_eq!(explain("Subject", &"x".repeat(1000)).value.len(), 300);
    }

    #[test]
    fn each_name_is_told_once_and_in_a_sentence() {
        let names: std::collections::BTreeSet<_> = KNOWN.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), KNOWN.len());
        for (name, meaning) in KNOWN {
            assert!(
                name == name.to_ascii_lowercase() && meaning.ends_with('.'),
                "{name}"
            );
        }
    }
}
