//! The forms: which there are, what they carry, and the one server function that the islands submit them with.

use std::fmt;

use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

use super::error::{Field, Refused};

/// Every form. Its path takes the POST of a browser without JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    Forgot,
    Exchange,
    SetPassword,
    SignUp,
    Verify,
    SignIn,
    SignOut,
    ChangePassword,
    ChangeAddress,
    EndOthers,
    VerifyAddress,
    NotMe,
}

impl FormKind {
    /// Every form.
    pub const ALL: [Self; 12] = [
        Self::Forgot,
        Self::Exchange,
        Self::SetPassword,
        Self::SignUp,
        Self::Verify,
        Self::SignIn,
        Self::SignOut,
        Self::ChangePassword,
        Self::ChangeAddress,
        Self::EndOthers,
        Self::VerifyAddress,
        Self::NotMe,
    ];

    /// The form that is posted to that path.
    pub fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.path() == path)
    }

    /// Where it is posted to.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Forgot => "/forgot",
            Self::Exchange => "/reset",
            Self::SetPassword => "/reset/password",
            Self::SignUp => "/sign-up",
            Self::Verify => "/verify",
            Self::SignIn => "/sign-in",
            Self::SignOut => "/sign-out",
            Self::ChangePassword => "/account/password",
            Self::ChangeAddress => "/account/address",
            Self::EndOthers => "/account/sessions",
            Self::VerifyAddress => "/account/verify-address",
            Self::NotMe => "/not-me",
        }
    }
}

/// What a form carries; absent fields are empty. Does not print: some of it is secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    pub username: String,
    pub email: String,
    pub token: String,
    pub password: String,
    pub current_password: String,
    /// Bound to the session in the cookie, where there is one.
    pub csrf: String,
}

impl Fields {
    /// The text of one field.
    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Username => &self.username,
            Field::Email => &self.email,
            Field::Token => &self.token,
            Field::Password => &self.password,
            Field::CurrentPassword => &self.current_password,
        }
    }

    /// The text of the input of that name; `None` for names that no form has.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "username" => &mut self.username,
            "email" => &mut self.email,
            "token" => &mut self.token,
            "password" => &mut self.password,
            "current_password" => &mut self.current_password,
            "csrf" => &mut self.csrf,
            _ => return None,
        })
    }

    /// What may be shown again after an error: never a password, and a token only where it is still good.
    pub fn kept(&self, form: FormKind) -> Self {
        let reusable = !matches!(form, FormKind::Exchange);
        Self {
            username: self.username.clone(),
            email: self.email.clone(),
            token: if reusable {
                self.token.clone()
            } else {
                String::new()
            },
            ..Self::default()
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields(..)")
    }
}

/// Where the browser goes when a form was accepted: a path of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    pub go: String,
}

/// Submits a form without a page load: the same use case as the form's own path. In Postcard, as reading JSON would cost every
/// first visit 15 kB.
#[server(prefix = "/api", endpoint = "submit", input = Postcard, output = Postcard)]
pub async fn submit(form: FormKind, fields: Fields) -> Result<Next, Refused> {
    crate::server::http::bridge::submit(form, fields).await
}
