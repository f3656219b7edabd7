//! The whole flow by one person, alice, from the request to the notices, over a server that may die at any moment: what was
//! acknowledged is remembered, and the invariants of the catalogue are checked against it.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::person::{Answer, Gone, Person};
use crate::kill::relay::Relay;
use crate::place::{PASSWORD, Place};
use crate::serve;

pub const NEW: &str = "seven lanterns drift upstream";

/// What a page says where the outcome is not known.
pub const UNSURE: &str = "do not know whether this was done";

/// How long a step that nothing holds up may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries of somebody who was asked to come back later.
const BREATH: Duration = Duration::from_millis(100);
/// After so long without news, leases are taken to be over.
const IMPATIENCE: Duration = Duration::from_millis(1_500);

pub struct World<'a> {
    pub place: Place,
    pub relay: Relay,
    pub person: Person,
    server: Option<Child>,
    /// Stands for the time that a dead worker's lease takes, where the next start does not end it.
    lease_over: Option<Box<dyn Fn() + 'a>>,
    /// Requests that were answered well.
    asked: usize,
    /// Codes that came, in order.
    codes: Vec<String>,
    /// How many of them were tried.
    tried: usize,
    /// Whether a wrong username was answered.
    wrong: bool,
    /// Whether the new password was acknowledged.
    pub done: bool,
    /// Whether the new password was refused for now, as not done.
    refused: bool,
    /// Answers that said "come back later".
    pub put_off: usize,
    /// Every secret that was seen.
    secrets: Vec<String>,
}

