//! From a request to a page: gathers what the page shows and renders it, after a refusal with the errors and what was typed.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::IntoView;
use time::OffsetDateTime;
use time::macros::format_description;

use super::bridge::retry_after;
use super::cookies::Change;
use super::state::Visit;
use crate::api::error::ApiError;
use crate::api::forms::{Fields, FormKind};
use crate::domain::time::Timestamp;
use crate::server::accounts::{demo, sessions};
use crate::server::failure::Failure;
use crate::server::recovery::password;
use crate::ui::components::{FieldSet, MeterSetup};
use crate::ui::pages::account::{Account, Device};
use crate::ui::pages::{account, forgot, home, message, not_me, reset, sign_in, sign_up};
use crate::ui::shell::{self, Page, Script};
use crate::ui::text;
use crate::ui::text::pages as words;

/// What a form's page is shown with.
#[derive(Debug, Default)]
pub struct Shown {
    /// What was typed and why it was refused.
    pub refused: Option<(Fields, ApiError)>,
    /// Changes to the cookies that go out with the page.
    pub cookies: Vec<Change>,
    /// The key of what was done elsewhere.
    pub note: Option<String>,
}

/// The start page.
pub fn home_page(visit: &Visit) -> Response {
    let demo = visit.app.demo.then_some(home::Demo {
        username: demo::USERNAME,
        address: demo::EMAIL,
        password: demo::PASSWORD,
    });
    let mailbox = visit.app.mailbox.is_some();
    page(visit, words::home::TITLE, Script::None, None, || {
        home::home(demo, mailbox)
    })
}

