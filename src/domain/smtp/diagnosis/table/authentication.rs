//! Rows about credentials that are missing, refused or not enough.

use super::super::{Class, Next, Row, Scope};

pub static AUTH_ABSENT: Row = Row {
    number: 27,
    id: "auth.absent",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the server offers no sign-in",
    cause: "smtp.username is set, but the server offers no AUTH here. Many offer it only within TLS, or only on the submission ports.",
    fix: "Use smtp.port 587 with smtp.tls \"starttls\", or 465 with \"implicit\". If the relay needs no sign-in, empty smtp.username.",
};

pub static AUTH_MECH: Row = Row {
    number: 28,
    id: "auth.mech",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "no common way to sign in",
    cause: "The server wants a way of signing in that does not fit: Postern knows PLAIN, LOGIN and XOAUTH2.",
    fix: "Switch PLAIN or LOGIN (within TLS) on at the relay, or use an access token (XOAUTH2) where the provider demands it.",
};

pub static AUTH_REQUIRED: Row = Row {
    number: 29,
    id: "auth.required",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the server wants a sign-in first",
    cause: "The server takes mail only from those who have signed in, and we have not.",
    fix: "Set smtp.username and smtp.password_file, or have the relay accept this machine's address without a sign-in.",
};

pub static AUTH_BAD: Row = Row {
    number: 31,
    id: "auth.bad",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "wrong user name or password",
    cause: "The server refuses the credentials. A typing mistake, a changed password, quotation marks or a line break that became part of it, or a provider that wants a special SMTP password.",
    fix: "Enter smtp.username and smtp.password (or smtp.password_file) anew, as the provider lists them for SMTP: some want the whole address, some an API key.",
};

pub static AUTH_APPPW: Row = Row {
    number: 32,
    id: "auth.apppw",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "an app password is needed",
    cause: "The account is protected by a second factor, or the provider finds this way of signing in too weak. The normal password is not enough.",
    fix: "Create an app password in the provider's security settings and put it into smtp.password_file, or use OAuth 2.0.",
};

pub static AUTH_DISABLED: Row = Row {
    number: 33,
    id: "auth.disabled",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "sending is switched off for this account",
    cause: "The provider does not let this account send by SMTP: its administrator has disabled SMTP AUTH, a rule forbids this sign-in, or the account is locked or suspended.",
    fix: "Enable SMTP AUTH for this mailbox and lift the block in the provider's administration (Microsoft 365: \"Authenticated SMTP\"), or use another account or OAuth 2.0.",
};

pub static AUTH_OAUTH: Row = Row {
    number: 34,
    id: "auth.oauth",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the access token is refused",
    cause: "The OAuth 2.0 token has expired, belongs to another account, or lacks the right to send mail.",
    fix: "Get a fresh access token with the scope for SMTP and try once more; if it is refused again, grant the right in the provider's console.",
};

pub static AUTH_TEMP: Row = Row {
    number: 35,
    id: "auth.temp",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Quick,
    title: "sign-in does not work at the moment",
    cause: "The server cannot check passwords just now: what stands behind it is down.",
    fix: "Nothing for now: Postern tries again. If it lasts, tell the relay's administrator.",
};

pub static AUTH_CHANGE: Row = Row {
    number: 36,
    id: "auth.change",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the provider wants to see you on the web first",
    cause: "The account needs a step in the browser before it may send: a new password, a confirmation, a sign-in from a known place.",
    fix: "Sign in to the account on the provider's website, follow what it asks, then run the probe again.",
};

pub static AUTH_LOCKOUT: Row = Row {
    number: 37,
    id: "auth.lockout",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "too many failed sign-ins",
    cause: "The server has stopped listening to sign-ins from us for a while, because too many failed.",
    fix: "Wait 15 minutes. Correct smtp.username and smtp.password before the next try, or the pause begins anew.",
};

pub static RELAY_DENIED: Row = Row {
    number: 45,
    id: "relay.denied",
    class: Class::Authentication,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the server will not relay for us",
    cause: "The server delivers to its own domains, but not onwards for this machine or this account: we are not signed in, or not allowed to.",
    fix: "Set smtp.username and smtp.password_file on the submission port (587), or have the relay allow this machine's address (Postfix: mynetworks).",
};
