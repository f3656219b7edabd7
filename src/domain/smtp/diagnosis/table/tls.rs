//! Rows about missing encryption and certificates that cannot be trusted.

use super::super::{Class, Next, Row, Scope};

pub static TLS_PLAIN: Row = Row {
    number: 15,
    id: "tls.plain",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "TLS was begun on a plain port",
    cause: "smtp.tls is \"implicit\", but the server on this port begins in plain text and encrypts later.",
    fix: "Set smtp.tls to \"starttls\" (port 587), or smtp.port to 465.",
};

pub static TLS_ABSENT: Row = Row {
    number: 16,
    id: "tls.absent",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the server offers no STARTTLS",
    cause: "Encryption is demanded and the server does not offer it here, or something on the way strips the offer. Postern never falls back to plain text.",
    fix: "Use smtp.port 465 with smtp.tls \"implicit\", or switch STARTTLS on at the relay. Only for a relay on this same machine: smtp.tls \"none\".",
};

pub static TLS_454: Row = Row {
    number: 17,
    id: "tls.454",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "the server cannot do TLS now",
    cause: "The server offers STARTTLS but cannot start it: its certificate or key is missing or unreadable.",
    fix: "Tell the relay's administrator: its TLS certificate set-up is broken, the reason is in its log.",
};

pub static TLS_EXPIRED: Row = Row {
    number: 18,
    id: "tls.expired",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the certificate has expired",
    cause: "The relay's certificate is over. Mostly its automatic renewal failed, or the mail server was not restarted after it.",
    fix: "Renew the certificate on the relay and reload the mail server; then run the probe again. If the date looks right, check this machine's clock.",
};

pub static TLS_EARLY: Row = Row {
    number: 19,
    id: "tls.early",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the certificate is not valid yet",
    cause: "The relay's certificate begins in the future. Mostly the clock of this machine is behind.",
    fix: "Set the clock (`timedatectl`, NTP). If the clock is right, the relay needs a certificate that has begun.",
};

pub static TLS_NAME: Row = Row {
    number: 20,
    id: "tls.name",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the certificate is for another name",
    cause: "The certificate does not name the host in smtp.host: an IP address or an alias is used, or the wrong server answers.",
    fix: "Set smtp.host to one of the names in the certificate, or have that name added to it.",
};

pub static TLS_ISSUER: Row = Row {
    number: 21,
    id: "tls.issuer",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the certificate's issuer is not trusted",
    cause: "Nobody this machine trusts signed the certificate: it is self-signed, from a private authority, or the server forgets to send its intermediate certificate.",
    fix: "Have the relay send its full chain (`fullchain.pem`). For a private authority, set smtp.ca_file to that authority's certificate.",
};

pub static TLS_REVOKED: Row = Row {
    number: 22,
    id: "tls.revoked",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the certificate is revoked",
    cause: "The authority that issued the relay's certificate has withdrawn it.",
    fix: "The relay's administrator must replace the certificate and its key.",
};

pub static TLS_BADCERT: Row = Row {
    number: 23,
    id: "tls.badcert",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the certificate is unfit",
    cause: "The certificate itself is faulty: an old format (X.509 v1), a weak or wrong signature, or one not made for servers.",
    fix: "Have the relay's certificate issued anew: X.509 v3, SHA-256, a subjectAltName, for server authentication.",
};

pub static TLS_VERSION: Row = Row {
    number: 24,
    id: "tls.version",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "no common TLS version",
    cause: "The server speaks only TLS 1.1 or older, or ciphers that are no longer safe. Postern speaks TLS 1.2 and 1.3.",
    fix: "Upgrade the relay's TLS library or allow TLS 1.2 and modern ciphers in its settings; else choose another relay.",
};

pub static TLS_ALERT: Row = Row {
    number: 25,
    id: "tls.alert",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the TLS handshake failed",
    cause: "The handshake was broken off. Some servers demand a client certificate, accept only certain ciphers, or do not know the name they were asked for.",
    fix: "Read the relay's log for the reason. If it wants a client certificate, give it one or have that demand switched off for this service.",
};

pub static TLS_POLICY: Row = Row {
    number: 26,
    id: "tls.policy",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "a published TLS policy is broken",
    cause: "The domain publishes a rule for its certificate (TLSA or MTA-STS) and the server does not keep it. Mostly the record was forgotten when the certificate changed.",
    fix: "The owner of the domain must republish the TLSA record or the MTA-STS policy to match the server's certificate.",
};

pub static AUTH_NEEDTLS: Row = Row {
    number: 30,
    id: "auth.needtls",
    class: Class::Tls,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the server wants encryption first",
    cause: "The conversation is in plain text and the server goes on only within TLS.",
    fix: "Set smtp.tls to \"starttls\" (port 587) or \"implicit\" (port 465).",
};
