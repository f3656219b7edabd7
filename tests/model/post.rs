//! What the worker does to the reference: whose mail is next, what becomes of it, which token counts then (DESIGN §1.2).

use crate::op::{Verdict, Who};
use crate::reference::{
    ADDRESS_LINK, GAP, InHand, Kind, Mail, MailState, Millis, NOT_ME, Proof, Reference,
    RequestState, SECOND, TOKEN, Token, Typed,
};

/// What is to become of a mail.
enum Decision {
    Expire,
    Discard(&'static str),
    Wait(Millis),
    Send(Who, String),
}

/// What an attempt leaves open until the database is asked: when a mail is tried again.
#[derive(Debug)]
pub struct Open {
    pub mail: String,
}

impl Reference {
    /// Takes mails in turn until one waits at the relay or none is due. `claimed` is the one that the worker has: among those that were
    /// asked for at the same moment, it may be any.
    pub fn work(&mut self, now: Millis, claimed: Option<&str>) {
        while self.in_hand.is_none() {
            let due = |mail: &Mail| {
                mail.state == MailState::Queued
                    && (mail.give_up_at <= now || mail.not_before <= now)
            };
            let turn = |(id, mail): &(&String, &Mail)| {
                // What strangers can cause at any address comes last.
                (
                    mail.kind == Kind::VerifyAddress,
                    mail.not_before,
                    (*id).clone(),
                )
            };
            let queue = self.outbox.iter().filter(|(_, mail)| due(mail));
            let Some(id) = queue.min_by_key(turn).map(|(id, _)| id.clone()) else {
                return;
            };
            let id = match claimed {
                Some(claimed) if self.at_once(&id, claimed) => claimed.to_owned(),
                _ => id,
            };
            if let Some(true) = self.mail(&id).dropped.take() {
                self.mail(&id).lost += 1;
                if self.mail(&id).lost >= 2 {
                    self.end(&id, MailState::Failed);
                    let who = self.outbox[&id].who;
                    let kind = self.outbox[&id].kind.name();
                    let reason = format!("{kind}: data.ambiguous");
                    self.event("mail_failed", "failed", reason, who);
                    self.request(&id, RequestState::Failed, now, None);
                    continue;
                }
            }
            if let Some((who, to)) = self.decided(now, &id) {
                self.in_hand = Some(InHand {
                    mail: id,
                    to,
                    who,
                    handed_over: None,
                });
            }
        }
    }

    /// Whether two mails answer the same question, asked at the same moment.
    fn at_once(&self, one: &str, other: &str) -> bool {
        let (one, other) = (&self.outbox[one], &self.outbox[other]);
        let typed = |mail: &Mail| self.requests.get(&mail.request).map(|r| &r.typed);
        let same = typed(one).is_some() && typed(one) == typed(other);
        same && (one.not_before - other.not_before).abs() < SECOND
    }

    /// Decides about a mail and does what is decided; whom to send it to, where it is to be sent.
    fn decided(&mut self, now: Millis, id: &str) -> Option<(Who, String)> {
        let reset = self.outbox[id].kind == Kind::Reset;
        match self.decide(now, id) {
            Decision::Send(who, to) => {
                self.request(id, RequestState::Requested, now, Some(who));
                return Some((who, to));
            }
            Decision::Wait(at) => self.mail(id).not_before = at,
            Decision::Expire => {
                if reset && self.outbox[id].lost == 0 {
                    self.burn_of_request(id);
                }
                self.end(id, MailState::Expired);
                self.request(id, RequestState::Expired, now, None);
                if reset {
                    self.event("reset_mail_expired", "failed", "send window over", None);
                } else {
                    let who = self.outbox[id].who;
                    self.event("mail_not_sent", "failed", "", who);
                }
            }
            Decision::Discard(reason) => {
                self.end(id, MailState::Discarded);
                let who = if reset {
                    self.found(id).filter(|_| reason != "unknown account")
                } else {
                    self.outbox[id].who
                };
                self.request(id, RequestState::Discarded, now, who);
                let event = if reset {
                    "reset_mail_discarded"
                } else {
                    "mail_not_sent"
                };
                self.event(event, "refused", reason, who);
            }
        }
        None
    }

