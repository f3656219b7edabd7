// Pictures of the console for the documentation, into docs/images: a probe that passes, an expired certificate, a refused password.
// The sandbox mailbox plays the relay; its faults are on its script.
import { join } from "node:path";
import { expect, test } from "../tests/support/fixtures.js";
import * as probe from "../tests/support/probe.js";
import { Server } from "../tests/support/server.js";
import * as step from "../tests/support/steps.js";

const into = (name) => join(import.meta.dirname, "../../docs/images", `${name}.png`);
const olga = { username: "olga", email: "olga@example.org", password: "moss lantern orbit quilt" };

const cases = {
  "probe-passed": { faults: "", outcome: "Passed", stop: "data" },
  "probe-expired": { faults: "TLS:expired", outcome: "Failed: the certificate has expired" },
  "probe-refused": {
    faults: "AUTH:535 5.7.8 Error: authentication failed",
    outcome: /^Failed: .*password/,
    more: { POSTERN_SMTP__USERNAME: "mailer", POSTERN_SMTP__PASSWORD: "quartz-lemon-7731" },
  },
};

test.use({ viewport: { width: 1200, height: 900 } });

for (const [name, { faults, outcome, stop = "auth", more = {} }] of Object.entries(cases)) {
  test(name, async ({ page }) => {
    const protection = { POSTERN_SMTP__TLS: "starttls", POSTERN_SANDBOX__STARTTLS: "true" };
    const server = await Server.start({ ...protection, POSTERN_SANDBOX__FAULTS: faults, ...more });
    try {
      const { username, email, password } = olga;
      await server.command(["account", "add", username, email, "--operator", "--password-stdin"], password);
      await step.open(page, `${server.url}/sign-in`);
      await page.getByLabel("Username or email address").fill(username);
      await page.getByLabel("Password", { exact: true }).fill(password);
      await step.press(page, "Sign in");
      await step.arrive(page, "Your account");
      await step.open(page, `${server.url}/console/smtp`);
      await page.getByLabel("Stop after").selectOption(stop);
      await probe.start(page);
      await expect(probe.outcome(page)).toHaveText(outcome);
      await page.evaluate(() => document.activeElement?.blur());
      await page.screenshot({ path: into(name), fullPage: true, animations: "disabled", caret: "hide" });
      if (name === "probe-expired") {
        await page.getByRole("link", { name: "Certificate" }).click();
        await expect(page.getByText("The server's certificate")).toBeVisible();
        await page.screenshot({ path: into("probe-certificate"), fullPage: true, animations: "disabled", caret: "hide" });
      }
    } finally {
      await server.stop();
    }
  });
}
