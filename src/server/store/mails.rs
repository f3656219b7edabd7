//! The outbox as people look at it: lists, one mail, counts. Addresses leave this file masked.

use super::{Result, Row, Tx, count};
use crate::domain::identifier::EmailAddress;
use crate::domain::time::Timestamp;

/// Where a mail stands; the names are the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// It waits, or is being sent.
    Queued,
    /// The relay took it.
    Sent,
    /// Not needed, or not allowed: never sent, by a rule.
    Discarded,
    /// Refused for good.
    Failed,
    /// It could not be in time.
    Expired,
}

impl MailState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Sent,
        Self::Discarded,
        Self::Failed,
        Self::Expired,
    ];

    /// The name in the database, in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Discarded => "discarded",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One mail as people see it.
#[derive(Debug, Clone)]
pub struct MailRow {
    pub id: String,
    /// The name of its [`crate::domain::mail::MailKind`]; perhaps one of a newer version.
    pub kind: String,
    /// Of the reset request that it belongs to.
    pub reference: Option<String>,
    /// Masked; none while nobody knows whose it is.
    pub recipient: Option<String>,
    pub state: MailState,
    /// Whether it waits for somebody to mend the settings.
    pub held: bool,
    /// That count: none of those that were held.
    pub attempts: u32,
    /// The id of the last failure's diagnosis.
    pub diagnosis: Option<String>,
    /// The last failure, or why it ended as it did.
    pub reason: Option<String>,
    pub created_at: Timestamp,
    /// When it is tried next, while it is queued.
    pub not_before: Timestamp,
    pub give_up_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    /// A worker has it until then.
    pub claimed_until: Timestamp,
    pub request_id: Option<String>,
    pub account_id: Option<String>,
}

impl MailRow {
    /// Whether a worker has it now.
    pub fn is_being_sent(&self, now: Timestamp) -> bool {
        self.state == MailState::Queued && self.claimed_until > now
    }
}

/// Which mails to list; newest first.
#[derive(Debug, Clone, Default)]
pub struct MailFilter {
    pub state: Option<MailState>,
    pub held: Option<bool>,
    /// Of a reset request, as it is stored.
    pub reference: Option<String>,
    /// Zero lists none.
    pub limit: u32,
    /// Only those after this one in the list: its time of creation and its id.
    pub before: Option<(Timestamp, String)>,
}

/// How many mails stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailCounts {
    /// Those that are held included.
    pub queued: u32,
    pub held: u32,
    pub sent: u32,
    pub discarded: u32,
    pub failed: u32,
    pub expired: u32,
}

/// The address is the mail's own, else that of the account, once it is known whose the request was.
const SELECT: &str = "SELECT outbox.id, outbox.kind, reset_request.reference, COALESCE(outbox.recipient, account.email) AS address, \
     outbox.state, outbox.held, outbox.attempts, outbox.diagnosis, outbox.reason, outbox.created_at, outbox.not_before, \
     outbox.give_up_at, outbox.sent_at, outbox.claimed_until, outbox.request_id, account.id AS account_id FROM outbox \
     LEFT JOIN reset_request ON reset_request.id = outbox.request_id \
     LEFT JOIN account ON account.id = COALESCE(outbox.account_id, reset_request.account_id)";

fn read(row: &Row) -> sqlx::Result<MailRow> {
    let time = |column| row.try_get(column).map(Timestamp::from_millis);
    let (state, address): (String, Option<String>) =
        (row.try_get("state")?, row.try_get("address")?);
    let recipient = address.map(|text| {
        EmailAddress::parse(&text).map_or_else(|_| "?".to_owned(), |address| address.masked())
    });
    Ok(MailRow {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        reference: row.try_get("reference")?,
        recipient,
        state: MailState::from_name(&state).unwrap_or(MailState::Failed),
        held: row.try_get("held")?,
        attempts: count(row.try_get("attempts")?),
        diagnosis: row.try_get("diagnosis")?,
        reason: row.try_get("reason")?,
        created_at: time("created_at")?,
        not_before: time("not_before")?,
        give_up_at: time("give_up_at")?,
        sent_at: row
            .try_get::<Option<i64>>("sent_at")?
            .map(Timestamp::from_millis),
        claimed_until: time("claimed_until")?,
        request_id: row.try_get("request_id")?,
        account_id: row.try_get("account_id")?,
    })
}

impl Tx {
    /// Lists mails, newest first.
    pub async fn mails(&mut self, filter: &MailFilter) -> Result<Vec<MailRow>> {
        let (at, id) = filter
            .before
            .clone()
            .unwrap_or_else(|| (Timestamp::from_millis(i64::MAX), String::new()));
        // Only the conditions that are asked for: each has an index, and "all of them, perhaps" has none.
        let held = match filter.held {
            None => "",
            Some(true) => " AND outbox.held",
            Some(false) => " AND NOT outbox.held",
        };
        let of_request = "outbox.request_id IN (SELECT id FROM reset_request WHERE reference = ";
        let asked = [
            filter
                .state
                .map(|state| ("outbox.state = ", "", state.name().to_owned())),
            filter
                .reference
                .clone()
                .map(|reference| (of_request, ")", reference)),
        ];
        let mut conditions = held.to_owned();
        for (n, (before, after, _)) in asked.iter().flatten().enumerate() {
            conditions.push_str(&format!(" AND {before}${}{after}", n + 4));
        }
        let sql = sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE (outbox.created_at, outbox.id) < ($1, $2){conditions} \
             ORDER BY outbox.created_at DESC, outbox.id DESC LIMIT $3"
        ));
        let mut query = self
            .query(sql)
            .bind(at.millis())
            .bind(id)
            .bind(i64::from(filter.limit));
        for (_, _, value) in asked.into_iter().flatten() {
            query = query.bind(value);
        }
        let rows = query.fetch_all().await?;
        Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
    }

    /// One mail.
    pub async fn mail_row(&mut self, id: &str) -> Result<Option<MailRow>> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE outbox.id = $1"));
        let row = self.query(sql).bind(id.to_owned()).fetch_optional().await?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    /// At most two mails whose id begins so; the caller has checked that it is hexadecimal.
    pub async fn mails_by_prefix(&mut self, prefix: &str) -> Result<Vec<MailRow>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE outbox.id >= $1 AND outbox.id < $2 ORDER BY outbox.id LIMIT 2"
        ));
        let rows = self
            .query(sql)
            .bind(prefix.to_owned())
            // After all hexadecimal digits.
            .bind(format!("{prefix}g"))
            .fetch_all()
            .await?;
        Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
    }

    /// How many mails stand where.
    pub async fn mail_counts(&mut self) -> Result<MailCounts> {
        let rows: Vec<(String, bool, i64)> = self
            .query("SELECT state, held, COUNT(*) FROM outbox GROUP BY state, held")
            .fetch_all_as()
            .await?;
        let mut counts = MailCounts::default();
        for (state, held, number) in rows {
            let number = count(number);
            let place = match MailState::from_name(&state) {
                Some(MailState::Queued) => &mut counts.queued,
                Some(MailState::Sent) => &mut counts.sent,
                Some(MailState::Discarded) => &mut counts.discarded,
                Some(MailState::Failed) | None => &mut counts.failed,
                Some(MailState::Expired) => &mut counts.expired,
            };
            *place += number;
            if held && state == MailState::Queued.name() {
                counts.held += number;
            }
        }
        Ok(counts)
    }
}
