//! A transcript as text for a terminal: steps with their milliseconds, what we said (`>`), what they said (`<`), remarks (`*`).

use std::fmt::Write as _;
use std::io::IsTerminal;

use super::output;
use crate::domain::smtp::transcript::{Side, StepRecord, StepState, TlsRecord, Transcript};

/// Colours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Plain,
    /// ANSI SGR codes (ECMA-48 8.3.117), eight colours.
    Color,
}

impl Paint {
    /// Colours where standard output is a terminal, and nobody said NO_COLOR.
    pub fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stdout().is_terminal() && !unwanted {
            Self::Color
        } else {
            Self::Plain
        }
    }

    /// What went well.
    pub fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// What went wrong.
    pub fn bad(self, text: &str) -> String {
        self.wrap("31;1", text)
    }

    /// What matters less.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// What is named.
    pub fn strong(self, text: &str) -> String {
        self.wrap("1", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Color => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// The whole conversation.
pub fn render(transcript: &Transcript, paint: Paint) -> String {
    let mut text = heading(transcript, paint);
    for record in &transcript.steps {
        text.push_str(&step(record, paint));
    }
    if let Some(record) = &transcript.tls {
        text.push_str(&tls(record, paint));
    }
    if let Some(message) = &transcript.message {
        let hash: String = message.sha256.chars().take(16).collect();
        let facts = format!(
            "\nmessage {}: {} octets, SHA-256 {hash}…; its body is not kept\n",
            printable(&message.message_id),
            message.size
        );
        text.push_str(&facts);
    }
    if transcript.truncated {
        text.push_str("\nLines are missing here: there were too many to keep.\n");
    }
    text
}

/// Where to, and when.
pub fn heading(transcript: &Transcript, paint: Paint) -> String {
    let peer = match &transcript.peer {
        Some(peer) if *peer != transcript.target => format!(" at {}", printable(peer)),
        _ => String::new(),
    };
    let reused = if transcript.reused {
        ", over a connection that was open"
    } else {
        ""
    };
    let target = paint.strong(&printable(&transcript.target));
    let at = output::time(transcript.started_at);
    format!("{target}{peer}, {at}{reused}\n")
}

/// One step with its lines; also while it runs.
pub fn step(record: &StepRecord, paint: Paint) -> String {
    let (mark, name) = match record.state {
        StepState::Passed => (paint.good("ok"), paint.strong(record.step.name())),
        StepState::Failed => (paint.bad("FAILED"), paint.bad(record.step.name())),
        StepState::Running => (paint.dim("…"), paint.strong(record.step.name())),
    };
    // The name is padded by what is seen of it, not by the codes of its colour.
    let space = " ".repeat(9_usize.saturating_sub(record.step.name().chars().count()));
    let mut text = format!(
        "{:>6} ms  {name}{space} {mark} {}\n",
        record.at_ms,
        paint.dim(&format!("({} ms)", record.took_ms))
    );
    for line in &record.lines {
        let said = printable(&line.text);
        let said = match line.from {
            Side::Client => format!("> {said}"),
            Side::Server => format!("< {said}"),
            Side::Note => paint.dim(&format!("* {said}")),
        };
        let _ = writeln!(text, "           {said}");
    }
    text
}

/// The handshake and the chain.
pub fn tls(record: &TlsRecord, paint: Paint) -> String {
    let mut text = match (&record.version, &record.cipher) {
        (Some(version), Some(cipher)) => format!("\n{version}, {cipher}\n"),
        _ => "\nTLS was not established\n".to_owned(),
    };
    let verdict = |good: bool, yes: &str, no: &str| {
        if good { paint.good(yes) } else { paint.bad(no) }
    };
    let _ = writeln!(
        text,
        "  {} for {}; {}",
        verdict(record.name_matches, "a certificate", "NOT a certificate"),
        printable(&record.expected_name),
        verdict(
            record.trusted,
            "its issuer is trusted",
            "its issuer is NOT trusted"
        )
    );
    if let Some(fault) = &record.fault {
        let _ = writeln!(text, "  {}", paint.bad(&printable(&fault.to_string())));
    }
    for (depth, certificate) in record.chain.iter().enumerate() {
        let days = match certificate.days_left {
            left if left < 0 => paint.bad(&format!("over for {} days", left.unsigned_abs())),
            left if left < 14 => paint.bad(&format!("{left} days left")),
            left => format!("{left} days left"),
        };
        let facts = [
            printable(&certificate.subject),
            format!("from {}", printable(&certificate.issuer)),
            format!(
                "{} to {}, {days}",
                output::time(certificate.not_before),
                output::time(certificate.not_after)
            ),
            format!(
                "{}, {}",
                printable(&certificate.key),
                printable(&certificate.signature)
            ),
        ];
        for (at, fact) in facts.iter().enumerate() {
            let number = if at == 0 {
                depth.to_string()
            } else {
                String::new()
            };
            let _ = writeln!(text, "  {number:<2} {fact}");
        }
        if depth == 0 && !certificate.names.is_empty() {
            let names = format!("for {}", printable(&certificate.names.join(", ")));
            text.push_str(&output::hanging("     ", &names));
        }
    }
    text
}

/// What a server said must not move the cursor or turn the direction of writing, whoever recorded it.
pub fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean = |c: char| {
        if c.is_control() || turns(c) {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::smtp::step::Step;
    use crate::domain::smtp::transcript::WireLine;
    use crate::domain::time::Timestamp;

    fn transcript() -> Transcript {
        let at = Timestamp::from_millis(1_795_329_117_250);
        let mut transcript = Transcript::new(at, "smtp.example:587".into());
        transcript.peer = Some("192.0.2.7:587".into());
        let line = |from, text: &str| WireLine {
            from,
            at_ms: 12,
            text: text.into(),
        };
        transcript.steps = vec![
            StepRecord {
                step: Step::Dns,
                at_ms: 0,
                took_ms: 4,
                state: StepState::Passed,
                lines: vec![line(Side::Note, "192.0.2.7")],
            },
            StepRecord {
                step: Step::Auth,
                at_ms: 12,
                took_ms: 310,
                state: StepState::Failed,
                lines: vec![
                    line(Side::Client, "AUTH PLAIN [secret]"),
                    line(Side::Server, "535 5.7.8 no\u{1b}[2J\u{202e}"),
                ],
            },
        ];
        transcript
    }

    #[test]
    fn a_conversation_reads_from_top_to_bottom() {
        let expected = "smtp.example:587 at 192.0.2.7:587, 2026-11-22T06:31:57Z\n\
            \u{20}    0 ms  DNS       ok (4 ms)\n\
            \u{20}          * 192.0.2.7\n\
            \u{20}   12 ms  AUTH      FAILED (310 ms)\n\
            \u{20}          > AUTH PLAIN [secret]\n\
            \u{20}          < 535 5.7.8 no\u{fffd}[2J\u{fffd}\n";
        assert_eq!(render(&transcript(), Paint::Plain), expected);
    }

    #[test]
    fn colours_are_ours_alone() {
        let text = render(&transcript(), Paint::Color);
        assert!(text.contains("\u{1b}[31;1mAUTH\u{1b}[0m"), "{text}");
        assert!(!text.contains("\u{1b}[2J"), "{text}");
    }
}
