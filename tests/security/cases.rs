//! The catalogue: every case, what it tries and what must come of it, as Postern is built. Ids and intents are the project's list of
//! attacks; where its outcome differs from the design, the design's stands here.

/// Which databases a case touches, and its tests run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// SQLite and PostgreSQL.
    Both,
    /// What only PostgreSQL has: several instances, a server that can die alone.
    Postgres,
    /// None: it ends before, or after.
    None,
}

/// One case.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub id: &'static str,
    pub name: &'static str,
    /// What somebody tries.
    pub tries: &'static str,
    /// What must come of it; for a case that does not apply, why.
    pub safe: &'static str,
    pub on: On,
    /// Whether it applies to Postern as it is.
    pub applies: bool,
}

const fn case(
    id: &'static str,
    name: &'static str,
    on: On,
    tries: &'static str,
    safe: &'static str,
) -> Case {
    let applies = true;
    Case {
        id,
        name,
        tries,
        safe,
        on,
        applies,
    }
}

/// A case that does not apply, with the reason.
const fn not_here(
    id: &'static str,
    name: &'static str,
    tries: &'static str,
    why: &'static str,
) -> Case {
    Case {
        id,
        name,
        tries,
        safe: why,
        on: On::None,
        applies: false,
    }
}

/// Cases by what they are about.
pub const CATALOGUE: [(&str, &[Case]); 8] = [
    ("Enumeration", &ENUMERATION),
    ("Token", &TOKEN),
    ("HTTP and browser", &WEB),
    ("Mail: identity and content", &MAIL),
    ("Load", &LOAD),
    ("SMTP", &SMTP),
    ("Database and cluster", &DATABASE),
    ("Logs and aftermath", &AFTERMATH),
];

use On::{Both, None as Nothing, Postgres};

const ENUMERATION: [Case; 5] = [
    case(
        "E1",
        "Content",
        Both,
        "Ask for a reset, sign up or sign in as a known, unknown, frozen, locked or operator's account, and compare status, headers, cookies and size.",
        "Identical but for nonce, date, request id and reference, at `/forgot`, at sign-in and by the islands. There are no accounts without an address, and nothing that depends on the account is compressed.",
    ),
    case(
        "E2",
        "Timing",
        Both,
        "Send interleaved pairs of requests, known and unknown, and tell them apart by time.",
        "|t| < 4.5 (Welch) over 10,000 pairs, by `make timing`; the handler of `/forgot` looks no account up, sign-in hashes in every case.",
    ),
    case(
        "E4",
        "SMTP down",
        Both,
        "Ask while the mail server is off or hangs, for a known and an unknown account.",
        "The same 303 and page, at once: sending is the worker's, later.",
    ),
    case(
        "E5",
        "Limiter oracle",
        Both,
        "Exceed the limits with a known and an unknown name, in several spellings.",
        "429 at the same count with the same headers; the limit is on what was typed, normalised, before anything is known about it.",
    ),
    case(
        "E7",
        "Username oracle",
        Both,
        "Use a stolen token and try names: another real user's, and nonsense.",
        "The same bytes and the same count on the token's account; nothing is counted for the other.",
    ),
];

