//! The console's sentences.

use crate::domain::smtp::diagnosis::{Class, Next};

pub const TITLE: &str = "Console";
pub const OUTBOX: &str = "Outbox";
pub const PROBE: &str = "SMTP probe";
pub const DOMAIN: &str = "Domain";
pub const NEVER: &str = "\u{2013}";

pub mod probe {
    pub const TITLE: &str = "SMTP probe";
    pub const LEAD: &str = "One recorded conversation with a mail relay: every step with its time, the certificate, and what a failure means.";
    pub const TARGET: &str = "Which relay";
    pub const SAVED: &str = "The saved settings";
    pub const SAVED_HINT: &str =
        "As in Leptos.toml and the environment. When they pass, mail that is held goes out again.";
    pub const TYPED: &str = "Other settings, for this probe alone";
    pub const TYPED_HINT: &str =
        "Nothing of this is saved. The saved password is never sent to a relay that is typed here.";
    pub const HOST: &str = "Host";
    pub const PORT: &str = "Port";
    pub const TLS: &str = "Protection";
    pub const USERNAME: &str = "User name";
    pub const PASSWORD: &str = "SMTP password";
    pub const PASSWORD_HINT: &str = "Used once; never stored or shown.";
    pub const HELO: &str = "Name in EHLO";
    pub const OPTIONAL: &str = "optional";
    pub const FROM: &str = "From";
    pub const NONE: &str = "none";
    pub const TO: &str = "Recipient";
    pub const TO_HINT: &str = "Needed to go as far as RCPT or DATA.";
    pub const STOP: &str = "Stop after";
    pub const BUTTON: &str = "Start the probe";
    pub const RECENT: &str = "Recent probes";
    pub const NO_RECENT: &str = "No probe has run yet.";

    pub const DOMAIN: &str = "Domain checks";

    /// What each stop means; the keys are those of the form.
    pub fn stop(name: &str) -> &'static str {
        match name {
            "connect" => "Connect: can the relay be reached?",
            "tls" => "TLS: is the connection protected, and the certificate good?",
            "auth" => "AUTH: does it take the password?",
            "rcpt" => "RCPT: does it take this recipient? No mail is sent.",
            _ => "DATA: send a real test mail.",
        }
    }

    /// How a connection is protected; the keys are those of the form.
    pub fn protection(name: &str) -> &'static str {
        match name {
            "starttls" => "STARTTLS (usually port 587)",
            "implicit" => "implicit TLS (usually port 465)",
            _ => "none",
        }
    }
}

pub mod run {
    pub const TITLE: &str = "Probe";
    pub const RUNNING: &str = "Running";
    pub const RUNNING_LEAD: &str =
        "The conversation is under way. This page shows each step as it happens.";
    pub const PASSED: &str = "Passed";
    pub const PASSED_LEAD: &str = "Every step that was asked for passed.";
    pub const PASSED_DATA: &str = "Every step passed, and the relay accepted the test mail. Whether it arrives is for the mailbox to show.";
    pub const ENDED_LEAD: &str =
        "The probe ended without a result: the server was stopped, or it failed. The log has more.";
    pub const STEPS: &str = "Steps";
    pub const NO_STEPS: &str = "Nothing has happened yet.";
    pub const WAITING: &str = "Waiting for the first step.";
    pub const EVIDENCE: &str = "Evidence";
    pub const CAUSE: &str = "Likely cause";
    pub const FIX: &str = "What to do";
    pub const NEXT: &str = "What happens with mail";
    pub const CLASS: &str = "Class";
    pub const ID: &str = "Diagnosis";
    pub const AGAIN: &str = "Probe again";
    pub const REUSED: &str = "An open connection was used again, so it begins with the envelope.";
    pub const TRUNCATED: &str = "Some lines were left out because there were too many.";
    pub const NO_CERTIFICATE: &str =
        "No certificate was seen: the conversation did not get to TLS, or did without it.";
    pub const NO_EHLO: &str = "The server's capabilities were not heard.";
    pub const NO_HISTORY: &str = "This is the first probe of this target.";
    pub const CHANGED: &str = "Changed since the last success";
    pub const UNCHANGED: &str = "Nothing that was recorded has changed since then.";
    pub const NO_SUCCESS: &str =
        "No probe of this target has passed before, so there is nothing to compare with.";
    pub const REPORT: &str = "Report";
    pub const REPORT_HINT: &str =
        "For a ticket or a mail to the relay's support. No password and no whole address is in it.";
    pub const COPY: &str = "Copy the report";
    pub const COPIED: &str = "Copied.";
}

