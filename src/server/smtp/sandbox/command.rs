//! One command line, read without any state: bytes in, a command or a refusal out.

use super::address::{is_mailbox, split_path};
use super::reply::Reply;
use crate::domain::smtp::faults::Stage;
use crate::server::secrets::Secret;

/// A command whose own words are in order; whether it comes at the right time is the session's question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// HELO or EHLO with the client's name.
    Greet {
        extended: bool,
        name: String,
    },
    /// MAIL FROM; `from` is empty for `<>`. `size` is what the client declares (RFC 1870), `utf8` whether it asks for SMTPUTF8 (RFC 6531).
    Mail {
        from: String,
        size: Option<u64>,
        utf8: bool,
    },
    /// RCPT TO.
    Rcpt {
        to: String,
    },
    Data,
    Rset,
    Noop,
    Vrfy,
    Expn,
    Help,
    Quit,
    /// AUTH, with the response where it came along (RFC 4954's initial response).
    Auth {
        mechanism: Mechanism,
        response: Option<Secret>,
    },
    StartTls,
    /// A web browser or a program that mistook the port.
    Http,
}

/// The two mechanisms that every mail library knows, and the one of Google's and Microsoft's OAuth 2.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    Plain,
    Login,
    XOAuth2,
}

impl Command {
    /// The step of a fault script that this is, and what its `match` looks at.
    pub fn moment(&self) -> (Stage, &str) {
        match self {
            Self::Greet { extended, name } if *extended => (Stage::Ehlo, name),
            Self::Greet { name, .. } => (Stage::Helo, name),
            Self::Mail { from, .. } => (Stage::Mail, from),
            Self::Rcpt { to } => (Stage::Rcpt, to),
            Self::Data => (Stage::Data, ""),
            Self::Rset => (Stage::Rset, ""),
            Self::Noop => (Stage::Noop, ""),
            Self::Quit => (Stage::Quit, ""),
            Self::StartTls => (Stage::StartTls, ""),
            Self::Auth { .. } | Self::Vrfy | Self::Expn | Self::Help | Self::Http => {
                (Stage::Any, "")
            }
        }
    }
}

/// Reads one line without its line end.
pub fn parse(line: &[u8]) -> Result<Command, Reply> {
    let Ok(line) = std::str::from_utf8(line) else {
        return Err(Reply::new(500, "5.5.2 The command is not UTF-8"));
    };
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return Err(Reply::new(
            500,
            "5.5.2 The command holds control characters",
        ));
    }
    let line = line.trim_end_matches([' ', '\t']);
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => greet(true, rest),
        "HELO" => greet(false, rest),
        "MAIL" => mail(rest),
        "RCPT" => rcpt(rest),
        "DATA" => bare(rest, Command::Data),
        "RSET" => bare(rest, Command::Rset),
        "QUIT" => bare(rest, Command::Quit),
        "STARTTLS" => bare(rest, Command::StartTls),
        "NOOP" => Ok(Command::Noop),
        "HELP" => Ok(Command::Help),
        "EXPN" => Ok(Command::Expn),
        "VRFY" if rest.is_empty() => Err(Reply::new(501, "5.5.4 VRFY needs a name")),
        "VRFY" => Ok(Command::Vrfy),
        "AUTH" => auth(rest),
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "CONNECT" | "HOST:" => {
            Ok(Command::Http)
        }
        _ => Err(Reply::new(
            500,
            "5.5.1 Command unknown; HELP lists those that work",
        )),
    }
}

fn bare(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.is_empty() {
        Ok(command)
    } else {
        Err(Reply::new(501, "5.5.4 This command takes no parameters"))
    }
}

fn greet(extended: bool, rest: &str) -> Result<Command, Reply> {
    let name = rest.trim();
    if name.is_empty() {
        return Err(Reply::new(501, "5.5.4 Say who you are: EHLO name"));
    }
    Ok(Command::Greet {
        extended,
        name: name.to_owned(),
    })
}

fn mail(rest: &str) -> Result<Command, Reply> {
    let syntax = || Reply::new(501, "5.5.4 Expected MAIL FROM:<address>");
    let (from, parameters) =
        split_path(after(rest, "FROM:").ok_or_else(syntax)?).ok_or_else(syntax)?;
    if !from.is_empty() && !is_mailbox(from) {
        return Err(Reply::new(501, "5.1.7 This sender address is malformed"));
    }
    let mut size = None;
    let mut utf8 = false;
    for parameter in parameters.split(' ').filter(|word| !word.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (
            key.to_ascii_uppercase().as_str(),
            value.to_ascii_uppercase().as_str(),
        ) {
            ("SIZE", _) => {
                let octets = value.parse::<u64>();
                size = Some(octets.map_err(|_| Reply::new(501, "5.5.4 SIZE needs a number"))?);
            }
            ("BODY", "7BIT" | "8BITMIME") | ("AUTH", _) => {}
            ("SMTPUTF8", "") => utf8 = true,
            _ => {
                return Err(Reply::new(
                    555,
                    "5.5.4 A parameter of MAIL is not supported",
                ));
            }
        }
    }
    Ok(Command::Mail {
        from: from.to_owned(),
        size,
        utf8,
    })
}

fn rcpt(rest: &str) -> Result<Command, Reply> {
    let syntax = || Reply::new(501, "5.5.4 Expected RCPT TO:<address>");
    let (to, parameters) = split_path(after(rest, "TO:").ok_or_else(syntax)?).ok_or_else(syntax)?;
    // The one address without a domain that every server takes (RFC 5321 4.5.1).
    if !is_mailbox(to) && !to.eq_ignore_ascii_case("postmaster") {
        return Err(Reply::new(501, "5.1.3 This recipient address is malformed"));
    }
    if !parameters.trim().is_empty() {
        return Err(Reply::new(
            555,
            "5.5.4 A parameter of RCPT is not supported",
        ));
    }
    Ok(Command::Rcpt { to: to.to_owned() })
}

fn auth(rest: &str) -> Result<Command, Reply> {
    let (mechanism, response) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    let mechanism = match mechanism.to_ascii_uppercase().as_str() {
        "" => return Err(Reply::new(501, "5.5.4 AUTH needs a mechanism")),
        "PLAIN" => Mechanism::Plain,
        "LOGIN" => Mechanism::Login,
        "XOAUTH2" => Mechanism::XOAuth2,
        _ => {
            return Err(Reply::new(
                504,
                "5.5.4 Only PLAIN, LOGIN and XOAUTH2 are offered",
            ));
        }
    };
    Ok(Command::Auth {
        mechanism,
        response: Some(response.trim())
            .filter(|response| !response.is_empty())
            .map(|response| Secret::new(response.to_owned())),
    })
}

fn after<'a>(input: &'a str, prefix: &str) -> Option<&'a str> {
    let input = input.trim_start_matches(' ');
    let head = input.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &input[prefix.len()..])
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
