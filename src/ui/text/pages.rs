//! The pages' own sentences: titles, leads, labels, hints and buttons.

pub const SKIP: &str = "Skip to content";
pub const HOME: &str = "Home";
pub const SIGN_IN: &str = "Sign in";
pub const SIGN_UP: &str = "Sign up";
pub const SIGN_OUT: &str = "Sign out";
pub const ACCOUNT: &str = "Your account";
pub const CONSOLE: &str = "Console";
pub const HELP: &str = "Help";
pub const THERE_IS_A_PROBLEM: &str = "There is a problem";

pub const USERNAME: &str = "Username";
pub const USERNAME_OR_ADDRESS: &str = "Username or email address";
pub const ADDRESS: &str = "Email address";
pub const NEW_ADDRESS: &str = "New email address";
pub const CODE: &str = "Code from the mail";
pub const CODE_HINT: &str = "43 characters. Paste the code, or the whole link.";
pub const CODE_TAKEN: &str = "Your link brought its code along.";
pub const PASSWORD: &str = "Password";
pub const NEW_PASSWORD: &str = "New password";
/// The first half of a new password's hint.
pub fn least(length: usize) -> String {
    format!("At least {length} characters. ")
}

pub const NEW_PASSWORD_HINT: &str = "Long beats complicated: four or five random words do well.";
pub const CURRENT_PASSWORD: &str = "Current password";
pub const SHOW: &str = "Show";
pub const HIDE: &str = "Hide";
pub const LINK_OLD: &str = "This link is too old.";
pub const ASK_AGAIN: &str = "Ask for a new link";

pub mod home {
    pub const TITLE: &str = "Back into your account";
    pub const LEAD: &str =
        "Forgot your password? We mail you a link that lets you choose a new one.";
    pub const FORGOT: &str = "I forgot my password";
    pub const DEMO_TITLE: &str = "Try it: this is a development server";
    pub const DEMO_ACCOUNT: &str = "There is a demo account:";
    pub const DEMO_USERNAME: &str = "Username";
    pub const DEMO_ADDRESS: &str = "Address";
    pub const DEMO_PASSWORD: &str = "Password";
    pub const DEMO_STEPS: [&str; 3] = [
        "Say that you forgot its password.",
        "Open the mail in the sandbox mailbox and follow its link.",
        "Type the username, choose a new password, sign in.",
    ];
    pub const MAILBOX: &str = "Open the sandbox mailbox";
}

pub mod forgot {
    pub const TITLE: &str = "Forgot your password?";
    pub const LEAD: &str = "Tell us who you are. If the account exists, a mail with a link is on its way within a minute.";
    pub const BUTTON: &str = "Send me a link";
    pub const SENT_TITLE: &str = "Look into your mailbox";
    pub const SENT: &str = "If that account exists, we are mailing it a link and a code now.";
    pub const REFERENCE: &str = "Your request";
    pub const REFERENCE_HINT: &str =
        "The mail carries the same reference. Support finds your request by it.";
    pub const FROM: &str = "The mail comes from";
    pub const SPAM: &str =
        "Not there after a few minutes? Look into the spam folder, and check what you typed.";
    pub const WORKS_FOR: &str = "The link works for";
    pub const AGAIN: &str =
        "Ask again after a minute, not sooner: mails to one account keep that distance.";
    pub const ONCE_MORE: &str = "Ask again";
}

pub mod reset {
    pub const TITLE: &str = "Choose a new password";
    pub const LEAD: &str = "First, type your username. The mail does not name it, so that the mail alone opens nothing.";
    pub const BUTTON: &str = "Continue";
    pub const ONCE: &str = "The link works once, in this browser, for one change.";
    pub const PASSWORD_TITLE: &str = "Your new password";
    pub const PASSWORD_LEAD: &str =
        "You proved that the account is yours. Choose a password that you use nowhere else.";
    pub const PASSWORD_BUTTON: &str = "Save the new password";
    pub const DONE_TITLE: &str = "Your password is changed";
    pub const DONE: &str = "Every device is signed out, and a mail confirms the change. A second one follows later, in case somebody else reads your mail.";
    pub const OVER_TITLE: &str = "This reset is over";
}

pub mod sign_up {
    pub const TITLE: &str = "Sign up";
    pub const LEAD: &str = "Start with your address. The link that we mail you opens the rest.";
    pub const BUTTON: &str = "Mail me the link";
    pub const SENT_TITLE: &str = "Look into your mailbox";
    pub const SENT: &str = "We are mailing you a link. Whoever has an account with that address already gets a mail that says so.";
    pub const VERIFY_TITLE: &str = "Finish signing up";
    pub const VERIFY_LEAD: &str =
        "Your address is proved by the link. Choose a username and a password.";
    pub const VERIFY_BUTTON: &str = "Make my account";
    pub const USERNAME_HINT: &str = "3 to 32 characters: a to z, digits, dots, hyphens, underscores. Keep it to yourself: a reset asks for it.";
}

pub mod sign_in {
    pub const TITLE: &str = "Sign in";
    pub const BUTTON: &str = "Sign in";
    pub const FORGOT: &str = "Forgot your password?";
    pub const OUT_TITLE: &str = "Sign out";
    pub const OUT_LEAD: &str = "Sign out of this browser?";
}

pub mod account {
    pub const SIGNED_IN_AS: &str = "Signed in as";
    pub const OPERATOR: &str = "You are an operator.";
    pub const CONSOLE: &str = "Open the console";
    pub const SESSIONS: &str = "Where you are signed in";
    pub const THIS_ONE: &str = "this browser";
    pub const LAST_USED: &str = "last used";
    pub const SINCE: &str = "since";
    pub const UNKNOWN_BROWSER: &str = "Unknown browser";
    pub const END_OTHERS: &str = "Sign out everywhere else";
    pub const PASSWORD: &str = "Change your password";
    pub const PASSWORD_BUTTON: &str = "Change the password";
    pub const ADDRESS: &str = "Change your address";
    pub const ADDRESS_LEAD: &str = "Your address is";
    pub const ADDRESS_HINT: &str =
        "The new one counts once you follow the link that we mail there.";
    pub const ADDRESS_BUTTON: &str = "Mail a link to the new address";
    pub const VERIFY_TITLE: &str = "Confirm your new address";
    pub const VERIFY_LEAD: &str = "Type your username to make the address count.";
    pub const VERIFY_BUTTON: &str = "Confirm the address";
}

pub mod not_me {
    pub const TITLE: &str = "This was not me";
    pub const LEAD: &str = "If you did not make the change that our mail speaks of, freeze the account: nobody can sign in or reset it until support has talked to you.";
    pub const BUTTON: &str = "Freeze my account";
    pub const SUPPORT: &str = "Talk to support";
    pub const DONE_TITLE: &str = "Your account is frozen";
    pub const DONE: &str = "Everybody is signed out, and nobody can sign in or reset the password. Talk to support to take the account up again.";
}

/// What a page says after something was done elsewhere; the key is in the address, the words are here.
pub fn note(key: &str) -> Option<&'static str> {
    Some(match key {
        "created" => "Your account is made. Sign in with it now.",
        "signed-out" => "You are signed out.",
        "password" => "Your password is changed, and every other device is signed out.",
        "address-mailed" => "We mailed a link to the new address. It counts once you follow it.",
        "address" => "Your new address counts from now on. The old one got a mail about it.",
        "others" => "Every other device is signed out.",
        _ => return None,
    })
}
