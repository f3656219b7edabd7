//! The product's own settings, with mail to a sink on this machine.

use std::net::SocketAddr;

use postern::server::config::{Config, Sources, load as read};

/// The settings of a server that sends there, and more.
pub fn load(sink: SocketAddr, more: &[(&str, &str)]) -> anyhow::Result<Config> {
    let (host, port) = (sink.ip().to_string(), sink.port().to_string());
    let usual = [
        ("site.public_url", "http://127.0.0.1:3000"),
        ("mail.from", "Postern <postern@sender.example>"),
        ("sandbox.enabled", "false"),
        ("smtp.host", &host),
        ("smtp.port", &port),
        ("limits.mails_per_hour", "1000000"),
    ];
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let sources = Sources {
        flags: usual.iter().chain(more).map(own).collect(),
        ..Sources::default()
    };
    let (config, _) = read(&sources).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(config)
}
