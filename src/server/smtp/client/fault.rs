//! What the operating system and the TLS library say, as faults.

use std::io::{Error, ErrorKind};

use tokio_rustls::rustls;

use crate::domain::smtp::evidence::{Fault, IoFault};

/// What an error while reading or writing means.
pub fn of_io(error: &Error) -> Fault {
    if let Some(tls) = of_rustls(error) {
        return Fault::Tls(super::tls_fault::of(tls, &[]));
    }
    match error.kind() {
        ErrorKind::UnexpectedEof => Fault::Closed,
        _ => Fault::Io(kind(error)),
    }
}

/// The TLS library's error within it.
pub fn of_rustls(error: &Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref::<rustls::Error>()
}

/// The kind of a network error.
pub fn kind(error: &Error) -> IoFault {
    match error.kind() {
        ErrorKind::ConnectionRefused => IoFault::Refused,
        ErrorKind::TimedOut => IoFault::TimedOut,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            IoFault::Unreachable
        }
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            IoFault::Reset
        }
        ErrorKind::PermissionDenied | ErrorKind::AddrNotAvailable => IoFault::Denied,
        _ => IoFault::Other,
    }
}
