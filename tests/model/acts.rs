//! Steps of people at pages: what is posted, what the reference says to it, and what both must agree about.

use std::time::Duration;

use crate::op::{Asked, Browser, Code, Name, Who};
use crate::reference::{Answer, NAMES, Typed};
use crate::run::{Run, body};
use crate::support::{Page, percent};

impl Run {
    pub async fn ask(&mut self, asked: Asked, times: usize) {
        let typed = match asked {
            Asked::Username(who) => Typed::Username(NAMES[who].to_owned()),
            Asked::Address(who) => Typed::Address(self.reference.accounts[who].address.clone()),
            Asked::Nobody(true) => Typed::Address("nobody@example.org".to_owned()),
            Asked::Nobody(false) => Typed::Username("nobody-here".to_owned()),
        };
        let client = self.world.house().browser();
        let body = format!("username={}", percent(typed.text().as_bytes()));
        let mut pages = Vec::new();
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..times {
            let (client, body) = (client.twin(), body.clone());
            asking.spawn(async move { client.post("/forgot", body).await });
        }
        while let Some(page) = asking.join_next().await {
            pages.push(page.unwrap());
        }
        for page in pages {
            self.alike("asking", &page, typed.text());
            let sent = client.get(page.location()).await;
            self.alike("having asked", &sent, typed.text());
            let reference = page.location().rsplit('=').next().unwrap().to_owned();
            self.asked(reference, typed.clone()).await;
        }
        self.sync().await;
    }

    pub async fn exchange(&mut self, b: Browser, code: Code, name: Name) {
        let (code, name) = self.typed(b, "/reset", code, name);
        let now = self.world.now();
        let page = self
            .post(b, "/reset", &[("token", &code), ("username", &name)])
            .await;
        let expected = self.reference.exchange(now, b, &code, &name);
        self.same(&page, &expected);
        self.sync().await;
    }

    pub async fn exchange_at_once(&mut self, a: Browser, b: Browser, code: Code) {
        let b = if a == b { (a + 1) % 3 } else { b };
        let (code, name) = self.typed(a, "/reset", code, Name::Right);
        let now = self.world.now();
        let fields = [("token", code.as_str()), ("username", name.as_str())];
        let [first, second] = [a, b].map(|b| {
            let client = &self.world.browsers[b];
            client.post("/reset", body(client, "/reset", &fields))
        });
        let (first, second) = tokio::join!(first, second);
        self.keep(&first);
        self.keep(&second);
        let mut other = self.reference.clone();
        let here = [a, b].map(|b| self.reference.exchange(now, b, &code, &name));
        let there = [b, a].map(|b| other.exchange(now, b, &code, &name));
        let got =
            |page: &Page, answer: &Answer| (page.status, page.location()) == (answer.0, answer.1);
        if !(got(&first, &here[0]) && got(&second, &here[1])) {
            self.reference = other;
            self.same(&first, &there[1]);
            self.same(&second, &there[0]);
        }
        self.sync().await;
    }

    /// A new password was chosen with this session's code: never twice.
    fn changed_by(&mut self, session: usize) {
        let code = self.reference.sessions[session].code.clone();
        let changes = self.changes.entry(code).or_default();
        *changes += 1;
        assert_eq!(*changes, 1, "I1: a second change with one token");
    }

    /// From now on this is one of the passwords that must not work, or the one that must.
    fn proposed(&mut self, who: Who, password: &str) {
        let before = self.reference.accounts[who].password.clone();
        self.former[who].extend([before, password.to_owned()]);
        self.former[who].sort();
        self.former[who].dedup();
    }

    pub async fn set(&mut self, b: Browser, password: &str, good: bool) {
        let now = self.world.now();
        let session = self.reference.may_set(now, b);
        if let Some(session) = session {
            let who = self.reference.sessions[session].who;
            self.proposed(who, password);
        }
        let page = self
            .post(b, "/reset/password", &[("password", password)])
            .await;
        if page.status == 303 {
            let session = session.expect("I2: a change without an exchange in this browser");
            self.changed_by(session);
        }
        let expected = self.reference.set(now, b, password, good);
        self.same(&page, &expected);
        self.sync().await;
    }

