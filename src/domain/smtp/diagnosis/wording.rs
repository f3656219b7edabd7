//! What servers and providers are known to say: phrases that tell more than their codes do, in the order in which they are tried.

use super::super::reply::{Enhanced, Reply};
use super::super::step::Step;
use super::Row;
use super::table as row;

/// Octets of a reply's text that are looked at.
const LOOKED_AT: usize = 2048;

/// A reply's text, lower-case and bounded, without the addresses that it quotes, and its codes.
#[derive(Debug)]
pub struct Said {
    text: String,
    pub code: u16,
    pub enhanced: Option<Enhanced>,
}

impl Said {
    /// The beginning of a reply's text. qmail and its kin write their enhanced code behind the text: `(#5.7.1)`.
    pub fn new(reply: &Reply) -> Self {
        let mut text = String::new();
        for line in &reply.lines {
            let room = LOOKED_AT.saturating_sub(text.len());
            let end = line.floor_char_boundary(room.min(line.len()));
            text.extend(line[..end].chars().map(|c| c.to_ascii_lowercase()));
            text.push(' ');
            if room <= line.len() {
                break;
            }
        }
        let text = without_addresses(&text);
        let behind = || {
            let (_, rest) = text.split_once("(#")?;
            Enhanced::parse(rest.split_once(')')?.0)
        };
        Self {
            enhanced: reply.enhanced.or_else(behind),
            code: reply.code,
            text,
        }
    }

    /// The text, lower-case, without addresses.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether one of these stands in the text.
    pub fn has(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.text.contains(phrase))
    }

    /// 4xx.
    pub const fn is_transient(&self) -> bool {
        self.code < 500
    }
}

/// The text without what stands in angle brackets and without every word that holds an `@`: servers quote the recipient, whose domain
/// a stranger chooses, and `x@dkim.example` must not pass for their own word about DKIM. Links stay, as lists tell themselves by them.
fn without_addresses(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('<') {
        let Some((within, after)) = behind.split_once('>') else {
            break;
        };
        plain.push_str(before);
        plain.push('<');
        if within.starts_with("http") && !within.contains(char::is_whitespace) {
            plain.push_str(within);
        }
        plain.push('>');
        rest = after;
    }
    plain.push_str(rest);
    // `%40` is an `@` in a link.
    let quotes = |word: &str| word.contains('@') || word.contains("%40");
    plain
        .split_inclusive(' ')
        .map(|word| if quotes(word) { " " } else { word })
        .collect()
}

/// Where a phrase means what its row says.
#[derive(Debug, Clone, Copy)]
enum At {
    Auth,
    /// Before an envelope.
    Greeting,
    /// Before or at the sender.
    Sender,
    /// From the recipient on.
    Recipient,
    /// From DATA on.
    Content,
    /// Anywhere but STARTTLS and AUTH.
    Session,
}

impl At {
    const fn holds(self, step: Step) -> bool {
        let talking = !matches!(
            step,
            Step::Dns | Step::Connect | Step::Tls | Step::StartTls | Step::Auth
        );
        match self {
            Self::Auth => matches!(step, Step::Auth),
            Self::Greeting => matches!(step, Step::Banner | Step::Ehlo),
            Self::Sender => matches!(step, Step::Banner | Step::Ehlo | Step::Mail),
            Self::Recipient => matches!(step, Step::Rcpt | Step::Data | Step::Message),
            Self::Content => matches!(step, Step::Data | Step::Message),
            Self::Session => talking,
        }
    }
}

/// With which first digit.
#[derive(Debug, Clone, Copy)]
enum With {
    Any,
    Transient,
    Permanent,
}

type Phrases = &'static [&'static str];

/// The row of a phrase that is known at that step.
pub fn row(step: Step, said: &Said) -> Option<&'static Row> {
    let fits = |with: &With| match with {
        With::Any => true,
        With::Transient => said.is_transient(),
        With::Permanent => !said.is_transient(),
    };
    let known = KNOWN
        .iter()
        .find(|(at, with, phrases, _)| at.holds(step) && fits(with) && said.has(phrases));
    known.map(|(_, _, _, row)| *row)
}

