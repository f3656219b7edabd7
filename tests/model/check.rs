//! The invariants I1 to I7 of the attack catalogue, after every step and at the end.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mail_parser::MessageParser;
use postern::domain::account::AccountState;
use postern::domain::time::Timestamp;
use postern::server::accounts::sign_in;
use postern::server::secrets::{Secret, Token};
use postern::server::store::TokenPurpose;

use crate::op::Verdict;
use crate::reference::{
    Event, HOUR, Kind, MINUTE, Mail, MailState, NAMES, NOTICE_LIFE, Owed, Request, RequestState,
    SECOND, SECOND_NOTICE, Typed, WINDOW,
};
use crate::run::Run;
use crate::turnstile::Stage;
use crate::world::{Mailed, Row};

/// By how much the reference's times may differ from the server's.
const BLUR: i64 = 10 * SECOND;

impl Run {
    /// A request that was acknowledged: its row is there (I6).
    pub async fn asked(&mut self, reference: String, typed: Typed) {
        let sql = format!(
            "SELECT id || '|' || created_at FROM reset_request WHERE reference = '{reference}'"
        );
        let rows = self.world.house().texts(&sql).await;
        assert_eq!(rows.len(), 1, "I6: an acknowledged request has its row");
        let (id, created_at) = rows[0].split_once('|').unwrap();
        let request = Request {
            typed,
            created_at: created_at.parse().unwrap(),
            state: RequestState::Requested,
            who: None,
            sent_at: None,
        };
        self.reference.owed.push(Owed {
            kind: Kind::Reset,
            who: None,
            to: String::new(),
        });
        let event = format!("reference {reference}");
        self.reference
            .event("reset_requested", "allowed", event, None);
        self.references.insert(id.to_owned(), reference);
        self.reference.requests.insert(id.to_owned(), request);
    }

    /// The relay has answered: what was mailed by that, and what the database says about when it is tried again.
    pub async fn answered(&mut self, verdict: Verdict) {
        self.world.quiet().await;
        let now = self.world.now();
        let who = self.reference.in_hand.as_ref().expect("a mail in hand").who;
        let mut fresh = self.world.relay.fresh();
        let source = fresh.pop();
        assert!(fresh.is_empty(), "one answer, one mail at most");
        let code = source.and_then(|source| self.read(&source, who));
        if let Some(open) = self.reference.answered(now, verdict, code) {
            let rows = self.world.outbox().await;
            let row = rows.iter().find(|row| row.id == open.mail).unwrap();
            let until = (row.state != "expired").then_some(row.not_before);
            self.reference.postponed(now, &open, who, until);
        }
        self.sync().await;
    }

    /// The code of a mail, which is kept as the owner's, or a thief's, to use.
    fn read(&mut self, source: &str, who: usize) -> Option<String> {
        let parsed = MessageParser::default().parse(source.as_bytes()).unwrap();
        let text = parsed.body_text(0).unwrap().into_owned();
        for name in [NAMES[who], &self.reference.accounts[who].id] {
            let to = "@example.org";
            let plain = text.replace(&format!("{name}{to}"), "");
            assert!(!plain.contains(name), "a name in a mail: {text}");
        }
        let line = text.lines().find(|line| line.contains('#'))?.trim();
        let (link, fragment) = line.split_once('#').unwrap();
        let path = link.strip_prefix("http://127.0.0.1:3999").unwrap();
        let code = fragment.split('.').next().unwrap().to_owned();
        self.world.secrets.insert(code.clone());
        let path = path.to_owned();
        self.world.mailed.push(Mailed {
            code: code.clone(),
            path,
            who,
        });
        Some(code)
    }

    /// Lets the worker come to rest and compares outbox and audit with what the reference says.
    pub async fn sync(&mut self) {
        self.world.quiet().await;
        let now = self.world.now();
        let rows = self.world.outbox().await;
        for row in &rows {
            if !self.reference.outbox.contains_key(&row.id) {
                self.new_mail(row);
            }
        }
        assert_eq!(
            self.reference.owed,
            [],
            "mails that are owed and not queued"
        );
        let waits = self.world.waits();
        let claimed = rows
            .iter()
            .find(|row| row.state == "queued" && row.claimed_until > now);
        let claimed = claimed
            .filter(|_| waits.is_some())
            .map(|row| row.id.as_str());
        self.reference.work(now, claimed);
        let in_hand = self.reference.in_hand.as_ref().map(|hand| {
            let stage = match hand.handed_over {
                None => Stage::Recipient,
                Some(_) => Stage::Dot,
            };
            (stage, hand.to.clone())
        });
        assert_eq!(waits, in_hand, "what waits at the relay; {rows:#?}");
        for row in &rows {
            let mail = self.reference.outbox.get_mut(&row.id).unwrap();
            assert_eq!(
                row.state,
                mail.state.name(),
                "{}: {row:?} {mail:?}",
                row.reason
            );
            if mail.state == MailState::Queued {
                let apart = (row.not_before - mail.not_before).abs();
                assert!(apart < BLUR, "{row:?} {mail:?}");
                mail.not_before = row.not_before;
            }
        }
        self.compare_audit().await;
    }

