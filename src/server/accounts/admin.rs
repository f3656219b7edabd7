//! What support does to accounts, from the command line.

mod resets;

pub use resets::{resettable, set_password, start_reset};

use crate::domain::account::AccountState;
use crate::domain::identifier::{EmailAddress, Identifier, IdentifierMode, Username};
use crate::server::caller::Caller;
use crate::server::failure::Failure;
use crate::server::idn;
use crate::server::secrets::{self, Secret};
use crate::server::service::Service;
use crate::server::store::{Account, AuditEvent, NewAccount, Outcome, StoreError, Tx, Unique};

/// The reason that the audit keeps for all of it.
const BY_SUPPORT: &str = "by support";

/// Why support could not do it.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Nobody has this username, address or id.
    #[error("there is no account {0:?}")]
    Unknown(String),
    /// A rule forbids it, in words for support.
    #[error("{0}")]
    Refused(String),
    /// As everywhere.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(Unique::Username) => Self::Refused("this username is taken".into()),
            StoreError::Taken(Unique::Email) => Self::Refused("this address has an account".into()),
            // Nobody waits for a page here: busy is a failure like any other.
            other => Self::Failure(Failure::Fault(other.into())),
        }
    }
}

impl From<getrandom::Error> for AdminError {
    fn from(error: getrandom::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// What support's commands answer.
pub type Done<T> = Result<T, AdminError>;

/// An account as it was, and whether that was changed.
#[derive(Debug)]
pub struct Changed {
    pub account: Account,
    pub changed: bool,
}

/// The account of a username, address or id.
///
/// # Errors
/// [`AdminError::Unknown`] where there is none.
pub async fn find(tx: &mut Tx, name: &str) -> Done<Account> {
    // The id first: it looks like a username, and nobody may take an account over by choosing another's id as a name.
    if let Some(account) = tx.account(name.trim()).await? {
        return Ok(account);
    }
    let found = match Identifier::parse(&idn::address(name), IdentifierMode::Either) {
        Ok(identifier) => tx.account_by(&identifier).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| AdminError::Unknown(name.to_owned()))
}

/// Whether nobody has this username and address yet.
///
/// # Errors
/// [`AdminError::Refused`] where somebody has.
pub async fn free(service: &Service, username: &Username, email: &EmailAddress) -> Done<()> {
    let mut tx = service.store.read().await?;
    if tx
        .account_by(&Identifier::Username(username.clone()))
        .await?
        .is_some()
    {
        return Err(StoreError::Taken(Unique::Username).into());
    }
    if tx
        .account_by(&Identifier::Email(email.clone()))
        .await?
        .is_some()
    {
        return Err(StoreError::Taken(Unique::Email).into());
    }
    Ok(())
}

/// Adds an account with a password that the policy accepts.
///
/// # Errors
/// When a name is taken or the password is refused.
pub async fn add(
    service: &Service,
    username: &Username,
    email: &EmailAddress,
    operator: bool,
    password: Secret,
) -> Done<()> {
    let site = service.config.site.name.clone();
    let inputs = vec![
        username.as_str().to_owned(),
        email.as_str().to_owned(),
        site,
    ];
    let accepted = service.judge.accept(password, inputs).await?;
    let password_hash = &service.hasher.hash(accepted).await?;
    let id = &secrets::random_id()?;
    let now = service.now();
    let mut tx = service.store.begin().await?;
    tx.add_account(NewAccount {
        id,
        username,
        email,
        password_hash,
        operator,
        now,
    })
    .await?;
    note(service, &mut tx, "account_created", id).await?;
    Ok(tx.commit().await?)
}

/// Ends a lock and forgets the counts that led there.
///
/// # Errors
/// When there is no such account.
pub async fn unlock(service: &Service, name: &str) -> Done<Changed> {
    let mut tx = service.store.begin().await?;
    let account = find(&mut tx, name).await?;
    let changed = account.lock.is_some_and(|lock| lock.until > service.now());
    tx.unlock(&account.id).await?;
    note(service, &mut tx, "account_unlock", &account.id).await?;
    tx.commit().await?;
    Ok(Changed { account, changed })
}

/// Freezes an account, which ends every session and link of it, or takes it up again.
///
/// # Errors
/// When there is no such account.
pub async fn set_state(service: &Service, name: &str, state: AccountState) -> Done<Changed> {
    let mut tx = service.store.begin().await?;
    let account = find(&mut tx, name).await?;
    let changed = account.state != state;
    if changed {
        tx.set_state(&account.id, state).await?;
        let event = match state {
            AccountState::Frozen => "account_freeze",
            AccountState::Active => "account_unfreeze",
        };
        if state == AccountState::Frozen {
            tx.revoke_all(&caller(), &account.id, None, service.now())
                .await?;
        }
        note(service, &mut tx, event, &account.id).await?;
        tx.commit().await?;
    }
    Ok(Changed { account, changed })
}

/// Support is told apart from everybody else by the command line's name.
fn caller() -> Caller {
    Caller::internal("account")
}

async fn note(service: &Service, tx: &mut Tx, event: &'static str, account_id: &str) -> Done<()> {
    let account_id = Some(account_id);
    let reason = Some(BY_SUPPORT);
    let event = AuditEvent {
        event,
        outcome: Outcome::Allowed,
        reason,
        account_id,
    };
    Ok(tx.audit(&caller(), service.now(), event).await?)
}
