//! What the pages do to the reference: DESIGN §1.4 to §1.8, one function a form.

use postern::server::secrets::Token as Code;

use crate::op::{Browser, Who};
use crate::reference::{
    Answer, Holds, Kind, LOCK, Millis, NAMES, Proof, Reference, RequestState, ResetSession,
    SESSION, SignIn, WRONG,
};

const UNUSABLE: Answer = Answer(422, "");
const REFUSED: Answer = Answer(422, "");
const OVER: Answer = Answer(410, "");

impl Reference {
    /// The first request that carries a token burns it; the third wrong username in a row locks.
    pub fn exchange(&mut self, now: Millis, b: Browser, code: &str, name: &str) -> Answer {
        if !code.is_empty() && Code::parse(code).is_none() {
            self.event("authn_token_refused", "refused", "malformed", None);
            return UNUSABLE;
        }
        let held = self
            .reset_of(b, now)
            .filter(|session| code.is_empty() || self.sessions[*session].code == code);
        let (session, opened) = match held {
            Some(session) => (session, false),
            None if code.is_empty() => {
                return match self.browsers[b].reset.take() {
                    None => REFUSED,
                    Some(_) => OVER,
                };
            }
            None => match self.burn(now, code) {
                Some(session) => (session, true),
                None => return UNUSABLE,
            },
        };
        let who = self.sessions[session].who;
        if self.accounts[who].shut(now).is_some() {
            self.sessions[session].ended = true;
            self.event("authn_token_refused", "refused", "shut", Some(who));
            return UNUSABLE;
        }
        if opened {
            self.browsers[b].reset = Some(session);
        }
        if name.is_empty() {
            return REFUSED;
        }
        if name == NAMES[who] {
            self.accounts[who].wrong = 0;
            self.sessions[session].verified = true;
            self.event("reset_username_confirmed", "allowed", "", Some(who));
            return Answer(303, "/reset/password");
        }
        self.accounts[who].wrong += 1;
        if self.accounts[who].wrong < WRONG {
            let reason = "wrong username";
            self.event("reset_username_refused", "refused", reason, Some(who));
            return REFUSED;
        }
        self.accounts[who].wrong = 0;
        self.accounts[who].token = None;
        self.end_resets(who);
        let account = &mut self.accounts[who];
        account.locked_until = account.locked_until.max(now + LOCK);
        let to = account.address.clone();
        self.owe(Kind::AccountLocked, who, &to);
        let reason = "wrong usernames: account locked";
        self.event("authn_account_locked", "refused", reason, Some(who));
        self.browsers[b].reset = None;
        Answer(403, "")
    }

    /// The session that a live token opens.
    fn burn(&mut self, now: Millis, code: &str) -> Option<usize> {
        let fits = |who: &Who| {
            let token = self.accounts[*who].token.as_ref();
            token.is_some_and(|token| token.code == code)
        };
        let burnt = (0..NAMES.len())
            .find(fits)
            .and_then(|who| Some((who, self.accounts[who].token.take()?)));
        let Some((who, token)) = burnt.filter(|(_, token)| token.expires_at > now) else {
            let reason = "unknown, used or expired";
            self.event("authn_token_refused", "refused", reason, None);
            return None;
        };
        self.event("authn_token_used", "allowed", "reset", Some(who));
        self.sessions.push(ResetSession {
            who,
            code: token.code,
            request: token.request,
            verified: false,
            expires_at: now + SESSION,
            ended: false,
        });
        Some(self.sessions.len() - 1)
    }

    /// Whose password a browser may set now.
    pub fn may_set(&self, now: Millis, b: Browser) -> Option<usize> {
        let session = self.reset_of(b, now)?;
        let open = self.accounts[self.sessions[session].who]
            .shut(now)
            .is_none();
        (open && self.sessions[session].verified).then_some(session)
    }

    pub fn set(&mut self, now: Millis, b: Browser, password: &str, good: bool) -> Answer {
        let Some(session) = self.may_set(now, b) else {
            if self.browsers[b].reset.take().is_some() {
                let reason = "no verified reset session";
                self.event("sequence_fail", "refused", reason, None);
            }
            return OVER;
        };
        let who = self.sessions[session].who;
        if !good {
            let reason = "refused by policy";
            self.event("authn_password_change", "refused", reason, Some(who));
            return REFUSED;
        }
        let request = self.sessions[session].request.clone();
        self.change(now, who, password, None, "reset");
        self.requests.get_mut(&request).unwrap().state = RequestState::Used;
        self.browsers[b] = Holds::default();
        Answer(303, "/reset/done")
    }

    /// A password that counts from now on: everything else ends, the owner is told twice.
    fn change(
        &mut self,
        now: Millis,
        who: Who,
        password: &str,
        keep: Option<usize>,
        how: &'static str,
    ) {
        let account = &mut self.accounts[who];
        password.clone_into(&mut account.password);
        account.changed_at = now;
        (account.wrong, account.failures) = (0, 0);
        (account.not_before, account.locked_until) = (0, 0);
        let to = account.address.clone();
        self.revoke(who, keep);
        self.owe(Kind::PasswordChanged, who, &to);
        self.owe(Kind::PasswordChangedReminder, who, &to);
        self.event("authn_password_change", "allowed", how, Some(who));
    }

