//! The sandbox mailbox, by its JSON for tests.

use std::collections::HashSet;

use serde::Deserialize;

/// One mail.
#[derive(Debug, Clone, Deserialize)]
pub struct Mail {
    pub id: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    pub subject: String,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub html: String,
    #[serde(default)]
    pub source: String,
    #[serde(default)]
    pub envelope_from: String,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
}

impl Mail {
    /// The link with the token.
    pub fn link(&self) -> String {
        let line = self
            .text
            .lines()
            .find(|line| line.starts_with("http") && line.contains('#'));
        line.unwrap_or_else(|| panic!("no link in {}", self.text))
            .trim()
            .to_owned()
    }

    /// The code to paste, which is the link's token.
    pub fn code(&self) -> String {
        let link = self.link();
        let code = link.split('#').nth(1).unwrap().split('.').next().unwrap();
        assert_eq!(code.len(), 43, "{link}");
        assert!(self.text.lines().any(|line| line == code), "{}", self.text);
        code.to_owned()
    }

    /// When the link's own words say that it ends, in seconds.
    pub fn ends_at(&self) -> i64 {
        self.link().rsplit('.').next().unwrap().parse().unwrap()
    }
}

/// The mailbox, and what was seen of it.
#[derive(Default)]
pub struct Inbox {
    base: String,
    seen: HashSet<String>,
}

impl Inbox {
    /// It is there from now on.
    pub fn at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    /// What came since the last look, oldest first.
    pub async fn fresh(&mut self) -> Vec<Mail> {
        let list = format!("{}/dev/mailbox/api/messages", self.base);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let all: Vec<Mail> = client
            .get(&list)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let mut new = Vec::new();
        for summary in all
            .into_iter()
            .rev()
            .filter(|mail| !self.seen.contains(&mail.id))
        {
            let one = client.get(format!("{list}/{}", summary.id));
            new.push(one.send().await.unwrap().json::<Mail>().await.unwrap());
        }
        self.seen.extend(new.iter().map(|mail| mail.id.clone()));
        new
    }
}
