//! The probe's form, read strictly: what was typed, what is wrong with it, and the probe that it asks for.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderMap;

use crate::api::error::ApiError;
use crate::domain::identifier::EmailAddress;
use crate::server::config::{Config, TlsMode, is_loopback, smtp_helo, smtp_host};
use crate::server::http::fields;
use crate::server::secrets::Secret;
use crate::server::smtp::client::{AddressRule, Credentials, Limits, StopAfter, Target, Trust};
use crate::ui::pages::console::{Problem, Typed};

/// A form as it came. The password does not print.
#[derive(Debug, Default)]
pub struct Form {
    pub typed: Typed,
    pub csrf: String,
    password: Secret,
}

/// What is asked for, once all of it fits.
pub struct Wanted {
    /// None: the saved settings.
    pub target: Option<Arc<Target>>,
    pub protection: TlsMode,
    pub to: Option<EmailAddress>,
    pub stop_after: StopAfter,
}

impl Form {
    /// Reads the body of a POST.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] for what no browser sends: another content type, a field that comes twice, NUL, no UTF-8.
    pub fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, ApiError> {
        let mut form = Self::default();
        let mut seen = Vec::new();
        for (name, value) in fields::pairs(headers, body)? {
            let typed = &mut form.typed;
            let field = match name.as_str() {
                "csrf" => &mut form.csrf,
                "source" => &mut typed.source,
                "host" => &mut typed.host,
                "port" => &mut typed.port,
                "tls" => &mut typed.tls,
                "username" => &mut typed.username,
                "helo" => &mut typed.helo,
                "to" => &mut typed.to,
                "stop" => &mut typed.stop,
                "password" if value.len() <= 4_096 && !value.contains('\0') => {
                    form.password = Secret::new(value);
                    seen.push(name);
                    continue;
                }
                "password" => return Err(ApiError::Malformed),
                _ => continue,
            };
            if seen.contains(&name) || value.contains('\0') {
                return Err(ApiError::Malformed);
            }
            // None of them is longer; the page must not become so.
            *field = value.chars().take(320).collect();
            seen.push(name);
        }
        Ok(form)
    }

    /// The probe that it asks for.
    ///
    /// # Errors
    /// What is to be mended, field by field.
    pub fn wanted(&self, config: &Config) -> Result<Wanted, Vec<Problem>> {
        let mut problems = Problems::default();
        let typed = &self.typed;
        let own = match typed.source.as_str() {
            "saved" => false,
            "typed" => true,
            _ => {
                problems.add("source-saved", "Choose which relay to probe.");
                false
            }
        };
        let (target, protection) = if own {
            let target = self.target(config, &mut problems);
            let protection = target.protection;
            (Some(Arc::new(target)), protection)
        } else {
            (None, config.smtp.tls)
        };
        let stop = StopAfter::ALL
            .into_iter()
            .find(|stop| stop.name() == typed.stop);
        if stop.is_none() {
            problems.add("stop", "Choose where to stop.");
        }
        let stop_after = stop.unwrap_or(StopAfter::Connect);
        let to = recipient(&typed.to, stop_after, &mut problems);
        if problems.0.is_empty() {
            Ok(Wanted {
                target,
                protection,
                to,
                stop_after,
            })
        } else {
            Err(problems.0)
        }
    }

    /// The typed target. Nothing of the saved one's goes there, its password least of all; and only where the allow-list says so,
    /// into a private network.
    fn target(&self, config: &Config, problems: &mut Problems) -> Target {
        let typed = &self.typed;
        let host = smtp_host(typed.host.trim()).unwrap_or_else(|| {
            problems.add(
                "host",
                "Write a host name or an address, such as mail.example.org.",
            );
            String::new()
        });
        let modes = [TlsMode::StartTls, TlsMode::Implicit, TlsMode::None];
        let mode = modes.into_iter().find(|mode| mode.name() == typed.tls);
        let protection = mode.unwrap_or_else(|| {
            problems.add("tls", "Choose how the connection is protected.");
            TlsMode::StartTls
        });
        let port = match typed.port.trim() {
            "" => Some(usual_port(protection)),
            text => text.parse().ok().filter(|port| *port > 0),
        };
        let port = port.unwrap_or_else(|| {
            problems.add("port", "A port is a whole number from 1 to 65535.");
            0
        });
        let helo = match typed.helo.trim() {
            "" => Some(config.smtp.helo.clone()),
            text => smtp_helo(text).filter(|name| name.len() <= 255),
        };
        let helo = helo.unwrap_or_else(|| {
            problems.add(
                "helo",
                "Write a host name, or an address such as [192.0.2.1].",
            );
            String::new()
        });
        let credentials = self.credentials(problems);
        if credentials.is_some() && protection == TlsMode::None && !is_loopback(&host) {
            let words = "A password is sent over an encrypted connection only: choose STARTTLS or implicit TLS.";
            problems.add("tls", words);
        }
        Target {
            host,
            port,
            protection,
            credentials,
            helo,
            helo_fallback: false,
            family: None,
            allow: AddressRule::Public {
                and: config.console.probe_allow.clone(),
            },
            trust: Trust {
                ca_file: config.smtp.ca_file.clone(),
                ..Trust::default()
            },
            limits: Limits::within(config.smtp.timeout),
            resolver: None,
        }
    }

    /// A name and a password, or neither.
    fn credentials(&self, problems: &mut Problems) -> Option<Credentials> {
        let username = self.typed.username.trim();
        let password = self.password.expose();
        let fits = |text: &str, most: usize| {
            text.chars().count() <= most && !text.chars().any(char::is_control)
        };
        if !fits(username, 255) {
            problems.add(
                "username",
                "A user name has at most 255 characters, on one line.",
            );
        }
        if !fits(password, 1_024) {
            problems.add(
                "password",
                "A password has at most 1024 characters, on one line.",
            );
        }
        match (username.is_empty(), password.is_empty()) {
            (true, true) => None,
            (false, false) => Some(Credentials {
                username: username.to_owned(),
                password: self.password.clone(),
                mechanism: None,
            }),
            (true, false) => {
                problems.add("username", "A password needs a user name.");
                None
            }
            (false, true) => {
                problems.add("password", "Type the password for this user name.");
                None
            }
        }
    }
}

fn recipient(text: &str, stop: StopAfter, problems: &mut Problems) -> Option<EmailAddress> {
    match text.trim() {
        "" if stop >= StopAfter::Rcpt => {
            problems.add("to", "Type a recipient: RCPT and DATA need one.");
            None
        }
        "" => None,
        text => {
            let address = EmailAddress::parse(text).ok();
            if address.is_none() {
                problems.add("to", "Write an address such as name@example.org.");
            }
            address
        }
    }
}

/// RFC 6409, RFC 8314, RFC 5321.
const fn usual_port(protection: TlsMode) -> u16 {
    match protection {
        TlsMode::StartTls => 587,
        TlsMode::Implicit => 465,
        TlsMode::None => 25,
    }
}

/// What is wrong, once for each field.
#[derive(Debug, Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, field: &'static str, words: &str) {
        if self.0.iter().all(|known| known.field != field) {
            let words = words.to_owned();
            self.0.push(Problem { field, words });
        }
    }
}
