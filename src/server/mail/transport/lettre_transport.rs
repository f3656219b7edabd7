//! [`MailTransport`] over lettre's SMTP connection, driven step by step, so that each failure names its step, the whole
//! attempt has one time limit (lettre's own covers the connect alone, lettre #1027), and a server that is slow to say
//! goodbye cannot turn an accepted mail into a failed one.
//!
//! lettre's feature `tracing` must stay off: it logs every line that is written, tokens and passwords included.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use thiserror::Error as ThisError;
use tokio::time::timeout;

use super::redact::Redactor;
use super::verdict::{Stage, accepted, failed, timed_out};
use super::{Delivery, MailTransport, OutgoingMessage};
use crate::server::config::{Smtp, TlsMode, is_loopback};

/// How long an answer to QUIT is waited for: it changes nothing any more.
const FAREWELL: Duration = Duration::from_secs(2);

/// Opens a connection for each message. Cheap enough for the few mails of an account service, and never stale.
pub struct LettreTransport {
    host: String,
    port: u16,
    security: Security,
    hello: ClientId,
    credentials: Option<Credentials>,
    redactor: Redactor,
    timeout: Duration,
}

enum Security {
    None,
    StartTls(TlsParameters),
    Implicit(TlsParameters),
}

/// Why the settings allow no transport; each line names its setting.
#[derive(Debug, ThisError)]
pub enum TransportError {
    /// Mail, or a password, would cross a network in the clear.
    #[error("smtp.tls = \"none\" is for this machine only, and smtp.host = \"{0}\" is another")]
    Unprotected(String),
    /// The file with extra roots.
    #[error("smtp.ca_file = \"{path}\" cannot be read: {cause}")]
    CaFile {
        /// As in the settings.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file with extra roots holds something else.
    #[error("smtp.ca_file = \"{0}\" holds no certificates in PEM")]
    Certificates(PathBuf),
    /// TLS could not be set up.
    #[error("TLS cannot be set up for smtp.host: {0}")]
    Tls(Error),
}

impl LettreTransport {
    /// Reads the settings and, for TLS, the system's roots and those of `ca_file`.
    ///
    /// # Errors
    /// When mail would leave this machine unprotected, or the roots cannot be read.
    pub fn new(settings: &Smtp) -> Result<Self, TransportError> {
        let security = match settings.tls {
            TlsMode::None if is_loopback(&settings.host) => Security::None,
            TlsMode::None => return Err(TransportError::Unprotected(settings.host.clone())),
            TlsMode::StartTls => Security::StartTls(tls_parameters(settings)?),
            TlsMode::Implicit => Security::Implicit(tls_parameters(settings)?),
        };
        let credentials = settings.credentials.as_ref();
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            security,
            hello: ClientId::Domain(settings.helo.clone()),
            redactor: Redactor::new(credentials),
            credentials: credentials.map(|(name, password)| {
                Credentials::new(name.clone(), password.expose().to_owned())
            }),
            timeout: settings.timeout,
        })
    }

    /// Up to the point where a mail could be handed over: protected where the settings say so, or failed.
    async fn open(&self, stage: &mut Stage) -> Result<AsyncSmtpConnection, Error> {
        let implicit = match &self.security {
            Security::Implicit(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, implicit, None).await?;
        if let Security::StartTls(parameters) = &self.security {
            *stage = Stage::StartTls;
            connection.starttls(parameters.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            *stage = Stage::Auth;
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    async fn hand_over(
        connection: &mut AsyncSmtpConnection,
        message: &OutgoingMessage,
        stage: &mut Stage,
    ) -> Result<Response, Error> {
        let envelope = message.envelope();
        *stage = Stage::Mail;
        connection
            .command(Mail::new(envelope.from().cloned(), Vec::new()))
            .await?;
        *stage = Stage::Rcpt;
        for recipient in envelope.to() {
            connection
                .command(Rcpt::new(recipient.clone(), Vec::new()))
                .await?;
        }
        *stage = Stage::Data;
        connection.command(Data).await?;
        *stage = Stage::Message;
        connection.message(message.bytes()).await
    }
}

#[async_trait]
impl MailTransport for LettreTransport {
    async fn send(&self, message: &OutgoingMessage) -> Delivery {
        let mut stage = Stage::Connect;
        let mut opened = None;
        let outcome = timeout(self.timeout, async {
            let connection = opened.insert(self.open(&mut stage).await?);
            Self::hand_over(connection, message, &mut stage).await
        })
        .await;
        // After silence there is nobody to say goodbye to; and within DATA the word would be part of the mail.
        let answered = match &outcome {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => error.status().is_some(),
            Err(_) => false,
        };
        if let (true, Some(mut connection)) = (answered, opened) {
            let _ = timeout(FAREWELL, connection.quit()).await;
        }
        let redact = |text: &str| self.redactor.line(text, message);
        match outcome {
            Ok(Ok(response)) => accepted(&response, redact),
            Ok(Err(error)) => failed(stage, &error, redact),
            Err(_) => timed_out(stage, self.timeout),
        }
    }
}

/// Certificates are always verified, against this host name.
fn tls_parameters(settings: &Smtp) -> Result<TlsParameters, TransportError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read(path).map_err(|cause| TransportError::CaFile {
            path: path.clone(),
            cause,
        })?;
        let unfit = || TransportError::Certificates(path.clone());
        // A file without any certificate parses as an empty list, which would change nothing without a word.
        if !pem
            .windows(CERTIFICATE.len())
            .any(|part| part == CERTIFICATE)
        {
            return Err(unfit());
        }
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|_| unfit())?);
    }
    builder.build().map_err(TransportError::Tls)
}

const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
