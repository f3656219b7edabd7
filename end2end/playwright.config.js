// The browser tests: which browser, which projects. Every worker starts its own server (tests/support/server.js).
import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

/** A Chromium of the system, where the environment names one; else Playwright's own. */
const executablePath = process.env.POSTERN_E2E_CHROMIUM || undefined;
if (executablePath && !existsSync(executablePath)) {
  throw new Error(`POSTERN_E2E_CHROMIUM names ${executablePath}, which is not there`);
}

// Chromium refuses its sandbox to root, which is who runs in most containers.
const root = process.getuid?.() === 0;
const quiet = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-sync",
  "--no-first-run",
];

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  workers: process.env.POSTERN_E2E_WORKERS ? Number(process.env.POSTERN_E2E_WORKERS) : 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    screenshot: "only-on-failure",
    // Recording costs a third of the time: POSTERN_E2E_TRACE=1 where a failure cannot be told from its picture.
    trace: process.env.POSTERN_E2E_TRACE ? "retain-on-failure" : "off",
    launchOptions: { executablePath, args: root ? ["--no-sandbox", ...quiet] : quiet },
  },
  // The journeys run both ways.
  projects: [
    { name: "js", testIgnore: /plain\.spec\.js$/ },
    { name: "no-js", testMatch: /(journeys|plain)\.spec\.js$/, use: { javaScriptEnabled: false } },
  ],
});
