//! What each form does: the one way that both a plain POST and the server function take to the use cases.

use super::cookies::Change;
use super::fields;
use super::state::Visit;
use crate::api::error::ApiError;
use crate::api::forms::{Fields, FormKind};
use crate::server::accounts::{
    address, password as account_password, sessions, sign_in, sign_up, verify,
};
use crate::server::failure::Failure;
use crate::server::recovery::{exchange, not_me, password, request};
use crate::server::secrets::{Secret, Token, same};
use crate::server::store::Account;

/// What a form came to: where to go or what is wrong, and what happens to the cookies in either case.
#[derive(Debug)]
pub struct Acted {
    pub cookies: Vec<Change>,
    pub outcome: Result<String, ApiError>,
}

type Outcome = Result<String, Failure>;

/// Does what a form asks for.
pub async fn act(visit: &Visit, form: FormKind, fields: &Fields) -> Acted {
    let mut cookies = Vec::new();
    let outcome = match fields::check(fields) {
        Ok(()) => dispatch(visit, form, fields, &mut cookies)
            .await
            .map_err(Failure::into_api),
        Err(error) => Err(error),
    };
    match &outcome {
        Err(ApiError::SignedOut) if visit.session.is_some() => cookies.push(Change::CloseSession),
        Err(ApiError::ResetOver | ApiError::ResetLocked) => cookies.push(Change::CloseReset),
        _ => {}
    }
    Acted { cookies, outcome }
}

async fn dispatch(
    visit: &Visit,
    form: FormKind,
    fields: &Fields,
    cookies: &mut Vec<Change>,
) -> Outcome {
    let service = visit.service();
    let caller = &visit.caller;
    let secret = |text: &str| Secret::new(text.to_owned());
    match form {
        FormKind::Forgot => {
            let reference = request::request(service, caller, &fields.username).await?;
            Ok(format!("/forgot/sent?reference={reference}"))
        }
        FormKind::Exchange => exchanged(visit, fields, cookies).await,
        FormKind::SetPassword => {
            let cookie = visit.reset.as_ref().ok_or(ApiError::ResetOver)?;
            bound(cookie, "reset", fields)?;
            password::set(service, caller, cookie, secret(&fields.password)).await?;
            cookies.extend([Change::CloseReset, Change::CloseSession]);
            Ok("/reset/done".to_owned())
        }
        FormKind::SignUp => {
            sign_up::request(service, caller, &fields.email).await?;
            Ok("/sign-up/sent".to_owned())
        }
        FormKind::Verify => {
            let chosen = secret(&fields.password);
            verify::create(service, caller, &fields.token, &fields.username, chosen).await?;
            Ok("/sign-in?note=created".to_owned())
        }
        FormKind::SignIn => {
            let old = visit.session.as_ref();
            let typed = secret(&fields.password);
            let session = sign_in::sign_in(service, caller, &fields.username, typed, old).await?;
            cookies.push(Change::OpenSession(
                session,
                service.config.session.absolute,
            ));
            Ok("/account".to_owned())
        }
        FormKind::SignOut => {
            if let Some(cookie) = &visit.session {
                bound(cookie, "session", fields)?;
                sessions::sign_out(service, caller, cookie).await?;
            }
            cookies.push(Change::CloseSession);
            Ok("/sign-in?note=signed-out".to_owned())
        }
        FormKind::ChangePassword => {
            let (account, cookie) = signed_in(visit, fields).await?;
            let (current, new) = (secret(&fields.current_password), secret(&fields.password));
            account_password::change(service, caller, &account, cookie, current, new).await?;
            Ok("/account?note=password".to_owned())
        }
        FormKind::ChangeAddress => {
            let (account, cookie) = signed_in(visit, fields).await?;
            let current = secret(&fields.current_password);
            address::request(service, caller, &account, cookie, current, &fields.email).await?;
            Ok("/account?note=address-mailed".to_owned())
        }
        FormKind::EndOthers => {
            let (account, cookie) = signed_in(visit, fields).await?;
            sessions::end_others(service, caller, &account, cookie).await?;
            Ok("/account?note=others".to_owned())
        }
        FormKind::VerifyAddress => {
            address::verify(service, caller, &fields.token, &fields.username).await?;
            let page = if visit.session.is_some() {
                "/account"
            } else {
                "/sign-in"
            };
            Ok(format!("{page}?note=address"))
        }
        FormKind::NotMe => {
            not_me::freeze(service, caller, &fields.token, &fields.username).await?;
            cookies.push(Change::CloseSession);
            Ok("/not-me/done".to_owned())
        }
    }
}

async fn exchanged(visit: &Visit, fields: &Fields, cookies: &mut Vec<Change>) -> Outcome {
    let cookie = visit.reset.as_ref();
    let submitted = exchange::Submitted {
        cookie,
        csrf: cookie.is_some_and(|cookie| bound(cookie, "reset", fields).is_ok()),
        token: &fields.token,
        username: &fields.username,
    };
    let done = exchange::exchange(visit.service(), &visit.caller, submitted).await?;
    if let Some(token) = done.opened {
        let life = visit.service().config.reset.session_lifetime;
        cookies.push(Change::OpenReset(token, life));
    }
    done.outcome?;
    Ok("/reset/password".to_owned())
}

/// Whose account page it is, for a form that is bound to the session.
async fn signed_in<'a>(visit: &'a Visit, fields: &Fields) -> Result<(Account, &'a Token), Failure> {
    let cookie = visit.session.as_ref().ok_or(ApiError::SignedOut)?;
    let account = sessions::authenticate(visit.service(), cookie).await?;
    bound(cookie, "session", fields)?;
    Ok((account, cookie))
}

/// The CSRF token is bound to the session's cookie (the second seed's CSRF rule).
fn bound(cookie: &Token, purpose: &str, fields: &Fields) -> Result<(), ApiError> {
    let expected = cookie.derive(purpose);
    if same(&fields.csrf, &expected) {
        Ok(())
    } else {
        Err(ApiError::Forbidden)
    }
}
