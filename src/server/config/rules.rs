//! Rules about several settings at once: what production refuses, what contradicts itself, what deserves a warning.

use super::error::{ConfigError, Warning};
use super::origin_url::{OriginUrl, is_loopback};
use super::reader::Reader;
use super::units::{HOUR, brief};
use super::{Config, Environment, TlsMode, mail};

/// Checks a configuration whose single values are all allowed.
pub(super) fn check(config: &Config, reader: &Reader) -> Result<Vec<Warning>, ConfigError> {
    let session = &config.session;
    if session.absolute < session.idle {
        let (idle, absolute) = (brief(session.idle), brief(session.absolute));
        return Err(if reader.is_set("session.absolute") {
            reader.refuse(
                "session.absolute",
                format!("must not be below session.idle ({idle})"),
            )
        } else {
            let complaint = format!("must not be above session.absolute ({absolute})");
            reader.refuse("session.idle", complaint)
        });
    }
    if config.smtp.tls == TlsMode::None && !is_loopback(&config.smtp.host) {
        let complaint =
            "only for a relay on this machine; others take \"starttls\" or \"implicit\"";
        return Err(reader.refuse("smtp.tls", complaint));
    }
    if config.env == Environment::Production {
        production(config, reader)?;
    }
    Ok(warnings(config))
}

fn production(config: &Config, reader: &Reader) -> Result<(), ConfigError> {
    const WANTED: &str = "production needs the https origin that people open, such as \"https://recover.example.org\"";
    let https = OriginUrl::parse(&config.site.public_url).is_some_and(|url| url.is_https());
    let refusals = [
        (
            "site.public_url",
            !reader.is_set("site.public_url") || !https,
            WANTED,
        ),
        (
            "sandbox.enabled",
            config.sandbox.enabled,
            "not in production: it swallows all mail",
        ),
        (
            "sign_up.demo_account",
            config.sign_up.demo_account,
            "not in production: it is public",
        ),
        (
            "mail.from",
            mail::is_local(&config.mail.from),
            "production needs a sender outside this machine, such as \"Example <support@example.org>\"",
        ),
    ];
    match refusals.into_iter().find(|(_, refused, _)| *refused) {
        Some((key, _, complaint)) => Err(reader.refuse(key, complaint)),
        None => Ok(()),
    }
}

fn warnings(config: &Config) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let lifetime = config.reset.token_lifetime;
    if lifetime > HOUR {
        warnings.push(format!(
            "reset.token_lifetime is {}: a link that works longer than 60m is longer in reach of others",
            brief(lifetime)
        ));
    }
    let origin = OriginUrl::parse(&config.site.public_url);
    if origin.is_some_and(|origin| !origin.is_https() && !origin.is_loopback()) {
        warnings.push(format!(
            "site.public_url is {}: without https, passwords and links can be read on the way",
            config.site.public_url
        ));
    }
    if config.env == Environment::Production && config.site.support.ends_with("@localhost") {
        warnings.push("site.support is not set: people who need help are sent nowhere".to_owned());
    }
    for key in &config.mail.dkim.exposed {
        warnings.push(format!(
            "mail.{key} names a file that everybody on this machine can read: chmod 600"
        ));
    }
    warnings.into_iter().map(Warning).collect()
}
