//! Fetches an MTA-STS policy (RFC 8461 3.3): one GET over TLS with a verified certificate, no redirect, bounded in size.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::Settings;
use crate::server::smtp::client::AddressRule;
use crate::server::smtp::dns;

/// RFC 8461 3.2 asks senders to take at least 64 KiB.
const MOST_OCTETS: u64 = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(4);

/// Where policies come from.
pub struct Source {
    resolver: Option<SocketAddr>,
    allow: AddressRule,
    port: u16,
    /// More roots, in PEM.
    roots: Option<String>,
}

impl Source {
    pub fn new(settings: &Settings) -> Self {
        Self {
            resolver: settings.resolver,
            allow: settings.allow.clone(),
            port: settings.policy_port,
            roots: settings.trust.ca_pem.clone(),
        }
    }

    /// The policy of that domain.
    ///
    /// # Errors
    /// In words, why there is none.
    pub async fn fetch(&self, domain: &str) -> Result<String, String> {
        let host = format!("mta-sts.{domain}");
        let found = dns::addresses(&host, None, self.resolver, PATIENCE).await;
        let found = found.map_err(|_| format!("{host} has no address"))?;
        let allowed = |address: &&IpAddr| self.allow.allows(**address);
        let address = *found
            .iter()
            .find(allowed)
            .ok_or_else(|| format!("{host} is a private address"))?;
        let server =
            ServerName::try_from(host.clone()).map_err(|_| format!("{host} is no host name"))?;
        let stream = TcpStream::connect((address, self.port))
            .await
            .map_err(|error| format!("{host} cannot be connected to: {error}"))?;
        let connector = TlsConnector::from(Arc::new(self.client()?));
        let mut stream = connector
            .connect(server, stream)
            .await
            .map_err(|error| format!("TLS with {host} fails: {error}"))?;
        let request = format!(
            "GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: {host}\r\nUser-Agent: postern\r\nAccept: text/plain\r\n\r\n"
        );
        let broken = |error: std::io::Error| format!("{host} does not answer: {error}");
        stream.write_all(request.as_bytes()).await.map_err(broken)?;
        let mut answer = Vec::new();
        let mut bounded = stream.take(MOST_OCTETS + 1);
        // Some servers end without a TLS farewell; what came counts.
        let read = bounded.read_to_end(&mut answer).await;
        if answer.is_empty() {
            read.map_err(broken)?;
        }
        if answer.len() as u64 > MOST_OCTETS {
            return Err(format!("{host} sends more than 64 KiB"));
        }
        body(&answer).map_err(|why| format!("{host} {why}"))
    }

    fn client(&self) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let own = self.roots.as_deref().unwrap_or_default();
        let own = CertificateDer::pem_slice_iter(own.as_bytes()).filter_map(Result::ok);
        roots.add_parsable_certificates(own);
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

/// The body of an answer with status 200; HTTP/1.0 was asked for, so that it comes in one piece.
fn body(answer: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(answer);
    let status = text.split_whitespace().nth(1).unwrap_or_default();
    if !text.starts_with("HTTP/1.")
        || status.len() != 3
        || !status.bytes().all(|b| b.is_ascii_digit())
    {
        return Err("does not speak HTTP".to_owned());
    }
    if status != "200" {
        return Err(format!("answers {status}"));
    }
    let (_, body) = text.split_once("\r\n\r\n").ok_or("sends no body")?;
    Ok(body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_answer_has_a_body() {
        for (answer, read) in [
            (
                "HTTP/1.1 200 OK\r\nA: b\r\n\r\nversion: STSv1\r\n",
                Ok("version: STSv1\r\n"),
            ),
            (
                "HTTP/1.0 301 Moved\r\nLocation: x\r\n\r\n",
                Err("answers 301"),
            ),
            ("HTTP/1.1 404 Not Found\r\n\r\nno", Err("answers 404")),
            ("HTTP/1.1 200 OK\r\nA: b", Err("sends no body")),
            ("220 mail.example.org ESMTP\r\n", Err("does not speak HTTP")),
            ("HTTP/1.1 \u{1b}[m x\r\n\r\n", Err("does not speak HTTP")),
            ("HTTP/1.1 \u{202e} x\r\n\r\n", Err("does not speak HTTP")),
            ("", Err("does not speak HTTP")),
        ] {
            let read = read.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(body(answer.as_bytes()), read, "{answer}");
        }
    }
}
