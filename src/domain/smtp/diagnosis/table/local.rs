//! Rows about our own side.

use super::super::{Class, Next, Row, Scope};

pub static TCP_DENIED: Row = Row {
    number: 9,
    id: "tcp.denied",
    class: Class::Local,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "our side does not allow the connection",
    cause: "The connection never left this machine: a sandbox, container or security rule forbids it, the address is private and not on the allow-list, or the source address does not exist here.",
    fix: "Allow outgoing connections to the relay for this service (systemd, container, SELinux). For a probe of a private address, put its network on the allow-list.",
};

pub static LOCAL_EXPIRED: Row = Row {
    number: 69,
    id: "local.expired",
    class: Class::Local,
    scope: Scope::Mail,
    next: Next::Never,
    title: "too late to be worth sending",
    cause: "The mail could not be handed over within its time, so it was not sent: its link would be dead on arrival.",
    fix: "The person asks for a new mail. See the earlier attempts for what held this one up.",
};

pub static LOCAL_RENDER: Row = Row {
    number: 70,
    id: "local.render",
    class: Class::Local,
    scope: Scope::Mail,
    next: Next::Hold,
    title: "the message could not be made",
    cause: "Our own side could not build the mail: a template, a setting or an address does not work out.",
    fix: "Read the log for the reason and mend the template, mail.from or the account's address.",
};
