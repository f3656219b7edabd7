//! Rows about a recipient, a message, or a server that cannot take it.

use super::super::{Class, Next, Row, Scope};

pub static DNS_NULLMX: Row = Row {
    number: 4,
    id: "dns.nullmx",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "the domain takes no mail",
    cause: "The recipient's domain says publicly that it accepts no mail at all (a null MX, RFC 7505).",
    fix: "Ask the person for another address. If the domain is yours, remove the record `MX 0 .` and name a mail server.",
};

pub static BANNER_BUSY: Row = Row {
    number: 14,
    id: "banner.busy",
    class: Class::Delivery,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "the server is busy",
    cause: "The server takes no more work now: it is overloaded, restarting, or has too many connections.",
    fix: "Nothing for now: Postern tries again. If it lasts, send over fewer connections and ask the relay's administrator.",
};

pub static DATA_AMBIGUOUS: Row = Row {
    number: 44,
    id: "data.ambiguous",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Greylist,
    title: "nobody knows whether it arrived",
    cause: "The connection was lost while the mail was being handed over. The server may have taken it.",
    fix: "Nothing: Postern tries again, and the newest mail works. At worst the person gets the mail twice. If it happens often, see the relay's log.",
};

pub static RCPT_UNKNOWN: Row = Row {
    number: 57,
    id: "rcpt.unknown",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "no such mailbox",
    cause: "The recipient's server knows no mailbox of that name.",
    fix: "Correct the account's address, or reach the person in another way.",
};

pub static RCPT_DOMAIN: Row = Row {
    number: 58,
    id: "rcpt.domain",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "the recipient's domain cannot be found",
    cause: "There is no mail server for what stands behind the @.",
    fix: "Correct the account's address: mostly it is a typing mistake in the domain.",
};

pub static RCPT_SYNTAX: Row = Row {
    number: 59,
    id: "rcpt.syntax",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "the address is malformed",
    cause: "The server does not accept the recipient's address as one.",
    fix: "Correct the account's address.",
};

pub static RCPT_DISABLED: Row = Row {
    number: 60,
    id: "rcpt.disabled",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "the mailbox is switched off",
    cause: "The mailbox exists but takes no mail: it is closed or suspended, or the relay has it on its suppression list because earlier mails came back.",
    fix: "Reach the person in another way. If the address works again, take it off the relay's suppression list.",
};

pub static RCPT_FULL: Row = Row {
    number: 61,
    id: "rcpt.full",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Greylist,
    title: "the mailbox is full for now",
    cause: "The recipient's mailbox has no room at the moment.",
    fix: "Nothing: Postern tries again for as long as the link is worth it. Otherwise the person must make room.",
};

pub static RCPT_OVER: Row = Row {
    number: 62,
    id: "rcpt.over",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "the mailbox is full",
    cause: "The recipient's mailbox is over its quota, and the server does not want further tries.",
    fix: "Reach the person in another way: they must make room before mail arrives again.",
};

pub static RCPT_UTF8: Row = Row {
    number: 63,
    id: "rcpt.utf8",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "the address needs SMTPUTF8",
    cause: "The address has letters before the @ that are not ASCII, and a server on the way cannot carry them (RFC 6531).",
    fix: "Give the account an ASCII address, or use a relay that offers SMTPUTF8.",
};

pub static MSG_SIZE: Row = Row {
    number: 64,
    id: "msg.size",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "the message is too large",
    cause: "The server takes only smaller messages than this one.",
    fix: "Our mails are small: raise the server's size limit, or make mail texts of your own smaller.",
};

pub static SERVER_STORAGE: Row = Row {
    number: 65,
    id: "server.storage",
    class: Class::Delivery,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "the server's disk is full",
    cause: "The server has no room to keep the mail.",
    fix: "Nothing for now: Postern tries again. If the relay is yours, make room on its disk.",
};

pub static SERVER_LOOP: Row = Row {
    number: 66,
    id: "server.loop",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Hold,
    title: "the mail runs in circles",
    cause: "Servers hand the mail to each other until one of them stops it. Their routing is wrong.",
    fix: "Tell the relay's administrator: the route for this recipient's domain leads back to where it came from.",
};

pub static OTHER_4XX: Row = Row {
    number: 67,
    id: "other.4xx",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Quick,
    title: "refused for now, without a known reason",
    cause: "The server cannot take the mail now; what it says is the only hint.",
    fix: "Read the quoted reply. Postern tries again; if it lasts, ask the server's administrator with that line.",
};

pub static OTHER_5XX: Row = Row {
    number: 68,
    id: "other.5xx",
    class: Class::Delivery,
    scope: Scope::Mail,
    next: Next::Never,
    title: "refused for good, without a known reason",
    cause: "The server does not take the mail; what it says is the only hint.",
    fix: "Read the quoted reply, and ask the server's administrator with that line.",
};
