//! The table of failures: 70 rows, numbered as in the documentation, one file for each class.

mod authentication;
mod blocking;
mod connection;
mod delivery;
mod local;
mod protocol;
mod tls;

pub use authentication::*;
pub use blocking::*;
pub use connection::*;
pub use delivery::*;
pub use local::*;
pub use protocol::*;
pub use tls::*;

use super::Row;

/// All rows, in the order of their numbers.
pub static TABLE: [&Row; 70] = [
    &DNS_NXDOMAIN,
    &DNS_SERVFAIL,
    &DNS_NOADDR,
    &DNS_NULLMX,
    &TCP_REFUSED,
    &TCP_TIMEOUT,
    &TCP_UNREACHABLE,
    &TCP_RESET,
    &TCP_DENIED,
    &BANNER_EOF,
    &BANNER_SILENT,
    &BANNER_FOREIGN,
    &BANNER_554,
    &BANNER_BUSY,
    &TLS_PLAIN,
    &TLS_ABSENT,
    &TLS_454,
    &TLS_EXPIRED,
    &TLS_EARLY,
    &TLS_NAME,
    &TLS_ISSUER,
    &TLS_REVOKED,
    &TLS_BADCERT,
    &TLS_VERSION,
    &TLS_ALERT,
    &TLS_POLICY,
    &AUTH_ABSENT,
    &AUTH_MECH,
    &AUTH_REQUIRED,
    &AUTH_NEEDTLS,
    &AUTH_BAD,
    &AUTH_APPPW,
    &AUTH_DISABLED,
    &AUTH_OAUTH,
    &AUTH_TEMP,
    &AUTH_CHANGE,
    &AUTH_LOCKOUT,
    &EHLO_NAME,
    &PROTO_ORDER,
    &PROTO_SYNTAX,
    &PROTO_GARBLED,
    &PROTO_TIMEOUT,
    &PROTO_CLOSED,
    &DATA_AMBIGUOUS,
    &RELAY_DENIED,
    &FROM_OWNED,
    &FROM_DOMAIN,
    &BLOCK_DNSBL,
    &BLOCK_PTR,
    &BLOCK_SPF,
    &BLOCK_DKIM,
    &BLOCK_DMARC,
    &BLOCK_CONTENT,
    &BLOCK_GREY,
    &BLOCK_RATE,
    &BLOCK_QUOTA,
    &RCPT_UNKNOWN,
    &RCPT_DOMAIN,
    &RCPT_SYNTAX,
    &RCPT_DISABLED,
    &RCPT_FULL,
    &RCPT_OVER,
    &RCPT_UTF8,
    &MSG_SIZE,
    &SERVER_STORAGE,
    &SERVER_LOOP,
    &OTHER_4XX,
    &OTHER_5XX,
    &LOCAL_EXPIRED,
    &LOCAL_RENDER,
];