impl<'a> World<'a> {
    /// Around a place whose database has alice in it.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            relay: Relay::start(&[]),
            person: Person::at(0),
            server: None,
            lease_over: None,
            asked: 0,
            codes: Vec::new(),
            tried: 0,
            wrong: false,
            done: false,
            refused: false,
            put_off: 0,
            secrets: vec![PASSWORD.to_owned(), NEW.to_owned()],
        }
    }

    pub fn when_lease_is_over(mut self, act: impl Fn() + 'a) -> Self {
        self.lease_over = Some(Box::new(act));
        self
    }

    /// Starts the server; [`Gone`] where it does not come to answer.
    pub fn start(&mut self, variables: &[(&str, String)], more: &[&str]) -> Result<(), Gone> {
        let to = format!("smtp.port={}", self.relay.port);
        let (mut command, port) = serve::server(
            &self.place,
            // Whoever asks again after a death, or as often as it takes, need not wait.
            &[
                "--set",
                &to,
                "--set",
                "reset.mail_spacing=0s",
                "--set",
                "limits.per_identifier=1000",
                "--set",
                "limits.per_address=10000",
            ],
        );
        command
            .args(more)
            .envs(variables.iter().map(|(name, value)| (name, value)));
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.place.0.join("log"))
            .unwrap();
        command.stdout(Stdio::null()).stderr(log);
        self.server = Some(command.spawn().unwrap());
        self.person.port = port;
        let began = Instant::now();
        // Its port is open before it serves.
        while !self
            .person
            .get("/health/live")
            .is_ok_and(|live| live.status == 200)
        {
            if self.ended() {
                return Err(Gone);
            }
            assert!(
                began.elapsed() < PATIENCE,
                "the server does not answer: {}",
                self.log()
            );
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.place.0.join("log")).unwrap_or_default()
    }

    pub fn pid(&self) -> u32 {
        self.server.as_ref().unwrap().id()
    }

    fn ended(&mut self) -> bool {
        let server = self.server.as_mut().unwrap();
        server.try_wait().unwrap().is_some()
    }

    /// Whether the server was killed; where it is just dying, waits for it.
    pub fn was_killed(&mut self, surely: bool) -> bool {
        let began = Instant::now();
        while surely && !self.ended() {
            assert!(
                began.elapsed() < PATIENCE,
                "it broke off, but lives: {}",
                self.log()
            );
            sleep(Duration::from_millis(5));
        }
        let status = self.server.as_mut().unwrap().try_wait().unwrap();
        status.is_some_and(|status| {
            assert_eq!(status.signal(), Some(9), "{status}: {}", self.log());
            true
        })
    }

    /// As `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            server.wait().unwrap();
        }
    }

    /// Goes on from wherever it is until the new password is set, its notice has come and nothing is owed any more.
    pub fn walk(&mut self) -> Result<(), Gone> {
        let began = Instant::now();
        while !self.done {
            assert!(began.elapsed() < PATIENCE, "no way through: {}", self.log());
            self.step()?;
        }
        self.wait("the notice", |world| world.came("/not-me#") > 0)?;
        self.settled()
    }

    /// Waits until no mail is owed but the reminder of tomorrow.
    pub fn settled(&mut self) -> Result<(), Gone> {
        self.wait("the outbox to be worked off", |world| {
            let owed = |mail: &Value| {
                mail["state"] == "queued" && mail["kind"] != "password_changed_reminder"
            };
            world.mails().is_some_and(|mails| !mails.iter().any(owed))
        })
    }

    /// Goes on until the page with the new password is there, and returns it.
    pub fn verified(&mut self) -> Answer {
        let began = Instant::now();
        loop {
            let page = self.person.get("/reset/password").expect("a page");
            if page.status == 200 {
                return page;
            }
            assert!(began.elapsed() < PATIENCE, "{}", self.log());
            self.step().expect("a way");
        }
    }

    /// Waits until the server is well again.
    pub fn answers(&mut self) {
        let began = Instant::now();
        while self.person.get("/health/ready").expect("an answer").status != 200 {
            assert!(began.elapsed() < PATIENCE, "{}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    fn step(&mut self) -> Result<(), Gone> {
        let page = self.person.get("/reset/password")?;
        if self.later(&page) {
            return Ok(());
        }
        if page.status == 200 {
            return self.set(&page.csrf());
        }
        assert!(
            !self.refused,
            "put off as not done, and the session is gone"
        );
        self.came("/reset#");
        if self.tried < self.codes.len() {
            return self.exchange();
        }
        let known = self.codes.len();
        let answer = self.person.post("/forgot", &[("username", "alice")])?;
        if self.later(&answer) {
            return Ok(());
        }
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.asked += 1;
        self.wait("a mail", |world| world.came("/reset#") > known)?;
        Ok(())
    }

    fn exchange(&mut self) -> Result<(), Gone> {
        let code = self.codes.last().unwrap().clone();
        let names = if self.wrong {
            &["alice"][..]
        } else {
            &["mallory", "alice"]
        };
        for name in names {
            let fields = [("token", code.as_str()), ("username", name)];
            let answer = self.person.post("/reset", &fields)?;
            self.secrets.extend(self.person.jar.values().cloned());
            if self.later(&answer) {
                return Ok(());
            }
            if answer.status == 303 {
                assert_eq!(
                    (*name, answer.location.as_str()),
                    ("alice", "/reset/password")
                );
                return Ok(());
            }
            assert_eq!(answer.status, 422, "{}", answer.body);
            if *name == "mallory" && self.person.jar.contains_key("postern-reset") {
                self.wrong = true;
            } else {
                // Burnt, and the answer with the cookie was lost: ask again.
                self.tried = self.codes.len();
                return Ok(());
            }
        }
        Ok(())
    }

    fn set(&mut self, csrf: &str) -> Result<(), Gone> {
        self.refused = false;
        let fields = [("csrf", csrf), ("password", NEW)];
        let answer = self.person.post("/reset/password", &fields)?;
        if !self.later(&answer) {
            assert_eq!(
                answer.location, "/reset/done",
                "{}: {}",
                answer.status, answer.body
            );
            self.done = true;
        } else if answer.body.contains(UNSURE) {
            // As the page says: sign in with the new password, to see.
            self.done = self.looks()?;
        } else {
            self.refused = true;
        }
        Ok(())
    }

    /// Whether the new password signs in, as soon as that can be known.
    fn looks(&mut self) -> Result<bool, Gone> {
        let began = Instant::now();
        loop {
            let fields = [("username", "alice"), ("password", NEW)];
            let answer = Person::at(self.person.port).post("/sign-in", &fields)?;
            if !self.later(&answer) {
                return Ok(answer.status == 303);
            }
            assert!(began.elapsed() < PATIENCE, "{}", answer.body);
        }
    }

    /// Whether an answer says to come back later, which is noted.
    fn later(&mut self, answer: &Answer) -> bool {
        let later = answer.status == 503;
        if later {
            let seconds = answer.retry_after.parse::<u32>();
            assert!(seconds.is_ok_and(|seconds| seconds > 0), "{}", answer.body);
            self.put_off += 1;
            sleep(BREATH);
        }
        later
    }

    /// After a death: the old password or the new one, the new one if that was acknowledged.
    pub fn stands(&mut self) {
        let new = self.person.signs_in(NEW);
        assert!(new || !self.done, "acknowledged, and gone: {}", self.log());
        assert_eq!(
            self.person.signs_in(PASSWORD),
            !new,
            "old or new, never neither or both"
        );
        self.done = new;
    }

    /// How many messages with that in them have come; notes what is new.
    fn came(&mut self, sign: &str) -> usize {
        let texts: Vec<String> = self
            .relay
            .received()
            .iter()
            .map(|source| text(source))
            .collect();
        let with = |sign: &str| -> Vec<String> {
            texts.iter().filter_map(|text| code(text, sign)).collect()
        };
        self.codes = with("/reset#");
        let all = with(sign);
        self.secrets.extend(all.iter().cloned());
        all.len()
    }

    fn wait(&mut self, what: &str, mut there: impl FnMut(&mut Self) -> bool) -> Result<(), Gone> {
        let began = Instant::now();
        let mut waited = Instant::now();
        while !there(self) {
            if self.ended() {
                return Err(Gone);
            }
            assert!(
                began.elapsed() < PATIENCE,
                "waited for {what}: {}",
                self.log()
            );
            if let Some(over) = self
                .lease_over
                .as_ref()
                .filter(|_| waited.elapsed() > IMPATIENCE)
            {
                over();
                waited = Instant::now();
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The outbox; none while the database is away.
    fn mails(&self) -> Option<Vec<Value>> {
        let ran = self.place.run(&["outbox", "list", "--json"]);
        (ran.code == 0).then(|| serde_json::from_str(&ran.out).unwrap())
    }

    /// What must hold once everything is over, after at most so many deaths. Tells how many mails came more than once.
    pub fn holds(&mut self, deaths: usize) -> usize {
        assert!(self.person.signs_in(NEW) && !self.person.signs_in(PASSWORD));
        let mails = self.mails().expect("the outbox");
        let events = self.place.events(&["--limit", "500"]);
        let count = |event: &str| events.iter().filter(|name| *name == event).count();
        let of = |kind: &str| mails.iter().filter(|mail| mail["kind"] == kind).count();
        let ended = |state: &str| mails.iter().filter(|mail| mail["state"] == state).count();
        // I1, I2: one change, after one exchange.
        assert_eq!(count("authn_password_change"), 1, "{events:?}");
        assert_eq!(
            (of("password_changed"), of("password_changed_reminder")),
            (1, 1),
            "{mails:?}"
        );
        assert!(
            count("authn_token_used") >= 1 && count("reset_username_confirmed") >= 1,
            "{events:?}"
        );
        // I6: what was acknowledged is there, and ended.
        assert!(of("reset") >= self.asked, "{mails:?}");
        assert_eq!(ended("queued"), 1, "the reminder alone: {mails:?}");
        // I7: the audit has each of them.
        assert_eq!(count("reset_requested"), of("reset"), "{events:?}");
        assert_eq!(count("mail_sent"), ended("sent"), "{events:?}");
        let failed = count("mail_failed") + count("mail_expired");
        assert_eq!(
            failed + count("reset_mail_discarded"),
            mails.len() - 1 - ended("sent"),
            "{events:?}"
        );
        assert!(
            count("authn_token_created") >= self.codes.len(),
            "{events:?}"
        );
        assert!(
            count("reset_username_refused") >= usize::from(self.wrong),
            "{events:?}"
        );
        // P10: at most one duplicate for each death.
        let came = self.relay.received().len();
        assert!(
            came >= ended("sent") && came <= mails.len() - 1 + deaths,
            "{came}: {mails:?}"
        );
        // I5: no secret outside the mail.
        self.keeps_secrets_in(&self.place.0.clone());
        came - ended("sent")
    }

    /// Whether no file in there has a secret in it.
    pub fn keeps_secrets_in(&self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap().map_while(Result::ok) {
            if entry.path().is_dir() {
                self.keeps_secrets_in(&entry.path());
            } else if let Ok(bytes) = std::fs::read(entry.path()) {
                for secret in self.secrets.iter().filter(|secret| secret.len() > 8) {
                    let inside = bytes
                        .windows(secret.len())
                        .any(|part| part == secret.as_bytes());
                    assert!(!inside, "{} has a secret", entry.path().display());
                }
            }
        }
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

fn text(source: &str) -> String {
    let parsed = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    parsed.body_text(0).unwrap().into_owned()
}

/// The code of the link of that kind.
fn code(text: &str, sign: &str) -> Option<String> {
    let (_, rest) = text.split_once(sign)?;
    rest.split(['.', '\r', '\n']).next().map(str::to_owned)
}
