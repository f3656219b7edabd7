//! Rows about conversations that make no sense.

use super::super::{Class, Next, Row, Scope};

pub static BANNER_FOREIGN: Row = Row {
    number: 12,
    id: "banner.foreign",
    class: Class::Protocol,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "this is no mail server",
    cause: "Something else answers on that port, such as a web, SSH, IMAP or POP server.",
    fix: "Correct smtp.host and smtp.port: 587 with smtp.tls \"starttls\", 465 with \"implicit\".",
};

pub static EHLO_NAME: Row = Row {
    number: 38,
    id: "ehlo.name",
    class: Class::Protocol,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the server dislikes how we greet",
    cause: "The name we give in EHLO is not a full host name, does not exist in DNS, or is somebody else's.",
    fix: "Set smtp.helo to this machine's full name, such as mail.example.org, and make sure that the name resolves to its address.",
};

pub static PROTO_ORDER: Row = Row {
    number: 39,
    id: "proto.order",
    class: Class::Protocol,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the server expected another command",
    cause: "The server says that this command comes too early or is not possible now. Mostly it waits for a sign-in first.",
    fix: "Set smtp.username and smtp.password_file, and try the port for submission (587). If that is so already, look at the transcript.",
};

pub static PROTO_SYNTAX: Row = Row {
    number: 40,
    id: "proto.syntax",
    class: Class::Protocol,
    scope: Scope::Mail,
    next: Next::Never,
    title: "the server does not understand a command",
    cause: "The server finds a command or a parameter wrong, or does not know it. It is very old, or something on the way rewrites the conversation.",
    fix: "Open the transcript and see which line was refused; report it with the transcript, which holds no secret.",
};

pub static PROTO_GARBLED: Row = Row {
    number: 41,
    id: "proto.garbled",
    class: Class::Protocol,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "a reply that makes no sense",
    cause: "What came is no proper SMTP reply, or came at the wrong moment. Mostly a firewall or virus scanner rewrites the conversation; bytes slipped in before TLS are treated as an attack.",
    fix: "Take the inspecting proxy or \"SMTP fixup\" out of the way, or use smtp.port 465 with smtp.tls \"implicit\", which it cannot read.",
};
