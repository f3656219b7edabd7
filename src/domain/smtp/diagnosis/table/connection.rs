//! Rows about names, the network, silence, and a server that closes.

use super::super::{Class, Next, Row, Scope};

pub static DNS_NXDOMAIN: Row = Row {
    number: 1,
    id: "dns.nxdomain",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "no such host name",
    cause: "The name in smtp.host does not exist in DNS. Mostly it is a typing mistake, or a name that only another network knows.",
    fix: "Compare smtp.host letter by letter with what your mail provider says, and try it with `dig` on this machine.",
};

pub static DNS_SERVFAIL: Row = Row {
    number: 2,
    id: "dns.servfail",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "the resolver gives no answer",
    cause: "The name server of this machine failed or did not answer in time. It is down, cannot be reached, or refuses a zone whose DNSSEC is broken.",
    fix: "Look at /etc/resolv.conf and ask that resolver with `dig`; restart it, or choose another one.",
};

pub static DNS_NOADDR: Row = Row {
    number: 3,
    id: "dns.noaddr",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the name has no address",
    cause: "The name exists but has neither an A nor an AAAA record. Often smtp.host holds a mail domain (example.org) and not a server's name.",
    fix: "Set smtp.host to the server's own name, such as smtp.example.org, as your mail provider states it.",
};

pub static TCP_REFUSED: Row = Row {
    number: 5,
    id: "tcp.refused",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "connection refused",
    cause: "The machine answers, but nothing listens on that port: the port is wrong, or the mail server is down.",
    fix: "Check smtp.port: 587 with smtp.tls \"starttls\", 465 with \"implicit\". If the relay is yours, see whether it runs.",
};

pub static TCP_TIMEOUT: Row = Row {
    number: 6,
    id: "tcp.timeout",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "no answer to the connection",
    cause: "Packets to the relay vanish. Many hosting companies block outgoing port 25, and firewalls drop silently.",
    fix: "Use smtp.port 587, 465 or 2525 where your relay offers them, and allow that port in this machine's and the hosting company's firewall.",
};

pub static TCP_UNREACHABLE: Row = Row {
    number: 7,
    id: "tcp.unreachable",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "network or host unreachable",
    cause: "There is no way from here to the relay's address. Often IPv6 is switched on without working, or a route or VPN is missing.",
    fix: "Try the other family with `postern smtp probe --ip 4`; then mend the IPv6 set-up or the route.",
};

pub static TCP_RESET: Row = Row {
    number: 8,
    id: "tcp.reset",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "connection reset",
    cause: "The connection was cut hard: by a firewall or proxy on the way, or by a server that crashed.",
    fix: "Read the relay's log at that second. If nothing is there, look for a firewall or mail proxy between here and the relay.",
};

pub static BANNER_EOF: Row = Row {
    number: 10,
    id: "banner.eof",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "closed before the first word",
    cause: "The server took the connection and closed it without a greeting. Usually it lets only certain addresses in, or too many connections are open.",
    fix: "Ask the relay's administrator to allow this machine's address, and see its log for a reason.",
};

pub static BANNER_SILENT: Row = Row {
    number: 11,
    id: "banner.silent",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "connected, but nobody speaks",
    cause: "The connection stands and the server says nothing. Typical for a TLS port (465) that is spoken to in plain text; some servers also delay their greeting on purpose.",
    fix: "With smtp.port 465 set smtp.tls to \"implicit\". Otherwise raise smtp.timeout.",
};

pub static PROTO_TIMEOUT: Row = Row {
    number: 42,
    id: "proto.timeout",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "the server stopped answering",
    cause: "The server did not reply to a command in time: it is slow, checks the mail with a slow filter, or delays on purpose.",
    fix: "Raise smtp.timeout. If it lasts, ask the relay's administrator what takes so long.",
};

pub static PROTO_CLOSED: Row = Row {
    number: 43,
    id: "proto.closed",
    class: Class::Connection,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "the server ended the conversation",
    cause: "The server closed the connection in the middle: it is shutting down, was idle for too long, or has a limit for each connection.",
    fix: "Nothing for now: Postern connects again. If it happens every time, the relay's log at that second says why.",
};