/// A page that only says something.
pub fn said(
    visit: &Visit,
    title: &'static str,
    sentence: String,
    link: Option<(&str, &'static str)>,
) -> Response {
    page(visit, title, Script::None, None, || {
        message::message(title, sentence, link)
    })
}

/// The page after asking for a reset.
pub fn sent_page(visit: &Visit, reference: String) -> Response {
    let config = &visit.service().config;
    let sent = forgot::Sent {
        reference,
        from: config.mail.from.clone(),
        lifetime: config.reset.token_lifetime.as_secs(),
    };
    page(visit, words::forgot::SENT_TITLE, Script::None, None, || {
        forgot::sent(sent)
    })
}

/// An error that belongs to no form.
pub fn error_page(visit: &Visit, error: &ApiError) -> Response {
    let (title, link) = match error {
        ApiError::NotFound => ("Page not found", ("/", words::HOME)),
        ApiError::ResetOver | ApiError::ResetLocked => {
            (words::reset::OVER_TITLE, ("/forgot", words::forgot::TITLE))
        }
        _ => (words::THERE_IS_A_PROBLEM, ("/", words::HOME)),
    };
    let response = said(visit, title, text::error(error), Some(link));
    with_error(response, error)
}

/// A form's page, fresh or after a refusal.
pub async fn form_page(visit: &Visit, form: FormKind, shown: Shown) -> Response {
    let error = shown.refused.as_ref().map(|(_, error)| error.clone());
    let mut cookies = shown.cookies.clone();
    let mut response = match gather(visit, form, shown).await.map_err(Failure::into_api) {
        Ok(response) => response,
        // Why its page cannot be shown matters less than that the form may have been done.
        Err(why) => match (&error, why) {
            (Some(unsure @ ApiError::Unsure { .. }), _) => error_page(visit, unsure),
            // The session is over, and so is the page that needs it.
            (_, ApiError::SignedOut) => {
                cookies.push(Change::CloseSession);
                to("/sign-in")
            }
            (_, why) => error_page(visit, &why),
        },
    };
    if let Some(error) = &error {
        response = with_error(response, error);
    }
    set_cookies(visit, &mut response, &cookies);
    response
}

async fn gather(visit: &Visit, form: FormKind, shown: Shown) -> Result<Response, Failure> {
    let service = visit.service();
    let mode = service.config.reset.identifier;
    let note = shown.note.as_deref().and_then(words::note);
    let opened = shown.cookies.iter().find_map(|change| match change {
        Change::OpenReset(token, _) => Some(token.clone()),
        _ => None,
    });
    let set = match &shown.refused {
        Some((fields, error)) => FieldSet::refused(form, fields, error.clone()),
        None => FieldSet::default(),
    };
    let meter = || MeterSetup {
        worker: visit.app.look.assets.worker.clone(),
        policy: serde_json::to_string(&service.judge.policy()).unwrap_or_default(),
        site: service.config.site.name.clone(),
        min_length: service.judge.policy().min_length,
    };
    Ok(match form {
        FormKind::Forgot => page(visit, words::forgot::TITLE, Script::Islands, note, || {
            forgot::forgot(mode, set)
        }),
        FormKind::Exchange => {
            if let Some(error @ (ApiError::ResetOver | ApiError::ResetLocked)) = &set.error {
                return Ok(error_page(visit, error));
            }
            // Only after a POST that went on with a session: the page that is opened is the same for everybody.
            let username_wrong = set
                .error
                .as_ref()
                .is_some_and(|e| e.of(crate::api::error::Field::Username).is_some());
            let session = opened
                .or_else(|| visit.reset.clone())
                .filter(|_| username_wrong);
            let csrf = session.map(|token| token.derive("reset"));
            let set = FieldSet { csrf, ..set };
            page(visit, words::reset::TITLE, Script::Fragment, note, || {
                reset::exchange(set)
            })
        }
        FormKind::SetPassword => {
            let cookie = visit.reset.as_ref().ok_or(ApiError::ResetOver)?;
            let account = password::standing(service, cookie).await?;
            let set = FieldSet {
                csrf: Some(cookie.derive("reset")),
                ..set
            };
            let title = words::reset::PASSWORD_TITLE;
            page(visit, title, Script::Islands, note, || {
                reset::password(account.username, set, meter())
            })
        }
        FormKind::SignUp => {
            if !service.config.sign_up.enabled {
                return Err(ApiError::NotFound.into());
            }
            page(visit, words::sign_up::TITLE, Script::Islands, note, || {
                sign_up::sign_up(set)
            })
        }
        FormKind::Verify => {
            let title = words::sign_up::VERIFY_TITLE;
            page(visit, title, Script::Fragment, note, || {
                sign_up::verify(set, meter())
            })
        }
        FormKind::SignIn => page(visit, words::sign_in::TITLE, Script::Islands, note, || {
            sign_in::sign_in(mode, set)
        }),
        FormKind::SignOut => {
            let csrf = visit.session.as_ref().map(|token| token.derive("session"));
            let set = FieldSet { csrf, ..set };
            page(
                visit,
                words::sign_in::OUT_TITLE,
                Script::Islands,
                note,
                || sign_in::sign_out(set),
            )
        }
        FormKind::NotMe => page(visit, words::not_me::TITLE, Script::Fragment, note, || {
            not_me::not_me(set)
        }),
        FormKind::VerifyAddress => {
            let title = words::account::VERIFY_TITLE;
            page(visit, title, Script::Fragment, note, || {
                not_me::verify_address(set)
            })
        }
        FormKind::ChangePassword | FormKind::ChangeAddress | FormKind::EndOthers => {
            let refused = set.error.is_some().then_some((form, set));
            let account = account_model(visit, refused, meter()).await?;
            let visit = &visit.as_operator(account.operator);
            page(visit, words::ACCOUNT, Script::Islands, note, || {
                account::account(account)
            })
        }
    })
}

async fn account_model(
    visit: &Visit,
    refused: Option<(FormKind, FieldSet)>,
    meter: MeterSetup,
) -> Result<Account, Failure> {
    let cookie = visit.session.as_ref().ok_or(ApiError::SignedOut)?;
    let account = sessions::authenticate(visit.service(), cookie).await?;
    let sessions = sessions::list(visit.service(), &account, cookie).await?;
    let device = |shown: sessions::Shown| Device {
        browser: shown.session.user_agent.as_deref().map(browser),
        client: shown.session.client,
        since: moment(shown.session.created_at),
        last_used: moment(shown.session.last_used_at),
        current: shown.current,
    };
    Ok(Account {
        operator: account.operator,
        username: account.username,
        address: account.email,
        devices: sessions.into_iter().map(device).collect(),
        csrf: cookie.derive("session"),
        meter,
        refused,
    })
}

/// What a browser calls itself, in two words where they can be told.
fn browser(agent: &str) -> String {
    let pick = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let program = pick(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = pick(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.chars().take(60).collect(),
    }
}

fn moment(at: Timestamp) -> String {
    let format =
        format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC");
    OffsetDateTime::from_unix_timestamp(at.millis() / 1000)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}

/// Renders a page.
pub fn page<V: IntoView>(
    visit: &Visit,
    title: &str,
    script: Script,
    note: Option<&str>,
    body: impl FnOnce() -> V,
) -> Response {
    let page = Page {
        title,
        look: &visit.app.look,
        nonce: &visit.nonce,
        script,
        // A page that a mailed link opens is the same for everybody.
        signed_in: visit.session.is_some() && script != Script::Fragment,
        operator: visit.operator,
        note,
    };
    Html(shell::document(&page, body)).into_response()
}

/// 303 See Other: a page that is loaded again does not submit again.
pub fn to(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(value) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// Sends the cookies' changes along.
pub fn set_cookies(visit: &Visit, response: &mut Response, changes: &[Change]) {
    for change in changes {
        if let Some(value) = visit.app.cookies.header(change) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

fn with_error(mut response: Response, error: &ApiError) -> Response {
    if response.status() == StatusCode::OK {
        *response.status_mut() =
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    }
    if let Some(value) = retry_after(error) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    if *error == ApiError::TooLarge {
        // The rest of the body is not read: the connection is of no more use.
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
