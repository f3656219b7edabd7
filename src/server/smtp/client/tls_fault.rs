//! The TLS library's errors as faults that people can act on.

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

use crate::domain::smtp::evidence::TlsFault;
use crate::domain::smtp::transcript::CertificateRecord;

/// Names of a certificate that a fault repeats.
const MAX_NAMES: usize = 10;

/// What an error means, given what the server had shown until then.
pub fn of(error: &Error, chain: &[CertificateRecord]) -> TlsFault {
    match error {
        Error::InvalidCertificate(certificate) => of_certificate(certificate, chain),
        // Before there was a certificate, what came was no TLS at all.
        Error::InvalidMessage(_) if chain.is_empty() => TlsFault::NotTls,
        Error::NoCertificatesPresented => TlsFault::BadCertificate("none was shown".into()),
        Error::PeerIncompatible(why) => TlsFault::Incompatible(words(&format!("{why:?}"))),
        Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            TlsFault::Incompatible("the server wants another protocol version".into())
        }
        Error::AlertReceived(alert) => TlsFault::Alert(snake(&format!("{alert:?}"))),
        other => TlsFault::Other(other.to_string().chars().take(200).collect()),
    }
}

fn of_certificate(error: &CertificateError, chain: &[CertificateRecord]) -> TlsFault {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => TlsFault::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => TlsFault::NotYetValid,
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            let names = chain.first().map(|leaf| leaf.names.as_slice());
            let names = names.unwrap_or_default().iter().take(MAX_NAMES);
            TlsFault::WrongName(names.cloned().collect())
        }
        E::UnknownIssuer => TlsFault::UnknownIssuer,
        // An authority of the same name and with another key is another authority.
        E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => TlsFault::UnknownIssuer,
        // An authority's own certificate as a server's: what comes out of `openssl req -x509`.
        E::Other(_) | E::BadSignature
            if chain
                .first()
                .is_some_and(|leaf| leaf.subject == leaf.issuer) =>
        {
            TlsFault::UnknownIssuer
        }
        E::Revoked => TlsFault::Revoked,
        E::BadEncoding => bad("it cannot be read"),
        E::BadSignature => bad("its signature is wrong"),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => bad("it is not for servers"),
        E::UnhandledCriticalExtension => bad("it has a critical extension that is unknown here"),
        E::UnsupportedSignatureAlgorithmContext { .. } => {
            bad("it is signed by an algorithm that is not taken any more, such as SHA-1")
        }
        other => bad(&words(&format!("{other:?}"))),
    }
}

fn bad(why: &str) -> TlsFault {
    TlsFault::BadCertificate(why.to_owned())
}

/// `HandshakeFailure` as RFC 8446 6 writes it: `handshake_failure`.
fn snake(camel: &str) -> String {
    let mut out = String::new();
    for c in camel.chars().take(100) {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// `NoCipherSuitesInCommon` as words: `no cipher suites in common`.
fn words(camel: &str) -> String {
    snake(camel).replace('_', " ")
}
