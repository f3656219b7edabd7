//! Accounts: found by name, address or id; their failures, locks, freezes and passwords.

use super::{AuditEvent, Result, Row, Tx, count};
use crate::domain::account::{AccountState, Lock};
use crate::domain::identifier::{EmailAddress, Identifier, Username};
use crate::domain::lockout::LockScope;
use crate::domain::time::Timestamp;
use crate::server::caller::Caller;

/// An account as it is stored.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub username: String,
    pub email: String,
    /// PHC string of Argon2id.
    pub password_hash: String,
    pub state: AccountState,
    /// Operators are reset from the command line only.
    pub operator: bool,
    /// Wrong usernames in a row on the reset page, across tokens.
    pub wrong_usernames: u32,
    /// Failed sign-ins in a row.
    pub sign_in_failures: u32,
    /// No sign-in is looked at before then.
    pub sign_in_not_before: Timestamp,
    pub lock: Option<Lock>,
    pub created_at: Timestamp,
    pub password_changed_at: Timestamp,
}

/// What a new account starts with.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    pub id: &'a str,
    pub username: &'a Username,
    pub email: &'a EmailAddress,
    pub password_hash: &'a str,
    pub operator: bool,
    pub now: Timestamp,
}

pub(super) const COLUMNS: &str = "id, username, email, password_hash, state, operator, wrong_usernames, sign_in_failures, \
     sign_in_not_before, locked_until, lock_scope, created_at, password_changed_at";

pub(super) fn account(row: &Row) -> sqlx::Result<Account> {
    let time = |name: &str| row.try_get(name).map(Timestamp::from_millis);
    let until: Option<i64> = row.try_get("locked_until")?;
    let scope: Option<String> = row.try_get("lock_scope")?;
    Ok(Account {
        id: row.try_get("id")?,
        username: row.try_get("username")?,
        email: row.try_get("email")?,
        password_hash: row.try_get("password_hash")?,
        state: AccountState::from_name(&row.try_get::<String>("state")?),
        operator: row.try_get("operator")?,
        wrong_usernames: count(row.try_get("wrong_usernames")?),
        sign_in_failures: count(row.try_get("sign_in_failures")?),
        sign_in_not_before: time("sign_in_not_before")?,
        lock: until.map(|until| Lock {
            until: Timestamp::from_millis(until),
            scope: LockScope::from_name(scope.as_deref().unwrap_or_default()),
        }),
        created_at: time("created_at")?,
        password_changed_at: time("password_changed_at")?,
    })
}

impl Tx {
    /// The account that an identifier names, if any.
    pub async fn account_by(&mut self, identifier: &Identifier) -> Result<Option<Account>> {
        match identifier {
            Identifier::Username(name) => self.find_account("username", name.as_str()).await,
            Identifier::Email(address) => self.find_account("email_key", address.key()).await,
            Identifier::Nobody(_) => Ok(None),
        }
    }

    /// The account of that id.
    pub async fn account(&mut self, id: &str) -> Result<Option<Account>> {
        self.find_account("id", id).await
    }

