//! Times and spans in words, in UTC: the mail does not know where its reader is.

use time::OffsetDateTime;

use super::RenderError;
use crate::domain::time::Timestamp;

const MINUTE: i64 = 60_000;

/// `at 14:05 UTC on 22 November 2026`
pub fn at_time(at: Timestamp) -> Result<String, RenderError> {
    Ok(format!("at {}", words(at)?))
}

/// `until 14:05 UTC on 22 November 2026`: never later than true.
pub fn until(end: Timestamp) -> Result<String, RenderError> {
    Ok(format!("until {}", words(end)?))
}

/// The same, never earlier than true: for a lock whose end somebody waits for.
pub fn until_at_least(end: Timestamp) -> Result<String, RenderError> {
    let millis = end.millis().saturating_add(MINUTE - 1);
    Ok(format!("until {}", words(Timestamp::from_millis(millis))?))
}

/// `20 minutes`, `1 hour`, `1 hour 30 minutes`, `24 hours`
pub fn span(minutes: u64) -> String {
    let count = |n: u64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match (minutes / 60, minutes % 60) {
        (0, rest) => count(rest, "minute"),
        (hours, 0) => count(hours, "hour"),
        (hours, rest) => format!("{} {}", count(hours, "hour"), count(rest, "minute")),
    }
}

fn words(at: Timestamp) -> Result<String, RenderError> {
    let seconds = at.millis().div_euclid(1000);
    let at = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| RenderError::Time)?;
    let (hour, minute) = (at.hour(), at.minute());
    Ok(format!(
        "{hour:02}:{minute:02} UTC on {} {} {}",
        at.day(),
        at.month(),
        at.year()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        for (minutes, words) in [
            (1, "1 minute"),
            (20, "20 minutes"),
            (60, "1 hour"),
            (90, "1 hour 30 minutes"),
            (1440, "24 hours"),
        ] {
            assert_eq!(span(minutes), words);
        }
    }

    #[test]
    fn a_link_never_promises_more_and_a_lock_never_less() {
        let at = Timestamp::from_millis(1_795_356_330_500); // 14:05:30.5
        assert_eq!(until(at).unwrap(), "until 14:05 UTC on 22 November 2026");
        assert_eq!(
            until_at_least(at).unwrap(),
            "until 14:06 UTC on 22 November 2026"
        );
        assert_eq!(
            at_time(Timestamp::from_millis(-1)).unwrap(),
            "at 23:59 UTC on 31 December 1969"
        );
        assert_eq!(
            at_time(Timestamp::from_millis(i64::MAX)),
            Err(RenderError::Time)
        );
    }
}
