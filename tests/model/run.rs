//! One run: each step is made on the real server and on the reference, and what both say is compared, page by page and row by row.

use std::collections::HashMap;

use postern::domain::account::AccountState;
use postern::server::accounts::admin;
use postern::server::secrets::Token;

use crate::op::{Browser, Code, Name, Op, Password, Verdict, Who};
use crate::reference::{Answer, HOUR, MailState, Millis, NAMES, Reference, SECOND};
use crate::support::{Browser as Client, PASSWORD, Page, percent};
use crate::world::{Mailed, World};

/// What ends or begins within this time is waited for before a step, so that no step happens around it.
const MARGIN: Millis = 20 * SECOND;

pub struct Run {
    pub world: World,
    pub reference: Reference,
    /// Passwords that counted once or were proposed, by account.
    pub former: [Vec<String>; 2],
    /// Hashes as they were seen last.
    pub hashes: Vec<String>,
    /// How many changes a code has led to.
    pub changes: HashMap<String, u32>,
    /// What everybody gets, by kind of page.
    pub alike: HashMap<String, String>,
    /// The references of requests, by id.
    pub references: HashMap<String, String>,
    pub drawn: u32,
}

impl Run {
    pub async fn new() -> Self {
        let world = World::new().await;
        let mut reference = Reference::default();
        let mut hashes = Vec::new();
        for (who, name) in NAMES.into_iter().enumerate() {
            let stored = world.house().account(name).await;
            let account = &mut reference.accounts[who];
            account.id = stored.id;
            account.address = stored.email;
            PASSWORD.clone_into(&mut account.password);
            account.changed_at = stored.password_changed_at.millis();
            hashes.push(stored.password_hash);
        }
        Self {
            world,
            reference,
            former: Default::default(),
            hashes,
            changes: HashMap::new(),
            alike: HashMap::new(),
            references: HashMap::new(),
            drawn: 0,
        }
    }

    /// All steps, then the end: what is owed goes out, and every promise is looked at once more.
    pub async fn all(mut self, ops: &[Op]) {
        for (number, op) in ops.iter().enumerate() {
            eprintln!("{number}: {op:?}");
            self.clear_of_edges().await;
            self.step(*op).await;
            self.check().await;
        }
        eprintln!("the end");
        self.finish().await;
    }

    /// Moves the clock past whatever is about to happen by itself.
    async fn clear_of_edges(&mut self) {
        let now = self.world.now();
        if self.beyond_edges(now) > now {
            self.pass(0).await;
        }
    }

    /// That moment, or the next after it that is not followed by something that happens by itself while it is looked at.
    fn beyond_edges(&self, mut moment: Millis) -> Millis {
        let edges = self.reference.edges();
        let near = |moment: Millis| {
            let mut edges = edges.iter().copied();
            edges.find(|at| *at > moment - SECOND && *at <= moment + MARGIN)
        };
        while let Some(edge) = near(moment) {
            moment = edge + SECOND;
        }
        moment
    }

    /// At least so much time passes.
    pub async fn pass(&mut self, millis: Millis) {
        let now = self.world.now();
        let then = self.beyond_edges(now + millis);
        self.world.advance(then - now);
        self.sync().await;
    }

    /// Another text that no other step has.
    pub fn draw(&mut self, words: &str) -> String {
        self.drawn += 1;
        format!("{words} {}", self.drawn)
    }

