// Pictures of the console for the documentation, into docs/images: a probe that passes, an expired certificate, a refused password, held
// mail. The sandbox mailbox plays the relay; its faults are on its script.
import { join } from "node:path";
import { expect, test } from "../tests/support/fixtures.js";
import * as probe from "../tests/support/probe.js";
import { Server } from "../tests/support/server.js";
import * as step from "../tests/support/steps.js";

const into = (name) => join(import.meta.dirname, "../../docs/images", `${name}.png`);
const olga = { username: "olga", email: "olga@example.org", password: "moss lantern orbit quilt" };

const cases = {
  "probe-passed": { tls: "starttls", faults: "", outcome: "Passed", stop: "data" },
  "probe-expired": { tls: "starttls", faults: "TLS:expired", outcome: /^Failed: / },
  "probe-refused": {
    tls: "starttls",
    faults: "EHLO:offer AUTH PLAIN LOGIN;AUTH:535 5.7.8 Error: authentication failed",
    outcome: /^Failed: /,
    more: { POSTERN_SMTP__USERNAME: "mailer", POSTERN_SMTP__PASSWORD: "quartz-lemon-7731" },
  },
};

test.use({ viewport: { width: 1200, height: 900 } });

for (const [name, { tls, faults, outcome, stop = "auth", more = {} }] of Object.entries(cases)) {
  test(name, async ({ page }) => {
    const server = await Server.start({ POSTERN_SMTP__TLS: tls, POSTERN_SANDBOX__FAULTS: faults, ...more });
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
        await step.open(page, `${server.url}/forgot`);
        await page.getByLabel("Username or email address").fill("nobody-at-all");
        await step.press(page, "Send me a link");
        await step.arrive(page, "Look into your mailbox");
      }
    } finally {
      await server.stop();
    }
  });
}
