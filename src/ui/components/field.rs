//! One labelled input with its hint and its error, and what a form shows again after a refusal.

use leptos::prelude::*;

use crate::api::error::{ApiError, Field};
use crate::api::forms::{Fields, FormKind};
use crate::ui::components::MeterSetup;
use crate::ui::text;

/// What a form is rendered with: what was typed, and why it was refused.
#[derive(Debug, Clone, Default)]
pub struct FieldSet {
    pub typed: Fields,
    pub error: Option<ApiError>,
    /// Bound to the session in the cookie, where there is one.
    pub csrf: Option<String>,
}

impl FieldSet {
    /// After a refusal.
    pub fn refused(form: FormKind, fields: &Fields, error: ApiError) -> Self {
        Self {
            typed: fields.kept(form),
            error: Some(error),
            csrf: None,
        }
    }
}

/// How one input looks.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    pub field: Field,
    pub label: &'static str,
    pub hint: Option<&'static str>,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    /// Most characters that the input takes.
    pub max: usize,
}

impl Input {
    /// A username, in a form of its own account.
    pub const USERNAME: Self = Self {
        field: Field::Username,
        label: text::pages::USERNAME,
        hint: None,
        kind: "text",
        autocomplete: "username",
        max: 32,
    };

    /// An address.
    pub const EMAIL: Self = Self {
        field: Field::Email,
        label: text::pages::ADDRESS,
        hint: None,
        kind: "email",
        autocomplete: "email",
        max: 254,
    };

    /// A mailed code.
    pub const TOKEN: Self = Self {
        field: Field::Token,
        label: text::pages::CODE,
        hint: Some(text::pages::CODE_HINT),
        kind: "text",
        autocomplete: "one-time-code",
        max: 512,
    };

    /// The password of a sign-in.
    pub const PASSWORD: Self = Self {
        field: Field::Password,
        label: text::pages::PASSWORD,
        hint: None,
        kind: "password",
        autocomplete: "current-password",
        max: 1024,
    };

    /// A password to be.
    pub const NEW_PASSWORD: Self = Self {
        label: text::pages::NEW_PASSWORD,
        hint: Some(text::pages::NEW_PASSWORD_HINT),
        autocomplete: "new-password",
        ..Self::PASSWORD
    };

    /// The password as it is, asked again.
    pub const CURRENT_PASSWORD: Self = Self {
        field: Field::CurrentPassword,
        label: text::pages::CURRENT_PASSWORD,
        ..Self::PASSWORD
    };

    /// The input, with what was typed and what is wrong with it. `stem` keeps ids apart where two forms share a page.
    pub fn view(self, stem: &str, set: &FieldSet) -> impl IntoView + use<> {
        self.measured(stem, set, None)
    }

    /// The input of a new password, with what its meter needs.
    pub fn measured(
        self,
        stem: &str,
        set: &FieldSet,
        meter: Option<MeterSetup>,
    ) -> impl IntoView + use<> {
        let name = self.field.name();
        let id = format!("{stem}{name}");
        let reason = set.error.as_ref().and_then(|error| error.of(self.field));
        let wrong = reason.map(|reason| text::reason(self.field, reason));
        let value = match self.kind {
            "password" => String::new(),
            _ => set.typed.get(self.field).to_owned(),
        };
        // The least length is said before anything is typed.
        let least = meter
            .as_ref()
            .map(|meter| text::pages::least(meter.min_length));
        let hint = self
            .hint
            .map(|hint| format!("{}{hint}", least.unwrap_or_default()));
        let hint_id = hint.as_ref().map(|_| format!("{id}-hint"));
        let error_id = format!("{id}-error");
        let described = match &hint_id {
            Some(hint) => format!("{hint} {error_id}"),
            None => error_id.clone(),
        };
        let (worker, policy, site) = match meter {
            Some(meter) => (Some(meter.worker), Some(meter.policy), Some(meter.site)),
            None => (None, None, None),
        };
        let fine = wrong.is_none();
        let invalid = (!fine).then_some("true");
        view! {
            <label for=id.clone()>{self.label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <p class="error" id=error_id hidden=fine>
                {wrong}
            </p>
            <input
                id=id
                name=name
                type=self.kind
                value=value
                autocomplete=self.autocomplete
                maxlength=self.max.to_string()
                required
                spellcheck="false"
                autocapitalize="none"
                aria-describedby=described
                aria-invalid=invalid
                data-worker=worker
                data-policy=policy
                data-site=site
            />
        }
    }
}

/// Whose password a form sets: for password managers, and for the meter.
pub fn owner(username: String) -> impl IntoView {
    view! {
        <input
            class="visually-hidden"
            type="text"
            id="username"
            value=username
            autocomplete="username"
            tabindex="-1"
            readonly
            aria-hidden="true"
        />
    }
}

/// The hidden field that binds a form to the session.
pub fn csrf(set: &FieldSet) -> Option<impl IntoView + use<>> {
    let csrf = set.csrf.clone()?;
    Some(view! { <input type="hidden" name="csrf" value=csrf /> })
}
