//! What sqlx logged, and what the two databases say about how they would do it.

use std::collections::{BTreeMap, BTreeSet};

/// Statement and seconds of each line of sqlx's own log.
fn logged(log: &str) -> impl Iterator<Item = (String, f64)> + '_ {
    let lines = log.lines().filter(|line| line.contains("sqlx::query"));
    lines.filter_map(|line| {
        let text = |key: &str| -> Option<String> {
            let quoted = &line[line.find(key)? + key.len()..];
            serde_json::Deserializer::from_str(quoted)
                .into_iter()
                .next()?
                .ok()
        };
        let whole = text("db.statement=").filter(|text| !text.is_empty());
        let statement = whole.or_else(|| text("summary="))?;
        let seconds = line.split("elapsed_secs=").nth(1)?;
        let seconds = seconds.split_whitespace().next()?.parse().ok()?;
        let words: Vec<_> = statement.split_whitespace().collect();
        Some((words.join(" "), seconds))
    })
}

fn is_a_query(statement: &str) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]
        .iter()
        .any(|verb| statement.starts_with(verb))
}

/// Every statement of ours, once; not those of the migrations, nor of the drivers.
pub fn of(log: &str) -> BTreeSet<String> {
    let own = |statement: &String| {
        is_a_query(statement)
            && ![
                "_sqlx_migrations",
                "sqlite_master",
                "pg_",
                "numbers",
                "'mark'",
            ]
            .iter()
            .any(|foreign| statement.contains(foreign))
    };
    logged(log)
        .map(|(statement, _)| statement)
        .filter(own)
        .collect()
}

/// The slowest run of each statement, slowest first.
pub fn times(log: &str) -> Vec<(f64, String)> {
    let mut slowest: BTreeMap<String, f64> = BTreeMap::new();
    for (statement, seconds) in logged(log).filter(|(statement, _)| is_a_query(statement)) {
        let known = slowest.entry(statement).or_default();
        *known = known.max(seconds);
    }
    let mut times: Vec<_> = slowest
        .into_iter()
        .map(|(text, took)| (took, text))
        .collect();
    times.sort_by(|left, right| right.0.total_cmp(&left.0));
    times
}

/// The highest `$n`.
pub fn parameters(statement: &str) -> usize {
    let number = |rest: &str| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    statement
        .split('$')
        .skip(1)
        .filter_map(number)
        .max()
        .unwrap_or(0)
}

/// Which tables a plan reads from one end to the other, with the line that says so.
pub fn scans(plan: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (n, line) in plan.iter().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |word: &str| {
            let at = words.iter().position(|known| *known == word)?;
            words.get(at + 1).map(|table| (*table).to_owned())
        };
        // SQLite: "SEARCH outbox USING INDEX …" is by a key; "SCAN outbox" is not, with an index or without.
        if words.first() == Some(&"SCAN") {
            found.extend(after("SCAN").map(|table| (table, line.clone())));
        }
        // PostgreSQL: a scan of an index without a condition goes along all of it.
        let along = line.contains("Index Scan") || line.contains("Index Only Scan");
        let by_key = plan
            .get(n + 1)
            .is_some_and(|next| next.contains("Index Cond"));
        if line.contains("Seq Scan on") || (along && !by_key && !line.contains("Bitmap")) {
            found.extend(after("on").map(|table| (table, line.clone())));
        }
    }
    found
}
