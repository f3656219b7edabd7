//! Every setting as the server uses it: parsed, bounded, and secrets already read from their files.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::domain::identifier::IdentifierMode;
use crate::domain::lockout::LockScope;
use crate::domain::policy::PasswordPolicy;
use crate::server::secrets::Secret;

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
    /// The sandbox mailbox of development.
    pub sandbox: Sandbox,
    /// What is written to the log.
    pub log: Log,
}

/// `env`: "development" (default) or "production".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Development,
    Production,
}

/// `[site]`
#[derive(Debug, Clone)]
pub struct Site {
    /// `listen`: address and port, default 127.0.0.1:3000.
    pub listen: SocketAddr,
    /// `public_url`: the origin that links in mails carry, without a trailing slash; https in production. Default http://127.0.0.1:3000.
    pub public_url: String,
    /// `root`: the folder of built static files. Default: `site` beside the executable where it exists, else `target/site`.
    pub root: PathBuf,
    /// `name`: the brand people see. Default "Postern".
    pub name: String,
    /// `color`: the brand's colour as #rrggbb. Default "#1f5f8b".
    pub color: String,
    /// `support`: an e-mail address or https URL where people get help. Default "support@localhost".
    pub support: String,
    /// `trusted_proxies`: networks whose X-Forwarded-For is believed. Default none.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[database]`
#[derive(Debug, Clone)]
pub struct Database {
    /// `url`: `sqlite:PATH`. Default `sqlite:var/postern.sqlite`. (postgres: a later version; refused with a clear line.)
    pub url: String,
    /// `busy_timeout`: how long a writer waits for the lock, default 5s, 100ms..60s.
    pub busy_timeout: Duration,
}

/// `[smtp]`: the relay that mail leaves through.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// `host`: default 127.0.0.1 (the sandbox mailbox).
    pub host: String,
    /// `port`: default 1025.
    pub port: u16,
    /// `tls`: "none" (loopback hosts only), "starttls", "implicit".
    pub tls: TlsMode,
    /// `username`, with `password` or `password_file`.
    pub credentials: Option<(String, Secret)>,
    /// `timeout`: for one whole attempt, default 30s, 1s..10m.
    pub timeout: Duration,
    /// `ca_file`: extra roots in PEM, for a relay with a private CA.
    pub ca_file: Option<PathBuf>,
    /// `helo`: the name we give in EHLO; default the host of public_url.
    pub helo: String,
}

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    None,
    StartTls,
    Implicit,
}

/// `[mail]`; `from` may also be set as `[smtp] from`.
#[derive(Debug, Clone)]
pub struct Mail {
    /// `from`: `Name <address>` or an address. Default `Postern <postern@localhost>`.
    pub from: String,
    /// `reply_to`: default none.
    pub reply_to: Option<String>,
    /// `subject_*`: one for each kind of mail.
    pub subjects: Subjects,
}

/// `[mail] subject_<kind>`; `{site}` is replaced by the site's name.
#[derive(Debug, Clone)]
pub struct Subjects {
    pub reset: String,
    pub password_changed: String,
    pub password_changed_reminder: String,
    pub account_locked: String,
    pub sign_up: String,
    pub sign_up_known: String,
    pub verify_address: String,
    pub address_changed: String,
    pub account_frozen: String,
}

/// `[reset]`
#[derive(Debug, Clone)]
pub struct Reset {
    /// `identifier`: "either" (default), "username", "email".
    pub identifier: IdentifierMode,
    /// `token_lifetime`: default 20m, 1m..24h; a warning above 60m.
    pub token_lifetime: Duration,
    /// `send_window`: a request not sent within this time is dropped; default 30m, 1m..24h.
    pub send_window: Duration,
    /// `session_lifetime`: from the exchange to the new password; default 10m, 1m..1h.
    pub session_lifetime: Duration,
    /// `mail_spacing`: between two mails to one account; default 1m, 0s..1h.
    pub mail_spacing: Duration,
    /// `wrong_usernames`: in a row, across tokens, until the lock; default 3, 1..10.
    pub wrong_usernames: u32,
    /// `lock_scope`: "account" (default) or "reset".
    pub lock_scope: LockScope,
    /// `lock_duration`: default 1h, 1m..30d.
    pub lock_duration: Duration,
    /// `second_notice_after`: default 24h, 1m..30d.
    pub second_notice_after: Duration,
    /// `not_me_lifetime`: how long a "this was not me" link works; default 30d, 1h..90d.
    pub not_me_lifetime: Duration,
}

/// `[password]`
#[derive(Debug, Clone)]
pub struct Password {
    /// `min_length` (default 15, 8..64), `max_length` (default 256, 64..1024), `min_score` (default 3, 0..4), `require_classes` (default false).
    pub policy: PasswordPolicy,
    /// `argon2_memory`: KiB, default 19456, 8192..1048576.
    pub argon2_memory: u32,
    /// `argon2_passes`: default 2, 1..10.
    pub argon2_passes: u32,
    /// `argon2_lanes`: default 1, 1..8.
    pub argon2_lanes: u32,
    /// `hashing_slots`: how many hashes run at once; default 2, 1..64.
    pub hashing_slots: usize,
    /// `hashing_queue`: how many may wait before 503; default 16, 0..1024.
    pub hashing_queue: usize,
}

/// `[session]`
#[derive(Debug, Clone)]
pub struct Session {
    /// `idle`: default 12h, 5m..30d.
    pub idle: Duration,
    /// `absolute`: default 30d, 1h..365d; not below idle.
    pub absolute: Duration,
    /// `max_failures`: failed sign-ins in a row until the account is locked for `[reset] lock_duration`; default 100, 5..100 (NIST SP 800-63B-4 3.2.2).
    pub max_failures: u32,
}

/// `[sign_up]`
#[derive(Debug, Clone)]
pub struct SignUp {
    /// `enabled`: default true.
    pub enabled: bool,
    /// `link_lifetime`: also of address verification; default 1h, 5m..24h.
    pub link_lifetime: Duration,
    /// `demo_account`: make one on an empty database; default true in development, refused in production.
    pub demo_account: bool,
}

/// `[limits]`: counts an hour.
#[derive(Debug, Clone)]
pub struct Limits {
    /// `per_identifier`: default 10, 1..10000.
    pub per_identifier: u32,
    /// `per_address`: by client address (IPv6 by /64), default 60, 1..100000.
    pub per_address: u32,
    /// `mails_per_hour`: all sending, default 1000, 1..1000000.
    pub mails_per_hour: u32,
    /// `body_bytes`: largest request body, default 16384, 1024..1048576.
    pub body_bytes: usize,
    /// `request_timeout`: default 30s, 1s..5m.
    pub request_timeout: Duration,
}

/// `[sandbox]`: development only.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// `enabled`: default true in development; refused in production.
    pub enabled: bool,
    /// `listen`: loopback only, default 127.0.0.1:1025.
    pub listen: SocketAddr,
    /// `max_messages`: oldest go first, default 500, 1..10000.
    pub max_messages: usize,
    /// `max_bytes`: of one message, default 5242880 (5 MiB), 1024..52428800; the whole is bounded by 20 times this.
    pub max_bytes: usize,
}

/// `[log]`
#[derive(Debug, Clone)]
pub struct Log {
    /// `level`: a tracing filter, default "info".
    pub level: String,
    /// `format`: "text" (default in development) or "json" (default in production).
    pub format: LogFormat,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}
