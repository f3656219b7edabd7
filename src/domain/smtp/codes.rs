//! What reply codes say, in a few words: RFC 5321 4.2.3, RFC 4954 6, RFC 3463 and the registry of enhanced status codes at IANA.

use super::reply::{Enhanced, Reply};

/// A basic code.
pub const fn basic(code: u16) -> &'static str {
    match code {
        211 => "status",
        214 => "help",
        220 => "ready",
        221 => "closing, goodbye",
        235 => "signed in",
        250 => "done",
        251 => "not here, will be forwarded",
        252 => "cannot tell, but takes the mail and tries",
        334 => "go on: the next line answers this challenge",
        354 => "send the message, end it with a line that is a dot",
        421 => "not available now, closes the connection",
        422 => "the mailbox is full",
        431 => "not enough room",
        432 => "the password must be changed first",
        450 => "not done now: the mailbox is not available",
        451 => "not done now: an error, or a wait that is wanted",
        452 => "not done now: no room, or too many recipients",
        454 => "not available now: TLS or the sign-in",
        455 => "cannot do these parameters now",
        500 => "not understood: no such command, or too long a line",
        501 => "the parameters are wrong",
        502 => "known, but not done here",
        503 => "not in this order",
        504 => "not with this parameter",
        521 => "takes no mail at all",
        523 => "the message is larger than is taken",
        530 => "sign in first, or encrypt first",
        534 => "the way to sign in is too weak, or needs more",
        535 => "the name or the password is wrong",
        538 => "encrypt first to sign in like this",
        550 => "refused: no such mailbox, or not allowed",
        551 => "not here, and not forwarded",
        552 => "refused: too large, or the mailbox is full",
        553 => "the address is not allowed or not well formed",
        554 => "refused for good",
        555 => "the parameters of MAIL or RCPT are not known",
        556 => "the domain takes no mail",
        _ => match code / 100 {
            2 => "done",
            3 => "go on",
            4 => "not done now, may be tried again",
            _ => "refused for good",
        },
    }
}

/// An enhanced code. Whether it is for now or for good, its first digit says.
pub const fn enhanced(code: Enhanced) -> &'static str {
    match (code.subject, code.detail) {
        (1, 1) => "no such mailbox",
        (1, 2) => "no such mail domain",
        (1, 3) => "the recipient's address is not well formed",
        (1, 4) => "the recipient's address is ambiguous",
        (1, 5) => "the recipient's address is good",
        (1, 6) => "the mailbox has moved",
        (1, 7) => "the sender's address is not well formed",
        (1, 8) => "the sender's domain does not exist or takes no mail",
        (1, 9) => "passed on to a server without such codes",
        (1, 10) => "the recipient's domain takes no mail (null MX)",
        (1, _) => "about an address",
        (2, 1) => "the mailbox is disabled",
        (2, 2) => "the mailbox is full",
        (2, 3) => "larger than the mailbox takes",
        (2, 4) => "the mailing list cannot be expanded",
        (2, _) => "about the mailbox",
        (3, 1) => "the mail system's storage is full",
        (3, 2) => "the system takes no mail now",
        (3, 3) => "the system cannot do what is asked",
        (3, 4) => "the message is too big for the system",
        (3, 5) => "the system is not set up rightly",
        (3, 6) => "the priority was changed",
        (3, _) => "about the mail system",
        (4, 1) => "the next host does not answer",
        (4, 2) => "the connection is bad",
        (4, 3) => "the directory does not answer",
        (4, 4) => "no route to the destination",
        (4, 5) => "the mail system is congested, or a limit is reached",
        (4, 6) => "a mail loop",
        (4, 7) => "the delivery took too long",
        (4, _) => "about the network",
        (5, 1) => "the command is wrong here",
        (5, 2) => "a syntax error",
        (5, 3) => "too many recipients",
        (5, 4) => "the parameters are wrong",
        (5, 5) => "a version of the protocol that is not known",
        (5, 6) => "the sign-in line is too long",
        (5, _) => "about the protocol",
        (6, 7) => "an address beyond ASCII is not supported",
        (6, 6) => "the message's content is not available",
        (6, 8 | 9) => "a reply or a header beyond ASCII is needed",
        (6, 10) => "the message cannot be turned into ASCII",
        (6, _) => "about the message's content or form",
        (7, 1) => "not allowed by a policy: relaying, a list or the sign-in",
        (7, 2) => "the mailing list is closed to the sender",
        (7, 4) => "a security feature is not supported",
        (7, 7) => "the message was changed on the way",
        (7, 8) => "the credentials are not valid",
        (7, 9) => "the way to sign in is too weak",
        (7, 10) => "encryption is needed",
        (7, 11) => "encryption is needed for this way to sign in",
        (7, 12) => "the password must be changed first",
        (7, 13) => "the account is disabled",
        (7, 14) => "a relationship of trust is needed",
        (7, 15 | 16 | 19) => "the priority is too low, or not supported",
        (7, 17) => "the mailbox has a new owner",
        (7, 18) => "the domain has a new owner",
        (7, 20) => "no DKIM signature passes",
        (7, 21) => "no acceptable DKIM signature",
        (7, 22) => "no valid DKIM signature by the author's domain",
        (7, 23) => "SPF fails",
        (7, 24) => "SPF cannot be checked",
        (7, 25) => "the sending address has no matching name (PTR)",
        (7, 26) => "several checks of the sender failed, DMARC among them",
        (7, 27) => "the sender's domain takes no mail (null MX)",
        (7, 28) => "too much mail",
        (7, 29) => "ARC fails",
        (7, 30) => "REQUIRETLS is needed",
        (7, _) => "about security or a policy",
        (0, _) => "nothing more is said",
        _ => "a code of this server's own",
    }
}

/// Both codes of a reply.
pub fn explain(reply: &Reply) -> String {
    let plain = basic(reply.code);
    match reply.enhanced {
        // `2.1.0 Ok` says no more than `250`.
        Some(code) if !(reply.is_positive() && code.detail == 0) => {
            format!("{} = {plain}; {code} = {}", reply.code, enhanced(code))
        }
        _ => format!("{} = {plain}", reply.code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(code: u16, text: &str) -> String {
        explain(&Reply::new(code, vec![text.to_owned()]))
    }

    #[test]
    fn codes_are_said_in_words() {
        for (code, text, words) in [
            (250, "2.1.0 Ok", "250 = done"),
            (
                250,
                "2.1.5 Ok",
                "250 = done; 2.1.5 = the recipient's address is good",
            ),
            (
                535,
                "5.7.8 Bad",
                "535 = the name or the password is wrong; 5.7.8 = the credentials are not valid",
            ),
            (
                451,
                "4.7.1 Greylisted",
                "451 = not done now: an error, or a wait that is wanted; 4.7.1 = not allowed by a policy: relaying, a list or the sign-in",
            ),
            (299, "", "299 = done"),
            (599, "", "599 = refused for good"),
        ] {
            assert_eq!(explained(code, text), words);
        }
    }

    #[test]
    fn every_code_has_words() {
        for code in 200..600 {
            assert!(!basic(code).is_empty());
        }
        for subject in 0..=10 {
            for detail in 0..=40 {
                let code = Enhanced {
                    class: 5,
                    subject,
                    detail,
                };
                assert!(!enhanced(code).is_empty());
            }
        }
    }
}