    fn decide(&self, now: Millis, id: &str) -> Decision {
        let mail = &self.outbox[id];
        if now >= mail.give_up_at {
            return Decision::Expire;
        }
        let account = |who: Option<Who>| &self.accounts[who.unwrap()];
        match mail.kind {
            Kind::Reset => self.decide_reset(now, id),
            Kind::VerifyAddress => {
                let account = account(mail.who);
                if mail.created_at < account.changed_at || account.frozen {
                    return Decision::Discard("revoked");
                }
                Decision::Send(mail.who.unwrap(), mail.to.clone())
            }
            _ => Decision::Send(mail.who.unwrap(), mail.to.clone()),
        }
    }

    fn decide_reset(&self, now: Millis, id: &str) -> Decision {
        let request = &self.requests[&self.outbox[id].request];
        let Some(who) = self.found(id) else {
            return Decision::Discard("unknown account");
        };
        let account = &self.accounts[who];
        if let Some(reason) = account.shut(now) {
            return Decision::Discard(reason);
        }
        if request.created_at < account.changed_at {
            return Decision::Discard("password changed since");
        }
        let send = Decision::Send(who, account.address.clone());
        // A token counts as live in a mailbox once a mail with it was accepted.
        let Some(token) = account.token.as_ref().filter(|token| {
            let of = &self.requests[&token.request];
            let came = of.sent_at.is_some_and(|at| token.minted_at <= at);
            token.expires_at > now && (of.state == RequestState::Sent || came)
        }) else {
            return send;
        };
        let sent = self.requests.values().filter(|r| r.who == Some(who));
        let sent = sent.filter_map(|request| request.sent_at);
        let sent: Vec<_> = sent.filter(|at| *at > now - TOKEN).collect();
        match sent.iter().max() {
            _ if sent.len() >= 2 => Decision::Discard("enough mails"),
            Some(last) if last + GAP > now => Decision::Wait(last + GAP),
            Some(_) => send,
            None => panic!("a live token without a mail in its lifetime: {token:?}"),
        }
    }

    /// Whose account a reset's request names, by the names as they are now.
    fn found(&self, id: &str) -> Option<Who> {
        let typed = &self.requests.get(&self.outbox[id].request)?.typed;
        self.accounts
            .iter()
            .enumerate()
            .position(|(who, account)| match typed {
                Typed::Username(name) => name == crate::reference::NAMES[who],
                Typed::Address(address) => *address == account.address,
            })
    }

    /// The relay answers. `code`: the token of the message, where one was handed over just now. What is left open is when, and whether,
    /// it is tried again.
    pub fn answered(
        &mut self,
        now: Millis,
        verdict: Verdict,
        code: Option<String>,
    ) -> Option<Open> {
        let mut hand = self.in_hand.take().expect("a mail in hand");
        let id = hand.mail.clone();
        // Revoked while the relay was asked: nothing of it is the worker's any more, but that it was taken after all is still said.
        let ours = self.outbox[&id].state == MailState::Queued;
        if hand.handed_over.is_none() {
            if !ours {
                return None;
            }
            match verdict {
                Verdict::RefuseRecipient => return self.over(now, &hand),
                Verdict::DeferRecipient => return self.later(&hand),
                _ => {}
            }
            // Everything is looked at again before the token is drawn.
            let (_, to) = self.decided(now, &id)?;
            if to != hand.to {
                self.mail(&id).not_before = now;
                return None;
            }
            hand.handed_over = Some(self.mint(now, &hand, code));
            if verdict == Verdict::Hold {
                self.in_hand = Some(hand);
                return None;
            }
        }
        let (carried, replaced) = hand.handed_over.take().unwrap();
        let refused = matches!(
            verdict,
            Verdict::DeferMessage
                | Verdict::RefuseMessage
                | Verdict::DeferRecipient
                | Verdict::RefuseRecipient
        );
        if let (true, Some(carried), Some(old)) = (refused, carried, replaced) {
            let token = &mut self.accounts[hand.who].token;
            let there = token.as_ref().is_some_and(|token| token.code == carried);
            if there && old.expires_at > now {
                *token = Some(old);
            }
        }
        match verdict {
            _ if refused && !ours => None,
            Verdict::Vanish if !ours => None,
            Verdict::Accept | Verdict::Hold => {
                self.end(&id, MailState::Sent);
                self.request(&id, RequestState::Sent, now, Some(hand.who));
                let kind = self.outbox[&id].kind.name();
                self.event("mail_sent", "allowed", kind, Some(hand.who));
                None
            }
            Verdict::Vanish => {
                self.mail(&id).lost += 1;
                if self.outbox[&id].lost >= 2 {
                    return self.over(now, &hand);
                }
                self.later(&hand)
            }
            Verdict::DeferMessage | Verdict::DeferRecipient => self.later(&hand),
            Verdict::RefuseMessage | Verdict::RefuseRecipient => self.over(now, &hand),
        }
    }

