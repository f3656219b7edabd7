//! Where a conversation is to lead, how and as whom: the flags that `probe` and `session` share, and the target they make.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::password;
use crate::server::config::{TlsMode, is_loopback};
use crate::server::smtp::client::{
    AddressRule, Credentials, Family, Limits, Mechanism, Target, Trust, TrustError, check_trust,
};

/// Where to, how and as whom.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub struct Reach {
    /// The mail server, a name or an address [default: the saved settings, changed by the flags that are given]
    #[arg(long, value_name = "HOST", value_parser = host)]
    host: Option<String>,
    /// [default: 587 for starttls, 465 for implicit, 25 for none]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// [default: implicit on port 465, none on this machine, starttls elsewhere]
    #[arg(long, value_enum, value_name = "MODE")]
    tls: Option<Tls>,
    /// Sign in with this name; the password is asked for, or read from a file
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// A file that holds the password or, for xoauth2, the access token
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// How to sign in [default: the best that the server offers]
    #[arg(long, value_enum, value_name = "MECHANISM")]
    auth: Option<Auth>,
    /// The name we give in EHLO [default: smtp.helo]
    #[arg(long, value_name = "NAME", value_parser = words)]
    helo: Option<String>,
    /// Say HELO where EHLO is refused (never with TLS or a sign-in)
    #[arg(long)]
    helo_fallback: bool,
    /// Use only addresses of IPv4 or IPv6
    #[arg(long, value_enum, value_name = "FAMILY")]
    ip: Option<Ip>,
    /// Trust these roots as well: a file of certificates in PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Show this certificate where the server asks for one: a file in PEM
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// Its key: a file in PEM
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// Ask this name server instead of the system's
    #[arg(long, value_name = "ADDRESS:PORT")]
    dns: Option<SocketAddr>,
}

/// `--tls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tls {
    Starttls,
    Implicit,
    None,
}

/// `--auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Auth {
    Plain,
    Login,
    Xoauth2,
}

/// `--ip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ip {
    #[value(name = "4")]
    V4,
    #[value(name = "6")]
    V6,
}

impl Reach {
    /// Whether nothing was changed: the saved settings as they are.
    pub const fn is_saved(&self) -> bool {
        let Self {
            host,
            port,
            tls,
            user,
            password_file,
            auth,
            helo,
            helo_fallback,
            ip,
            ca_file,
            client_cert,
            client_key,
            dns,
        } = self;
        let server = host.is_none() && port.is_none() && tls.is_none() && ip.is_none();
        let person = user.is_none() && password_file.is_none() && auth.is_none();
        let trust = ca_file.is_none() && client_cert.is_none() && client_key.is_none();
        server && person && trust && helo.is_none() && !*helo_fallback && dns.is_none()
    }

    /// The target; asks for the password where one is needed and no file has it. `limit`: for the whole, where it is given.
    /// `elsewhere`: the host is found out later; nothing of the saved server's goes there.
    pub fn target(
        &self,
        context: &Context,
        limit: Option<Duration>,
        elsewhere: bool,
    ) -> Result<Target, CliError> {
        let saved = Target::of(&context.config);
        let mut target = match &self.host {
            None if !elsewhere => self.changed(saved),
            host => self.other(host.as_deref().unwrap_or_default(), saved),
        };
        if let Some(credentials) = self.credentials(&target)? {
            target.credentials = Some(credentials);
        } else if let (Some(auth), Some(credentials)) = (self.auth, &mut target.credentials) {
            credentials.mechanism = Some(auth.mechanism());
        }
        if let Some(helo) = &self.helo {
            target.helo.clone_from(helo);
        }
        target.helo_fallback |= self.helo_fallback;
        target.family = self.ip.map(Ip::family).or(target.family);
        target.resolver = self.dns.or(target.resolver);
        if self.ca_file.is_some() {
            target.trust.ca_file.clone_from(&self.ca_file);
        }
        if let (Some(certificate), Some(key)) = (&self.client_cert, &self.client_key) {
            target.trust.client = Some((certificate.clone(), key.clone()));
        }
        if let Some(limit) = limit {
            target.limits = Limits::within(limit);
        }
        if self.ca_file.is_some() || self.client_cert.is_some() {
            check_trust(&target.trust).map_err(|error| unfit(&error))?;
        }
        Ok(target)
    }

