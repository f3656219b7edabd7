//! The settings from outside: precedence and types here, what is refused in the files beside.

mod combinations;
mod refusals;

use std::path::PathBuf;
use std::time::Duration;

use super::{Config, Environment, Sources, TlsMode, load};
use crate::domain::lockout::LockScope;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn file(text: &str) -> Sources {
    Sources {
        file: Some((PathBuf::from("Leptos.toml"), text.to_owned())),
        ..Sources::default()
    }
}

fn env(variables: &[(&str, &str)]) -> Sources {
    Sources {
        env: pairs(variables),
        ..Sources::default()
    }
}

fn flags(flags: &[(&str, &str)]) -> Sources {
    Sources {
        flags: pairs(flags),
        ..Sources::default()
    }
}

fn config(sources: &Sources) -> Config {
    load(sources).unwrap_or_else(|error| panic!("{error}")).0
}

fn line(sources: &Sources) -> String {
    let line = load(sources).expect_err("this must be refused").to_string();
    assert!(!line.contains('\n'), "{line:?} is not one line");
    line
}

#[test]
fn defaults_are_those_of_a_development_start() {
    let config = config(&Sources::default());
    assert_eq!(config.env, Environment::Development);
    assert_eq!(config.site.public_url, "http://127.0.0.1:3000");
    assert_eq!(
        (config.smtp.host.as_str(), config.smtp.port),
        ("127.0.0.1", 1025)
    );
    assert_eq!(
        (config.smtp.tls, config.smtp.helo.as_str()),
        (TlsMode::None, "[127.0.0.1]")
    );
    assert_eq!(config.reset.token_lifetime, Duration::from_secs(1200));
    assert_eq!(config.reset.lock_scope, LockScope::Account);
    assert!(config.sandbox.enabled && config.sign_up.demo_account);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let mut sources = file("[site]\nname = 'file'\nlisten = '127.0.0.1:1'\ncolor = '#AABBCC'\n");
    sources.env = pairs(&[
        ("POSTERN_SITE__NAME", "env"),
        ("POSTERN_SITE__LISTEN", "127.0.0.1:2"),
    ]);
    sources.flags = pairs(&[("site.name", "first"), ("site.name", "last")]);
    let site = config(&sources).site;
    assert_eq!(
        (site.name.as_str(), site.listen.port(), site.color.as_str()),
        ("last", 2, "#aabbcc")
    );
    assert_eq!(site.public_url, "http://127.0.0.1:2", "follows listen");
}

#[test]
fn every_type_reads_from_file_and_environment() {
    let from_file = config(&file(
        "[site]\ntrusted_proxies = ['10.0.0.0/8', '::1']\n[smtp]\nport = 2525\n\
         [sign_up]\nenabled = false\n[reset]\ntoken_lifetime = '15m'\nlock_scope = 'reset'\n",
    ));
    let from_env = config(&env(&[
        ("POSTERN_SITE__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("POSTERN_SMTP__PORT", "2525"),
        ("POSTERN_SIGN_UP__ENABLED", "false"),
        ("POSTERN_RESET__TOKEN_LIFETIME", "15m"),
        ("POSTERN_RESET__LOCK_SCOPE", "reset"),
        ("POSTERN_MAIL__REPLY_TO", ""),
        ("PATH", "/bin"),
    ]));
    assert_eq!(format!("{from_file:?}"), format!("{from_env:?}"));
    assert_eq!(from_env.site.trusted_proxies.len(), 2);
}
