# Adds up the tests in the outputs of cargo nextest, cargo test and Playwright (its list and line reporters): prints "passed failed".
# Colours are taken out first; a test that passed at the second try counts as passed.
{ gsub(/\033\[[0-9;?]*[a-zA-Z]/, "") }

# cargo test: "test result: ok. 12 passed; 0 failed; 1 ignored; …"
/^test result: / {
    for (i = 1; i < NF; i++) {
        if ($(i + 1) == "passed;") passed += $i
        if ($(i + 1) == "failed;") failed += $i
    }
    next
}

# nextest: "Summary [   1.2s] 34 tests run: 33 passed (1 flaky), 1 failed, 2 skipped"
/^ *Summary \[/ {
    for (i = 1; i < NF; i++) {
        word = $(i + 1)
        sub(/,$/, "", word)
        if (word == "passed") passed += $i
        if (word == "failed" || word == "timed" || word == "exec") failed += $i
    }
    next
}

# Playwright: "  12 passed (3.4s)", "  1 failed", "  1 flaky", "  2 interrupted", "  2 did not run"
/^ +[0-9]+ (passed|flaky|failed|interrupted|did not run)/ {
    if ($2 == "passed" || $2 == "flaky") passed += $1
    else failed += $1
}

END { print passed + 0, failed + 0 }
