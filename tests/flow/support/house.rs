//! The real server, in this process, with a folder, a database and a clock of its own.

use std::path::PathBuf;
use std::time::Duration;

use postern::domain::identifier::{EmailAddress, Identifier, IdentifierMode, Username};
use postern::server::accounts::admin;
use postern::server::clock::Clock;
use postern::server::config::{Sources, load};
use postern::server::secrets::Secret;
use postern::server::service::Service;
use postern::server::store::{Account, AuditFilter, AuditRow};
use postern::server::{Running, start};
use tempfile::TempDir;

use super::browser::Browser;
use super::inbox::{Inbox, Mail};
use super::{log, until};
use crate::support_db::{Database, Raw};

/// What every account here begins with; long, and on no list.
pub const PASSWORD: &str = "quiet otters juggle marmalade";

/// A server with everything around it.
pub struct House {
    pub clock: Clock,
    pub inbox: Inbox,
    running: Option<Running>,
    settings: Vec<(String, String)>,
    database: Database,
    folder: TempDir,
}

impl House {
    /// With its sandbox mailbox, and limits that nothing here reaches.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With more settings.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        log::start();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("site")).unwrap();
        std::fs::write(folder.path().join("site/manifest.json"), "{}").unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let database = Database::new(&folder.path().join("postern.sqlite"));
        let site = path("site");
        let usual = [
            ("site.listen", "127.0.0.1:0"),
            ("site.root", &site),
            ("sandbox.listen", "127.0.0.1:0"),
            ("sign_up.demo_account", "false"),
            ("password.argon2_memory", "8192"),
            ("password.argon2_passes", "1"),
            ("password.hashing_queue", "1024"),
            ("limits.per_identifier", "10000"),
            ("limits.per_address", "100000"),
            ("limits.connections", "4096"),
            ("limits.connections_per_client", "4096"),
        ];
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let settings = usual.iter().chain(settings).map(own).collect();
        let (clock, inbox) = (Clock::system(), Inbox::default());
        let mut house = Self {
            clock,
            inbox,
            running: None,
            settings,
            database,
            folder,
        };
        house.start().await;
        house
    }

    /// In production, on https behind a proxy, with mail leaving through that port of this machine.
    pub async fn production(port: u16) -> Self {
        let port = port.to_string();
        let settings = [
            ("env", "production"),
            ("site.public_url", "https://recover.example.org"),
            ("mail.from", "Recovery <support@example.org>"),
            ("smtp.port", &port),
        ];
        Self::with(&settings).await
    }

    async fn start(&mut self) {
        let running = self.launch(self.clock.clone(), &[]).await;
        self.inbox.at(&format!("http://{}", running.address));
        self.running = Some(running);
    }

    /// Another server with the same settings, on the same database; stopped by whoever asked for it.
    pub async fn beside(&self) -> Running {
        self.launch(self.clock.beside(0), &[]).await
    }

    /// Another server on the same database, on a machine whose clock is wrong by so many milliseconds. Its mail goes to this one's
    /// mailbox.
    pub async fn replica(&self, wrong_by: i64, settings: &[(&str, &str)]) -> Running {
        let port = self.service().config.smtp.port.to_string();
        let mut more = vec![("sandbox.enabled", "false"), ("smtp.port", &port)];
        more.extend(settings);
        self.launch(self.clock.beside(wrong_by), &more).await
    }

    async fn launch(&self, clock: Clock, more: &[(&str, &str)]) -> Running {
        // Not as a flag: it may hold a password.
        let url = ("POSTERN_DATABASE__URL".to_owned(), self.database.url());
        let mut flags = self.settings.clone();
        flags.retain(|(known, _)| !more.iter().any(|(key, _)| key == known));
        flags.extend(
            more.iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        let sources = Sources {
            env: vec![url],
            flags,
            ..Sources::default()
        };
        let (config, _) = load(&sources).unwrap_or_else(|error| panic!("{error}"));
        start(config, clock).await.unwrap()
    }

    /// Stops as SIGTERM does.
    pub async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    /// The server itself, to be stopped elsewhere.
    pub fn take(&mut self) -> Running {
        self.running.take().unwrap()
    }

    /// Starts again on the same database, with some settings changed.
    pub async fn start_again(&mut self, settings: &[(&str, &str)]) {
        for (key, value) in settings {
            self.settings.retain(|(known, _)| known != key);
            self.settings.push(((*key).to_owned(), (*value).to_owned()));
        }
        self.start().await;
    }

    /// Forgets a setting, for the next start.
    pub fn unset(&mut self, key: &str) {
        self.settings.retain(|(known, _)| known != key);
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn service(&self) -> &Service {
        &self.running().service
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.running().address
    }

    /// Where links lead.
    pub fn public_url(&self) -> String {
        self.service().config.site.public_url.clone()
    }

    /// A browser with no cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(&format!("http://{}", self.address()), &self.public_url())
    }

    /// A browser that is signed in.
    pub async fn signed_in(&self, name: &str, password: &str) -> Browser {
        let browser = self.browser();
        let page = browser.sign_in(name, password).await;
        assert_eq!(
            (page.status, page.location()),
            (303, "/account"),
            "{}",
            page.body
        );
        browser
    }

    /// Whether that password signs in.
    pub async fn opens(&self, name: &str, password: &str) -> bool {
        self.browser().sign_in(name, password).await.status == 303
    }

    /// Adds an account the way support does; its address is `name@example.org`.
    pub async fn add(&self, name: &str) {
        self.add_with(name, &format!("{name}@example.org"), false)
            .await;
    }

    pub async fn add_with(&self, name: &str, email: &str, operator: bool) {
        let (name, email) = (
            Username::parse(name).unwrap(),
            EmailAddress::parse(email).unwrap(),
        );
        let password = Secret::new(PASSWORD.to_owned());
        admin::add(self.service(), &name, &email, operator, password)
            .await
            .unwrap();
    }

    /// An account as it is stored.
    pub async fn account(&self, name: &str) -> Account {
        let identifier = Identifier::parse(name, IdentifierMode::Either).unwrap();
        let mut tx = self.service().store.read().await.unwrap();
        tx.account_by(&identifier).await.unwrap().unwrap()
    }

    /// All audit events of that name, newest first.
    pub async fn audit(&self, event: &str) -> Vec<AuditRow> {
        let event = (!event.is_empty()).then(|| event.to_owned());
        let filter = AuditFilter {
            event,
            limit: 10_000,
            ..AuditFilter::default()
        };
        let mut tx = self.service().store.read().await.unwrap();
        tx.audit_events(&filter).await.unwrap()
    }

    /// The reasons of all audit events of that name, newest first.
    pub async fn reasons(&self, event: &str) -> Vec<String> {
        let rows = self.audit(event).await;
        rows.into_iter()
            .map(|row| row.reason.unwrap_or_default())
            .collect()
    }

    /// Waits until the outbox owes nothing that is due.
    pub async fn settled(&self) {
        let mut database = self.database().await;
        until("the outbox to be worked off", async || {
            let now = self.clock.now().millis();
            let due = "SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND not_before <= $1";
            let due: i64 = database.scalar(due, &[now.into()]).await;
            (due == 0).then_some(())
        })
        .await;
    }

    /// Waits until the worker has looked at the outbox at the time that it is now: it has done what it does, or will not do it. A mail
    /// that is too old to be sent is the mark; it goes even while nothing else does.
    pub async fn looked(&self) {
        let mut database = self.database().await;
        let mark = "INSERT INTO outbox (id, kind, state, not_before, give_up_at, created_at) VALUES ('mark', 'test', 'queued', $1, $1, $1)";
        database
            .execute(mark, &[self.clock.now().millis().into()])
            .await;
        until("the worker to look", async || {
            let gone = "DELETE FROM outbox WHERE id = 'mark' AND state <> 'queued'";
            (database.execute(gone, &[]).await == 1).then_some(())
        })
        .await;
    }

    /// The mails that came since the last look, once all that are due have gone.
    pub async fn mails(&mut self) -> Vec<Mail> {
        self.settled().await;
        self.inbox.fresh().await
    }

    /// The one mail that came since the last look.
    pub async fn mail(&mut self) -> Mail {
        let mut mails = self.mails().await;
        let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.clone()).collect();
        assert_eq!(mails.len(), 1, "{subjects:?}");
        mails.remove(0)
    }

    /// Asks for a reset and returns the mailed code.
    pub async fn code(&mut self, name: &str) -> String {
        self.browser().ask(name).await;
        self.mail().await.code()
    }

    /// A browser that stands before the choice of a new password, by a mailed code.
    pub async fn verified(&mut self, name: &str) -> Browser {
        let code = self.code(name).await;
        let browser = self.browser();
        let page = browser.exchange(&code, name).await;
        assert_eq!(
            (page.status, page.location()),
            (303, "/reset/password"),
            "{}",
            page.body
        );
        browser
    }

    /// The folder with the database.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// All that is stored, with names: the files of the folder, or the tables of PostgreSQL.
    pub async fn stored(&self) -> Vec<(String, Vec<u8>)> {
        let mut stored = self.database().await.tables().await;
        for entry in std::fs::read_dir(self.folder()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                stored.push((path.display().to_string(), std::fs::read(path).unwrap()));
            }
        }
        stored
    }

    /// A connection of the test's own.
    pub async fn database(&self) -> Raw {
        self.database.connect().await
    }

    /// One number from the database.
    pub async fn count(&self, sql: &str) -> i64 {
        self.database().await.scalar(sql, &[]).await
    }

    /// One column of text from the database.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let rows: Vec<(Option<String>,)> = self.database().await.rows(sql, &[]).await;
        rows.into_iter()
            .map(|(text,)| text.unwrap_or_default())
            .collect()
    }

    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// The log of all servers of this process so far.
    pub fn log(&self) -> String {
        log::text()
    }
}
