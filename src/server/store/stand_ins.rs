//! Stand-ins: what tries for nobody read, lock and write, as tries for somebody do with the account. A row that comes back costs more
//! than none, a page that must be fetched more than one that is at hand, and one that is written more than one that is not: each of
//! these could be measured.

use super::accounts::{Account, COLUMNS, account};
use super::{Result, Tx};
use crate::domain::identifier::Identifier;
use crate::domain::time::Timestamp;
use crate::server::secrets;

/// So many rows the migration makes: enough that two tries for nobody seldom meet in one.
const ROWS: u16 = 1_024;

/// Whom an identifier names.
#[derive(Debug)]
pub enum Named {
    Somebody(Box<Account>),
    Nobody(StandIn),
}

/// What is read and written in the place of an account that does not exist.
#[derive(Debug)]
pub struct StandIn {
    /// Of any other account, to be read and nothing more; nobody's where there is none, or where nothing was looked up.
    account: String,
    /// Of the row that is written.
    number: i64,
}

impl StandIn {
    /// Any.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    fn draw() -> Result<Self> {
        let failed = |e| sqlx::Error::Io(std::io::Error::other(e));
        let mut drawn = [0; 2];
        secrets::fill(&mut drawn).map_err(failed)?;
        Ok(Self {
            account: secrets::random_id().map_err(failed)?,
            number: i64::from(u16::from_le_bytes(drawn) % ROWS),
        })
    }
}

impl Tx {
    /// The account that an identifier names, without a lock. Where it names none, the row of any other is read.
    pub async fn named(&mut self, identifier: Option<&Identifier>) -> Result<Named> {
        let mut stand_in = StandIn::draw()?;
        let (column, value) = match identifier {
            Some(Identifier::Username(name)) => ("username", name.as_str()),
            Some(Identifier::Email(address)) => ("email_key", address.key()),
            Some(Identifier::Nobody(_)) | None => return Ok(Named::Nobody(stand_in)),
        };
        let row = self
            .query(sqlx::AssertSqlSafe(format!(
                "SELECT {COLUMNS}, {column} AS name FROM account WHERE id = COALESCE((SELECT id FROM account WHERE {column} = $1), \
                 (SELECT id FROM account WHERE id >= $2 ORDER BY id LIMIT 1), (SELECT id FROM account WHERE id > '' ORDER BY id LIMIT 1))"
            )))
            .bind(value.to_owned())
            .bind(stand_in.account)
            .fetch_optional()
            .await?;
        // None: there is no account at all.
        let Some(row) = row else {
            stand_in.account = String::new();
            return Ok(Named::Nobody(stand_in));
        };
        let account = account(&row)?;
        if row.try_get::<String>("name")? == value {
            return Ok(Named::Somebody(Box::new(account)));
        }
        stand_in.account = account.id;
        Ok(Named::Nobody(stand_in))
    }

    /// Writes down a failed try for nobody: the other account is read once more, the stand-in's own row locked and written. What stands
    /// there is never asked for.
    pub async fn fail_for_nobody(&mut self, stand_in: StandIn, now: Timestamp) -> Result<()> {
        let lock = match self.for_update() {
            "" => "",
            _ => " FOR UPDATE OF stand_in",
        };
        self.query(sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM stand_in LEFT JOIN account ON account.id = $2 WHERE number = $1{lock}"
        )))
        .bind(stand_in.number)
        .bind(stand_in.account)
        .fetch_optional()
        .await?;
        self.query(
            "UPDATE stand_in SET failures = failures + 1, not_before = $2 WHERE number = $1",
        )
        .bind(stand_in.number)
        .bind(now.millis())
        .execute()
        .await?;
        Ok(())
    }
}
