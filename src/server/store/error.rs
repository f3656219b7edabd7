//! Why the store could not do it: worth another try, taken, or broken. What the two drivers say is told apart here.

use super::Result;

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Locked for longer than the busy timeout, no connection free, no room, or no database to be reached: worth another try.
    #[error("the database is busy: {0}")]
    Busy(#[source] sqlx::Error),
    /// The answer to a COMMIT did not come: it may count or not. Only a commit ends so.
    #[error("whether it counts is not known: {0}")]
    Unknown(#[source] sqlx::Error),
    /// A username or an address is taken.
    #[error("taken: {0}")]
    Taken(Unique),
    /// Anything else.
    #[error("the database failed: {0}")]
    Fault(#[source] sqlx::Error),
    /// It cannot be opened as it is: said in words for whoever set it up.
    #[error("{0}")]
    Unusable(String),
    /// The schema could not be brought up to date.
    #[error("the migration failed: {0}")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The schema is not one of this program's.
    #[error(transparent)]
    Schema(#[from] super::schema::WrongSchema),
}

/// Which unique value is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    Username,
    Email,
}

impl std::fmt::Display for Unique {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Username => "username",
            Self::Email => "email",
        })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let busy = match &error {
            // A connection that cannot be had or that broke: its transaction counts for nothing, another may do.
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => true,
            sqlx::Error::Database(db) if db.is_unique_violation() => {
                // SQLite names the columns, PostgreSQL its constraint.
                let said = db.constraint().unwrap_or_else(|| db.message());
                let taken = [
                    ("account.username", Unique::Username),
                    ("account_username_key", Unique::Username),
                    ("account.email_key", Unique::Email),
                    ("account_email_key_key", Unique::Email),
                ];
                let taken = taken.into_iter().find(|(name, _)| said.contains(name));
                if let Some((_, unique)) = taken {
                    return Self::Taken(unique);
                }
                false
            }
            sqlx::Error::Database(db) => db.code().is_some_and(|code| passes(&code)),
            _ => false,
        };
        if busy {
            Self::Busy(error)
        } else {
            Self::Fault(error)
        }
    }
}

impl StoreError {
    /// What a COMMIT that did not succeed means: without a word of the database's that it was refused, nobody knows.
    pub(super) fn of_commit(error: sqlx::Error) -> Self {
        let refused = match &error {
            sqlx::Error::Database(db) => db.code().is_some_and(|code| refuses(&code)),
            // The connection was never used for it, or the transaction was over.
            sqlx::Error::PoolClosed | sqlx::Error::PoolTimedOut => true,
            _ => false,
        };
        if refused {
            error.into()
        } else {
            Self::Unknown(error)
        }
    }
}

/// Whether a database that says that code to a COMMIT has certainly undone the transaction.
fn refuses(code: &str) -> bool {
    if code.len() == 5 {
        // A server that stops or breaks may have committed before it says so.
        return !(code.starts_with("57P") || code.starts_with("08") || code.starts_with("XX"));
    }
    // SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC: written, but perhaps not kept. The next start may find it.
    !matches!(code.parse(), Ok(1034_i64 | 1290))
}

/// Whether what a database says by that code may be gone at the next try.
fn passes(code: &str) -> bool {
    if code.len() == 5 {
        // PostgreSQL's SQLSTATE, appendix A of its manual: a failed serialisation, a deadlock, a lock that was not had in time, a
        // statement that was cut, no room or too many connections, a server that stops or starts, and every trouble with the
        // connection.
        return matches!(
            code,
            "40001" | "40P01" | "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "25P03"
        ) || code.starts_with("53")
            || code.starts_with("08");
    }
    // SQLITE_BUSY, SQLITE_LOCKED and SQLITE_FULL, with their extended codes (the low byte tells).
    let code: i64 = code.parse().unwrap_or(0);
    matches!(code & 0xff, 5 | 6 | 13)
}

/// Turns what concerns the folder and the file into words.
pub(super) fn io<T>(done: std::io::Result<T>) -> Result<T> {
    done.map_err(|error| {
        StoreError::Unusable(format!("its folder or file cannot be made: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_is_not_clearly_refused_is_unknown() {
        let lost = || sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into());
        assert!(matches!(
            StoreError::of_commit(lost()),
            StoreError::Unknown(_)
        ));
        assert!(matches!(StoreError::from(lost()), StoreError::Busy(_)));
        for refused in ["23505", "40001", "25P02", "53100", "5", "13", "778"] {
            assert!(refuses(refused), "{refused}");
        }
        for unknown in ["57P01", "57P02", "08006", "XX000", "1034", "1290"] {
            assert!(!refuses(unknown), "{unknown}");
        }
    }

    #[test]
    fn what_passes_by_itself_is_worth_another_try() {
        for code in [
            "40P01", "53300", "53100", "57P03", "08001", "5", "517", "6", "13",
        ] {
            assert!(passes(code), "{code}");
        }
        for code in ["23505", "42601", "XX000", "1", "8", "10", "11", "1555"] {
            assert!(!passes(code), "{code}");
        }
    }
}
