//! Replies that a person pastes: read or not, always bounded and printable, and every one has exactly one meaning at every step.

use postern::domain::smtp::diagnosis::{by_id, diagnose};
use postern::domain::smtp::evidence::Evidence;
use postern::domain::smtp::reply::{Enhanced, Reply};
use postern::domain::smtp::step::Step;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(code) = Enhanced::parse(&text) {
        assert_eq!(Enhanced::parse(&code.to_string()), Some(code));
        assert!(matches!(code.class, 2 | 4 | 5));
    }
    let Some(reply) = Reply::parse(&text) else {
        return;
    };
    assert!((200..600).contains(&reply.code));
    assert!(!reply.lines.is_empty() && reply.lines.len() <= 64);
    assert!(reply.text().len() <= 8192 + 64, "{}", reply.text().len());
    assert!(
        !reply
            .lines
            .iter()
            .any(|line| line.chars().any(char::is_control))
    );
    assert_eq!(reply.enhanced, Enhanced::parse(&reply.lines[0]));
    assert!(
        Reply::parse(&reply.to_string()).is_some(),
        "what is shown cannot be pasted: {reply}"
    );
    for step in Step::ALL {
        let diagnosis = diagnose(&Evidence::reply(step, reply.clone()));
        assert_eq!(by_id(diagnosis.id()), Some(diagnosis.row));
    }
    let stored = serde_json::to_string(&reply).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Reply>(&stored).ok(), Some(reply));
}
