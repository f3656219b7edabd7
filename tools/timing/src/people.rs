//! Who there is and who there is not: accounts, locked and frozen ones, names that nobody has, tokens that live and that do not.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use postern::domain::account::{AccountState, Lock};
use postern::domain::identifier::{EmailAddress, Username};
use postern::domain::lockout::LockScope;
use postern::domain::time::Timestamp;
use postern::server::clock::Clock;
use postern::server::config::Config;
use postern::server::passwords::Hasher;
use postern::server::secrets::{Secret, Token, random_id};
use postern::server::store::{
    MailFilter, MailState, NewAccount, NewToken, Store, TokenPurpose, Tx,
};

/// Accounts of one kind that are asked for again and again, since nothing is mailed to them.
const FEW: usize = 500;
/// Rows of one transaction.
const BATCH: usize = 1_000;
/// Within this time the worker is done with one mail.
const PATIENCE: Duration = Duration::from_secs(60);

/// A name of ten random digits, so that no place in an index tells one class from the other.
fn name() -> anyhow::Result<String> {
    Ok(random_id()?[..10].to_owned())
}

fn names(count: usize) -> anyhow::Result<Vec<String>> {
    (0..count).map(|_| name()).collect()
}

/// An account's name and id.
#[derive(Debug, Clone)]
struct Member {
    name: String,
    id: String,
}

pub struct People {
    store: Store,
    members: Vec<Member>,
    locked: Vec<Member>,
    frozen: Vec<Member>,
    operators: Vec<Member>,
    nobodies: Vec<String>,
    live: Vec<String>,
    burnt: Vec<String>,
    never: Vec<String>,
}

impl People {
    /// Makes all that so many pairs need, in the server's own database.
    pub async fn make(config: &Config, pairs: usize) -> anyhow::Result<Self> {
        let store = Store::open(&config.database).await?;
        let now = Clock::system().now();
        let hash = Hasher::new(&config.password)?;
        let hash = hash.hash(Secret::new("correct horse battery staple".into()));
        let hash = hash.await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let few = FEW.min(pairs);
        let mut people = Self {
            members: members(&store, &hash, 3 * pairs, false, now).await?,
            locked: members(&store, &hash, few, false, now).await?,
            frozen: members(&store, &hash, few, false, now).await?,
            operators: members(&store, &hash, few, true, now).await?,
            nobodies: names(2 * pairs)?,
            live: Vec::new(),
            burnt: Vec::new(),
            never: Vec::new(),
            store,
        };
        let mut tx = people.store.begin().await?;
        let lock = Lock {
            until: now.plus(Duration::from_secs(86_400)),
            scope: LockScope::Account,
        };
        for member in &people.locked {
            tx.set_lock(&member.id, lock).await?;
        }
        for member in &people.frozen {
            tx.set_state(&member.id, AccountState::Frozen).await?;
        }
        tx.commit().await?;
        people.burnt = people.mint(pairs).await?;
        for batch in people.burnt.chunks(BATCH) {
            let mut tx = people.store.begin().await?;
            for code in batch {
                let token = Token::parse(code).context("a token")?;
                let burnt = tx.burn(token.hash(), TokenPurpose::Reset).await?;
                ensure!(burnt.is_some(), "a token that was minted is not there");
            }
            tx.commit().await?;
        }
        people.never = (0..pairs)
            .map(|_| Ok(Token::draw()?.expose().to_string()))
            .collect::<anyhow::Result<_>>()?;
        people.live = people.mint(2 * pairs).await?;
        Ok(people)
    }

    /// A token for each of the first members, as if it had been mailed just now.
    async fn mint(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let mut codes = Vec::with_capacity(count);
        let now = Clock::system().now();
        for batch in self.members[..count].chunks(BATCH) {
            let mut tx = self.store.begin().await?;
            for member in batch {
                let token = Token::draw()?;
                tx.mint(NewToken {
                    hash: token.hash(),
                    purpose: TokenPurpose::Reset,
                    subject: &member.id,
                    account_id: Some(&member.id),
                    request_id: None,
                    address: None,
                    minted_at: now,
                    expires_at: now.plus(Duration::from_secs(86_400)),
                })
                .await?;
                codes.push(token.expose().to_string());
            }
            tx.commit().await?;
        }
        Ok(codes)
    }

    /// A member's name: each of the first `3 * pairs` is another.
    pub fn member(&self, n: usize) -> &str {
        &self.members[n].name
    }

    /// A name that nobody has, of the same form.
    pub fn nobody(&self, n: usize) -> &str {
        &self.nobodies[n]
    }

    /// One of the few that are locked, frozen, or operators; and a nobody that comes as often.
    pub fn locked(&self, n: usize) -> &str {
        &self.locked[n % self.locked.len()].name
    }

    pub fn frozen(&self, n: usize) -> &str {
        &self.frozen[n % self.frozen.len()].name
    }

    pub fn operator(&self, n: usize) -> &str {
        &self.operators[n % self.operators.len()].name
    }

    pub fn recurring_nobody(&self, n: usize) -> &str {
        &self.nobodies[n % self.locked.len()]
    }

    /// The token of that member.
    pub fn live(&self, n: usize) -> &str {
        &self.live[n]
    }

    pub fn burnt(&self, n: usize) -> &str {
        &self.burnt[n]
    }

    pub fn never(&self, n: usize) -> &str {
        &self.never[n]
    }

    /// Waits until the worker has done with the newest mail, so that its work is not in the next answer's time.
    pub async fn quiet(&self) -> anyhow::Result<()> {
        let newest = MailFilter {
            limit: 1,
            ..MailFilter::default()
        };
        let settled = async {
            loop {
                let mails = self.store.read().await?.mails(&newest).await?;
                if mails
                    .first()
                    .is_none_or(|mail| mail.state != MailState::Queued)
                {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, settled)
            .await
            .context("the worker is not done with a mail")?
    }

    pub async fn close(self) {
        self.store.close().await;
    }
}

/// Adds so many accounts.
async fn members(
    store: &Store,
    hash: &str,
    count: usize,
    operator: bool,
    now: Timestamp,
) -> anyhow::Result<Vec<Member>> {
    let mut members = Vec::with_capacity(count);
    while members.len() < count {
        let mut tx = store.begin().await?;
        for _ in 0..BATCH.min(count - members.len()) {
            members.push(add(&mut tx, hash, operator, now).await?);
        }
        tx.commit().await?;
    }
    Ok(members)
}

async fn add(tx: &mut Tx, hash: &str, operator: bool, now: Timestamp) -> anyhow::Result<Member> {
    let (name, id) = (name()?, random_id()?);
    let username = Username::parse(&name).ok().context("a username")?;
    let email = EmailAddress::parse(&format!("{name}@example.net"))
        .ok()
        .context("an address")?;
    tx.add_account(NewAccount {
        id: &id,
        username: &username,
        email: &email,
        password_hash: hash,
        operator,
        now,
    })
    .await?;
    Ok(Member { name, id })
}
