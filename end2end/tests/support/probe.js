// The console's probe as a person uses it.
import { expect } from "./fixtures.js";
import * as step from "./steps.js";

/** Signs in and opens the probe. */
export async function room(page, operator) {
  await step.signedIn(page, operator);
  await step.open(page, "/console/smtp");
  await step.arrive(page, "SMTP probe");
}

/** Fills the form with another relay of this machine. */
export async function typed(page, port, { username = "", password = "", stop = "auth", to } = {}) {
  await page.getByLabel("Other settings, for this probe alone").check();
  await page.getByLabel("Host").fill("127.0.0.1");
  await page.getByLabel("Port").fill(String(port));
  await page.getByLabel("Protection").selectOption("none");
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("SMTP password").fill(password);
  if (to !== undefined) await page.getByLabel("Recipient").fill(to);
  await page.getByLabel("Stop after").selectOption(stop);
}

/** Starts it; the page of the run. */
export async function start(page) {
  await step.press(page, "Start the probe");
  await expect(page).toHaveURL(/\/console\/smtp\/runs\/[0-9a-f]{32}$/);
}

export const outcome = (page) => page.getByRole("heading", { level: 2 }).first();
export const steps = (page) => page.getByRole("list", { name: "Steps" });
export const row = (page, name) => steps(page).locator("> li").filter({ has: page.getByText(name, { exact: true }) });

/** Probes the saved settings, which lead to the sandbox mailbox. */
export async function passed(page, operator, stop = "data") {
  await room(page, operator);
  await page.getByLabel("Stop after").selectOption(stop);
  await start(page);
  await expect(outcome(page)).toHaveText("Passed");
}

/** Probes a relay that does not take the password. */
export async function refused(page, operator, relays) {
  const relay = await relays({ replies: { AUTH: "535 5.7.8 Error: authentication failed: wrong user or password" } });
  await room(page, operator);
  await typed(page, relay.port, { username: "mailer", password: "quartz-lemon-7731" });
  await start(page);
  await expect(outcome(page)).toHaveText(/^Failed: /);
}
