//! What a command prints: aligned tables, JSON, times; all to standard output in one piece.

use std::io::{ErrorKind, Write};
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

use super::exit::CliError;
use crate::domain::time::Timestamp;

/// Prints a result. A reader that has seen enough (`| head`) is no failure.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a result as JSON.
pub fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).map_err(anyhow::Error::from)?;
    print(&format!("{text}\n"))
}

/// Columns as wide as their widest cell; the last one is not padded.
pub fn table<const N: usize>(headers: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = headers.map(|header| header.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = line(&headers.map(str::to_owned), &widths);
    for row in rows {
        text.push_str(&line(row, &widths));
    }
    text
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:<width$}"));
    let line = padded.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}

/// Names and values below each other.
pub fn facts(facts: &[(&str, String)]) -> String {
    let width = facts
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    facts
        .iter()
        .map(|(name, value)| format!("{name:<width$}  {value}\n"))
        .collect()
}

/// The columns that people have at least.
const WIDTH: usize = 80;

/// Words behind a name, in lines of at most 80 columns that stand below each other; a longer word is not broken.
pub fn hanging(name: &str, words: &str) -> String {
    let indent = name.chars().count();
    let mut text = name.to_owned();
    let mut column = indent;
    for word in words.split_whitespace() {
        let width = word.chars().count();
        if column > indent && column + 1 + width > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// RFC 3339, UTC, to the second.
pub fn time(at: Timestamp) -> String {
    let since_epoch = Duration::from_millis(u64::try_from(at.millis()).unwrap_or(0));
    match UNIX_EPOCH.checked_add(since_epoch) {
        // Beyond year 9999 nothing prints; nothing of ours is there.
        Some(at) if since_epoch.as_secs() < 253_402_300_800 => {
            humantime::format_rfc3339_seconds(at).to_string()
        }
        _ => "never".to_owned(),
    }
}

/// A point in time as people write it: how long ago (`2d`), a day, or a date and time in UTC.
pub fn parse_time(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(ago) = humantime::parse_duration(text) {
        return Some(now.minus(ago));
    }
    let day = (text.len() == 10).then(|| format!("{text}T00:00:00Z"));
    let at = humantime::parse_rfc3339_weak(day.as_deref().unwrap_or(text)).ok()?;
    let millis = at.duration_since(UNIX_EPOCH).ok()?.as_millis();
    Some(Timestamp::from_millis(i64::try_from(millis).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_characters() {
        let rows = [
            ["é".to_owned(), "x".to_owned()],
            ["long".to_owned(), "y".to_owned()],
        ];
        assert_eq!(table(["A", "B"], &rows), "A     B\né     x\nlong  y\n");
        assert_eq!(table(["A", "B"], &[]), "A  B\n");
    }

    #[test]
    fn words_hang_behind_their_name() {
        let words = ["word"; 20].join(" ");
        let lines = hanging("  name ", &words);
        let widths: Vec<_> = lines.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths, [76, 36], "{lines}");
        assert!(
            lines
                .lines()
                .nth(1)
                .is_some_and(|line| line.starts_with("       word"))
        );
        assert_eq!(
            hanging("a ", &"x".repeat(90)).trim_end().chars().count(),
            92
        );
        assert_eq!(hanging("a ", ""), "a\n");
    }

    #[test]
    fn times_are_written_and_read_in_utc() {
        let at = Timestamp::from_millis(1_795_329_117_250);
        assert_eq!(time(at), "2026-11-22T06:31:57Z");
        assert_eq!(time(Timestamp::from_millis(i64::MAX)), "never");
        let read = |text| parse_time(text, at).map(time);
        assert_eq!(read("2h").as_deref(), Some("2026-11-22T04:31:57Z"));
        assert_eq!(read("2026-11-20").as_deref(), Some("2026-11-20T00:00:00Z"));
        assert_eq!(
            read("2026-11-20T10:00:00Z").as_deref(),
            Some("2026-11-20T10:00:00Z")
        );
        assert_eq!(
            read("2026-11-20 10:00:00").as_deref(),
            Some("2026-11-20T10:00:00Z")
        );
        assert_eq!(read("yesterday"), None);
    }
}
