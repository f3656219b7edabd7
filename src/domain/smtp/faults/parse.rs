//! A script from its text: rules by line or semicolon, every complaint with its place.

use super::error::ScriptError;
use super::pattern::Pattern;
use super::scan::{Letter, Piece, pieces, split, text};
use super::words::{CONDITIONS, RATE, STAGES, allowed, duration, named, rate, stages};
use super::{Act, Count, MAX_RULES, MAX_SCRIPT, Rule, Script, Stage, When};

/// Complaints about one script, at most.
const MAX_ERRORS: usize = 20;
/// Characters of one reply line, at most: 512 octets with its code and line end (RFC 5321 4.5.3.1.5), whatever the alphabet.
const MAX_LINE: usize = 500;
/// Lines of one reply, at most.
const MAX_LINES: usize = 20;
/// The greatest number in a condition.
const MAX_NUMBER: u32 = 1_000_000;

impl Script {
    /// Reads a script: one rule a line, or several with semicolons; `#` begins a comment.
    ///
    /// # Errors
    /// Everything that is wrong, in order, at most twenty complaints; never none.
    pub fn parse(source: &str) -> Result<Self, Vec<ScriptError>> {
        if source.len() > MAX_SCRIPT {
            let message = format!("the script is longer than {MAX_SCRIPT} octets");
            return Err(vec![ScriptError::new(1, 1, message)]);
        }
        let (mut rules, mut errors) = (Vec::new(), Vec::new());
        for (line, text) in (1..).zip(source.lines()) {
            for piece in pieces(line, text, &mut errors) {
                match rule(&piece) {
                    Ok(_) if rules.len() == MAX_RULES => {
                        let message = format!("a script has at most {MAX_RULES} rules");
                        errors.push(ScriptError::new(line, piece.chars[0].column, message));
                        return Err(bounded(errors));
                    }
                    Ok(rule) => rules.push(rule),
                    Err(error) => errors.push(error),
                }
            }
        }
        if errors.is_empty() {
            Ok(Self {
                source: source.to_owned(),
                rules,
            })
        } else {
            Err(bounded(errors))
        }
    }
}

fn bounded(mut errors: Vec<ScriptError>) -> Vec<ScriptError> {
    errors.sort_by_key(|error| (error.line, error.column));
    errors.truncate(MAX_ERRORS);
    errors
}

fn rule(piece: &Piece) -> Result<Rule, ScriptError> {
    let line = piece.line;
    let wrong = |column: usize, message: String| ScriptError::new(line, column, message);
    let (whole, start) = text(&piece.chars);
    let Some((step, mut rest)) = split(&piece.chars) else {
        let message = format!(
            "a rule is STEP:FAULT, such as RCPT:451 4.7.1; the steps are {}",
            stages()
        );
        return Err(wrong(start, message));
    };
    let (step, column) = text(step);
    let found = STAGES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(&step));
    let stage = found.map(|(_, stage)| *stage);
    let stage = stage.ok_or_else(|| {
        wrong(
            column,
            format!("{} is no step; the steps are {}", quoted(&step), stages()),
        )
    })?;
    let mut when = When::default();
    while let Some((condition, behind)) = split(rest) {
        let (condition, column) = text(condition);
        if !add(&mut when, stage, &condition).map_err(|message| wrong(column, message))? {
            break;
        }
        rest = behind;
    }
    let (fault, column) = text(rest);
    // An empty rest has no column of its own: it is behind the last character.
    let end = piece.chars.last().map_or(start, |letter| letter.column + 1);
    let column = if fault.is_empty() { end } else { column };
    if stage == Stage::Rate && when.rate.is_none() {
        return Err(wrong(column, RATE.to_owned()));
    }
    let act = act(stage, &fault, when.rate).map_err(|message| wrong(column, message))?;
    Ok(Rule {
        line,
        text: shown(&piece.chars, whole),
        stage,
        when,
        act,
    })
}

/// The rule on one line.
fn shown(chars: &[Letter], whole: String) -> String {
    if chars.iter().any(|letter| letter.plain) {
        return whole.replace('\n', "\\n");
    }
    whole
}

/// Takes a condition; false where this is none, so that it must be the fault.
fn add(when: &mut When, stage: Stage, condition: &str) -> Result<bool, String> {
    if stage == Stage::Rate && when.rate.is_none() {
        let found = rate(condition);
        when.rate = Some(found.ok_or_else(|| {
            let wrong = quoted(condition);
            format!("{wrong} is no rate: 1 to 10000 with /s, /min or /hour, such as 5/min")
        })?);
        return Ok(true);
    }
    let Some((key, value)) = condition.split_once('=') else {
        return Ok(false);
    };
    let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
    let number = || {
        let found = value.parse().ok().filter(|n| (1..=MAX_NUMBER).contains(n));
        found.ok_or_else(|| {
            format!(
                "{key}= needs a whole number from 1 to {MAX_NUMBER}, not {}",
                quoted(value)
            )
        })
    };
    let count = match key.as_str() {
        "nth" => Some(Count::Nth(number()?)),
        "first" => Some(Count::First(number()?)),
        "after" => Some(Count::After(number()?)),
        "every" => Some(Count::Every(number()?)),
        "match" | "tls" | "grey" => None,
        _ => return Ok(false),
    };
    let twice = match key.as_str() {
        "match" => when.pattern.is_some(),
        "tls" => when.tls.is_some(),
        "grey" => when.grey.is_some(),
        _ => when.count.is_some(),
    };
    if twice {
        return Err(format!(
            "{key}= is one condition too many: one of nth, first, after and every, and each other once"
        ));
    }
    match key.as_str() {
        "match" => {
            let named = matches!(
                stage,
                Stage::Ehlo | Stage::Helo | Stage::Auth | Stage::Mail | Stage::Rcpt
            );
            if !named || value.is_empty() {
                return Err("match= needs a pattern such as *@example.org, at EHLO, HELO, AUTH, MAIL or RCPT".to_owned());
            }
            when.pattern = Some(Pattern::new(value));
        }
        "tls" => match value.to_ascii_lowercase().as_str() {
            "yes" => when.tls = Some(true),
            "no" => when.tls = Some(false),
            _ => return Err(format!("tls= is yes or no, not {}", quoted(value))),
        },
        "grey" => {
            if !matches!(stage, Stage::Mail | Stage::Rcpt) {
                return Err("grey= stands at MAIL or RCPT".to_owned());
            }
            let span = duration(value).ok_or_else(|| needs_duration("grey", value))?;
            when.grey = Some(span);
        }
        _ => when.count = count,
    }
    Ok(true)
}

