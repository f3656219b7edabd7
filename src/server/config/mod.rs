//! Every setting as the server uses it: parsed, bounded, and secrets already read from their files.

mod console;
mod database;
mod database_url;
mod dkim;
mod error;
mod file;
#[cfg(test)]
mod leptos_toml;
mod limits;
mod log;
mod mail;
mod nearest;
mod origin_url;
mod password;
mod raw;
mod reader;
mod reset;
mod retention;
mod rules;
mod sandbox;
mod secret;
mod section;
mod session;
mod site;
mod smtp;
mod sources;
#[cfg(test)]
mod tests;
mod units;
mod worker;

pub use console::Console;
pub use database::{Database, DatabaseKind, DatabaseUrl};
pub use dkim::Dkim;
pub use error::{ConfigError, Shown, Warning};
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use mail::{Mail, Subjects};
pub use origin_url::{OriginUrl, is_loopback};
pub use password::Password;
pub use raw::{Origin, Raw};
pub use reset::Reset;
pub use retention::Retention;
pub use sandbox::Sandbox;
pub use session::{Session, SignUp};
pub use site::Site;
pub use smtp::{AuthMechanism, Smtp, TlsMode, helo as smtp_helo, host as smtp_host};
pub use sources::Sources;
pub use worker::Worker;

use reader::Reader;

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Whether safety gives way to convenience.
    pub env: Environment,
    /// Where the pages are, and what they say about themselves.
    pub site: Site,
    /// Where the data is.
    pub database: Database,
    /// How mail leaves.
    pub smtp: Smtp,
    /// What mails say about their sender.
    pub mail: Mail,
    /// The reset flow.
    pub reset: Reset,
    /// What a new password must be, and what hashing costs.
    pub password: Password,
    /// Sign-in sessions.
    pub session: Session,
    /// Sign-up.
    pub sign_up: SignUp,
    /// How much is too much.
    pub limits: Limits,
    /// How long what is over is kept.
    pub retention: Retention,
    /// Who sends the mail.
    pub worker: Worker,
    /// The sandbox mailbox of development.
    pub sandbox: Sandbox,
    /// What operators may do with the probe.
    pub console: Console,
    /// What is written to the log.
    pub log: Log,
}

/// `env`: "development" (default) or "production".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A sandbox mailbox, a demo account, plain http on this machine.
    Development,
    /// None of these.
    Production,
}

/// Reads all settings. The warnings are for the log.
///
/// # Errors
/// One line about the first setting that is unknown, not allowed, or contradicts another.
pub fn load(sources: &Sources) -> Result<(Config, Vec<Warning>), ConfigError> {
    let mut reader = Reader::new(sources.entries()?);
    let config = read(&mut reader)?;
    reader.refuse_unknown()?;
    let warnings = rules::check(&config, &reader)?;
    Ok((config, warnings))
}

fn read(reader: &mut Reader) -> Result<Config, ConfigError> {
    let environments = [
        ("development", Environment::Development),
        ("production", Environment::Production),
    ];
    let env = reader
        .section("")
        .choice("env", &environments)?
        .unwrap_or(Environment::Development);
    let site = site::read(reader)?;
    let sandbox = sandbox::read(reader, env)?;
    Ok(Config {
        env,
        database: database::read(reader)?,
        smtp: smtp::read(reader, &site, &sandbox)?,
        mail: mail::read(reader)?,
        reset: reset::read(reader)?,
        password: password::read(reader)?,
        session: session::read(reader)?,
        sign_up: session::read_sign_up(reader, env)?,
        limits: limits::read(reader)?,
        retention: retention::read(reader)?,
        worker: worker::read(reader)?,
        console: console::read(reader)?,
        log: log::read(reader, env)?,
        site,
        sandbox,
    })
}
