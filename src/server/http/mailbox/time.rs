//! Times as people and programs read them.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::domain::time::Timestamp;

/// RFC 3339 in UTC with milliseconds: `2026-11-22T06:14:44.123Z`.
pub fn rfc3339(time: Timestamp) -> String {
    let shape =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.millis()) * 1_000_000)
        .ok()
        .and_then(|time| time.format(shape).ok())
        // Beyond the year 9999, which no clock shows.
        .unwrap_or_else(|| time.millis().to_string())
}

/// `2026-11-22 06:14:44 UTC`
pub fn words(time: Timestamp) -> String {
    let shape = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.millis()) * 1_000_000)
        .ok()
        .and_then(|time| time.format(shape).ok())
        .unwrap_or_else(|| time.millis().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let time = Timestamp::from_millis(1_795_328_084_007);
        assert_eq!(rfc3339(time), "2026-11-22T06:14:44.007Z");
        assert_eq!(words(time), "2026-11-22 06:14:44 UTC");
        assert_eq!(
            rfc3339(Timestamp::from_millis(i64::MAX)),
            i64::MAX.to_string()
        );
    }
}
