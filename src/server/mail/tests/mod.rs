//! Tests of mails as their readers get them, and what these tests share.

mod dkim;
mod hostile;
mod message;
mod render;

use crate::domain::time::Timestamp;
use crate::server::config::{Config, Sources, load};

/// 2026-11-22, 14:05:30 UTC
const AT: Timestamp = Timestamp::from_millis(1_795_356_330_000);

fn config(settings: &[(&str, &str)]) -> Config {
    let flags = settings
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    load(&Sources {
        flags,
        ..Sources::default()
    })
    .unwrap()
    .0
}

fn example() -> Config {
    config(&[
        ("site.name", "Example"),
        ("site.public_url", "https://recover.example.org"),
        ("site.support", "help@example.org"),
        ("mail.from", "Example Support <noreply@example.org>"),
        ("mail.reply_to", "help@example.org"),
    ])
}
