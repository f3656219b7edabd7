//! What runs have found, step by step, each by its name; and a few runs that must always be made.

use crate::made;
use crate::op::Verdict::{
    Accept, DeferMessage, DeferRecipient, Hold, RefuseMessage, RefuseRecipient, Vanish,
};
use crate::op::{Asked, Code, Name, Op};

const ASK: Op = Op::Ask(Asked::Username(0));

fn right(browser: usize) -> Op {
    Op::Exchange(browser, Code::Newest(0), Name::Right)
}

fn wrong(browser: usize) -> Op {
    Op::Exchange(browser, Code::Newest(0), Name::Others)
}

#[test]
fn the_later_of_two_passwords_at_once_is_in_the_audit_too() {
    made(&[ASK, Op::Relay(Accept), right(0), Op::SetAtOnce(0)]);
}

#[test]
fn what_a_new_password_revokes_is_in_the_audit_also_where_the_relay_is_just_asked() {
    let signed_in = Op::SignIn(0, 0, crate::op::Password::Current);
    let changing = [
        ASK,
        Op::Relay(Accept),
        signed_in,
        Op::ChangeAddress(0, true),
    ];
    let set = [right(1), Op::Set(1, true)];
    for verdict in [Accept, DeferRecipient, RefuseRecipient, Vanish] {
        made(&[&changing[..], &set, &[Op::Relay(verdict)]].concat());
    }
    for verdict in [Accept, DeferMessage, RefuseMessage, Vanish] {
        made(
            &[
                &changing[..],
                &[Op::Relay(Hold)],
                &set,
                &[Op::Relay(verdict)],
            ]
            .concat(),
        );
    }
}

#[test]
fn a_live_link_ends_with_the_lock() {
    // The third wrong username is typed in the session of a first link, while a second one lives.
    let again = Op::Exchange(0, Code::Empty, Name::Others);
    let first = [ASK, Op::Relay(Accept), wrong(0), Op::Pass(61)];
    made(&[&first[..], &[ASK, Op::Relay(Accept), again, again]].concat());
}

#[test]
fn a_link_that_was_replaced_lives_again_where_its_successor_was_refused() {
    let asked_again = [ASK, Op::Relay(Accept), Op::Pass(61), ASK];
    let refused = [Op::Relay(Hold), Op::Relay(RefuseMessage), right(0)];
    let first = Op::Exchange(0, Code::Ever(0), Name::Right);
    made(&[&asked_again[..], &refused, &[first, Op::Set(0, true)]].concat());
}

#[test]
fn a_crash_after_the_final_dot_leaves_one_link_the_newest() {
    let lost = [ASK, Op::Relay(Hold), Op::Crash, Op::Relay(Vanish)];
    made(&[&lost[..], &[Op::Retry, right(0), Op::Set(0, true)]].concat());
}

#[test]
fn wrong_usernames_count_across_links_and_lock() {
    let once = [ASK, Op::Relay(Accept), wrong(0), Op::Pass(1_260)];
    made(&[&once[..], &once, &once, &[ASK, Op::Unlock(0)]].concat());
}