const TOKEN: [Case; 16] = [
    case(
        "T1",
        "Guessing",
        Both,
        "Try well-formed tokens, many, from one address and from many.",
        "No hit (256 bits); each address is limited; wrong tokens are in the audit, and many from all addresses together raise an alarm there, once an hour.",
    ),
    case(
        "T3",
        "Type confusion",
        Both,
        "Send the token empty, absent, null, as a number, list or object, twice, in JSON or XML.",
        "400 or 422; nothing is changed, the token still works.",
    ),
    case(
        "T4",
        "Reuse",
        Both,
        "Go through the whole flow, then send the exchange and the new password again.",
        "Refused; one change, one notice.",
    ),
    case(
        "T5",
        "Race for the password",
        Both,
        "Send fifty new passwords with one session at the same moment, on fifty connections, the last byte of each held back to the end.",
        "One is taken, the others hear that it is over; one notice, one audit event.",
    ),
    case(
        "T6",
        "Race for the session",
        Both,
        "Fifty browsers exchange one token at the same moment, the last byte of each request held back to the end.",
        "One session.",
    ),
    case(
        "T7",
        "Supersede",
        Both,
        "Ask twice and use the first mail.",
        "The first token is dead; the schema holds one for each account.",
    ),
    case(
        "T9",
        "Password changed meanwhile",
        Both,
        "Ask, then change the password while signed in, then use the mail.",
        "Token and reset session are dead.",
    ),
    case(
        "T10",
        "Address changed meanwhile",
        Both,
        "Ask, then change the address, then use the old mail.",
        "Token and reset session are dead; mail goes to the new address, a warning to the old one.",
    ),
    case(
        "T11",
        "Swapped users",
        Both,
        "Use one's own token with the victim's name, and send `user_id` and the like along.",
        "Refused and counted on the token's account; further fields are not looked at.",
    ),
    case(
        "T13",
        "Expiry",
        Both,
        "Use a token just before, at and after its end; the same for a reset session and the other links.",
        "Before: yes. From the end on: no.",
    ),
    case(
        "T15",
        "Skipped steps",
        Both,
        "Set a password without an exchange, with an invented session, with one that owes its username, with `verified=true`.",
        "Refused; the password stays.",
    ),
    case(
        "T16",
        "Scanners",
        Both,
        "HEAD and GET the link again and again; open it in a browser and press every button without typing.",
        "Nothing is spent, no cookie, the same page each time; the person's link still works.",
    ),
    case(
        "T17",
        "Reload",
        Both,
        "Reload, go back, use the link in a second browser after the exchange.",
        "The browser that exchanged goes on; the other is refused.",
    ),
    case(
        "T18",
        "Three wrong usernames",
        Both,
        "Hold a mailed token and try three names, over one link or three.",
        "The session ends; the account is locked for an hour (sign-in and reset; `lock_scope = \"reset\"`: the reset alone), the owner gets a notice. Who is signed in stays so.",
    ),
    case(
        "T19",
        "Race of wrong usernames",
        Both,
        "A hundred wrong usernames with one session at the same moment. (B6 names this case; it has no row of its own there.)",
        "Those that come in time are counted, one of them locks, the others hear that it is over; one notice.",
    ),
    case(
        "T20",
        "Wrong type",
        Both,
        "Use a token of one purpose at the page of another.",
        "Refused; each still opens its own.",
    ),
];

const WEB: [Case; 10] = [
    case(
        "W1",
        "Host poisoning",
        Both,
        "Ask with a foreign `Host`, two of them, one with an address in it, and with an absolute request target.",
        "Links lead to the configured origin, or 4xx and no mail.",
    ),
    case(
        "W2",
        "Forwarded",
        Both,
        "Ask with `X-Forwarded-Host`, `Forwarded`, `X-Host` and relatives, behind a trusted proxy too, and without any `Host`.",
        "As W1.",
    ),
    case(
        "W3",
        "Dangling markup",
        Both,
        "Ask with markup in `Host`, to break out of the mail's link.",
        "As W1; no markup of a request is in a mail.",
    ),
    case(
        "W4",
        "Address spoofing",
        Both,
        "Send many requests, each with another `X-Forwarded-For`, from a peer that is no trusted proxy.",
        "The peer's own address is limited and written down.",
    ),
    case(
        "W6",
        "Referer and cache",
        Both,
        "Look for the token in addresses, Referers and caches; ask for `/reset/x.css`.",
        "The token travels in one request's body; `no-store` everywhere, 404 for invented paths, nothing is loaded from elsewhere.",
    ),
    case(
        "W7",
        "CSRF",
        Both,
        "Post from other sites, as form, multipart, text or JSON, with `Origin: null`, or by GET; with a session, with another session's token.",
        "403, 400 or 405; nothing is changed.",
    ),
    case(
        "W9",
        "Framing",
        Nothing,
        "Show any page in a frame of another site, or of this one.",
        "The browser refuses: `frame-ancestors 'none'` and `X-Frame-Options: DENY` on every answer.",
    ),
    case(
        "W10",
        "Open redirect",
        Both,
        "Add `next=//evil`, `/\\evil` and the like, or a foreign Referer.",
        "Every redirect is a path of ours.",
    ),
    case(
        "W11",
        "Cross-site scripting",
        Both,
        "Put payloads into path, query, fragment, fields and what the browser says of itself.",
        "Inert text; scripts run by nonce alone.",
    ),
    case(
        "W12",
        "Content Security Policy",
        Nothing,
        "Go through everything with reporting on.",
        "No report; no `unsafe-inline`, no `unsafe-eval`: only `wasm-unsafe-eval`, for our own modules. What is injected on purpose is blocked.",
    ),
];