    /// The token that a mail carries takes the place of the one before it.
    fn mint(
        &mut self,
        now: Millis,
        hand: &InHand,
        code: Option<String>,
    ) -> (Option<String>, Option<Token>) {
        let mail = &self.outbox[&hand.mail];
        let (kind, request, who) = (mail.kind, mail.request.clone(), hand.who);
        if matches!(kind, Kind::AccountLocked | Kind::AccountFrozen) {
            assert_eq!(code, None, "{kind:?} opens nothing");
            return (None, None);
        }
        let code = code.expect("a mail with a code");
        let proof = |life| Proof {
            code: code.clone(),
            who,
            address: hand.to.clone(),
            mail: hand.mail.clone(),
            wrong: 0,
            expires_at: now + life,
        };
        let what = match kind {
            Kind::Reset => "reset",
            Kind::VerifyAddress => {
                let proof = proof(ADDRESS_LINK);
                self.new_address.retain(|old| old.who != who);
                self.new_address.push(proof);
                "address"
            }
            _ => {
                let proof = proof(NOT_ME);
                self.not_me.retain(|old| old.mail != hand.mail);
                self.not_me.push(proof);
                "not-me"
            }
        };
        self.event("authn_token_created", "allowed", what, Some(who));
        if kind != Kind::Reset {
            return (None, None);
        }
        let token = Token {
            code: code.clone(),
            request,
            minted_at: now,
            expires_at: now + TOKEN,
        };
        (Some(code), self.accounts[who].token.replace(token))
    }

    fn later(&mut self, hand: &InHand) -> Option<Open> {
        Some(Open {
            mail: hand.mail.clone(),
        })
    }

    /// The database says when a mail is tried again, or that this would be too late.
    pub fn postponed(&mut self, now: Millis, open: &Open, who: Who, until: Option<Millis>) {
        let id = &open.mail;
        let kind = self.outbox[id].kind.name();
        let Some(until) = until else {
            let left = self.outbox[id].give_up_at - now;
            assert!(left < 160_000, "given up {left} ms before its end");
            self.end(id, MailState::Expired);
            self.request(id, RequestState::Expired, now, Some(who));
            if self.outbox[id].lost == 0 {
                self.burn_of_request(id);
            }
            self.event("mail_expired", "failed", kind, Some(who));
            return;
        };
        if self.outbox[id].state == MailState::Queued {
            let mail = &self.outbox[id];
            let sane = now < until + 5_000 && until < mail.give_up_at;
            assert!(sane, "tried again at {until}, it is {now}: {mail:?}");
            self.mail(id).not_before = until;
        }
        self.event("mail_deferred", "failed", kind, Some(who));
    }

    /// Refused for good.
    fn over(&mut self, now: Millis, hand: &InHand) -> Option<Open> {
        let id = &hand.mail;
        self.end(id, MailState::Failed);
        self.request(id, RequestState::Failed, now, Some(hand.who));
        if self.outbox[id].lost == 0 {
            self.burn_of_request(id);
        }
        let kind = self.outbox[id].kind.name();
        self.event("mail_failed", "failed", kind, Some(hand.who));
        None
    }

    /// A token of a mail that never came is worth nothing.
    fn burn_of_request(&mut self, id: &str) {
        let request = self.outbox[id].request.clone();
        for account in &mut self.accounts {
            account.token.take_if(|token| token.request == request);
        }
    }

    /// The server is gone: what was in hand may have come.
    pub fn crashed(&mut self) {
        if let Some(hand) = self.in_hand.take() {
            self.mail(&hand.mail).dropped = Some(hand.handed_over.is_some());
        }
    }

    fn mail(&mut self, id: &str) -> &mut Mail {
        self.outbox.get_mut(id).unwrap()
    }

    fn end(&mut self, id: &str, state: MailState) {
        let mail = self.mail(id);
        if mail.state == MailState::Queued {
            mail.state = state;
        }
    }

    fn request(&mut self, id: &str, state: RequestState, now: Millis, who: Option<Who>) {
        let Some(request) = self.requests.get_mut(&self.outbox[id].request) else {
            return;
        };
        if request.state == RequestState::Used {
            return;
        }
        request.state = state;
        request.who = who.or(request.who);
        if state == RequestState::Sent {
            request.sent_at = Some(now);
        }
    }
}
