//! The report of a probe as plain text, for a ticket or a mail to somebody else: no secret and no whole address is in it.

use std::fmt::Write;

use super::lines::{mask, side};
use super::model::{RunEnd, Shown, When};
use super::waterfall::{name, state};
use crate::domain::smtp::transcript::{CertificateRecord, TlsRecord, Transcript};
use crate::ui::text::console::run as text;

/// The whole report. Passwords are no part of a transcript; addresses are masked once more here, as servers repeat them.
pub fn report(shown: &Shown, when: When) -> String {
    let transcript = &shown.transcript;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = head(&mut out, shown, when);
    let _ = steps(&mut out, transcript);
    if let Some(tls) = &transcript.tls {
        let _ = handshake(&mut out, tls, when);
    }
    for (title, lines) in [
        ("EHLO before TLS", &transcript.before_tls),
        ("EHLO within TLS", &transcript.within_tls),
    ] {
        if !lines.is_empty() {
            let _ = writeln!(out, "\n{title}");
        }
        for line in lines {
            let _ = writeln!(out, "  {}", mask(line));
        }
    }
    out
}

fn head(out: &mut String, shown: &Shown, when: When) -> std::fmt::Result {
    let transcript = &shown.transcript;
    writeln!(out, "SMTP probe of {}", transcript.target)?;
    let peer = transcript.peer.as_deref().unwrap_or("none");
    writeln!(out, "Address:    {peer}")?;
    writeln!(out, "Protection: {}", shown.protection)?;
    writeln!(out, "Asked for:  {}", shown.stop_after.to_uppercase())?;
    writeln!(out, "Started:    {}", when(transcript.started_at))?;
    writeln!(out, "Took:       {} ms", transcript.took_ms())?;
    match &shown.end {
        RunEnd::Failed(verdict) => {
            writeln!(out, "\nFailed: {}", verdict.title)?;
            let facts = [
                ("Diagnosis", &verdict.id),
                ("Class", &verdict.class),
                ("Evidence", &verdict.evidence),
                ("Cause", &verdict.cause),
                ("To do", &verdict.fix),
            ];
            for (label, fact) in facts {
                writeln!(out, "  {label}: {}", mask(fact))?;
            }
            Ok(())
        }
        RunEnd::Passed => writeln!(out, "\n{}", text::PASSED),
        RunEnd::Running => writeln!(out, "\n{}", text::RUNNING),
        RunEnd::Lost => writeln!(out, "\n{}", text::ENDED_LEAD),
    }
}

fn steps(out: &mut String, transcript: &Transcript) -> std::fmt::Result {
    writeln!(out, "\nSteps")?;
    for (at, record) in transcript.steps.iter().enumerate() {
        let (_, word) = state(record.state);
        let name = name(&transcript.steps, at);
        writeln!(out, "  {name}: {word}, {} ms", record.took_ms)?;
        for line in &record.lines {
            let (_, mark, _) = side(line.from);
            writeln!(out, "    {:>6} ms {mark} {}", line.at_ms, mask(&line.text))?;
        }
    }
    if transcript.truncated {
        writeln!(out, "  {}", text::TRUNCATED)?;
    }
    Ok(())
}

fn handshake(out: &mut String, tls: &TlsRecord, when: When) -> std::fmt::Result {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let yes = |it: bool| if it { "yes" } else { "no" };
    writeln!(out, "\nTLS")?;
    writeln!(out, "  Version: {}", known(&tls.version))?;
    writeln!(out, "  Cipher suite: {}", known(&tls.cipher))?;
    if let Some(fault) = &tls.fault {
        writeln!(out, "  Failed: {fault}")?;
    }
    let matches = yes(tls.name_matches);
    writeln!(out, "  For {}: {matches}", tls.expected_name)?;
    writeln!(out, "  Trusted: {}", yes(tls.trusted))?;
    for (at, one) in tls.chain.iter().enumerate() {
        certificate(out, at, one, when)?;
    }
    Ok(())
}

fn certificate(
    out: &mut String,
    at: usize,
    one: &CertificateRecord,
    when: When,
) -> std::fmt::Result {
    writeln!(out, "  Certificate {}: {}", at + 1, one.subject)?;
    writeln!(out, "    Names: {}", one.names.join(", "))?;
    writeln!(out, "    Issuer: {}", one.issuer)?;
    let (from, until) = (when(one.not_before), when(one.not_after));
    let left = one.days_left;
    writeln!(out, "    Valid: {from} to {until} ({left} days left)")?;
    writeln!(out, "    SHA-256: {}", one.sha256)
}
