//! Reading `<local@domain>` out of MAIL and RCPT (RFC 5321 4.1.2).

/// Octets of a path with its brackets, at most (RFC 5321 4.5.3.1.3).
const MAX_PATH: usize = 256;

/// Splits `<path> parameters` into the address without brackets and what follows it; none where the brackets are missing.
///
/// A quoted local part may hold `>`; a source route (`@one,@two:`) is dropped, as RFC 5321 C says.
pub fn split_path(input: &str) -> Option<(&str, &str)> {
    // Spaces after the colon are an error that servers may tolerate (RFC 5321 4.1.1.2); people who type do it.
    let input = input.trim_start_matches(' ').strip_prefix('<')?;
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in input.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => {
                if at + 2 > MAX_PATH {
                    return None;
                }
                let rest = &input[at + 1..];
                let separated = rest.is_empty() || rest.starts_with(' ');
                return separated.then(|| (without_route(&input[..at]), rest));
            }
            _ => {}
        }
    }
    None
}

/// Whether this reads as `local@domain`; generous where the RFC's grammar is stricter than its servers.
pub fn is_mailbox(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    is_local(local) && is_domain(domain)
}

fn without_route(path: &str) -> &str {
    match path.split_once(':') {
        Some((route, mailbox)) if route.starts_with('@') => mailbox,
        _ => path,
    }
}

fn is_local(local: &str) -> bool {
    if local.len() >= 2 && local.starts_with('"') && local.ends_with('"') {
        return true;
    }
    !local.is_empty()
        && !local.contains([
            ' ', '<', '>', '(', ')', '[', ']', '\\', ',', ';', ':', '"', '@',
        ])
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[') {
        return literal.len() > 1
            && literal.ends_with(']')
            && literal[..literal.len() - 1]
                .chars()
                .all(|c| c.is_ascii_graphic() && c != ']');
    }
    !domain.is_empty()
        && domain
            .chars()
            .all(|c| c.is_alphanumeric() || !c.is_ascii() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split() {
        assert_eq!(split_path("<a@b.c>"), Some(("a@b.c", "")));
        assert_eq!(split_path(" <a@b.c> SIZE=3"), Some(("a@b.c", " SIZE=3")));
        assert_eq!(split_path("<>"), Some(("", "")));
        assert_eq!(split_path("<@x,@y:a@b.c>"), Some(("a@b.c", "")));
        assert_eq!(
            split_path(r#"<"a > \" b"@c> X"#),
            Some((r#""a > \" b"@c"#, " X"))
        );
    }

    #[test]
    fn other_things_are_not_paths() {
        for input in [
            "",
            "a@b.c",
            "<a@b.c",
            "<a@b.c>x",
            r#"<"a>@b"#,
            &format!("<{}@b>", "a".repeat(300)),
        ] {
            assert_eq!(split_path(input), None, "{input}");
        }
    }

    #[test]
    fn mailboxes() {
        for good in [
            "a@b",
            "a.b+c@example.org",
            "\"a b\"@c",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "ü@exämple.org",
        ] {
            assert!(is_mailbox(good), "{good}");
        }
        for bad in [
            "", "a", "@", "a@", "@b", "a b@c", "a@b c", "a@@b", "a@[", "a@[]", "a@b>c", "a,b@c",
            "\"@b",
        ] {
            assert!(!is_mailbox(bad), "{bad}");
        }
    }
}