    fn new_mail(&mut self, row: &Row) {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == row.kind);
        let kind = kind.unwrap_or_else(|| panic!("nobody asked for {row:?}"));
        let who = self
            .reference
            .accounts
            .iter()
            .position(|a| a.id == row.account);
        let owed = Owed {
            kind,
            who,
            to: row.recipient.clone(),
        };
        let at = self.reference.owed.iter().position(|other| *other == owed);
        let at = at.unwrap_or_else(|| panic!("a mail that nobody owes: {row:?}"));
        self.reference.owed.remove(at);
        let (after, life) = match kind {
            Kind::Reset | Kind::VerifyAddress => (0, WINDOW),
            Kind::PasswordChangedReminder => (SECOND_NOTICE, NOTICE_LIFE),
            _ => (0, NOTICE_LIFE),
        };
        let not_before = row.created_at + after;
        assert_eq!(row.give_up_at, not_before + life, "{row:?}");
        let mail = Mail {
            kind,
            who,
            request: row.request.clone(),
            to: row.recipient.clone(),
            state: MailState::Queued,
            created_at: row.created_at,
            not_before,
            give_up_at: row.give_up_at,
            lost: 0,
            dropped: None,
        };
        self.reference.outbox.insert(row.id.clone(), mail);
    }

    /// I7: every event of what happened, and none of what did not.
    async fn compare_audit(&mut self) {
        let mut expected = std::mem::take(&mut self.reference.events);
        let mut surplus = Vec::new();
        for row in self.world.audited().await {
            let reason = row.reason.clone().unwrap_or_default();
            let who = row.account_id.as_ref();
            let who = who.map(|id| {
                self.reference
                    .accounts
                    .iter()
                    .position(|a| a.id == *id)
                    .unwrap()
            });
            let fits = |event: &Event| {
                event.name == row.event
                    && event.outcome == row.outcome
                    && reason.starts_with(&event.reason)
                    && event.who == who
            };
            match expected.iter().position(fits) {
                Some(at) => drop(expected.remove(at)),
                None => surplus.push(row),
            }
        }
        assert!(
            expected.is_empty() && surplus.is_empty(),
            "I7: missing {expected:#?}, too much {surplus:#?}"
        );
    }

    /// What must hold after every step.
    pub async fn check(&mut self) {
        let house = self.world.house();
        let now = self.world.now();
        for (who, name) in NAMES.into_iter().enumerate() {
            let stored = house.account(name).await;
            let account = &self.reference.accounts[who];
            let locked = stored.lock.is_some_and(|lock| lock.until.millis() > now);
            let seen = (&stored.email, stored.state == AccountState::Frozen, locked);
            let said = (&account.address, account.frozen, account.locked(now));
            assert_eq!(seen, said, "{name}: address, frozen, locked");
            assert_eq!(
                stored.wrong_usernames, account.wrong,
                "{name}: wrong usernames"
            );
            assert_eq!(
                stored.sign_in_failures, account.failures,
                "{name}: failures"
            );
            if stored.password_hash == self.hashes[who] {
                continue;
            }
            // I3: it is the new one now, and no other that ever was.
            let service = house.service();
            for password in &self.former[who] {
                let typed = Secret::new(password.clone());
                let works = sign_in::verify(service, Some(&stored), &typed)
                    .await
                    .unwrap();
                assert_eq!(
                    works,
                    *password == account.password,
                    "I3: {password:?} of {name}"
                );
            }
            assert!(self.former[who].contains(&account.password));
            self.hashes[who] = stored.password_hash;
        }
        // The schema's promise: one live token an account, and it is the one that the reference says.
        let live =
            format!("SELECT COUNT(*) FROM token WHERE purpose = 'reset' AND expires_at > {now}");
        let tokens = self
            .reference
            .accounts
            .iter()
            .filter_map(|a| a.token.as_ref());
        let tokens: Vec<_> = tokens.filter(|token| token.expires_at > now).collect();
        assert_eq!(house.count(&live).await, tokens.len() as i64, "live tokens");
        let mut tx = house.service().store.read().await.unwrap();
        for mailed in &self.world.mailed {
            let hash = Token::parse(&mailed.code).unwrap().hash();
            let (purpose, lives) = match mailed.path.as_str() {
                "/reset" => {
                    let lives = tokens.iter().any(|token| token.code == mailed.code);
                    (TokenPurpose::Reset, lives)
                }
                "/not-me" => {
                    let lives =
                        |p: &crate::reference::Proof| p.code == mailed.code && p.expires_at > now;
                    (TokenPurpose::NotMe, self.reference.not_me.iter().any(lives))
                }
                _ => {
                    let lives =
                        |p: &crate::reference::Proof| p.code == mailed.code && p.expires_at > now;
                    let lives = self.reference.new_address.iter().any(lives);
                    (TokenPurpose::VerifyAddress, lives)
                }
            };
            let stored = tx.token(hash, purpose).await.unwrap();
            let stored = stored.is_some_and(|s| s.expires_at > Timestamp::from_millis(now));
            assert_eq!(stored, lives, "whether a code lives: {mailed:?}");
        }
        drop(tx);
        self.requests_stand().await;
        self.mails_keep_their_distance();
    }

    /// I6: every acknowledged request is under way or has an end.
    async fn requests_stand(&self) {
        let sql = "SELECT id || '|' || state FROM reset_request";
        let rows = self.world.house().texts(sql).await;
        let stored: BTreeMap<_, _> = rows.iter().filter_map(|row| row.split_once('|')).collect();
        let said = self.reference.requests.iter();
        let said: BTreeMap<_, _> = said.map(|(id, r)| (id.as_str(), r.state.name())).collect();
        assert_eq!(stored, said, "I6: what became of each request");
        for (id, request) in &self.reference.requests {
            let mut mails = self
                .reference
                .outbox
                .values()
                .filter(|mail| mail.request == *id);
            let owed = mails.any(|mail| mail.state == MailState::Queued);
            let under_way = request.state == RequestState::Requested;
            assert!(!under_way || owed, "I6: {request:?} is forgotten");
        }
    }

    /// The owner's last mail opens the door, and there are two at most while one does.
    fn mails_keep_their_distance(&self) {
        let now = self.world.now();
        for (who, account) in self.reference.accounts.iter().enumerate() {
            let Some(token) = account
                .token
                .as_ref()
                .filter(|token| token.expires_at > now)
            else {
                continue;
            };
            let came = self
                .reference
                .requests
                .values()
                .filter(|r| r.who == Some(who));
            let mut came: Vec<_> = came.filter_map(|r| r.sent_at).collect();
            came.sort_unstable();
            let of = &self.reference.requests[&token.request];
            let newest = came.last();
            if of.sent_at.is_some() && of.state == RequestState::Sent {
                assert_eq!(
                    of.sent_at.as_ref(),
                    newest,
                    "the newest mail holds the live link"
                );
            }
        }
    }

    /// All that is owed goes out; then everything is looked at from outside.
    pub async fn finish(&mut self) {
        for _ in 0..400 {
            let now = self.world.now();
            if self.world.waits().is_some() {
                self.world.relay.answer(Verdict::Accept);
                self.answered(Verdict::Accept).await;
            } else if let Some(next) = self.next_due(now) {
                self.pass(next + SECOND - now).await;
            } else {
                break;
            }
        }
        self.check().await;
        let owed = "SELECT COUNT(*) FROM outbox WHERE state = 'queued'";
        assert_eq!(
            self.world.house().count(owed).await,
            0,
            "I6: mail is left over"
        );
        for (id, request) in &self.reference.requests {
            assert_ne!(request.state, RequestState::Requested, "I6: {request:?}");
            let reference = &self.references[id];
            let ends = format!(
                "SELECT COUNT(*) FROM audit_event WHERE request_id = '{reference}' AND event IN \
                 ('mail_sent', 'mail_failed', 'mail_expired', 'reset_mail_discarded', 'reset_mail_expired')"
            );
            let ends = self.world.house().count(&ends).await;
            assert!(ends >= 1, "I6: no end of {reference} in the audit");
        }
        self.one_password_works().await;
        self.nothing_tells().await;
    }

    /// I3 through the front door: of all passwords that ever were, exactly one signs in.
    async fn one_password_works(&mut self) {
        self.pass(2 * HOUR).await;
        for who in 0..NAMES.len() {
            if self.reference.accounts[who].frozen {
                self.freeze(who, AccountState::Active).await;
                self.reference.unfreeze(who);
                self.sync().await;
            }
            let mut all = self.former[who].clone();
            all.push(self.reference.accounts[who].password.clone());
            all.sort();
            all.dedup();
            for password in all {
                self.sign_in(0, who, &password).await;
                self.pass(MINUTE).await;
            }
        }
    }

    /// I5: nothing secret in the database or in the log.
    async fn nothing_tells(&self) {
        let dump = self.world.dump().await;
        let log = self.world.log();
        assert!(
            log.contains("mail handed over") || self.world.mailed.is_empty(),
            "the log is kept"
        );
        let holds = |needle: &[u8]| memchr(&dump, needle);
        for secret in &self.world.secrets {
            assert!(
                !log.contains(secret.as_str()),
                "I5: {secret:?} is in the log"
            );
            assert!(
                !holds(secret.as_bytes()),
                "I5: {secret:?} is in the database"
            );
            if let Ok(bytes) = URL_SAFE_NO_PAD.decode(secret)
                && bytes.len() == 32
            {
                assert!(
                    !holds(&bytes),
                    "I5: the octets of {secret:?} are in the database"
                );
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                assert!(
                    !holds(hex.as_bytes()),
                    "I5: {secret:?} is in the database, as hex"
                );
                assert!(!log.contains(&hex), "I5: {secret:?} is in the log, as hex");
            }
        }
    }
}

/// Whether octets hold others.
fn memchr(all: &[u8], needle: &[u8]) -> bool {
    all.windows(needle.len()).any(|window| window == needle)
}
