//! How long a server asks us to wait: "Greylisted, try again in 300 seconds".

use std::time::Duration;

use super::super::reply::Reply;
use super::wording::Said;

/// No server is waited for longer than this.
const LONGEST: Duration = Duration::from_secs(3600);

/// What stands before the number.
const LEADS: [&str; 14] = [
    "again in ",
    "again after ",
    "retry in ",
    "retry after ",
    "retry-after ",
    "retry-after: ",
    "later in ",
    "back in ",
    "back after ",
    "greylisted for ",
    "greylisting in effect for ",
    "deferred for ",
    "please wait ",
    "wait for ",
];

/// How long the server asks us to wait, at most an hour; none where it does not say, or says nothing but zero.
pub fn wait_hint(reply: &Reply) -> Option<Duration> {
    wait_in(&Said::new(reply))
}

/// The same, in words that are lower-case and bounded already.
pub fn wait_in(said: &Said) -> Option<Duration> {
    LEADS.iter().find_map(|lead| {
        let mut places = said.text().match_indices(lead);
        places.find_map(|(at, lead)| duration(&said.text()[at + lead.len()..]))
    })
}

/// Reads `300 seconds`, `5 min`, `00:05:00`, `about 10 minutes`; a bare number counts seconds.
fn duration(text: &str) -> Option<Duration> {
    let text = ["about ", "at least ", "approximately ", "another "]
        .iter()
        .find_map(|filler| text.strip_prefix(filler))
        .unwrap_or(text);
    let word = text.split([' ', ',', ';', ')', ']']).next()?;
    let seconds = if word.contains(':') {
        clock(word.trim_end_matches('.'))?
    } else {
        let end = text.find(|c: char| !c.is_ascii_digit());
        let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
        number(digits)?.saturating_mul(unit(rest.trim_start())?)
    };
    (seconds > 0).then(|| Duration::from_secs(seconds).min(LONGEST))
}

/// Seconds in `mm:ss` or `hh:mm:ss`.
fn clock(word: &str) -> Option<u64> {
    let parts: Vec<_> = word.split(':').take(4).map(number).collect();
    match parts[..] {
        [Some(minutes), Some(seconds)] => Some(minutes * 60 + seconds),
        [Some(hours), Some(minutes), Some(seconds)] => Some(hours * 3600 + minutes * 60 + seconds),
        _ => None,
    }
}

fn number(digits: &str) -> Option<u64> {
    let few = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    few.then(|| digits.parse().ok())?
}

/// Seconds in the unit that begins here; none for a unit that is not one of time (`in 3 attempts`).
fn unit(rest: &str) -> Option<u64> {
    let end = rest.find(|c: char| !c.is_ascii_alphabetic());
    match &rest[..end.unwrap_or(rest.len())] {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => Some(1),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60),
        "h" | "hour" | "hours" | "hr" | "hrs" => Some(3600),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(line: &str) -> Option<u64> {
        wait_hint(&Reply::new(450, vec![line.into()])).map(|wait| wait.as_secs())
    }

    #[test]
    fn what_a_server_asks_for_is_heard() {
        for (line, seconds) in [
            (
                "4.2.0 <a@b.example>: Recipient address rejected: Greylisted, try again in 300 seconds",
                300,
            ),
            (
                "4.7.1 Greylisting in effect, please come back in 5 minutes",
                300,
            ),
            ("4.7.1 Try again in 4m", 240),
            ("4.3.2 Please try again in about 10 minutes.", 600),
            (
                "4.7.0 Greylisted for 60 seconds (see http://example.org/)",
                60,
            ),
            ("4.7.1 Greylisted, please try again in 00:04:59", 299),
            ("4.7.1 retry after 90", 90),
            ("4.7.1 Please wait 2 hours", 3600),
            ("4.7.1 try again in 999999 hours", 3600),
        ] {
            assert_eq!(hint(line), Some(seconds), "{line}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for line in [
            "",
            "4.7.1 Greylisted",
            "4.7.1 try again later",
            "4.7.1 try again in 0 seconds",
            "4.7.1 try again in 3 attempts",
            "4.7.1 try again in 12345678 seconds",
            "4.7.1 try again in ::",
            "try again in ",
        ] {
            assert_eq!(hint(line), None, "{line}");
        }
    }
}