const MAIL: [Case; 11] = [
    case(
        "M1",
        "Arrays",
        Both,
        "Ask with a repeated field, `[]`, a list, two addresses in one.",
        "400, 422, or no mail to anybody but the stored address.",
    ),
    case(
        "M2",
        "Chosen recipient",
        Both,
        "Ask for a name and send `email=`, `to=` or `recipient=` along.",
        "The mail goes to the stored address.",
    ),
    case(
        "M3",
        "Case folding",
        Both,
        "Ask with letters that fold to the address's: dotless ı, Kelvin K, ß, full width.",
        "Nobody, or the stored address; never the one that was typed.",
    ),
    case(
        "M4",
        "Accents",
        Both,
        "Ask with `jülian` for `julian`, composed and decomposed.",
        "Another name: no mail. Neither database compares by a collation of its own.",
    ),
    case(
        "M5",
        "Other domains that look alike",
        Both,
        "Ask with Cyrillic letters, other A-labels, a trailing dot.",
        "Another address: no mail. A domain in other letters and its A-label are one.",
    ),
    case(
        "M6",
        "Line breaks",
        Both,
        "Put CR, LF, U+2028 or `%0d%0aBcc:` into a name, an address, a setting.",
        "One recipient, no header added; settings with line ends stop the start.",
    ),
    case(
        "M8",
        "Markup and links in mail",
        Both,
        "Put markup, a bare address or a right-to-left override where a mail might show it.",
        "Nothing of a request is in a mail; there are no display names. A site name is shown as text, and every link in a mail is ours.",
    ),
    case(
        "M9",
        "No username in mail",
        Both,
        "Decode every kind of mail and look for username and ids.",
        "Absent in headers, text, HTML and Message-ID; no address but the envelope's and To.",
    ),
    case(
        "M11",
        "SMTPUTF8",
        Both,
        "Give a mailbox in other letters; send to a domain in other letters through a relay without SMTPUTF8.",
        "Such a mailbox is refused in words where it is typed, and never mangled; the domain goes out as its A-label.",
    ),
    case(
        "M12",
        "Bombing",
        Both,
        "500 requests for one account, then requests for very many.",
        "At most two mails in one token lifetime, a minute apart, whatever is asked; ten requests an hour for one name; a cap on all mail. What had to wait too long expires, and says so.",
    ),
    case(
        "M13",
        "Envelope",
        Both,
        "Ask with a hostile `Host` and look at Return-Path and headers.",
        "The envelope's sender is `mail.from`; `Auto-Submitted: auto-generated`.",
    ),
];

const LOAD: [Case; 6] = [
    case(
        "D1",
        "Huge input",
        Both,
        "1 MiB of password, endless chunked bodies, passwords of thousands of characters.",
        "413 or 422 before anything is hashed.",
    ),
    case(
        "D2",
        "Bombs for zxcvbn",
        Both,
        "Passwords on which zxcvbn is slowest, many at once.",
        "zxcvbn's worst text takes a second whatever we do; how many run at once is bounded, health and `/forgot` answer meanwhile.",
    ),
    case(
        "D3",
        "Flood of hashes",
        Both,
        "200 new passwords or sign-ins at once.",
        "Memory stays below base and permits; 503 with Retry-After beyond the queue, health answers meanwhile.",
    ),
    case(
        "D4",
        "Slow clients",
        Nothing,
        "500 connections that send headers or bodies byte by byte.",
        "Cut within 30 s; others are served.",
    ),
    case(
        "D5",
        "HTTP/2 floods",
        Nothing,
        "Reset, CONTINUATION, PING and empty DATA frames without end; streams that never end.",
        "What a connection may cost is bounded; one that goes on is ended; others are served.",
    ),
    case(
        "D6",
        "Nonsense for server functions",
        Both,
        "Cut, wrong and foreign bodies at `/api/submit`.",
        "4xx; no panic, no path, no type name.",
    ),
];

