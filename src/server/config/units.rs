//! Lengths of time, so that sections read like their documentation, and errors like both.

use std::time::Duration;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A length of time in the one unit that fits it best: `20m`, `24h`, `30d`.
pub(super) fn brief(span: Duration) -> String {
    let millis = span.as_millis();
    // One day is written as 24h, as the documents do.
    if span == DAY {
        return "24h".to_owned();
    }
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")];
    let whole = |unit: Duration| millis.is_multiple_of(unit.as_millis());
    match units
        .into_iter()
        .find(|(unit, _)| millis > 0 && whole(*unit))
    {
        Some((unit, name)) => format!("{}{name}", millis / unit.as_millis()),
        None if millis == 0 => "0s".to_owned(),
        None => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_people_write_them() {
        let cases = [
            (0, "0s"),
            (100, "100ms"),
            (60_000, "1m"),
            (5_400_000, "90m"),
        ];
        let more = [
            (3_600_000, "1h"),
            (86_400_000, "24h"),
            (2_592_000_000, "30d"),
        ];
        for (millis, text) in cases.into_iter().chain(more) {
            assert_eq!(brief(Duration::from_millis(millis)), text);
        }
    }
}