    /// `column` is one of three names written above, never input.
    async fn find_account(&mut self, column: &'static str, value: &str) -> Result<Option<Account>> {
        let lock = self.for_update();
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM account WHERE {column} = $1{lock}"
        ));
        let row = self
            .query(sql)
            .bind(value.to_owned())
            .fetch_optional()
            .await?;
        Ok(row.as_ref().map(account).transpose()?)
    }

    /// Whether an address is some account's. Locks nothing: two accounts that want each other's address must not wait for each other.
    pub async fn is_taken(&mut self, address: &EmailAddress) -> Result<bool> {
        let row = self
            .query("SELECT 1 FROM account WHERE email_key = $1")
            .bind(address.key().to_owned())
            .fetch_optional()
            .await?;
        Ok(row.is_some())
    }

    /// Every account, by username, from `offset` on.
    pub async fn accounts(&mut self, limit: u32, offset: u32) -> Result<Vec<Account>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM account ORDER BY username LIMIT $1 OFFSET $2"
        ));
        let rows = self
            .query(sql)
            .bind(i64::from(limit))
            .bind(i64::from(offset))
            .fetch_all()
            .await?;
        Ok(rows.iter().map(account).collect::<sqlx::Result<_>>()?)
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the username or the address is another's.
    pub async fn add_account(&mut self, new: NewAccount<'_>) -> Result<()> {
        self.query(
            "INSERT INTO account (id, username, email, email_key, password_hash, state, operator, created_at, \
             password_changed_at) VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $7)",
        )
        .bind(new.id.to_owned())
        .bind(new.username.as_str().to_owned())
        .bind(new.email.as_str().to_owned())
        .bind(new.email.key().to_owned())
        .bind(new.password_hash.to_owned())
        .bind(new.operator)
        .bind(new.now.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Whether there is any account at all.
    pub async fn has_accounts(&mut self) -> Result<bool> {
        let row = self
            .query("SELECT 1 FROM account LIMIT 1")
            .fetch_optional()
            .await?;
        Ok(row.is_some())
    }

    /// Sets a new password hash; failures and locks are forgotten, as whoever sets it has proved more.
    pub async fn set_password(&mut self, id: &str, hash: &str, now: Timestamp) -> Result<()> {
        self.query(
            "UPDATE account SET password_hash = $2, password_changed_at = $3, wrong_usernames = 0, sign_in_failures = 0, \
             sign_in_not_before = 0, locked_until = NULL, lock_scope = NULL WHERE id = $1",
        )
        .bind(id.to_owned())
        .bind(hash.to_owned())
        .bind(now.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Sets a hash of the same password with today's costs.
    pub async fn upgrade_hash(&mut self, id: &str, old: &str, new: &str) -> Result<()> {
        self.query("UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
            .bind(id.to_owned())
            .bind(old.to_owned())
            .bind(new.to_owned())
            .execute()
            .await?;
        Ok(())
    }

    /// Sets a verified address.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when it is another account's.
    pub async fn set_address(&mut self, id: &str, address: &EmailAddress) -> Result<()> {
        self.query("UPDATE account SET email = $2, email_key = $3 WHERE id = $1")
            .bind(id.to_owned())
            .bind(address.as_str().to_owned())
            .bind(address.key().to_owned())
            .execute()
            .await?;
        Ok(())
    }

    /// Sets the count of wrong usernames in a row.
    pub async fn set_wrong_usernames(&mut self, id: &str, wrong: u32) -> Result<()> {
        self.query("UPDATE account SET wrong_usernames = $2 WHERE id = $1")
            .bind(id.to_owned())
            .bind(i64::from(wrong))
            .execute()
            .await?;
        Ok(())
    }

    /// Sets the count of failed sign-ins in a row, and when the next is looked at.
    pub async fn set_sign_in_failures(
        &mut self,
        id: &str,
        failures: u32,
        not_before: Timestamp,
    ) -> Result<()> {
        self.query(
            "UPDATE account SET sign_in_failures = $2, sign_in_not_before = $3 WHERE id = $1",
        )
        .bind(id.to_owned())
        .bind(i64::from(failures))
        .bind(not_before.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// Locks the account.
    pub async fn set_lock(&mut self, id: &str, lock: Lock) -> Result<()> {
        self.query("UPDATE account SET locked_until = $2, lock_scope = $3 WHERE id = $1")
            .bind(id.to_owned())
            .bind(lock.until.millis())
            .bind(lock.scope.name())
            .execute()
            .await?;
        Ok(())
    }

    /// Opens the account's lock, and forgets the counts that led there.
    pub async fn unlock(&mut self, id: &str) -> Result<()> {
        self.query(
            "UPDATE account SET locked_until = NULL, lock_scope = NULL, wrong_usernames = 0, \
             sign_in_failures = 0, sign_in_not_before = 0 WHERE id = $1",
        )
        .bind(id.to_owned())
        .execute()
        .await?;
        Ok(())
    }

    /// Freezes the account, or takes it up again.
    pub async fn set_state(&mut self, id: &str, state: AccountState) -> Result<()> {
        self.query("UPDATE account SET state = $2 WHERE id = $1")
            .bind(id.to_owned())
            .bind(state.name())
            .execute()
            .await?;
        Ok(())
    }

    /// Takes every way in but the password: tokens, also those that are yet to be minted, reset sessions and sign-in sessions, but
    /// for the session `keep`. Mail that will not be sent for it is written down.
    /// Notices' "this was not me" tokens stay: they only ever shut an account.
    pub async fn revoke_all(
        &mut self,
        caller: &Caller,
        id: &str,
        keep: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<()> {
        self.query("DELETE FROM token WHERE account_id = $1 AND purpose <> 'not_me'")
            .bind(id.to_owned())
            .execute()
            .await?;
        // Several rows are locked in one order, here as wherever several are.
        let lock = self.for_update();
        let revoked = self.query(sqlx::AssertSqlSafe(format!(
            "UPDATE outbox SET state = 'discarded', reason = 'revoked' WHERE id IN (SELECT id FROM outbox WHERE account_id = $1 \
             AND kind = 'verify_address' AND state = 'queued' ORDER BY id{lock})",
        )))
        .bind(id.to_owned())
        .execute()
        .await?;
        for _ in 0..revoked {
            let event = AuditEvent::refused("mail_not_sent", "revoked");
            self.audit(caller, now, event.of(id)).await?;
        }
        self.query("DELETE FROM reset_session WHERE account_id = $1")
            .bind(id.to_owned())
            .execute()
            .await?;
        self.query("DELETE FROM sign_in_session WHERE account_id = $1 AND hash <> $2")
            .bind(id.to_owned())
            .bind(keep.unwrap_or_default().to_vec())
            .execute()
            .await?;
        Ok(())
    }
}