const SMTP: [Case; 9] = [
    case(
        "P1",
        "Lost after the final dot",
        Both,
        "The connection ends between the message and the server's answer.",
        "A second mail may come, with a new token; the newest works, one token lives.",
    ),
    case(
        "P2",
        "Tarpit",
        Both,
        "A server that is silent, or sends a byte now and then.",
        "The whole attempt has its own time; other mail flows.",
    ),
    case(
        "P3",
        "Greylist",
        Both,
        "450 4.7.1 at first, accepted minutes later.",
        "Delivered; the stated expiry is true, because the token is drawn at sending.",
    ),
    case(
        "P4",
        "Refused for good",
        Both,
        "550 5.1.1.",
        "No second try; the token is gone, the failure is written down.",
    ),
    case(
        "P5",
        "Stale connections",
        Both,
        "421 or a closed connection between two mails.",
        "A new connection within the same attempt; no mail is late.",
    ),
    case(
        "P6",
        "Bad certificates",
        Both,
        "Expired, self-signed, of another name, of another authority.",
        "No AUTH, no MAIL, no DATA; the reason and the chain are written down, mail is held.",
    ),
    case(
        "P7",
        "Stripping",
        Both,
        "A server, or somebody between, that leaves STARTTLS out, answers 454, or puts words behind the 220.",
        "Nothing in plain text: no AUTH, no MAIL, no DATA; mail is held.",
    ),
    case(
        "P9",
        "Hostile replies",
        Both,
        "10 MiB of banner, endless `250-`, NULs, invalid UTF-8, answers of the wrong phase.",
        "Bounded in memory and time; no panic; each is a diagnosed failure, and the mail is tried again.",
    ),
    case(
        "P10",
        "Our crash",
        Both,
        "SIGKILL between the server's 250 and our commit.",
        "At most one duplicate; the state settles, one token lives.",
    ),
];

const DATABASE: [Case; 5] = [
    case(
        "B1",
        "Kill sweep",
        Both,
        "SIGKILL at every failpoint of worker and commit, then a restart.",
        "The invariants hold; the old password or the new one works.",
    ),
    case(
        "B3",
        "Locked",
        Both,
        "Somebody else holds the database's lock.",
        "Writers wait, then 503 with Retry-After, the same for everybody; nothing is burnt or lost; writers begin with the lock.",
    ),
    case(
        "B4",
        "PostgreSQL dies",
        Postgres,
        "PostgreSQL is killed in the middle of a commit.",
        "No false answer; at most one change for a token.",
    ),
    case(
        "B5",
        "Pool exhausted",
        Both,
        "All connections are held.",
        "503 for everybody alike; it goes on by itself afterwards.",
    ),
    case(
        "B6",
        "Replicas",
        Postgres,
        "T5, T6, T19 and the limits against two instances at once.",
        "As with one.",
    ),
];

const AFTERMATH: [Case; 6] = [
    case(
        "L1",
        "Log injection",
        Both,
        "Type line ends, JSON and escape sequences.",
        "What was typed is not logged; kept text has no control characters; a record is a line.",
    ),
    case(
        "L3",
        "Stolen database",
        Both,
        "Read the live database, write-ahead log and outbox included.",
        "No token, password, cookie or CSRF token is in it, nor in the log.",
    ),
    case(
        "L4",
        "Old sessions",
        Both,
        "Use the sessions of before a reset.",
        "Over, all of them. There are no refresh tokens.",
    ),
    case(
        "L5",
        "Delayed notice",
        Both,
        "Reset, change the address, restart; wait a day.",
        "Both notices reach the old address, and their link freezes the account.",
    ),
    case(
        "L6",
        "Passwords of any script",
        Both,
        "Fifteen emoji; spaces at both ends; set in one Unicode form, typed in another.",
        "They work, untrimmed, and one form is the other.",
    ),
    not_here(
        "L7",
        "Second factor",
        "Reset an account with a second factor; use a code twice.",
        "There is no second factor yet: it is a later step of the project. A reset bypasses nothing that is there.",
    ),
];