    pub async fn set_at_once(&mut self, b: Browser) {
        let now = self.world.now();
        let Some(session) = self.reference.may_set(now, b) else {
            return;
        };
        let passwords = [self.new_password(true), self.new_password(true)];
        let who = self.reference.sessions[session].who;
        for password in &passwords {
            self.proposed(who, password);
        }
        let (one, two) = (&self.world.browsers[b], self.world.browsers[b].twin());
        let path = "/reset/password";
        let (first, second) = tokio::join!(
            one.post(path, body(one, path, &[("password", &passwords[0])])),
            two.post(path, body(&two, path, &[("password", &passwords[1])])),
        );
        let won = [&first, &second].map(|page| page.status == 303);
        assert!(
            won[0] != won[1],
            "I1: {} and {}",
            first.status,
            second.status
        );
        self.changed_by(session);
        let before = self.reference.browsers[b];
        let winner = &passwords[usize::from(won[1])];
        let expected = self.reference.set(now, b, winner, true);
        let (there, late) = if won[0] {
            (&first, &second)
        } else {
            (&second, &first)
        };
        self.same(there, &expected);
        self.same(late, &Answer(410, ""));
        let reason = "no verified reset session";
        self.reference
            .event("sequence_fail", "refused", reason, None);
        if won[1] {
            // The cookie of the sign-in is taken from the winner alone.
            self.reference.browsers[b].sign_in = before.sign_in;
        }
        self.sync().await;
    }

    pub async fn set_and_crash(&mut self, b: Browser, after: u8) {
        let now = self.world.now();
        let Some(session) = self.reference.may_set(now, b) else {
            return;
        };
        let who = self.reference.sessions[session].who;
        let password = self.new_password(true);
        self.proposed(who, &password);
        let client = self.world.browsers[b].twin();
        let path = "/reset/password";
        let sent = body(&client, path, &[("password", &password)]);
        let request = client
            .request(reqwest::Method::POST, path)
            .header("origin", "http://127.0.0.1:3999")
            .header("content-type", "application/x-www-form-urlencoded");
        let asking = tokio::spawn(async move {
            let page = client.try_send(request.body(sent)).await.ok();
            page.map(|page| (page.status, client))
        });
        // Not to wait for anything: this is where in the middle it dies.
        tokio::time::sleep(Duration::from_micros(u64::from(after) * 200)).await;
        self.world.kill().await;
        self.reference.crashed();
        let answer = asking.await.unwrap();
        self.start_again().await;
        let stored = self.world.house().account(NAMES[who]).await;
        let changed = stored.password_hash != self.hashes[who];
        let before = self.reference.browsers[b];
        if changed {
            self.changed_by(session);
            self.reference.set(now, b, &password, true);
        }
        match answer {
            Some((303, client)) => {
                assert!(changed, "I3: a change was acknowledged and is lost");
                self.world.browsers[b]
                    .jar
                    .lock()
                    .unwrap()
                    .clone_from(&client.jar.lock().unwrap());
            }
            _ => self.reference.browsers[b] = before,
        }
        self.sync().await;
    }

    pub async fn sign_in(&mut self, b: Browser, who: Who, password: &str) {
        let now = self.world.now();
        let fresh = self.reference.browsers[b].sign_in.is_none()
            && self.reference.browsers[b].reset.is_none();
        let fields = [("username", NAMES[who]), ("password", password)];
        let page = self.post(b, "/sign-in", &fields).await;
        let expected = self.reference.sign_in(now, b, who, password);
        self.same(&page, &expected);
        if page.status == 401 && fresh {
            let kind = format!("a refused sign-in of {}", NAMES[who]);
            self.alike(&kind, &page, NAMES[who]);
        }
        self.sync().await;
    }

    pub async fn change_password(&mut self, b: Browser, right: bool, good: bool) {
        let now = self.world.now();
        let who = self.reference.signed_in(b);
        let new = self.new_password(good);
        let current = match (who, right) {
            (Some(who), true) => self.reference.accounts[who].password.clone(),
            _ => "nobody ever chose this one".to_owned(),
        };
        if let Some(who) = who {
            self.proposed(who, &new);
        }
        let fields = [("current_password", current.as_str()), ("password", &new)];
        let page = self.post(b, "/account/password", &fields).await;
        let expected = self.reference.change_password(now, b, right, &new, good);
        self.same(&page, &expected);
        self.sync().await;
    }

    pub async fn change_address(&mut self, b: Browser, right: bool) {
        let now = self.world.now();
        let who = self.reference.signed_in(b);
        self.drawn += 1;
        let new = format!("new{}@example.org", self.drawn);
        let current = match (who, right) {
            (Some(who), true) => self.reference.accounts[who].password.clone(),
            _ => "nobody ever chose this one".to_owned(),
        };
        let fields = [("current_password", current.as_str()), ("email", &new)];
        let page = self.post(b, "/account/address", &fields).await;
        let expected = self.reference.change_address(now, b, right, &new);
        self.same(&page, &expected);
        self.sync().await;
    }
}
