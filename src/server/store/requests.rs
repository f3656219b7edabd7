//! Reset requests: asked for, and what became of them.

use super::{Result, Row, Tx, count};
use crate::domain::reference::Reference;
use crate::domain::spacing::Sent;
use crate::domain::time::Timestamp;

/// Who asked for a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartedBy {
    /// Somebody, at `/forgot`.
    Person,
    /// Support, from the command line.
    Support,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    Requested,
    Sent,
    /// Nobody's, shut, or not needed: never sent, by a rule.
    Discarded,
    /// The mail was refused for good.
    Failed,
    /// The mail could not be handed over in time.
    Expired,
    /// A new password was set with it.
    Used,
}

impl RequestState {
    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Sent => "sent",
            Self::Discarded => "discarded",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Used => "used",
        }
    }
}

/// What the handler writes.
#[derive(Debug, Clone)]
pub struct NewRequest<'a> {
    pub id: &'a str,
    pub reference: &'a Reference,
    /// The identifier as typed, in its stored form.
    pub identifier: &'a str,
    pub started_by: StartedBy,
    pub client: Option<String>,
    pub now: Timestamp,
}

/// A request as the worker reads it.
#[derive(Debug, Clone)]
pub struct ResetRequest {
    pub id: String,
    pub reference: String,
    pub identifier: String,
    pub started_by_support: bool,
    pub created_at: Timestamp,
}

impl Tx {
    /// Writes a request down.
    pub async fn add_request(&mut self, new: NewRequest<'_>) -> Result<()> {
        let started_by = match new.started_by {
            StartedBy::Person => "person",
            StartedBy::Support => "support",
        };
        self.query(
            "INSERT INTO reset_request (id, reference, identifier, started_by, state, client, created_at) \
             VALUES ($1, $2, $3, $4, 'requested', $5, $6)",
        )
        .bind(new.id.to_owned())
        .bind(new.reference.as_str().to_owned())
        .bind(new.identifier.to_owned())
        .bind(started_by)
        .bind(new.client)
        .bind(new.now.millis())
        .execute()
        .await?;
        Ok(())
    }

    /// The request of that id.
    pub async fn request(&mut self, id: &str) -> Result<Option<ResetRequest>> {
        let row = self.query(
            "SELECT id, reference, identifier, started_by, created_at FROM reset_request WHERE id = $1",
        )
        .bind(id.to_owned())
        .fetch_optional()
        .await?;
        let read = |row: Row| -> sqlx::Result<ResetRequest> {
            Ok(ResetRequest {
                id: row.try_get("id")?,
                reference: row.try_get("reference")?,
                identifier: row.try_get("identifier")?,
                started_by_support: row.try_get::<String>("started_by")? == "support",
                created_at: Timestamp::from_millis(row.try_get("created_at")?),
            })
        };
        Ok(row.map(read).transpose()?)
    }

    /// Says what became of a request, and whose it was where that is known now.
    pub async fn set_request_state(
        &mut self,
        id: &str,
        state: RequestState,
        reason: Option<&str>,
        account_id: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let sent_at = (state == RequestState::Sent).then_some(now.millis());
        self.query(
            "UPDATE reset_request SET state = $2, reason = $3, account_id = COALESCE($4, account_id), \
             sent_at = COALESCE($5, sent_at) WHERE id = $1 AND state <> 'used'",
        )
        .bind(id.to_owned())
        .bind(state.name())
        .bind(reason.map(str::to_owned))
        .bind(account_id.map(str::to_owned))
        .bind(sent_at)
        .execute()
        .await?;
        Ok(())
    }

    /// Opens a request again, for a mail that is sent once more; false where a new password was set with it.
    pub async fn reopen_request(&mut self, id: &str) -> Result<bool> {
        let opened = self.query(
            "UPDATE reset_request SET state = 'requested', reason = NULL WHERE id = $1 AND state <> 'used'",
        )
        .bind(id.to_owned())
        .execute()
        .await?;
        Ok(opened == 1)
    }

    /// What spacing needs to know for the request `about`: mails accepted since `since`, the last one, and whether a token lives at
    /// `now` in a mail that was accepted: one that was only minted is in nobody's mailbox. A mail that is sent a second time does not
    /// unmake the first. And whether another is just being handed over, by this worker or another.
    pub async fn sent_to(
        &mut self,
        account_id: &str,
        about: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Sent> {
        let (recent, last): (i64, Option<i64>) = self.query(
            "SELECT COUNT(*), MAX(sent_at) FROM reset_request WHERE account_id = $1 AND sent_at > $2",
        )
        .bind(account_id.to_owned())
        .bind(since.millis())
        .fetch_one_as()
        .await?;
        let live = self
            .query(
                "SELECT 1 FROM token JOIN reset_request ON reset_request.id = token.request_id \
             WHERE token.purpose = 'reset' AND token.subject = $1 AND token.expires_at > $2 \
             AND (reset_request.state = 'sent' OR token.minted_at <= reset_request.sent_at)",
            )
            .bind(account_id.to_owned())
            .bind(now.millis())
            .fetch_optional()
            .await?;
        let under_way = self
            .query(
                "SELECT 1 FROM reset_request JOIN outbox ON outbox.request_id = reset_request.id \
             JOIN delivery_attempt ON delivery_attempt.outbox_id = outbox.id \
             WHERE reset_request.account_id = $1 AND reset_request.id <> $2 AND outbox.state = 'queued' \
             AND delivery_attempt.outcome = 'running' AND delivery_attempt.handing_over LIMIT 1",
            )
            .bind(account_id.to_owned())
            .bind(about.to_owned())
            .fetch_optional()
            .await?;
        Ok(Sent {
            under_way: under_way.is_some(),
            live_token: live.is_some(),
            last: last.map(Timestamp::from_millis),
            recent: count(recent),
        })
    }
}
