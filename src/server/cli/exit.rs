//! How a command ends: exit codes that mean something (they are listed in `--help`), and the one line that goes with them.

use std::process::ExitCode;

use crate::api::error::ApiError;
use crate::domain::smtp::diagnosis::{Class, Diagnosis, Next};
use crate::server::accounts::admin::AdminError;
use crate::server::config::ConfigError;
use crate::server::failure::Failure;
use crate::server::store::StoreError;
use crate::ui::text;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Config = 3,
    NotFound = 4,
    Refused = 5,
    // What a mail server did not do, by the class of the failure.
    Connection = 10,
    Tls = 11,
    Authentication = 20,
    Blocking = 30,
    Undeliverable = 40,
    DeliverableLater = 41,
    Protocol = 50,
    Local = 60,
}

impl Exit {
    /// For what a failed conversation means.
    pub const fn of(diagnosis: Diagnosis) -> Self {
        match (diagnosis.class(), diagnosis.next) {
            (Class::Connection, _) => Self::Connection,
            (Class::Tls, _) => Self::Tls,
            (Class::Authentication, _) => Self::Authentication,
            (Class::Blocking, _) => Self::Blocking,
            (Class::Delivery, Next::Quick | Next::Greylist) => Self::DeliverableLater,
            (Class::Delivery, Next::Hold | Next::Never) => Self::Undeliverable,
            (Class::Protocol, _) => Self::Protocol,
            (Class::Local, _) => Self::Local,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do it; prints as one line.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A setting does not.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What was named is not there.
    #[error("{0}")]
    NotFound(String),
    /// A rule forbids it.
    #[error("{0}")]
    Refused(String),
    /// It was said already; only the code is left.
    #[error("ended with code {}", *.0 as u8)]
    Said(Exit),
    /// The machine could not.
    #[error("{}", one_line(.0))]
    Failed(#[from] anyhow::Error),
}

impl CliError {
    /// The code to end with.
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Config(_) => Exit::Config,
            Self::NotFound(_) => Exit::NotFound,
            Self::Refused(_) => Exit::Refused,
            Self::Said(exit) => *exit,
            Self::Failed(_) => Exit::Failed,
        }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<AdminError> for CliError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Unknown(_) => Self::NotFound(error.to_string()),
            AdminError::Refused(words) => Self::Refused(words),
            AdminError::Failure(failure) => failure.into(),
        }
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(ApiError::Busy { .. }) => Self::Failed(anyhow::anyhow!(
                "the machine is busy, try again in a moment"
            )),
            Failure::Refused(ApiError::Unsure { .. }) => Self::Failed(anyhow::anyhow!(
                "the database stopped answering at the last moment: look whether it was done before you try again"
            )),
            Failure::Refused(refusal) => Self::Refused(words(&refusal)),
            Failure::Fault(error) => Self::Failed(error),
        }
    }
}

/// The chain of causes; what one has said already, as database errors do, is not said again.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if !line.contains(&cause) {
            line.push_str(if line.is_empty() { "" } else { ": " });
            line.push_str(&cause);
        }
    }
    line
}

/// The pages' words, without pages around them.
fn words(refusal: &ApiError) -> String {
    match refusal {
        ApiError::Fields(fields) => {
            let all = fields
                .iter()
                .map(|one| text::reason(one.field, &one.reason));
            all.collect::<Vec<_>>().join(" ")
        }
        other => text::error(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::{Field, Reason};
    use crate::domain::policy::Refusal;
    use crate::domain::smtp::diagnosis::by_id;

    #[test]
    fn a_weak_password_is_refused_in_the_pages_words() {
        let refusal = Refusal::TooShort { min: 15, is: 5 };
        let reason = Reason::Weak {
            refusal,
            help: Vec::new(),
        };
        let failure = Failure::Refused(ApiError::field(Field::Password, reason));
        let error = CliError::from(AdminError::from(failure));
        assert_eq!(error.exit(), Exit::Refused);
        assert!(
            error.to_string().starts_with("Use at least 15 characters"),
            "{error}"
        );
    }

    #[test]
    fn each_class_has_its_code_and_delivery_tells_now_from_for_good() {
        let code = |id, next| {
            let row = by_id(id).unwrap();
            Exit::of(Diagnosis { row, next }) as u8
        };
        for (id, expected) in [
            ("tcp.refused", 10),
            ("tls.expired", 11),
            ("auth.bad", 20),
            ("block.dnsbl", 30),
            ("proto.garbled", 50),
            ("tcp.denied", 60),
            ("local.render", 60),
        ] {
            for next in [Next::Quick, Next::Hold, Next::Never] {
                assert_eq!(code(id, next), expected, "{id}");
            }
        }
        assert_eq!(code("rcpt.unknown", Next::Never), 40);
        assert_eq!(code("server.loop", Next::Hold), 40);
        assert_eq!(code("rcpt.full", Next::Greylist), 41);
        assert_eq!(code("other.4xx", Next::Quick), 41);
    }

    #[test]
    fn causes_are_told_on_one_line() {
        let cause = anyhow::anyhow!("disk\nfull").context("it failed: disk full");
        let error = cause.context("the folder cannot be made");
        let error = CliError::from(error);
        assert_eq!(
            error.to_string(),
            "the folder cannot be made: it failed: disk full"
        );
        assert_eq!(error.exit(), Exit::Failed);
    }
}
