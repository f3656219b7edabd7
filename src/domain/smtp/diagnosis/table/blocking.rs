//! Rows about policies against senders: lists, proofs, rates, content.

use super::super::{Class, Next, Row, Scope};

pub static BANNER_554: Row = Row {
    number: 13,
    id: "banner.554",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the server turns our address away",
    cause: "The server refuses to talk to this machine's IP address, whatever the mail is. Addresses of homes and of fresh cloud machines are often refused.",
    fix: "Send through a relay of a mail provider (smtp.host, smtp.username). If this is your relay, allow this machine's address there.",
};

pub static FROM_OWNED: Row = Row {
    number: 46,
    id: "from.owned",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "we may not send as this sender",
    cause: "The relay lets this account send only from addresses it has verified or owns, and mail.from is not one of them.",
    fix: "Set mail.from to an address of the account, or verify that address or its domain with the provider.",
};

pub static FROM_DOMAIN: Row = Row {
    number: 47,
    id: "from.domain",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the sender's domain cannot get mail",
    cause: "The server found that the domain of mail.from does not exist in DNS or could not receive answers.",
    fix: "Correct mail.from, or publish an MX record (or an A record) for its domain; `postern smtp domain` shows what is missing.",
};

pub static BLOCK_DNSBL: Row = Row {
    number: 48,
    id: "block.dnsbl",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "our address is on a blocklist",
    cause: "The sending IP address (or domain) is listed as a source of spam: because of what it sent, of who had it before, or of its whole network.",
    fix: "Follow the link in the reply to see why, stop the cause and ask to be removed; meanwhile send through a relay with a good name (smtp.host).",
};

pub static BLOCK_PTR: Row = Row {
    number: 49,
    id: "block.ptr",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the address has no proper reverse name",
    cause: "The receiver demands that the sending IP address has a reverse DNS name which leads back to it.",
    fix: "Set the PTR record at the company that gave you the address, and an A or AAAA record of that name back to it; or send through a relay.",
};

pub static BLOCK_SPF: Row = Row {
    number: 50,
    id: "block.spf",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "SPF does not allow this relay",
    cause: "The SPF record of the sender's domain does not name the server that hands the mail over.",
    fix: "Add the relay to the TXT record of mail.from's domain, such as `v=spf1 include:_spf.provider.example -all`; `postern smtp domain` checks it.",
};

pub static BLOCK_DKIM: Row = Row {
    number: 51,
    id: "block.dkim",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the DKIM signature fails",
    cause: "The receiver demands a valid signature, and there is none, or its key in DNS does not match.",
    fix: "Compare the private key with the record at selector._domainkey; publish the right key. `postern smtp domain` checks it.",
};

pub static BLOCK_DMARC: Row = Row {
    number: 52,
    id: "block.dmarc",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the mail fails DMARC",
    cause: "Neither SPF nor DKIM proves the domain of mail.from, and the receiver keeps to that domain's policy.",
    fix: "Sign with DKIM for exactly the domain of mail.from (d=), or send from a domain that the relay signs for; `postern smtp domain` shows the alignment.",
};

pub static BLOCK_CONTENT: Row = Row {
    number: 53,
    id: "block.content",
    class: Class::Blocking,
    scope: Scope::Mail,
    next: Next::Never,
    title: "a filter refuses the message",
    cause: "A spam or virus filter did not like this message: its words, its links or its sender's name.",
    fix: "Look at the message's checks in the sandbox mailbox, and at the reply for the filter's name. Make subject and text plainer, and have site.public_url on a domain with a good name.",
};

pub static BLOCK_GREY: Row = Row {
    number: 54,
    id: "block.grey",
    class: Class::Blocking,
    scope: Scope::Mail,
    next: Next::Greylist,
    title: "greylisted: try again in some minutes",
    cause: "The receiver does not know this sender yet and turns the first try away on purpose.",
    fix: "Nothing: Postern tries again after the usual five minutes. To be spared, have the receiver allow this relay.",
};

pub static BLOCK_RATE: Row = Row {
    number: 55,
    id: "block.rate",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Greylist,
    title: "too many mails in a short time",
    cause: "The server limits how many mails, connections or recipients it takes in a while.",
    fix: "Postern slows down. If it lasts, ask for a higher limit or lower limits.mails_per_hour.",
};

pub static BLOCK_QUOTA: Row = Row {
    number: 56,
    id: "block.quota",
    class: Class::Blocking,
    scope: Scope::Relay,
    next: Next::Hold,
    title: "the account's sending quota is used up",
    cause: "The account has sent all that its plan allows for the day or month.",
    fix: "Raise the plan or the quota with the provider, or set another relay in smtp.host; otherwise wait until the period is over.",
};
