//! The report of a domain as text for a terminal of 80 columns.

use crate::domain::dns::report::{Check, Finding, Report, Verdict};
use crate::server::cli::transcript::Paint;

const WIDTH: usize = 80;
/// Where sentences begin: behind the name of the check and the verdict.
const INDENT: usize = 22;
/// Where evidence and records begin.
const DEEPER: usize = 4;
/// Lines of evidence for one finding; JSON has them all.
const MOST_EVIDENCE: usize = 12;

/// The whole report.
pub fn text(report: &Report, paint: Paint) -> String {
    let mut text = heading(report, paint);
    for check in Check::ALL {
        let mut name = check.title();
        for finding in report.of(check) {
            text.push_str(&one(name, finding, paint));
            name = "";
        }
    }
    text.push_str(&summary(report, paint));
    text
}

fn heading(report: &Report, paint: Paint) -> String {
    let mut line = format!("Mail from {}", report.from_domain);
    if report.from_domain != report.domain {
        line.push_str(&format!(", sent as {}", report.domain));
    }
    if !report.relay.is_empty() {
        let relay: Vec<String> = report.relay.iter().map(ToString::to_string).collect();
        line.push_str(&format!(", leaving through {}", relay.join(", ")));
    }
    format!("{}\n\n", paint.strong(wrap(&line, 0).trim_end()))
}

fn one(name: &str, finding: &Finding, paint: Paint) -> String {
    let word = format!("{:<7}", finding.verdict.word());
    let word = match finding.verdict {
        Verdict::Ok => paint.good(&word),
        Verdict::Fail | Verdict::Warn => paint.bad(&word),
        Verdict::NotApplicable | Verdict::Unknown => paint.dim(&word),
    };
    let name = paint.strong(&format!("{name:<11}"));
    let found = wrap(&finding.found, INDENT);
    let mut text = format!("{name}  {word}  {}", found.trim_start());
    for line in finding.evidence.iter().take(MOST_EVIDENCE) {
        let depth = line.chars().take_while(|c| *c == ' ').count();
        let lines = wrap(line, INDENT + 2 + depth);
        text.push_str(&paint.dim(lines.trim_end()));
        text.push('\n');
    }
    if finding.evidence.len() > MOST_EVIDENCE {
        let more = finding.evidence.len() - MOST_EVIDENCE;
        text.push_str(&wrap(&format!("and {more} more: --json"), INDENT + 2));
    }
    if let Some(fix) = &finding.fix {
        let words = wrap(&fix.words, INDENT);
        let mark = format!("{:>width$}  ", "do:", width = INDENT - 2);
        text.push_str(&format!("{mark}{}", words.trim_start()));
        for record in &fix.records {
            // Whole, however long: it is there to be copied.
            let (name, kind, value) = (&record.name, &record.kind, &record.value);
            let space = " ".repeat(DEEPER);
            text.push_str(&format!("\n{space}{name}  {kind}\n{space}{value}\n\n"));
        }
    }
    text
}

fn summary(report: &Report, paint: Paint) -> String {
    let verdicts = [
        Verdict::Fail,
        Verdict::Warn,
        Verdict::Unknown,
        Verdict::Ok,
        Verdict::NotApplicable,
    ];
    let counts: Vec<String> = verdicts
        .into_iter()
        .filter_map(|verdict| {
            let all = report.findings.iter();
            let count = all.filter(|finding| finding.verdict == verdict).count();
            (count > 0).then(|| format!("{count} {}", verdict.word()))
        })
        .collect();
    let counts = counts.join(", ");
    let line = match report.verdict() {
        Verdict::Fail => paint.bad(&counts),
        _ => paint.good(&counts),
    };
    format!(
        "\n{line} ({} questions, {} ms)\n",
        report.questions, report.took_ms
    )
}

/// Words in lines of [`WIDTH`], each behind `indent` spaces; a word that is longer than a line is cut.
fn wrap(text: &str, indent: usize) -> String {
    let width = WIDTH - indent;
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for (at, piece) in letters.chunks(width).enumerate() {
            let piece: String = piece.iter().collect();
            let line = lines.last_mut().map(|line| (line.chars().count(), line));
            match line {
                Some((0, line)) => line.push_str(&piece),
                Some((used, line)) if at == 0 && used + 1 + piece.chars().count() <= width => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    let space = " ".repeat(indent);
    lines
        .iter()
        .map(|line| format!("{space}{line}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_fits_a_terminal_and_its_records_are_whole() {
        let value = format!("v=DKIM1; k=rsa; p={}", "A".repeat(390));
        let report = Report {
            domain: "example.org".into(),
            from_domain: "example.org".into(),
            relay: vec!["203.0.113.7".parse().unwrap()],
            findings: vec![
                Finding::new(Check::Spf, Verdict::Ok, "example.org has one SPF record.")
                    .seen("v=spf1 include:_spf.example.net -all"),
                Finding::new(Check::Spf, Verdict::Ok, "All other servers are forbidden (-all)."),
                Finding::new(Check::Dkim, Verdict::Fail, "words ".repeat(30))
                    .seen("B".repeat(300))
                    .fix("Publish the key; signatures that cannot be verified count as none at all, for everybody.")
                    .publish("s._domainkey.example.org", "TXT", value.as_str()),
            ],
            questions: 3,
            took_ms: 12,
        };
        let text = text(&report, Paint::Plain);
        let wide: Vec<&str> = text
            .lines()
            .filter(|line| line.chars().count() > WIDTH)
            .collect();
        assert_eq!(wide, [format!("    {value}")], "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "Mail from example.org, leaving through 203.0.113.7"
        );
        assert_eq!(
            lines[2],
            "SPF          ok       example.org has one SPF record."
        );
        assert_eq!(
            lines[3],
            "                        v=spf1 include:_spf.example.net -all"
        );
        assert_eq!(
            lines[4],
            "             ok       All other servers are forbidden (-all)."
        );
        assert!(
            text.contains("\n                 do:  Publish the key;"),
            "{text}"
        );
        assert!(
            text.ends_with("\n1 fail, 2 ok (3 questions, 12 ms)\n"),
            "{text}"
        );
    }
}
