//! Scripts to begin with: the failures that people meet most.

/// A script with what it is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// In addresses.
    pub id: &'static str,
    /// What it is like.
    pub title: &'static str,
    pub script: &'static str,
    /// The row of the table of failures that a sender meets; empty where it meets none.
    pub diagnosis: &'static str,
}

/// All examples.
pub const EXAMPLES: [Example; 16] = [
    Example {
        id: "greylisting",
        title: "Greylisting: the first try is put off, a retry passes",
        script: "RCPT:first=1:451 4.7.1 Greylisted, please try again later",
        diagnosis: "block.grey",
    },
    Example {
        id: "wrong-password",
        title: "The user name or password is wrong",
        script: "AUTH:535 5.7.8 Authentication credentials invalid",
        diagnosis: "auth.bad",
    },
    Example {
        id: "auth-required",
        title: "The relay wants a sign-in",
        script: "MAIL:530 5.7.0 Authentication required",
        diagnosis: "auth.required",
    },
    Example {
        id: "expired",
        title: "The certificate has expired",
        script: "TLS:expired",
        diagnosis: "tls.expired",
    },
    Example {
        id: "wrong-name",
        title: "The certificate is for another name",
        script: "TLS:wrong-name",
        diagnosis: "tls.name",
    },
    Example {
        id: "unknown-issuer",
        title: "Nobody trusted has signed the certificate",
        script: "TLS:unknown-issuer",
        diagnosis: "tls.issuer",
    },
    Example {
        id: "no-starttls",
        title: "STARTTLS is missing, as where a middlebox strips it",
        script: "EHLO:no STARTTLS",
        diagnosis: "tls.absent",
    },
    Example {
        id: "drop",
        title: "The connection closes before the first word",
        script: "BANNER:drop",
        diagnosis: "banner.eof",
    },
    Example {
        id: "refused-address",
        title: "Our address is on a list: refused at the door",
        script: "BANNER:554 5.7.1 Your address is not welcome here",
        diagnosis: "banner.554",
    },
    Example {
        id: "unknown-recipient",
        title: "One domain's mailbox does not exist, others do",
        script: "RCPT:match=*@example.org:550 5.1.1 No such user here",
        diagnosis: "rcpt.unknown",
    },
    Example {
        id: "full",
        title: "The recipient's mailbox is full, and then it is not",
        script: "RCPT:first=2:452 4.2.2 Mailbox full",
        diagnosis: "rcpt.full",
    },
    Example {
        id: "too-fast",
        title: "No more than five mails a minute",
        script: "RATE:5/min:421 4.7.28 Too fast, slow down",
        diagnosis: "block.rate",
    },
    Example {
        id: "slow",
        title: "A filter that thinks for 40 seconds",
        script: "DATA:delay=40s",
        diagnosis: "proto.timeout",
    },
    Example {
        id: "lost-answer",
        title: "The connection breaks after the final dot: delivered, but nobody says so",
        script: "DATA:first=1:close-after-dot",
        diagnosis: "data.ambiguous",
    },
    Example {
        id: "spam",
        title: "The content is taken for spam",
        script: "DOT:554 5.7.1 Message rejected as spam",
        diagnosis: "block.content",
    },
    Example {
        id: "bad-day",
        title: "A bad day: busy, then greylisting, then all is well",
        script: "# Three attempts until a mail is through\nBANNER:first=1:421 4.3.2 Too busy, come back later\nRCPT:first=1:451 4.7.1 Greylisted\n*:delay=200ms",
        diagnosis: "banner.busy",
    },
];

/// The example of that id.
pub fn by_id(id: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::smtp::diagnosis;
    use crate::domain::smtp::faults::Script;

    #[test]
    fn every_example_can_be_put_in_force_and_names_a_row() {
        for example in EXAMPLES {
            Script::parse(example.script).expect(example.id);
            assert!(
                diagnosis::by_id(example.diagnosis).is_some(),
                "{}",
                example.id
            );
            assert_eq!(by_id(example.id), Some(&example));
        }
    }
}
