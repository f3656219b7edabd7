//! A form as a browser without JavaScript submits it, read strictly: bounded, UTF-8, each field once.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};

use crate::api::error::ApiError;
use crate::api::forms::Fields;

/// Reads a form. Fields that no form of ours has are passed over, as WHATWG forms may carry them.
///
/// # Errors
/// [`ApiError::Malformed`] for another content type, broken escapes, a field that comes twice, NUL, or text that is not UTF-8.
pub fn parse(headers: &HeaderMap, body: &Bytes) -> Result<Fields, ApiError> {
    let mut fields = Fields::default();
    let mut seen = Vec::new();
    for (name, value) in pairs(headers, body)? {
        let Some(field) = fields.get_mut(&name) else {
            continue;
        };
        if seen.contains(&name) {
            return Err(ApiError::Malformed);
        }
        *field = value;
        seen.push(name);
    }
    check(&fields)?;
    Ok(fields)
}

/// All names and values of a form, in order.
///
/// # Errors
/// [`ApiError::Malformed`] for another content type, broken escapes, or text that is not UTF-8.
pub fn pairs(headers: &HeaderMap, body: &Bytes) -> Result<Vec<(String, String)>, ApiError> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default()
        .trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(ApiError::Malformed);
    }
    let written = body
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    let read = |pair: &[u8]| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        Ok((name, decode(halves.next().unwrap_or_default())?))
    };
    written.map(read).collect()
}

/// What holds for the fields of both ways in.
///
/// # Errors
/// [`ApiError::Malformed`] for NUL anywhere.
pub fn check(fields: &Fields) -> Result<(), ApiError> {
    let all = [
        &fields.username,
        &fields.email,
        &fields.token,
        &fields.password,
        &fields.current_password,
        &fields.csrf,
    ];
    if all.iter().any(|text| text.contains('\0')) {
        Err(ApiError::Malformed)
    } else {
        Ok(())
    }
}

/// application/x-www-form-urlencoded, strictly: the lenient readers put U+FFFD where bytes are not UTF-8.
fn decode(text: &[u8]) -> Result<String, ApiError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16));
                match (digit(rest.next()), digit(rest.next())) {
                    (Some(high), Some(low)) => u8::try_from(high * 16 + low).unwrap_or_default(),
                    _ => return Err(ApiError::Malformed),
                }
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).map_err(|_| ApiError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &'static str) -> Result<Fields, ApiError> {
        let mut headers = HeaderMap::new();
        let kind = "application/x-www-form-urlencoded; charset=utf-8"
            .parse()
            .unwrap();
        headers.insert(header::CONTENT_TYPE, kind);
        parse(&headers, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn forms_are_read_as_browsers_write_them() {
        let fields = form("username=Al+ice%2B&password=%C3%A9&submit=Go&token").unwrap();
        assert_eq!(fields.username, "Al ice+");
        assert_eq!(fields.password, "é");
        assert_eq!(fields.token, "");
    }

    #[test]
    fn t3_m1_twice_broken_and_foreign_forms_are_refused() {
        for body in [
            "username=a&username=b",
            "username=%ff",
            "username=%0",
            "username=%zz",
            "token=a%00b",
        ] {
            assert_eq!(form(body), Err(ApiError::Malformed), "{body}");
        }
        let json = parse(&HeaderMap::new(), &Bytes::from_static(b"{}"));
        assert_eq!(json, Err(ApiError::Malformed));
        assert_eq!(form("token[]=a&username[$gt]=").unwrap(), Fields::default());
    }
}
