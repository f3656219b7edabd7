//! Suggests the setting that was meant.

/// Ends an error about the unknown `key`: the nearest of `known`, or what its section has.
pub(super) fn hint(key: &str, known: &[&str], write: impl Fn(&str) -> String) -> String {
    let by_distance = known
        .iter()
        .map(|known| (distance(key, known), *known))
        .min();
    if let Some((steps, nearest)) = by_distance
        && steps <= nearest.len() / 4 + 1
    {
        return format!("; did you mean {}?", write(nearest));
    }
    let name = key.rsplit('.').next().unwrap_or(key);
    if let Some(same) = known
        .iter()
        .find(|known| known.rsplit('.').next() == Some(name))
    {
        return format!("; did you mean {}?", write(same));
    }
    let prefix = key
        .split_once('.')
        .map_or(String::new(), |(section, _)| format!("{section}."));
    let siblings: Vec<_> = known
        .iter()
        .filter(|known| known.starts_with(&prefix))
        .collect();
    if prefix.is_empty() || siblings.is_empty() {
        let mut sections: Vec<_> = known
            .iter()
            .filter_map(|known| known.split_once('.'))
            .map(|(name, _)| name)
            .collect();
        sections.dedup();
        return format!("; the sections are {}", sections.join(", "));
    }
    let siblings: Vec<_> = siblings
        .into_iter()
        .map(|sibling| &sibling[prefix.len()..])
        .collect();
    format!(
        "; [{}] has {}",
        prefix.trim_end_matches('.'),
        siblings.join(", ")
    )
}

/// Levenshtein's distance: insertions, deletions and substitutions.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = [
        "env",
        "site.listen",
        "site.public_url",
        "reset.token_lifetime",
    ];

    fn hint_for(key: &str) -> String {
        hint(key, &KNOWN, str::to_owned)
    }

    #[test]
    fn distances_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn slips_and_wrong_sections_find_the_key() {
        assert_eq!(hint_for("site.listem"), "; did you mean site.listen?");
        assert_eq!(
            hint_for("smtp.token_lifetime"),
            "; did you mean reset.token_lifetime?"
        );
        assert_eq!(
            hint_for("site.colour_scheme"),
            "; [site] has listen, public_url"
        );
        assert_eq!(hint_for("quux"), "; the sections are site, reset");
    }
}
