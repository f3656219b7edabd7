# The doors to the project; what each does is in scripts/, one file each. `make help` lists them.
# ARGS goes to the program: make run ARGS="--help"; settings go by environment: POSTERN_SITE__LISTEN=127.0.0.1:8080 make run

.PHONY: help setup run test test-postgres watch build check e2e bench timing fuzz audit clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## installs what building and testing need (run and test do it themselves)
	@scripts/setup.sh

run: ## builds what changed and starts Postern with its sandbox mailbox
	@scripts/run.sh $(ARGS)

test: ## everything: format, lints, size gate, Rust tests on both databases, browser tests
	@scripts/test.sh

test-postgres: ## only the Rust tests that touch a database, on a PostgreSQL of their own: make test-postgres ARGS="reset"
	@scripts/test-postgres.sh $(ARGS)

watch: ## cargo leptos watch: rebuilds and reloads the browser at each change
	@scripts/watch.sh $(ARGS)

build: ## the release in dist/: the program, its site, its settings
	@scripts/build.sh

check: ## format and lints, for the server and for both wasm modules
	@scripts/check.sh

e2e: ## only the browser tests: make e2e ARGS="-g reset"
	@scripts/e2e.sh $(ARGS)

bench: ## mails a second beside lettre's transport, through the outbox; memory against hostile servers
	@scripts/bench.sh $(ARGS)

timing: ## whether the time of an answer tells who has an account: 10,000 pairs a case, Welch's t
	@scripts/timing.sh $(ARGS)

fuzz: ## looks for inputs that break the parsers, a minute a target: make fuzz ARGS="token 600"
	@scripts/fuzz.sh $(ARGS)

audit: ## licences, bans and sources of all crates; known advisories where their databases can be reached
	@scripts/audit.sh

clean: ## removes all that was built
	@cargo clean && rm -rf dist
