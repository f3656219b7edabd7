//! A message of any bytes, taken apart and judged: nothing is fetched, nothing is endless, and what is shown has no line in a line.

use postern::domain::mail_check::{self, Letter, MOST_LISTED};
use postern::domain::time::Timestamp;
use postern::server::mail_check::read;
use postern::server::smtp::sandbox::{Envelope, Message, Received};

pub fn run(data: &[u8]) {
    let envelope = Envelope {
        helo: "client.example".to_owned(),
        from: "from@sender.example".to_owned(),
        to: vec!["ada@example.net".to_owned()],
        utf8: false,
    };
    let received = Received {
        envelope,
        source: data.to_vec(),
        session: None,
    };
    let message = Message::read("1".to_owned(), Timestamp::from_millis(0), received);
    assert_eq!(message.source, data);
    holds(&message);
    judged(&message);
    // The HTML checks alone, too: a body rarely gets through all of MIME.
    let _ = read(&String::from_utf8_lossy(data));
}

/// What must be true of every message in the mailbox.
pub fn holds(message: &Message) {
    assert!(message.headers.len() <= 1_000 && message.to.len() <= 2_000);
    for (name, value) in &message.headers {
        assert!(
            !name.contains(['\r', '\n']) && !value.contains(['\r', '\n']),
            "{name}: {value}"
        );
    }
    assert!(
        message.attachments.len() <= 1_000,
        "{} parts",
        message.attachments.len()
    );
    let decoded: usize = [&message.text, &message.html]
        .into_iter()
        .flatten()
        .map(String::len)
        .sum();
    assert!(
        decoded <= 8 * message.source.len() + 1_024,
        "{decoded} octets out of {}",
        message.source.len()
    );
    for text in [&message.text, &message.html].into_iter().flatten() {
        assert!(!text.contains("\r\n"), "line ends are LF");
    }
    assert!(!message.matches("a needle that no message has \u{1f9ed}"));
}

fn judged(message: &Message) {
    let parts = message.html.as_deref().map(read);
    let (html, features) = parts.map_or((None, Vec::new()), |(sheet, features)| {
        (Some(sheet), features)
    });
    let mut names: Vec<_> = features
        .iter()
        .map(|feature| feature.name.clone())
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), features.len(), "a feature is told twice");
    let letter = Letter {
        headers: message.headers.clone(),
        subject: message.subject.clone(),
        text: message.text.clone(),
        html,
        longest_line: message
            .source
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::len)
            .max()
            .unwrap_or(0),
    };
    let checks = mail_check::check(&letter, "https://recover.example.org", features);
    assert!(checks.score <= 10);
    assert!(checks.links.len() <= MOST_LISTED && checks.headers.len() <= MOST_LISTED);
    let written = serde_json::to_vec(&checks).unwrap_or_default();
    assert!(!written.is_empty(), "the page cannot show it");
}
