//! The loop of a typed session: a line, its reply, what that means, what can come next.

use super::auth;
use super::input::Input;
use super::words::{self, step_of};
use crate::domain::smtp::codes;
use crate::domain::smtp::diagnosis::diagnose;
use crate::domain::smtp::evidence::Evidence;
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;
use crate::server::cli::exit::CliError;
use crate::server::cli::output::{hanging, print};
use crate::server::cli::smtp::verdict::Verdict;
use crate::server::cli::transcript::{self, Paint, printable};
use crate::server::secrets::Secret;
use crate::server::smtp::client::{Credentials, Dialogue, Mechanism, Target, Typing};

/// Longest message that can be typed, in octets.
const MAX_MESSAGE: usize = 1024 * 1024;

/// Whoever types, and whom they talk to.
pub struct Typist {
    dialogue: Dialogue,
    input: Input,
    paint: Paint,
    /// For an AUTH alone; none are asked for.
    credentials: Option<Credentials>,
    helo: String,
    /// The lines of the last EHLO's reply.
    offered: Vec<String>,
}

/// Whether there is more to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goes {
    On,
    Over,
}

impl Typist {
    pub fn new(
        dialogue: Dialogue,
        input: Input,
        paint: Paint,
        credentials: Option<Credentials>,
        target: &Target,
    ) -> Self {
        let transcript = dialogue.recorder().transcript();
        let offered = if dialogue.is_within_tls() {
            transcript.within_tls
        } else {
            transcript.before_tls
        };
        Self {
            dialogue,
            input,
            paint,
            credentials,
            helo: target.helo.clone(),
            offered,
        }
    }

    /// Types until the end; ends well where the conversation does.
    pub async fn run(mut self) -> Result<(), CliError> {
        let began = if self.offered.is_empty() {
            Step::Banner
        } else {
            Step::Ehlo
        };
        self.hint(began)?;
        loop {
            let goes = match self.dialogue.typing() {
                Typing::Commands => {
                    let Some(line) = self.input.line(self.prompt())? else {
                        break;
                    };
                    self.typed(line.trim()).await?
                }
                Typing::Challenge => {
                    let Some(answer) = self.input.secret("answer, not shown: ")? else {
                        break;
                    };
                    self.learn(answer.expose());
                    self.say(answer.expose(), Step::Auth).await?
                }
                Typing::Message => self.message().await?,
            };
            if goes == Goes::Over {
                return Ok(());
            }
        }
        self.leave().await
    }