    /// The target of a typed session: another server is plain, unless it is said how, because STARTTLS can be typed.
    pub fn for_typing(&self, context: &Context) -> Result<Target, CliError> {
        let mut target = self.target(context, None, false)?;
        if self.host.is_some() && self.tls.is_none() && self.port != Some(465) {
            target.protection = TlsMode::None;
            target.port = self.port.unwrap_or(25);
        }
        Ok(target)
    }

    /// The saved settings with another port or protection.
    fn changed(&self, mut target: Target) -> Target {
        if let Some(tls) = self.tls {
            target.protection = tls.mode();
            target.port = usual_port(target.protection);
        }
        target.port = self.port.unwrap_or(target.port);
        target
    }

    /// Another server: nothing of the saved one's goes there, its password least of all.
    fn other(&self, host: &str, saved: Target) -> Target {
        let protection = match (self.tls, self.port) {
            (Some(tls), _) => tls.mode(),
            (None, Some(465)) => TlsMode::Implicit,
            (None, _) if is_loopback(host) => TlsMode::None,
            (None, _) => TlsMode::StartTls,
        };
        Target {
            host: host.to_owned(),
            port: self.port.unwrap_or_else(|| usual_port(protection)),
            protection,
            credentials: None,
            trust: Trust::default(),
            allow: AddressRule::Any,
            ..saved
        }
    }

    /// To a host that takes mail from other servers, and so on their port (RFC 5321 4.5.4.2).
    pub fn towards_mx(&self, target: &mut Target, host: String) {
        target.host = host;
        target.port = self.port.unwrap_or(25);
    }

    /// From the flags alone; a password for the saved name where only the password is given anew.
    fn credentials(&self, target: &Target) -> Result<Option<Credentials>, CliError> {
        let saved = target.credentials.as_ref().map(|saved| &saved.username);
        let username = match (&self.user, saved) {
            (Some(user), _) => user,
            (None, Some(saved)) if self.password_file.is_some() => saved,
            (None, None) if self.password_file.is_some() || self.auth.is_some() => {
                let words = "there is nobody to sign in as: give --user as well";
                return Err(CliError::Usage(words.to_owned()));
            }
            (None, _) => return Ok(None),
        };
        let asked = format!("Password of {username} at {}: ", target.host);
        let password = match &self.password_file {
            Some(file) => password::from_file(file)?,
            None => password::ask_once(&asked, "--password-file")?,
        };
        Ok(Some(Credentials {
            username: username.clone(),
            password,
            mechanism: self.auth.map(Auth::mechanism),
        }))
    }
}

impl Tls {
    const fn mode(self) -> TlsMode {
        match self {
            Self::Starttls => TlsMode::StartTls,
            Self::Implicit => TlsMode::Implicit,
            Self::None => TlsMode::None,
        }
    }
}

impl Auth {
    const fn mechanism(self) -> Mechanism {
        match self {
            Self::Plain => Mechanism::Plain,
            Self::Login => Mechanism::Login,
            Self::Xoauth2 => Mechanism::XOAuth2,
        }
    }
}

impl Ip {
    const fn family(self) -> Family {
        match self {
            Self::V4 => Family::V4,
            Self::V6 => Family::V6,
        }
    }
}

/// RFC 6409, RFC 8314, RFC 5321.
const fn usual_port(protection: TlsMode) -> u16 {
    match protection {
        TlsMode::StartTls => 587,
        TlsMode::Implicit => 465,
        TlsMode::None => 25,
    }
}

/// A name or an address, without brackets.
fn host(text: &str) -> Result<String, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let fits = |c: char| c.is_alphanumeric() || "-._:%".contains(c);
    if bare.is_empty() || bare.len() > 253 || !bare.chars().all(fits) {
        return Err("write a host name or an address, such as mail.example.org".to_owned());
    }
    Ok(bare.to_owned())
}

/// One word of printable ASCII: what it says goes onto the wire.
fn words(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > 255 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("write one word, such as client.example.org or [192.0.2.1]".to_owned());
    }
    Ok(text.to_owned())
}

/// A file that cannot be used is said before anything is on the wire, and by its name: it came by a flag, not by a setting.
fn unfit(error: &TrustError) -> CliError {
    CliError::Usage(match error {
        TrustError::File { path, cause, .. } => {
            format!("{} cannot be read: {cause}", path.display())
        }
        TrustError::Content { path, what, .. } => {
            format!("{} holds no {what} in PEM", path.display())
        }
        other => other.to_string(),
    })
}