    pub fn sign_in(&mut self, now: Millis, b: Browser, who: Who, password: &str) -> Answer {
        let account = &mut self.accounts[who];
        let right = account.password == password;
        let early = (account.not_before > now).then_some("too early after a failure");
        if let Some(reason) = account.shut(now).or(early) {
            self.event("authn_login_fail", "refused", reason, Some(who));
            return Answer(401, "");
        }
        if !right {
            self.failed(now, who);
            return Answer(401, "");
        }
        (account.failures, account.not_before) = (0, 0);
        self.event("authn_login_success", "allowed", "", Some(who));
        if let Some(old) = self.browsers[b].sign_in {
            self.sign_ins[old].ended = true;
        }
        self.sign_ins.push(SignIn { who, ended: false });
        self.browsers[b].sign_in = Some(self.sign_ins.len() - 1);
        Answer(303, "/account")
    }

    fn failed(&mut self, now: Millis, who: Who) {
        let account = &mut self.accounts[who];
        account.failures += 1;
        let delay = match account.failures {
            0..4 => 0,
            n => (1 << (n - 4).min(5)).min(30) * 1_000,
        };
        account.not_before = now + delay;
        self.event("authn_login_fail", "refused", "wrong password", Some(who));
    }

    /// Signed in, with the current password typed again.
    fn confirmed(&mut self, now: Millis, b: Browser, right: bool) -> Result<Who, Answer> {
        let Some(who) = self.signed_in(b) else {
            self.browsers[b].sign_in = None;
            return Err(Answer(303, "/sign-in"));
        };
        if !right {
            self.failed(now, who);
            return Err(REFUSED);
        }
        Ok(who)
    }

    pub fn change_password(
        &mut self,
        now: Millis,
        b: Browser,
        right: bool,
        new: &str,
        good: bool,
    ) -> Answer {
        let who = match self.confirmed(now, b, right) {
            Ok(who) => who,
            Err(answer) => return answer,
        };
        if !good {
            let reason = "refused by policy";
            self.event("authn_password_change", "refused", reason, Some(who));
            return REFUSED;
        }
        let keep = self.browsers[b].sign_in;
        self.change(now, who, new, keep, "account page");
        Answer(303, "/account?note=password")
    }

    pub fn change_address(&mut self, now: Millis, b: Browser, right: bool, new: &str) -> Answer {
        let who = match self.confirmed(now, b, right) {
            Ok(who) => who,
            Err(answer) => return answer,
        };
        self.owe(Kind::VerifyAddress, who, new);
        self.event("address_change_requested", "allowed", "", Some(who));
        Answer(303, "/account?note=address-mailed")
    }

    pub fn verify_address(&mut self, now: Millis, b: Browser, code: &str, name: &str) -> Answer {
        let event = "address_changed";
        let mut proofs = std::mem::take(&mut self.new_address);
        let proved = self.prove(now, &mut proofs, event, code, name);
        self.new_address = proofs;
        let proof = match proved {
            Ok(proof) => proof,
            Err(answer) => return answer,
        };
        let who = proof.who;
        let old = std::mem::replace(&mut self.accounts[who].address, proof.address);
        self.accounts[who].token = None;
        self.end_resets(who);
        self.owe(Kind::AddressChanged, who, &old);
        self.event(event, "allowed", "", Some(who));
        match self.browsers[b].sign_in {
            Some(_) => Answer(303, "/account?note=address"),
            None => Answer(303, "/sign-in?note=address"),
        }
    }

    pub fn freeze_by_link(&mut self, now: Millis, b: Browser, code: &str, name: &str) -> Answer {
        let event = "account_freeze";
        let mut proofs = std::mem::take(&mut self.not_me);
        let proved = self.prove(now, &mut proofs, event, code, name);
        self.not_me = proofs;
        let proof = match proved {
            Ok(proof) => proof,
            Err(answer) => return answer,
        };
        self.accounts[proof.who].frozen = true;
        self.revoke(proof.who, None);
        self.owe(Kind::AccountFrozen, proof.who, &proof.address);
        self.event(event, "allowed", "this was not me", Some(proof.who));
        self.browsers[b].sign_in = None;
        Answer(303, "/not-me/done")
    }

    /// A code and a username: a slip is forgiven twice.
    fn prove(
        &mut self,
        now: Millis,
        proofs: &mut Vec<Proof>,
        event: &'static str,
        code: &str,
        name: &str,
    ) -> Result<Proof, Answer> {
        if code.is_empty() || name.is_empty() {
            return Err(REFUSED);
        }
        let found = proofs
            .iter()
            .position(|proof| proof.code == code && proof.expires_at > now);
        let Some(at) = found else {
            let reason = "unknown, used or expired link";
            self.event(event, "refused", reason, None);
            return Err(UNUSABLE);
        };
        if NAMES[proofs[at].who] == name {
            return Ok(proofs.remove(at));
        }
        let who = Some(proofs[at].who);
        proofs[at].wrong += 1;
        if proofs[at].wrong == WRONG {
            proofs.remove(at);
        }
        self.event(event, "refused", "wrong username", who);
        Err(REFUSED)
    }

    /// What support does.
    pub fn freeze(&mut self, who: Who) {
        if !std::mem::replace(&mut self.accounts[who].frozen, true) {
            self.revoke(who, None);
            self.event("account_freeze", "allowed", "by support", Some(who));
        }
    }

    pub fn unfreeze(&mut self, who: Who) {
        if std::mem::replace(&mut self.accounts[who].frozen, false) {
            self.event("account_unfreeze", "allowed", "by support", Some(who));
        }
    }

    pub fn unlock(&mut self, who: Who) {
        let account = &mut self.accounts[who];
        (account.locked_until, account.wrong) = (0, 0);
        (account.failures, account.not_before) = (0, 0);
        self.event("account_unlock", "allowed", "by support", Some(who));
    }
}
