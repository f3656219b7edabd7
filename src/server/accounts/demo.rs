//! The demo account of a development start on an empty database: something to forget the password of.

use crate::domain::identifier::{EmailAddress, Unfit, Username};
use crate::server::caller::Caller;
use crate::server::failure::{Done, Failure};
use crate::server::secrets::{self, Secret};
use crate::server::service::Service;
use crate::server::store::{AuditEvent, NewAccount, StoreError};

/// Its username; the start page says so.
pub const USERNAME: &str = "demo";
/// Its address, in the sandbox mailbox.
pub const EMAIL: &str = "demo@example.org";
/// Its password, in development only.
pub const PASSWORD: &str = "a window on the mail";

/// Makes the demo account where there is no account at all; tells whether it is there.
///
/// # Errors
/// When the database fails.
pub async fn ensure(service: &Service) -> Done<bool> {
    if !service.config.sign_up.demo_account {
        return Ok(false);
    }
    let unfit = |why: Unfit| Failure::Fault(anyhow::anyhow!("the demo account's names: {why:?}"));
    let username = Username::parse(USERNAME).map_err(unfit)?;
    let email = EmailAddress::parse(EMAIL).map_err(unfit)?;
    let mut tx = service.store.read().await?;
    if tx.has_accounts().await? {
        let demo = crate::domain::identifier::Identifier::Username(username);
        return Ok(tx.account_by(&demo).await?.is_some());
    }
    drop(tx);
    let password_hash = service.hasher.hash(Secret::new(PASSWORD.into())).await?;
    let id = secrets::random_id()?;
    let now = service.now();
    let mut tx = service.store.begin().await?;
    let (username, email) = (&username, &email);
    let new = NewAccount {
        id: &id,
        username,
        email,
        password_hash: &password_hash,
        operator: false,
        now,
    };
    match tx.add_account(new).await {
        Ok(()) => {}
        // Another instance started at the same moment.
        Err(StoreError::Taken(_)) => return Ok(true),
        Err(other) => return Err(other.into()),
    }
    let event = AuditEvent::allowed("account_created")
        .because("demo")
        .of(&id);
    tx.audit(&Caller::internal("serve"), now, event).await?;
    tx.commit().await?;
    Ok(true)
}
