//! Where a conversation leads and what it may cost: every parameter as one value.

use std::time::Duration;

use ipnet::IpNet;

use super::tls::{self, TrustError};
pub use crate::server::config::AuthMechanism as Mechanism;
use crate::server::config::{Config, TlsMode, is_loopback};
use crate::server::secrets::Secret;

/// Where to, how, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// A host name, or an address without brackets.
    pub host: String,
    pub port: u16,
    pub protection: TlsMode,
    pub credentials: Option<Credentials>,
    /// The name we give in EHLO.
    pub helo: String,
    /// HELO where EHLO is refused (RFC 5321 3.2); never with TLS or AUTH.
    pub helo_fallback: bool,
    /// One family alone; none races both (RFC 8305).
    pub family: Option<Family>,
    pub allow: AddressRule,
    pub trust: Trust,
    pub limits: Limits,
    /// A name server of one's own, for tests; none takes the system's.
    pub resolver: Option<std::net::SocketAddr>,
}

/// Why the settings describe no relay; each line names its setting.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Mail, or a password, would cross a network in the clear.
    #[error("smtp.tls = \"none\" is for this machine only, and smtp.host = \"{0}\" is another")]
    Unprotected(String),
    /// A file of certificates.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl Target {
    /// The relay of the settings, checked.
    ///
    /// # Errors
    /// When mail would leave this machine unprotected, or a certificate file cannot be read.
    pub fn from_config(config: &Config) -> Result<Self, TargetError> {
        let target = Self::of(config);
        if target.protection == TlsMode::None && !is_loopback(&target.host) {
            return Err(TargetError::Unprotected(target.host));
        }
        tls::check(&target.trust)?;
        Ok(target)
    }

    /// The relay of the settings; a certificate file is read when it is connected to.
    pub fn of(config: &Config) -> Self {
        let smtp = &config.smtp;
        let credentials = smtp.credentials.as_ref();
        Self {
            host: smtp.host.clone(),
            port: smtp.port,
            protection: smtp.tls,
            credentials: credentials.map(|(username, password)| Credentials {
                username: username.clone(),
                password: password.clone(),
                mechanism: smtp.auth,
            }),
            helo: smtp.helo.clone(),
            helo_fallback: false,
            family: None,
            allow: AddressRule::Any,
            trust: Trust {
                ca_file: smtp.ca_file.clone(),
                ca_pem: smtp.ca_pem.clone(),
                client: smtp.client.clone(),
            },
            limits: Limits {
                connect: smtp.connect_timeout,
                banner: smtp.command_timeout,
                command: smtp.command_timeout,
                data_end: smtp.data_timeout,
                whole: smtp.timeout,
            },
            resolver: None,
        }
    }

    /// `host:port`, an IPv6 address in brackets.
    pub fn name(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// As whom.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub username: String,
    /// A password, or for XOAUTH2 an access token.
    pub password: Secret,
    /// None takes the best that the server offers.
    pub mechanism: Option<Mechanism>,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

/// Which addresses may be connected to: checked on the resolved address, after DNS, so that a name cannot smuggle one in.
#[derive(Debug, Clone)]
pub enum AddressRule {
    /// Any: the operator's own settings, the operator's own shell.
    Any,
    /// Public addresses, and these.
    Public { and: Vec<IpNet> },
}

/// What is trusted, as paths of PEM files; the system's roots always are.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Further roots.
    pub ca_file: Option<std::path::PathBuf>,
    /// Further roots in PEM that are no file: the sandbox's own.
    pub ca_pem: Option<String>,
    /// Our certificate and key, for a server that asks for one.
    pub client: Option<(std::path::PathBuf, std::path::PathBuf)>,
}

/// Deadlines (RFC 5321 4.5.3.2 allows more; a person waits here).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// DNS and TCP.
    pub connect: Duration,
    /// From the connection to the last line of the banner.
    pub banner: Duration,
    /// For each command's reply, and for the TLS handshake.
    pub command: Duration,
    /// For the reply to the final dot.
    pub data_end: Duration,
    /// For the whole.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(10),
            banner: seconds(30),
            command: seconds(30),
            data_end: seconds(120),
            whole: seconds(150),
        }
    }
}

impl Limits {
    /// So much for the whole, and for each step its usual share at most.
    pub fn within(whole: Duration) -> Self {
        let usual = Self::default();
        Self {
            connect: usual.connect.min(whole),
            banner: usual.banner.min(whole),
            command: usual.command.min(whole),
            data_end: usual.data_end.min(whole),
            whole,
        }
    }
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopAfter {
    Connect,
    Tls,
    Auth,
    Rcpt,
    Data,
}

impl StopAfter {
    /// Every stop.
    pub const ALL: [Self; 5] = [Self::Connect, Self::Tls, Self::Auth, Self::Rcpt, Self::Data];

    /// The name on the command line, in the form and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
        }
    }
}
