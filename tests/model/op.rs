//! The steps that a run is made of, and how one is drawn. Every step makes sense in every state, so that a failing run shrinks by
//! leaving steps out.

use proptest::collection::vec;
use proptest::prelude::*;

/// One of the two accounts.
pub type Who = usize;
/// One of the three browsers.
pub type Browser = usize;

/// What is typed to ask for a reset.
#[derive(Debug, Clone, Copy)]
pub enum Asked {
    Username(Who),
    /// The address that counts now.
    Address(Who),
    /// A username or an address that nobody has.
    Nobody(bool),
}

/// Which code is used.
#[derive(Debug, Clone, Copy)]
pub enum Code {
    /// The one that came last for that account.
    Newest(Who),
    /// Any that ever came: live, burnt, replaced, expired, of a mail that was refused.
    Ever(u8),
    /// One that opens something else.
    OfAnotherKind(u8),
    /// Well formed and nobody's.
    Guessed,
    Malformed,
    /// The field stays empty: a second try in a session.
    Empty,
}

/// Which username is typed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Right,
    /// The other account's.
    Others,
    Nonsense,
    Empty,
}

/// What the relay says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    DeferRecipient,
    RefuseRecipient,
    DeferMessage,
    RefuseMessage,
    /// It takes the final dot and hangs up.
    Vanish,
    /// It takes the final dot and says nothing yet.
    Hold,
}

/// A password that is tried.
#[derive(Debug, Clone, Copy)]
pub enum Password {
    Current,
    /// One that counted once, or was only proposed.
    Former(u8),
    Wrong,
}

#[derive(Debug, Clone, Copy)]
pub enum Op {
    Ask(Asked),
    /// The same question, several times at once.
    AskAtOnce(Asked),
    /// The relay answers what waits there.
    Relay(Verdict),
    /// The clock goes to the next attempt.
    Retry,
    Exchange(Browser, Code, Name),
    /// Two browsers, one code, the same moment.
    ExchangeAtOnce(Browser, Browser, Code),
    Set(Browser, bool),
    /// Two new passwords from one browser's session, the same moment.
    SetAtOnce(Browser),
    /// The server dies so many tenths of a millisecond after the form was sent.
    SetAndCrash(Browser, u8),
    Freeze(Who),
    Unfreeze(Who),
    Unlock(Who),
    NotMe(Browser, Code, Name),
    SignIn(Browser, Who, Password),
    /// Whether the current password is right, and whether the new one is good.
    ChangePassword(Browser, bool, bool),
    ChangeAddress(Browser, bool),
    VerifyAddress(Browser, Code, Name),
    /// So many seconds pass.
    Pass(u32),
    /// Killed, wherever it is, and started again.
    Crash,
    /// Stopped as SIGTERM does, while the relay answers; and started again.
    Stop(Verdict),
}

/// Mostly the same one, so that steps meet.
fn who() -> impl Strategy<Value = Who> {
    prop_oneof![3 => Just(0), 1 => Just(1)]
}

fn browser() -> impl Strategy<Value = Browser> {
    prop_oneof![4 => Just(0), 2 => Just(1), 1 => Just(2)]
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        5 => who().prop_map(Asked::Username),
        2 => who().prop_map(Asked::Address),
        1 => any::<bool>().prop_map(Asked::Nobody),
    ]
}

fn code() -> impl Strategy<Value = Code> {
    prop_oneof![
        10 => who().prop_map(Code::Newest),
        3 => any::<u8>().prop_map(Code::Ever),
        1 => any::<u8>().prop_map(Code::OfAnotherKind),
        1 => Just(Code::Guessed),
        1 => Just(Code::Malformed),
        3 => Just(Code::Empty),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        6 => Just(Name::Right),
        2 => Just(Name::Others),
        2 => Just(Name::Nonsense),
        1 => Just(Name::Empty),
    ]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        8 => Just(Verdict::Accept),
        1 => Just(Verdict::DeferRecipient),
        1 => Just(Verdict::RefuseRecipient),
        1 => Just(Verdict::DeferMessage),
        1 => Just(Verdict::RefuseMessage),
        2 => Just(Verdict::Vanish),
        2 => Just(Verdict::Hold),
    ]
}

fn password() -> impl Strategy<Value = Password> {
    prop_oneof![
        4 => Just(Password::Current),
        1 => any::<u8>().prop_map(Password::Former),
        1 => Just(Password::Wrong),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let spans = prop::sample::select(vec![61, 360, 660, 1_260, 1_860, 3_660]);
    prop_oneof![
        14 => asked().prop_map(Op::Ask),
        2 => asked().prop_map(Op::AskAtOnce),
        24 => verdict().prop_map(Op::Relay),
        5 => Just(Op::Retry),
        20 => (browser(), code(), name()).prop_map(|(b, c, n)| Op::Exchange(b, c, n)),
        3 => (browser(), browser(), code()).prop_map(|(a, b, c)| Op::ExchangeAtOnce(a, b, c)),
        14 => (browser(), prop::bool::weighted(0.8)).prop_map(|(b, good)| Op::Set(b, good)),
        3 => browser().prop_map(Op::SetAtOnce),
        3 => (browser(), any::<u8>()).prop_map(|(b, after)| Op::SetAndCrash(b, after)),
        1 => who().prop_map(Op::Freeze),
        3 => who().prop_map(Op::Unfreeze),
        2 => who().prop_map(Op::Unlock),
        2 => (browser(), code(), name()).prop_map(|(b, c, n)| Op::NotMe(b, c, n)),
        6 => (browser(), who(), password()).prop_map(|(b, w, p)| Op::SignIn(b, w, p)),
        3 => (browser(), prop::bool::weighted(0.8), prop::bool::weighted(0.8))
            .prop_map(|(b, right, good)| Op::ChangePassword(b, right, good)),
        3 => (browser(), prop::bool::weighted(0.8)).prop_map(|(b, right)| Op::ChangeAddress(b, right)),
        3 => (browser(), code(), name()).prop_map(|(b, c, n)| Op::VerifyAddress(b, c, n)),
        5 => spans.prop_map(Op::Pass),
        3 => Just(Op::Crash),
        2 => verdict().prop_map(Op::Stop),
    ]
}

/// One step, or a few that belong together: chance alone seldom gets as far as a new password.
fn steps() -> impl Strategy<Value = Vec<Op>> {
    let right = |b, who| Op::Exchange(b, Code::Newest(who), Name::Right);
    let asked = |who| [Op::Ask(Asked::Username(who)), Op::Relay(Verdict::Accept)];
    prop_oneof![
        12 => op().prop_map(|op| vec![op]),
        3 => who().prop_map(move |who| asked(who).to_vec()),
        2 => (browser(), who()).prop_map(move |(b, who)| vec![right(b, who), Op::Set(b, true)]),
        2 => (browser(), who()).prop_map(move |(b, who)| [&asked(who)[..], &[right(b, who)]].concat()),
        1 => (browser(), who()).prop_map(|(b, who)| vec![Op::SignIn(b, who, Password::Current), Op::ChangeAddress(b, true)]),
    ]
}

/// A run of about so many steps.
pub fn run(longest: usize) -> impl Strategy<Value = Vec<Op>> {
    let all = vec(steps(), longest / 3..=longest * 2 / 3);
    all.prop_map(|all| all.concat())
}