    pub fn new_password(&mut self, good: bool) -> String {
        let password = if good {
            self.draw("seven lanterns drift upstream")
        } else {
            self.draw("password password")
        };
        self.world.secrets.insert(password.clone());
        password
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Ask(asked) => self.ask(asked, 1).await,
            Op::AskAtOnce(asked) => self.ask(asked, 3).await,
            Op::Relay(verdict) => {
                if self.world.waits().is_some() {
                    self.world.relay.answer(verdict);
                    self.answered(verdict).await;
                }
            }
            Op::Retry => {
                let now = self.world.now();
                let next = self.next_due(now).filter(|at| *at < now + 2 * HOUR);
                if let Some(next) = next {
                    self.pass(next + SECOND - now).await;
                }
            }
            Op::Exchange(b, code, name) => self.exchange(b, code, name).await,
            Op::ExchangeAtOnce(a, b, code) => self.exchange_at_once(a, b, code).await,
            Op::Set(b, good) => {
                let password = self.new_password(good);
                self.set(b, &password, good).await;
            }
            Op::SetAtOnce(b) => self.set_at_once(b).await,
            Op::SetAndCrash(b, after) => self.set_and_crash(b, after).await,
            Op::Freeze(who) => {
                self.freeze(who, AccountState::Frozen).await;
                self.reference.freeze(who);
                self.sync().await;
            }
            Op::Unfreeze(who) => {
                self.freeze(who, AccountState::Active).await;
                self.reference.unfreeze(who);
                self.sync().await;
            }
            Op::Unlock(who) => self.unlock(who).await,
            Op::NotMe(b, code, name) => {
                let (code, name) = self.typed(b, "/not-me", code, name);
                let now = self.world.now();
                let page = self
                    .post(b, "/not-me", &[("token", &code), ("username", &name)])
                    .await;
                let expected = self.reference.freeze_by_link(now, b, &code, &name);
                self.same(&page, &expected);
                self.sync().await;
            }
            Op::SignIn(b, who, password) => {
                let password = self.tried(who, password);
                self.sign_in(b, who, &password).await;
            }
            Op::ChangePassword(b, right, good) => self.change_password(b, right, good).await,
            Op::ChangeAddress(b, right) => self.change_address(b, right).await,
            Op::VerifyAddress(b, code, name) => {
                let path = "/account/verify-address";
                let (code, name) = self.typed(b, path, code, name);
                let now = self.world.now();
                let page = self
                    .post(b, path, &[("token", &code), ("username", &name)])
                    .await;
                let expected = self.reference.verify_address(now, b, &code, &name);
                self.same(&page, &expected);
                self.sync().await;
            }
            Op::Pass(seconds) => self.pass(Millis::from(seconds) * SECOND).await,
            Op::Crash => {
                self.world.kill().await;
                self.reference.crashed();
                self.start_again().await;
                self.sync().await;
            }
            Op::Stop(verdict) => {
                let waited = self.world.waits().is_some();
                let verdict = match verdict {
                    Verdict::Hold => Verdict::Accept,
                    other => other,
                };
                self.world.stop(verdict).await;
                self.start_again().await;
                if waited {
                    self.answered(verdict).await;
                } else {
                    self.sync().await;
                }
            }
        }
    }

    /// When something is due next that is not in anybody's hand.
    pub fn next_due(&self, now: Millis) -> Option<Millis> {
        let in_hand = self.reference.in_hand.as_ref().map(|hand| &hand.mail);
        let mails = self.reference.outbox.iter();
        let waiting =
            mails.filter(|(id, mail)| mail.state == MailState::Queued && in_hand != Some(id));
        waiting
            .map(|(_, mail)| mail.not_before.min(mail.give_up_at))
            .filter(|at| *at > now)
            .min()
    }

    pub async fn start_again(&mut self) {
        let leased_until = self.world.leased_until().await;
        self.world.start().await;
        let now = self.world.now();
        // Where nothing tells a dead worker's lease from a living one's, it must run out.
        let postgres = std::env::var_os("POSTERN_TEST_POSTGRES").is_some();
        if postgres && leased_until > now {
            self.world.advance(leased_until + SECOND - now);
        }
    }

    /// What is typed into a form with a code, for that kind of link.
    pub fn typed(&self, b: Browser, path: &str, code: Code, name: Name) -> (String, String) {
        let of_kind: Vec<&Mailed> = self
            .world
            .mailed
            .iter()
            .filter(|m| m.path == path)
            .collect();
        let others: Vec<&Mailed> = self
            .world
            .mailed
            .iter()
            .filter(|m| m.path != path)
            .collect();
        let any = |all: &[&Mailed], n: u8| {
            (!all.is_empty()).then(|| all[usize::from(n) % all.len()].clone())
        };
        let mailed = match code {
            Code::Newest(who) => of_kind.iter().rfind(|m| m.who == who).map(|m| (*m).clone()),
            Code::Ever(n) => any(&of_kind, n),
            Code::OfAnotherKind(n) => any(&others, n),
            Code::Guessed | Code::Malformed | Code::Empty => None,
        };
        let text = match (&mailed, code) {
            (Some(mailed), _) => mailed.code.clone(),
            (None, Code::Malformed) => "not-a-code".to_owned(),
            (None, Code::Empty) => String::new(),
            (None, _) => "A".repeat(43),
        };
        let session = self.reference.browsers[b].reset;
        let held = session.map(|session| self.reference.sessions[session].who);
        let who = mailed.map(|mailed| mailed.who).or(held).unwrap_or(0);
        let name = match name {
            Name::Right => NAMES[who],
            Name::Others => NAMES[1 - who],
            Name::Nonsense => "nobody-here",
            Name::Empty => "",
        };
        (text, name.to_owned())
    }

    fn tried(&self, who: Who, password: Password) -> String {
        let former = &self.former[who];
        match password {
            Password::Former(n) if !former.is_empty() => {
                former[usize::from(n) % former.len()].clone()
            }
            Password::Current => self.reference.accounts[who].password.clone(),
            Password::Former(_) | Password::Wrong => "nobody ever chose this one".to_owned(),
        }
    }

    /// What support does with an account.
    pub async fn freeze(&self, who: Who, state: AccountState) {
        let service = self.world.house().service();
        admin::set_state(service, NAMES[who], state).await.unwrap();
    }

    pub async fn unlock(&mut self, who: Who) {
        let service = self.world.house().service();
        admin::unlock(service, NAMES[who]).await.unwrap();
        self.reference.unlock(who);
        self.sync().await;
    }

    /// Posts a form of ours, with the proof that it is the session's own.
    pub async fn post(&mut self, b: Browser, path: &str, fields: &[(&str, &str)]) -> Page {
        let client = &self.world.browsers[b];
        let page = client.post(path, body(client, path, fields)).await;
        self.keep(&page);
        page
    }

    /// Cookies are secrets, and no address may carry one.
    pub fn keep(&mut self, page: &Page) {
        let values = page.cookies().into_iter().map(|(_, value)| value);
        self.world
            .secrets
            .extend(values.filter(|value| !value.is_empty()));
        let told = self.world.secrets.iter().find(|secret| {
            page.location().contains(*secret)
                || page.location().contains(&percent(secret.as_bytes()))
        });
        assert_eq!(told, None, "I5: a secret in an address");
    }

    pub fn same(&self, page: &Page, expected: &Answer) {
        let answer = (page.status, page.location());
        assert_eq!(
            answer,
            (expected.0, expected.1),
            "the page says: {}",
            page.body
        );
    }

    /// Every page of that kind must be this one.
    pub fn alike(&mut self, kind: &str, page: &Page, typed: &str) {
        let masked = page.masked(&[typed]);
        let first = self
            .alike
            .entry(kind.to_owned())
            .or_insert_with(|| masked.clone());
        assert_eq!(*first, masked, "I4: {kind} tells something");
    }
}

/// The form's fields as a browser sends them.
pub fn body(client: &Client, path: &str, fields: &[(&str, &str)]) -> String {
    let (cookie, purpose) = if path.starts_with("/reset") {
        ("postern-reset", "reset")
    } else {
        ("postern", "session")
    };
    let cookie = client
        .cookie(cookie)
        .and_then(|cookie| Token::parse(&cookie));
    let csrf = cookie
        .map(|cookie| cookie.derive(purpose))
        .unwrap_or_default();
    let pairs = fields.iter().copied().chain([("csrf", csrf.as_str())]);
    let pairs = pairs.map(|(name, value)| format!("{name}={}", percent(value.as_bytes())));
    pairs.collect::<Vec<_>>().join("&")
}