fn needs_duration(key: &str, value: &str) -> String {
    format!(
        "{key}= needs a time from 1ms to 10m, such as 500ms, 5s or 2m, not {}",
        quoted(value)
    )
}

fn act(stage: Stage, fault: &str, rate: Option<super::Rate>) -> Result<Act, String> {
    if fault.is_empty() {
        return Err(format!("the fault is missing; {}", allowed(stage)));
    }
    let lower = fault.to_ascii_lowercase();
    let act = if let Some(value) = lower.strip_prefix("delay=") {
        let span = duration(value.trim()).ok_or_else(|| needs_duration("delay", value))?;
        Some(Act::Delay(span))
    } else if lower.starts_with("raw=") && stage != Stage::Tls {
        Some(Act::Raw(fits(&fault["raw=".len()..])?))
    } else if stage == Stage::Ehlo && lower == "starttls" {
        Some(Act::Offer("STARTTLS".to_owned()))
    } else if let Some(keyword) = lower.strip_prefix("no ").filter(|_| stage == Stage::Ehlo) {
        Some(Act::Withhold(extension(keyword)?.to_ascii_uppercase()))
    } else if lower.starts_with("offer ") && stage == Stage::Ehlo {
        let words = fits(fault["offer ".len()..].trim())?;
        extension(words.split(' ').next().unwrap_or_default())?;
        Some(Act::Offer(words))
    } else if fault.as_bytes()[0].is_ascii_digit() && stage != Stage::Tls {
        Some(reply(fault, rate)?)
    } else {
        named(stage, fault)
    };
    let at_rate = |act: &Act| {
        matches!(
            act,
            Act::Reply { .. } | Act::Close | Act::Reset | Act::Silent | Act::Delay(_)
        )
    };
    act.filter(|act| stage != Stage::Rate || at_rate(act))
        .ok_or_else(|| {
            let about = match fault.split_once('=') {
                Some((key, _))
                    if CONDITIONS.contains(&format!("{}=", key.trim().to_ascii_lowercase())) =>
                {
                    "a condition needs a fault behind it, with a colon between".to_owned()
                }
                _ => format!("{} is no fault here", quoted(fault)),
            };
            format!("{about}; {}", allowed(stage))
        })
}

/// `451 4.7.1 Try later`; a backslash and n begins a further line.
fn reply(fault: &str, rate: Option<super::Rate>) -> Result<Act, String> {
    let digits = fault.bytes().take_while(u8::is_ascii_digit).count();
    let behind = &fault[digits..];
    let code = fault[..digits]
        .parse::<u16>()
        .ok()
        .filter(|code| (200..=599).contains(code));
    let (Some(code), true) = (code, behind.is_empty() || behind.starts_with([' ', '\t'])) else {
        return Err(format!(
            "{} is no reply: three digits from 200 to 599, a space and words, such as 451 4.7.1 Try later",
            quoted(fault)
        ));
    };
    let words = behind.trim();
    let lines: Vec<String> = match (words.is_empty(), rate) {
        (true, Some(rate)) => vec![format!(
            "4.7.28 Too many messages; the script allows {} in {} s",
            rate.most,
            rate.span.as_secs()
        )],
        (true, None) => vec!["As the fault script says".to_owned()],
        (false, _) => words.split('\n').map(fits).collect::<Result<_, _>>()?,
    };
    if lines.len() > MAX_LINES {
        return Err(format!("a reply has at most {MAX_LINES} lines"));
    }
    Ok(Act::Reply { code, lines })
}

fn fits(line: &str) -> Result<String, String> {
    if line.len() > MAX_LINE || line.contains('\n') {
        return Err(format!(
            "one line of at most {MAX_LINE} octets is allowed here"
        ));
    }
    Ok(line.to_owned())
}

/// An EHLO keyword (RFC 5321 4.1.1.1).
fn extension(word: &str) -> Result<&str, String> {
    let fits = !word.is_empty()
        && word.len() <= 40
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits {
        return Ok(word);
    }
    Err(format!(
        "{} is no name of an extension, such as STARTTLS, AUTH, SIZE or SMTPUTF8",
        quoted(word)
    ))
}

/// What somebody wrote, short enough for a sentence.
fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{}\"", short.replace('\n', "\\n"))
}
