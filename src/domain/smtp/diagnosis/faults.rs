//! What it means when there was no reply to go by: the kind of fault, and where it happened.

use super::super::evidence::{DnsFault, Fault, IoFault, TlsFault};
use super::super::step::Step;
use super::Row;
use super::table as row;

/// The row of a fault.
pub fn row(step: Step, fault: &Fault) -> &'static Row {
    if step == Step::Message && lost(fault) {
        return &row::DATA_AMBIGUOUS;
    }
    match fault {
        Fault::Dns(fault) => dns(*fault),
        Fault::Io(fault) => io(step, *fault),
        Fault::Tls(fault) => tls(fault),
        Fault::Closed => closed(step),
        Fault::Silent => silent(step),
        Fault::Foreign(_) if before_ehlo(step) => &row::BANNER_FOREIGN,
        Fault::Garbled(said) if before_ehlo(step) && speaks_otherwise(said) => &row::BANNER_FOREIGN,
        Fault::Foreign(_) | Fault::Garbled(_) | Fault::Injected => &row::PROTO_GARBLED,
        Fault::NoStartTls => &row::TLS_ABSENT,
        Fault::NoAuth => &row::AUTH_ABSENT,
        Fault::NoMechanism(_) => &row::AUTH_MECH,
        Fault::TooLarge { .. } => &row::MSG_SIZE,
        Fault::NoUtf8 => &row::RCPT_UTF8,
        Fault::Forbidden(_) => &row::TCP_DENIED,
        Fault::Expired => &row::LOCAL_EXPIRED,
        Fault::Unbuildable(_) => &row::LOCAL_RENDER,
    }
}

/// Whether the reply to a final dot may have been on its way: then nobody knows whether the server took the message.
const fn lost(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Io(_)
            | Fault::Tls(_)
            | Fault::Closed
            | Fault::Silent
            | Fault::Foreign(_)
            | Fault::Garbled(_)
    )
}

const fn before_ehlo(step: Step) -> bool {
    matches!(step, Step::Dns | Step::Connect | Step::Tls | Step::Banner)
}

/// Greetings of other protocols: HTTP, SSH (RFC 4253 4.2), IMAP (RFC 9051 7.1), POP3 (RFC 1939 3), a page.
fn speaks_otherwise(said: &str) -> bool {
    let said = said.trim_start();
    ["HTTP/", "SSH-", "* OK", "* BYE", "+OK", "-ERR", "<"]
        .iter()
        .any(|greeting| said.starts_with(greeting))
}

const fn dns(fault: DnsFault) -> &'static Row {
    match fault {
        DnsFault::NoSuchName => &row::DNS_NXDOMAIN,
        DnsFault::Unanswered => &row::DNS_SERVFAIL,
        DnsFault::NoAddress => &row::DNS_NOADDR,
        DnsFault::NullMx => &row::DNS_NULLMX,
    }
}

fn io(step: Step, fault: IoFault) -> &'static Row {
    let connecting = matches!(step, Step::Dns | Step::Connect);
    match fault {
        IoFault::Refused => &row::TCP_REFUSED,
        IoFault::TimedOut if connecting => &row::TCP_TIMEOUT,
        IoFault::TimedOut => &row::PROTO_TIMEOUT,
        IoFault::Unreachable => &row::TCP_UNREACHABLE,
        IoFault::Reset => &row::TCP_RESET,
        IoFault::Denied => &row::TCP_DENIED,
        IoFault::Other if connecting => &row::TCP_UNREACHABLE,
        IoFault::Other => &row::TCP_RESET,
    }
}

fn tls(fault: &TlsFault) -> &'static Row {
    match fault {
        TlsFault::NotTls => &row::TLS_PLAIN,
        TlsFault::Expired => &row::TLS_EXPIRED,
        TlsFault::NotYetValid => &row::TLS_EARLY,
        TlsFault::WrongName(_) => &row::TLS_NAME,
        TlsFault::UnknownIssuer => &row::TLS_ISSUER,
        TlsFault::Revoked => &row::TLS_REVOKED,
        TlsFault::BadCertificate(_) => &row::TLS_BADCERT,
        TlsFault::Incompatible(_) => &row::TLS_VERSION,
        TlsFault::Alert(name) if about_versions(name) => &row::TLS_VERSION,
        TlsFault::Alert(_) | TlsFault::Other(_) => &row::TLS_ALERT,
        TlsFault::Policy(_) => &row::TLS_POLICY,
    }
}

/// The alerts for versions that do not meet (RFC 8446 6.2, RFC 7507), however a library spells them.
fn about_versions(alert: &str) -> bool {
    let letters = alert.chars().filter(char::is_ascii_alphabetic).take(40);
    let name: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    name == "protocolversion" || name == "inappropriatefallback"
}

const fn closed(step: Step) -> &'static Row {
    match step {
        Step::Dns | Step::Connect => &row::TCP_RESET,
        Step::Banner => &row::BANNER_EOF,
        _ => &row::PROTO_CLOSED,
    }
}

const fn silent(step: Step) -> &'static Row {
    match step {
        Step::Dns => &row::DNS_SERVFAIL,
        Step::Connect => &row::TCP_TIMEOUT,
        Step::Banner => &row::BANNER_SILENT,
        _ => &row::PROTO_TIMEOUT,
    }
}