/// The first that holds decides, so what is told from a broader phrase stands above it.
#[rustfmt::skip]
static KNOWN: [(At, With, Phrases, &Row); 47] = [
    // Signing in. Microsoft writes 5.7.139 for a wrong password as well as for a tenant that forbids.
    (At::Auth, With::Any, &["credentials were incorrect", "username and password not accepted"], &row::AUTH_BAD),
    (At::Auth, With::Any, &["too many connections", "too many concurrent", "concurrent connections"], &row::BLOCK_RATE),
    (At::Auth, With::Any, &["credits exceeded", "daily limit", "sending limit", "daily quota"], &row::BLOCK_QUOTA),
    (At::Auth, With::Any, &["too many", "temporarily blocked", "temporarily locked", "authentication attempts"], &row::AUTH_LOCKOUT),
    (At::Auth, With::Any, &["no mechanism", "invalid authentication mechanism", "mechanism not", "mechanism is not", "unknown mechanism", "unsupported mechanism", "unsupported authentication", "authentication type"], &row::AUTH_MECH),
    (At::Auth, With::Any, &["5.7.139", "is disabled", "account disabled", "been disabled", "is locked", "account locked", "been locked", "suspended", "security defaults", "deactivated"], &row::AUTH_DISABLED),
    (At::Auth, With::Any, &["application-specific", "application specific", "app-specific", "app specific", "app password", "invalidsecondfactor", "two-factor", "2-step"], &row::AUTH_APPPW),
    (At::Auth, With::Any, &["web browser", "webloginrequired", "password has expired", "password expired", "change your password", "password change", "password transition"], &row::AUTH_CHANGE),
    // The second one is `{"status` in base64, as the servers of XOAUTH2 send it with a 334.
    (At::Auth, With::Any, &["\"status\":\"4", "eyjzdgf0dxmi", "access token", "token expired", "token has expired", "expired token", "invalid token", "token is invalid", "invalid_token", "invalid_grant", "oauth", "bearer"], &row::AUTH_OAUTH),
    (At::Auth, With::Any, &["starttls", "encryption required", "encryption is required", "requires tls", "tls required", "must use tls", "ssl required", "secure connection", "plaintext authentication disallowed"], &row::AUTH_NEEDTLS),
    (At::Auth, With::Permanent, &["not enabled", "not advertised", "auth not available", "auth not supported", "auth command not"], &row::AUTH_ABSENT),

    // Policies about senders, wherever a server chooses to tell them; most wait until RCPT.
    (At::Session, With::Any, &["helo first", "ehlo first", "too many syntax or protocol errors"], &row::PROTO_ORDER),
    (At::Session, With::Any, &["helo command rejected", "invalid helo", "bad helo", "helo name", "helo argument", "helo/ehlo", "invalid ehlo", "ehlo name", "ehlo argument"], &row::EHLO_NAME),
    (At::Session, With::Any, &["reverse dns", "reverse hostname", "reverse lookup", "reverse mapping", "rdns", "fcrdns", "ptr record", "ptr-record", "no ptr", "missing ptr", "cannot find your hostname"], &row::BLOCK_PTR),
    (At::Session, With::Any, &["dmarc", "5.7.26", "4.7.26", "5.7.509", "5.7.515", "header isn't aligned", "header is not aligned"], &row::BLOCK_DMARC),
    (At::Content, With::Any, &["not accepted for policy reasons"], &row::BLOCK_DMARC),
    (At::Session, With::Any, &["dkim"], &row::BLOCK_DKIM),
    (At::Session, With::Any, &["sender policy framework", "openspf", " spf ", "spf check", "spf fail", "spf valid", "spf record", "spf:", "spf=", "spf-"], &row::BLOCK_SPF),
    (At::Session, With::Any, &["issue a starttls", "issue starttls", "starttls first", "starttls is required", "use starttls", "encryption required", "encryption is required", "requires encryption", "requires tls", "tls required", "tls is required", "over tls", "a tls connection"], &row::AUTH_NEEDTLS),
    (At::Session, With::Transient, &["greylist", "graylist", "grey-list", "gray-list", "grey list", "gray list", "postgrey", "first contact"], &row::BLOCK_GREY),
    (At::Session, With::Any, &["daily user sending", "daily sending", "daily smtp relay", "daily message quota", "daily limit", "daily quota", "sending quota", "sending limit", "monthly limit", "monthly quota", "credits exceeded", "5.1.90", "5.7.705", "tenant has exceeded"], &row::BLOCK_QUOTA),
    (At::Session, With::Any, &["bad outbound sender", "banned sender.", "sending paused", "sending suspended", "sending is suspended"], &row::AUTH_DISABLED),
    (At::Sender, With::Permanent, &["account is suspended", "account suspended", "account disabled", "account is disabled", "account has been"], &row::AUTH_DISABLED),
    (At::Greeting, With::Transient, &["too many", "concurrent", "connection limit"], &row::BANNER_BUSY),
    (At::Session, With::Any, &["rate limit", "rate-limit", "ratelimit", "unusual rate", "at a rate", "sending rate", "rate exceeded", "too quickly", "too fast", "slow down", "throttl", "too many messages", "too much mail", "too many mails", "too many emails", "too many recipients", "too many connections", "too many concurrent", "too many sessions", "concurrent connections", "connection limit", "messages per"], &row::BLOCK_RATE),
    (At::Session, With::Transient, &["server busy", "server is busy", "service is busy", "too busy", "overloaded", "high load", "load is too high"], &row::BANNER_BUSY),
    (At::Session, With::Any, &["too many hops", "hop count", "mail loop", "routing loop", "loop detected", "loops back"], &row::SERVER_LOOP),
    (At::Session, With::Any, &["spamhaus", "spamcop", "barracudacentral", "sorbs.net", "uceprotect", "abusix", "dnsbl", " rbl", "rbl.", "blacklist", "black list", "blocklist", "block list", "blocked using", "listed in ", "listed at ", "listed by ", "delist", "banned sending ip", "ipcheck.proofpoint", "low reputation", "poor reputation", "bad reputation", "ip reputation"], &row::BLOCK_DNSBL),

    // Who sends.
    (At::Session, With::Any, &["not logged in"], &row::AUTH_REQUIRED),
    (At::Session, With::Any, &["is not verified", "not been verified", "not verified.", "unverified domain", "domain is unverified", "verified sender", "sender identity", "sender signature", "not owned by", "5.7.60", "sendasdenied", "send as this sender", "send as deni", "allowed to send as", "sender address is not allowed", "sender is not allowed", "not allowed to use this sender", "disallowed as", "not authorized to send from", "not authorised to send from"], &row::FROM_OWNED),
    (At::Session, With::Any, &["sender address rejected: domain", "sender address rejected: need fully", "domain of sender", "domain of the sender", "sender verify failed", "sender domain", "sender's domain"], &row::FROM_DOMAIN),

    // Whether we may send at all. Lists and groups that take mail only from their own people say so much like a server does.
    (At::Recipient, With::Permanent, &["resolver.rst", "5.7.133", "5.7.124", "5.7.134", "for group"], &row::RCPT_DISABLED),
    (At::Session, With::Any, &["relay access denied", "relaying denied", "relay denied", "unable to relay", "cannot relay", "not permitted to relay", "relay not permitted", "relaying not permitted", "relaying not allowed", "relay not allowed", "not allowed to relay", "do not relay", "don't relay", "relaying is", "relay prohibited", "open relay", "relay without", "relaying without", "allowed rcpthosts", "not authorized to relay", "not authorized to perform"], &row::RELAY_DENIED),
    (At::Session, With::Any, &["authentication required", "authentication is required", "requires authentication", "must authenticate", "must be authenticated", "please authenticate", "not authenticated", "unauthenticated sender", "authenticate first", "auth first", "auth command first", "log in first", "login first"], &row::AUTH_REQUIRED),
    (At::Session, With::Any, &["client host rejected", "not allowed to connect", "connection refused by policy"], &row::BANNER_554),

    // Who receives.
    (At::Session, With::Any, &["smtputf8", "internationalized address", "internationalised address"], &row::RCPT_UTF8),
    (At::Recipient, With::Any, &["suppression list", "suppressed", "mailbox disabled", "mailbox is disabled", "account is disabled", "account disabled", "account has been disabled", "reach is disabled", "reach is inactive", "is inactive", "inactive recipient", "suspended", "no longer accept"], &row::RCPT_DISABLED),
    (At::Recipient, With::Transient, &["mailbox full", "mailbox is full", "over quota", "overquota", "quota exceeded", "out of storage", "exceeded storage", "mailbox quota", "mailbox size limit"], &row::RCPT_FULL),
    (At::Recipient, With::Permanent, &["mailbox full", "mailbox is full", "over quota", "overquota", "quota exceeded", "out of storage", "exceeded storage", "mailbox quota", "mailbox size limit", "storage allocation"], &row::RCPT_OVER),
    (At::Recipient, With::Any, &["recipient address rejected: need fully", "malformed address", "invalid address syntax"], &row::RCPT_SYNTAX),
    (At::Recipient, With::Any, &["nullmx", "null mx"], &row::DNS_NULLMX),
    (At::Recipient, With::Any, &["address rejected: domain", "domain not found", "domain does not exist", "no such domain", "unknown domain", "unrouteable mail domain"], &row::RCPT_DOMAIN),
    (At::Recipient, With::Any, &["user unknown", "unknown user", "no such user", "user not found", "no such recipient", "recipient unknown", "unknown recipient", "invalid recipient", "recipient not found", "mailbox not found", "no mailbox", "no such mailbox", "not a valid mailbox", "unknown local", "unrouteable address", "5.4.1 recipient address rejected"], &row::RCPT_UNKNOWN),

    // What it is.
    (At::Session, With::Any, &["message too large", "message too big", "message size exceeds", "message exceeds", "message length exceeds", "maximum message size"], &row::MSG_SIZE),
    (At::Session, With::Any, &["error: too many errors", "too many bad commands"], &row::PROTO_CLOSED),
    (At::Content, With::Permanent, &["spam", "virus", "malware", "phish", "unsolicited", "suspicious", "content", "attachment"], &row::BLOCK_CONTENT),
    (At::Session, With::Transient, &["service not available, closing"], &row::PROTO_CLOSED),
];
