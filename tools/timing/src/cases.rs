//! What is compared: for each case two requests that must be answered alike, and in the same time.

use crate::people::People;
use crate::wire::Post;

/// What happens between two measured requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Nothing: the request starts no work.
    AtOnce,
    /// The worker finishes with the mail that the request asked for.
    Quiet,
    /// The pair's own request is not measured; the same harmless one at its heels is: what the worker does must not show there either.
    NextOne,
}

/// One comparison.
pub struct Case {
    pub name: &'static str,
    /// The two classes; the first is the one that might betray itself.
    pub classes: [&'static str; 2],
    pub pace: Pace,
    /// The requests of the pair of that number, below the count of pairs.
    pub posts: fn(&People, usize, usize) -> [Post; 2],
}

fn forgot(name: &str) -> Post {
    Post {
        path: "/forgot",
        fields: vec![("username", name.to_owned())],
    }
}

fn sign_in(name: &str) -> Post {
    let password = "not the right one at all".replace(' ', "+");
    Post {
        path: "/sign-in",
        fields: vec![("username", name.to_owned()), ("password", password)],
    }
}

fn exchange(token: &str, name: &str) -> Post {
    Post {
        path: "/reset",
        fields: vec![("token", token.to_owned()), ("username", name.to_owned())],
    }
}

fn sign_up(name: &str) -> Post {
    Post {
        path: "/sign-up",
        fields: vec![("email", format!("{name}@example.net"))],
    }
}

/// All of them, in the order in which they are run: what a case uses up, no later one needs.
pub fn all() -> Vec<Case> {
    let case = |name, classes, pace, posts| Case {
        name,
        classes,
        pace,
        posts,
    };
    vec![
        case(
            "reset: a wrong username",
            ["another's", "nobody's"],
            Pace::AtOnce,
            |people, n, pairs| {
                [
                    exchange(people.live(n), people.member(pairs + n)),
                    exchange(people.live(pairs + n), people.nobody(n)),
                ]
            },
        ),
        case(
            "reset: a dead token",
            ["burnt", "never was"],
            Pace::AtOnce,
            |people, n, _| {
                [
                    exchange(people.burnt(n), people.member(n)),
                    exchange(people.never(n), people.member(n)),
                ]
            },
        ),
        case(
            "sign-in: a wrong password",
            ["known", "unknown"],
            Pace::AtOnce,
            |people, n, _| [sign_in(people.member(n)), sign_in(people.nobody(n))],
        ),
        case(
            "sign-in: a wrong password",
            ["locked", "unknown"],
            Pace::AtOnce,
            |people, n, _| {
                [
                    sign_in(people.locked(n)),
                    sign_in(people.recurring_nobody(n)),
                ]
            },
        ),
        case(
            "sign-in: a wrong password",
            ["frozen", "unknown"],
            Pace::AtOnce,
            |people, n, _| {
                [
                    sign_in(people.frozen(n)),
                    sign_in(people.recurring_nobody(n)),
                ]
            },
        ),
        case(
            "forgot",
            ["locked", "unknown"],
            Pace::Quiet,
            |people, n, _| [forgot(people.locked(n)), forgot(people.recurring_nobody(n))],
        ),
        case(
            "forgot",
            ["frozen", "unknown"],
            Pace::Quiet,
            |people, n, _| [forgot(people.frozen(n)), forgot(people.recurring_nobody(n))],
        ),
        case(
            "forgot",
            ["operator", "unknown"],
            Pace::Quiet,
            |people, n, _| {
                [
                    forgot(people.operator(n)),
                    forgot(people.recurring_nobody(n)),
                ]
            },
        ),
        case(
            "sign-up",
            ["known", "unknown"],
            Pace::Quiet,
            |people, n, pairs| {
                [
                    sign_up(people.member(2 * pairs + n)),
                    sign_up(people.nobody(n)),
                ]
            },
        ),
        case(
            "forgot",
            ["known", "unknown"],
            Pace::Quiet,
            |people, n, _| [forgot(people.member(n)), forgot(people.nobody(n))],
        ),
        case(
            "the request after a forgot",
            ["known", "unknown"],
            Pace::NextOne,
            |people, n, pairs| {
                [
                    forgot(people.member(pairs + n)),
                    forgot(people.nobody(pairs + n)),
                ]
            },
        ),
    ]
}