    fn prompt(&self) -> &'static str {
        if self.dialogue.is_within_tls() {
            "smtp+tls> "
        } else {
            "smtp> "
        }
    }

    async fn typed(&mut self, line: &str) -> Result<Goes, CliError> {
        if line.is_empty() {
            return Ok(Goes::On);
        }
        if auth::shown(line) == line {
            self.input.remember(line);
        }
        if let Some(command) = line.strip_prefix('/') {
            return self.own(command).await;
        }
        let verb = line.split_whitespace().next().unwrap_or_default();
        if verb.eq_ignore_ascii_case("BDAT") {
            print("  BDAT needs counted octets, which nobody types: use DATA\n")?;
            return Ok(Goes::On);
        }
        if let Some(mechanism) = auth::alone(line) {
            return self.sign_in(mechanism).await;
        }
        let step = step_of(line);
        if step == Step::Auth {
            self.learn(line);
        }
        self.say(line, step).await
    }

    /// The commands that begin with a slash.
    async fn own(&mut self, command: &str) -> Result<Goes, CliError> {
        let transcript = || self.dialogue.recorder().transcript();
        match command.trim() {
            "help" | "?" => print(words::HELP)?,
            "caps" => print(&self.capabilities())?,
            "cert" => match &transcript().tls {
                Some(tls) => print(&transcript::tls(tls, self.paint))?,
                None => print("  there was no TLS so far\n")?,
            },
            "transcript" => print(&transcript::render(&transcript(), self.paint))?,
            "quit" => return self.say("QUIT", Step::Quit).await,
            _ => print("  there are /help /caps /cert /transcript /quit\n")?,
        }
        Ok(Goes::On)
    }

    fn capabilities(&self) -> String {
        if self.offered.is_empty() {
            return "  nothing was offered so far: EHLO asks\n".to_owned();
        }
        let offers = self.offered.iter().skip(1).map(|line| {
            let line = printable(line);
            match words::offer(&line) {
                Some(words) => {
                    let name: String = line.split_whitespace().take(1).collect();
                    hanging(&format!("  {name:<20}  "), &words)
                }
                None => format!("  {line}\n"),
            }
        });
        offers.collect()
    }

    /// One line and its reply. A conversation that was lost is an error, with its class for the exit code.
    async fn say(&mut self, line: &str, step: Step) -> Result<Goes, CliError> {
        let secret = self.dialogue.typing() == Typing::Challenge;
        if self.input.is_script() {
            let shown = if secret {
                "[secret]".to_owned()
            } else {
                self.dialogue.recorder().redacted(&auth::shown(line))
            };
            print(&format!("> {}\n", printable(&shown)))?;
        }
        let said = self.dialogue.say(line, secret).await;
        self.answered(step, said)
    }

    fn answered(&mut self, step: Step, said: Result<Reply, Evidence>) -> Result<Goes, CliError> {
        let reply = match said {
            Ok(reply) => reply,
            Err(evidence) => return self.failed(&evidence),
        };
        self.show(step, &reply)?;
        if step == Step::Ehlo && reply.code == 250 {
            self.offered.clone_from(&reply.lines);
        }
        if step == Step::StartTls && reply.code == 220 {
            self.offered.clear();
            if let Some(tls) = self.dialogue.recorder().transcript().tls {
                print(&transcript::tls(&tls, self.paint))?;
            }
        }
        if reply.is_positive() && self.dialogue.typing() != Typing::Challenge {
            self.hint(step)?;
        }
        Ok(match (step, self.dialogue.is_usable()) {
            (Step::Quit, _) if reply.code == 221 => Goes::Over,
            (_, true) => Goes::On,
            (_, false) => {
                print("  the server has ended the conversation\n")?;
                Goes::Over
            }
        })
    }

    /// The reply, line by line, and what it means.
    fn show(&self, step: Step, reply: &Reply) -> Result<(), CliError> {
        let last = reply.lines.len().saturating_sub(1);
        let mut text = String::new();
        for (at, line) in reply.lines.iter().enumerate() {
            let dash = if at == last { ' ' } else { '-' };
            let line = format!("{}{dash}{}", reply.code, printable(line));
            let line = if reply.is_positive() {
                line
            } else {
                self.paint.bad(&line)
            };
            text.push_str(&format!("< {line}\n"));
        }
        let mut words = codes::explain(reply);
        if reply.code == 334
            && let Some(asked) = auth::challenge(&reply.text())
        {
            words.push_str(&format!("; it says: {}", printable(&asked)));
        }
        text.push_str(&self.quiet("  ", &words));
        if !reply.is_positive() {
            let evidence = Evidence::reply(step, reply.clone());
            let verdict = Verdict::new(&evidence, diagnose(&evidence));
            text.push_str(&verdict.short(self.paint));
        }
        print(&text)
    }

    fn hint(&self, step: Step) -> Result<(), CliError> {
        let offered = self.dialogue.capabilities();
        let within_tls = self.dialogue.is_within_tls();
        match words::next(step, offered, within_tls, &self.helo) {
            Some(next) => print(&self.quiet("  next: ", &next)),
            None => Ok(()),
        }
    }

    /// What matters less, in as many lines as it needs; colours end where a line does.
    fn quiet(&self, name: &str, words: &str) -> String {
        let lines = hanging(name, words);
        let lines = lines.lines().map(|line| self.paint.dim(line) + "\n");
        lines.collect()
    }

    /// Something that is no reply: over, unless it was we who did not say it.
    fn failed(&self, evidence: &Evidence) -> Result<Goes, CliError> {
        if evidence.step == Step::Tls
            && let Some(tls) = self.dialogue.recorder().transcript().tls
        {
            print(&transcript::tls(&tls, self.paint))?;
        }
        if self.dialogue.is_usable() {
            let verdict = Verdict::new(evidence, diagnose(evidence));
            print(&verdict.text(self.paint))?;
            return Ok(Goes::On);
        }
        Err(super::ended(evidence, self.paint)?)
    }

    /// AUTH, encoded for whoever typed it.
    async fn sign_in(&mut self, mechanism: Mechanism) -> Result<Goes, CliError> {
        let Some(credentials) = self.who(mechanism)? else {
            return Ok(Goes::On);
        };
        self.dialogue.recorder().hide(&credentials);
        let (first, answers) = auth::lines(mechanism, &credentials.username, &credentials.password);
        let first = Secret::new(first);
        if !self.input.is_script() {
            print(&format!("> {}\n", auth::shown(first.expose())))?;
        }
        let mut goes = self.say(first.expose(), Step::Auth).await?;
        for answer in answers {
            if goes == Goes::Over || self.dialogue.typing() != Typing::Challenge {
                break;
            }
            if !self.input.is_script() {
                print("> [secret]\n")?;
            }
            goes = self.say(answer.expose(), Step::Auth).await?;
        }
        Ok(goes)
    }

    /// As whom: as the flags or the settings say, else as whoever is typed; none where the input ends.
    fn who(&mut self, mechanism: Mechanism) -> Result<Option<Credentials>, CliError> {
        if let Some(known) = &self.credentials {
            print(&format!("  signing in as {}\n", printable(&known.username)))?;
            return Ok(Some(known.clone()));
        }
        let Some(username) = self.input.line("user: ")? else {
            return Ok(None);
        };
        let asked = match mechanism {
            Mechanism::XOAuth2 => "access token, not shown: ",
            _ => "password, not shown: ",
        };
        let password = self.input.secret(asked)?;
        Ok(password.map(|password| Credentials {
            username: username.trim().to_owned(),
            password,
            mechanism: Some(mechanism),
        }))
    }

    /// A server may repeat what was typed.
    fn learn(&self, line: &str) {
        if let Some(credentials) = auth::within(line) {
            self.dialogue.recorder().hide(&credentials);
        }
    }

    /// The lines behind DATA, until a dot alone. Without it nothing is sent: half a mail is none.
    async fn message(&mut self) -> Result<Goes, CliError> {
        let mut text = String::new();
        loop {
            let Some(line) = self.input.line("| ")? else {
                print("  the message has no end, so it was not sent\n")?;
                return Ok(Goes::Over);
            };
            if line == "." {
                break;
            }
            if text.len() + line.len() > MAX_MESSAGE {
                let words = format!("a message of more than {MAX_MESSAGE} octets is not typed");
                return Err(CliError::Refused(words));
            }
            text.push_str(&line);
            text.push_str("\r\n");
        }
        if self.input.is_script() {
            print(&format!("> [message, {} octets]\n", text.len()))?;
        }
        let said = self.dialogue.message_text(&text).await;
        self.answered(Step::Message, said)
    }

    /// At the end of the input.
    async fn leave(self) -> Result<(), CliError> {
        self.dialogue.quit().await;
        Ok(())
    }
}
