# shellcheck shell=bash
# The set-up steps that tests need. Each says what it does, and returns non-zero with a reason when it cannot.

# rustfmt and clippy come with rustup's default profile, but not with its minimal one.
setup_lints() {
    if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then
        say "rustfmt and clippy: already done"
        return 0
    fi
    say "rustfmt and clippy: asking rustup for them"
    rustup component add rustfmt clippy
}

# The mailbox and the engine are tried with other people's programs: Python's smtplib, swaks, openssl.
setup_mail_tools() {
    local missing=()
    have python3 || missing+=(python3)
    have swaks || missing+=(swaks)
    have openssl || missing+=(openssl)
    if [ "${#missing[@]}" = 0 ]; then
        say "swaks, python3 and openssl: already done"
        return 0
    fi
    say "swaks, python3 and openssl: installing ${missing[*]} with apt-get"
    apt_install "${missing[@]}" && return 0
    warn "${missing[*]} cannot be installed here: apt-get install ${missing[*]}"
    return 1
}

# The npm tools, exactly as the lock file names them. The copy in node_modules tells which lock it came from.
setup_npm() {
    [ -f end2end/package-lock.json ] || { warn "end2end/package-lock.json is missing"; return 1; }
    if cmp -s end2end/package-lock.json end2end/node_modules/.installed-lock; then
        say "npm packages: already done"
        return 0
    fi
    say "npm packages: npm ci in end2end/"
    (cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error) || return 1
    cp end2end/package-lock.json end2end/node_modules/.installed-lock
}

# find_browser: prints the path of a Chromium of the system, if there is one.
find_browser() {
    if [ -n "${POSTERN_E2E_CHROMIUM:-}" ]; then
        echo "$POSTERN_E2E_CHROMIUM"
        return 0
    fi
    command -v chromium || command -v chromium-browser || command -v google-chrome-stable || command -v google-chrome
}

# playwright_browser: whether Playwright's own Chromium is there.
playwright_browser() {
    (cd end2end && node -e '
        const { chromium } = require("@playwright/test");
        process.exit(require("fs").existsSync(chromium.executablePath()) ? 0 : 1);' 2>/dev/null)
}

# A real Chromium: one that is there, Debian's, or Playwright's own. The tests find a system's by POSTERN_E2E_CHROMIUM.
setup_browser() {
    if find_browser >/dev/null || playwright_browser; then
        say "Chromium: already done"
    elif say "Chromium: installing Debian's with apt-get" && apt_install chromium; then
        :
    elif say "Chromium: downloading Playwright's own" && (cd end2end && timeout 600 npx playwright install chromium); then
        :
    else
        warn "no Chromium can be had: apt-get install chromium, or set POSTERN_E2E_CHROMIUM to one"
        return 1
    fi
    local found
    if found="$(find_browser)"; then
        export POSTERN_E2E_CHROMIUM="$found"
    fi
}