pub mod outbox {
    pub const TITLE: &str = "Outbox";
    pub const LEAD: &str =
        "Every mail that is owed or was, and each attempt to hand it to the relay.";
    pub const EMPTY: &str = "No mail is here.";
    pub const NONE_FOUND: &str = "No mail fits.";
    pub const STATE: &str = "State";
    pub const REFERENCE: &str = "Request reference";
    pub const REFERENCE_HINT: &str =
        "As in K7QF-2M: the person who waits reads it from the page or the mail.";
    pub const BAD_REFERENCE: &str =
        "That is no reference: it has six letters and digits, such as K7QF-2M.";
    pub const FIND: &str = "Find";
    pub const SHOW_ALL: &str = "Show all";
    pub const NEWER: &str = "Newer";
    pub const OLDER: &str = "Older";
    pub const ATTEMPTS: &str = "Attempts";
    pub const NO_ATTEMPTS: &str = "No attempt has been made yet.";
    pub const RESEND: &str = "Send again";
    pub const RESEND_HINT: &str =
        "Queues it anew: a link in it is drawn anew, and the one before stops working.";
    pub const DROP: &str = "Drop";
    pub const DROP_HINT: &str = "It is not sent.";
    pub const NO_TRANSCRIPT: &str = "No conversation was recorded.";
    pub const OLDER_ATTEMPTS: &str = "Older attempts";

    /// A kind of mail, by its name in the database.
    pub fn kind(name: &str) -> String {
        let mut words = name.replace('_', " ");
        if let Some(first) = words.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        words
    }

    /// What was done just now; the key is in the address, the words are here.
    pub fn note(key: &str) -> Option<&'static str> {
        match key {
            "resent" => Some("Queued again: it goes out as soon as the relay takes it."),
            "dropped" => Some("Dropped: it is not sent."),
            _ => None,
        }
    }
}

pub mod domain {
    pub const TITLE: &str = "Domain";
    pub const LEAD: &str = "What the DNS says about the domain that our mail comes from: SPF, DKIM, DMARC, MX and more, each with what to publish.";
    pub const BUTTON: &str = "Check now";
    pub const NEVER: &str = "It has not been checked since the server started.";
    pub const FOUND: &str = "Found:";
    pub const FIX: &str = "To do";
    pub const TOO_MANY: &str =
        "A check is under way, or there were too many. Try again in a moment.";
}

/// What kind of failure, for people.
pub const fn class(class: Class) -> &'static str {
    match class {
        Class::Connection => "connection",
        Class::Tls => "TLS",
        Class::Authentication => "authentication",
        Class::Blocking => "blocking",
        Class::Delivery => "delivery",
        Class::Protocol => "protocol",
        Class::Local => "local",
    }
}

/// What happens to a mail that meets this.
pub const fn next(next: Next) -> &'static str {
    match next {
        Next::Quick => "It is tried again within seconds to minutes, as long as it can be in time.",
        Next::Greylist => {
            "It is tried again after some minutes, at a pace that greylisting accepts, as long as it can be in time."
        }
        Next::Hold => {
            "It is held, without spending attempts, until the settings change or a probe of the saved settings passes."
        }
        Next::Never => "It is not tried again: another attempt would meet the same.",
    }
}
