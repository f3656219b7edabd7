//! Claims: which mail a worker takes next, for how long it is its own, and how many all workers together may send.

use std::time::Duration;

use super::outbox::MailEnd;
use super::{Result, Tx, count};
use crate::domain::mail::MailKind;
use crate::domain::time::Timestamp;

/// A mail that this worker has claimed.
#[derive(Debug, Clone)]
pub struct QueuedMail {
    pub id: String,
    pub kind: MailKind,
    pub account_id: Option<String>,
    pub request_id: Option<String>,
    pub recipient: Option<String>,
    pub detail: String,
    /// This attempt included.
    pub attempts: u32,
    /// The end of the lease, which tells this claim from every other.
    pub claimed_until: Timestamp,
    pub give_up_at: Timestamp,
    pub created_at: Timestamp,
}

/// Which mails a worker may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Those whose time has come.
    All,
    /// All but those that strangers can cause at any address.
    NoStrangers,
    /// Those alone that are not worth sending any more, to be ended: nothing can be sent now.
    Overdue,
}

/// One for mail that strangers can cause at any address, else zero; the same words as in the index `outbox_queue`.
pub(super) const STRANGERS: &str =
    "CASE WHEN kind IN ('sign_up', 'sign_up_known', 'verify_address') THEN 1 ELSE 0 END";

/// So far below the cap on all sending, workers need not wait for each other: there are not so many of them.
const WORKERS: u32 = 64;

impl Tx {
    /// Claims the mail that is due first for `worker`, for as long as `lease`: a worker that dies leaves it to the next. Mail that strangers can
    /// cause at any address comes last. A mail that is past its end is due, whatever it waits for.
    pub async fn claim_mail(
        &mut self,
        now: Timestamp,
        lease: Duration,
        due: Due,
        worker: &str,
    ) -> Result<Option<QueuedMail>> {
        // Three looks, each along an index to the first that is free: one look for all of them would sort the whole queue.
        let free = self.skip_locked();
        let first = |condition: &str, order: &str| {
            format!(
                "(SELECT id FROM outbox WHERE state = 'queued' AND claimed_until <= $1 AND {condition} \
                 ORDER BY {order} LIMIT 1{free})"
            )
        };
        let ours = first(
            &format!("$3 AND {STRANGERS} = 0 AND not_before <= $1"),
            "not_before, id",
        );
        let over = first("give_up_at <= $1", "give_up_at");
        let strangers = first(
            &format!("$4 AND {STRANGERS} = 1 AND not_before <= $1"),
            "not_before, id",
        );
        let sql = sqlx::AssertSqlSafe(format!(
            "UPDATE outbox SET claimed_until = $2, claimed_by = $5, attempts = attempts + 1 WHERE id = COALESCE({ours}, {over}, {strangers}) \
             RETURNING id, kind, account_id, request_id, recipient, detail, attempts, claimed_until, give_up_at, created_at",
        ));
        let row = self
            .query(sql)
            .bind(now.millis())
            .bind(now.plus(lease).millis())
            .bind(due != Due::Overdue)
            .bind(due == Due::All)
            .bind(worker.to_owned())
            .fetch_optional()
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, kind): (String, String) = (row.try_get("id")?, row.try_get("kind")?);
        let Some(kind) = MailKind::from_name(&kind) else {
            // Of a newer version: it must not stand in the way of what this one knows.
            tracing::error!(kind, "no mail of this version is called so: failed");
            self.end_mail(&id, MailEnd::Failed, Some("unknown kind of mail"), now)
                .await?;
            return Ok(None);
        };
        Ok(Some(QueuedMail {
            id,
            kind,
            account_id: row.try_get("account_id")?,
            request_id: row.try_get("request_id")?,
            recipient: row.try_get("recipient")?,
            detail: row.try_get("detail")?,
            attempts: count(row.try_get("attempts")?),
            claimed_until: Timestamp::from_millis(row.try_get("claimed_until")?),
            give_up_at: Timestamp::from_millis(row.try_get("give_up_at")?),
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
        }))
    }

    /// Whether a claimed mail is still this worker's; if so, nobody else takes or changes it until this transaction ends.
    pub async fn still_claimed(&mut self, mail: &QueuedMail) -> Result<bool> {
        let lock = self.for_update();
        let row = self
            .query(sqlx::AssertSqlSafe(format!(
                "SELECT id FROM outbox WHERE id = $1 AND state = 'queued' AND claimed_until = $2{lock}"
            )))
            .bind(mail.id.clone())
            .bind(mail.claimed_until.millis())
            .fetch_optional()
            .await?;
        Ok(row.is_some())
    }

    /// Locks a mail's row, so that what is read of it next stays true until this transaction ends.
    pub async fn lock_mail(&mut self, id: &str) -> Result<()> {
        let lock = self.for_update();
        self.query(sqlx::AssertSqlSafe(format!(
            "SELECT id FROM outbox WHERE id = $1{lock}"
        )))
        .bind(id.to_owned())
        .fetch_optional()
        .await?;
        Ok(())
    }

    /// Makes due again what workers hold: only where it is certain that none of them lives.
    pub async fn release_claims(&mut self) -> Result<u64> {
        let released = self
            .query(
                "UPDATE outbox SET claimed_until = 0 WHERE state = 'queued' AND claimed_until > 0",
            )
            .execute()
            .await?;
        Ok(released)
    }

    /// How many mails of all kinds were handed over since then, whatever became of a second sending, and how many are just being
    /// handed over by any worker: for the cap on all sending, to be asked in the transaction that claims. Near the cap one such
    /// transaction waits for the other, so that all workers together never send more.
    pub async fn mails_taken(&mut self, since: Timestamp, now: Timestamp, cap: u32) -> Result<u32> {
        let taken = self.count_taken(since, now, cap).await?;
        if taken.saturating_add(WORKERS) < cap {
            return Ok(taken);
        }
        self.one_at_a_time("the cap on all sending").await?;
        self.count_taken(since, now, cap).await
    }

    async fn count_taken(&mut self, since: Timestamp, now: Timestamp, cap: u32) -> Result<u32> {
        let (sent,): (i64,) = self
            .query(
                "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE sent_at > $1 LIMIT $2) AS recent",
            )
            .bind(since.millis())
            .bind(i64::from(cap))
            .fetch_one_as()
            .await?;
        let (claimed,): (i64,) = self
            .query("SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND claimed_until > 0 AND claimed_until > $1")
            .bind(now.millis())
            .fetch_one_as()
            .await?;
        Ok(count(sent).saturating_add(count(claimed)))
    }
}
