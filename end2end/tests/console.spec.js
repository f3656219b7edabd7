// The console: a probe that is watched live, its verdict and reports; for operators alone.
import { expect, PASSWORD, test } from "./support/fixtures.js";
import * as probe from "./support/probe.js";
import { Server } from "./support/server.js";
import * as step from "./support/steps.js";

test("the steps show as they happen, and the verdict without a reload", async ({ page, operator, relays }) => {
  const relay = await relays({ gate: "AUTH" });
  await probe.room(page, operator);
  await probe.typed(page, relay.port, { username: "mailer", password: "secret-of-the-test" });
  await probe.start(page);
  await page.evaluate(() => {
    globalThis.mark = "still here";
  });
  await expect(probe.outcome(page)).toHaveText("Running");
  await expect(probe.row(page, "EHLO")).toContainText("passed");
  await expect(probe.row(page, "AUTH")).toContainText("running");
  // What is open stays open, and the focus stays where it is.
  await probe.row(page, "EHLO").locator("summary").press("Enter");
  await expect(probe.row(page, "EHLO").getByText("250-SIZE 10485760")).toBeVisible();
  relay.open();
  await expect(probe.outcome(page)).toHaveText("Passed");
  await expect(page.locator("#run-status")).toHaveText("Passed");
  await expect(page).toHaveTitle(/^Probe: Passed/);
  await expect(probe.outcome(page)).toBeFocused();
  expect(await page.evaluate(() => globalThis.mark)).toBe("still here");
  await expect(probe.row(page, "AUTH")).toContainText("passed");
});

test("a refused password is explained, and never shown", async ({ page, operator, relays, server }) => {
  await probe.refused(page, operator, relays);
  const verdict = page.getByRole("region", { name: /^Failed: / });
  await expect(verdict).toContainText("535 5.7.8");
  await expect(verdict).toContainText("auth.bad");
  await expect(probe.row(page, "AUTH").getByText("535 5.7.8").first()).toBeVisible();
  expect(await page.content()).not.toContain("quartz-lemon-7731");
  await page.getByRole("navigation", { name: "Views of this probe" }).getByRole("link", { name: "Report" }).click();
  const report = page.getByLabel("Report");
  await expect(report).toHaveValue(/Diagnosis: auth\.bad/);
  expect(await report.inputValue()).not.toContain("quartz-lemon-7731");
  expect(await server.log()).not.toContain("quartz-lemon-7731");
});

test("a test mail arrives, and its report can be copied", async ({ page, context, operator, mail }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await probe.passed(page, operator);
  await mail.wait(operator.email, /./);
  const views = page.getByRole("navigation", { name: "Views of this probe" });
  await views.getByRole("link", { name: "Capabilities" }).click();
  await expect(page.getByRole("table")).toContainText("SIZE");
  await views.getByRole("link", { name: "Certificate" }).click();
  await expect(page.getByText("No certificate was seen")).toBeVisible();
  await views.getByRole("link", { name: "History" }).click();
  await expect(views.getByRole("link", { name: "History" })).toHaveAttribute("aria-current", "page");
  await views.getByRole("link", { name: "Report" }).click();
  await page.getByRole("button", { name: "Copy the report" }).click();
  await expect(page.getByRole("button", { name: "Copied." })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain("SMTP probe of 127.0.0.1:");
  expect(copied).toContain("RCPT: passed");
  expect(copied).not.toContain(operator.email);
});

test("the form shows the typed settings only where they are chosen, by keyboard too", async ({ page, operator }) => {
  await probe.room(page, operator);
  await expect(page.getByLabel("Host")).toBeHidden();
  await page.getByLabel("The saved settings").focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByLabel("Host")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Host")).toBeFocused();
});

test("what is wrong is said beside the field, and a password is asked for again", async ({ page, operator }) => {
  await probe.room(page, operator);
  await probe.typed(page, 70_000, { username: "mailer", password: "typed once" });
  await step.press(page, "Start the probe");
  const summary = step.summary(page);
  await expect(summary).toBeFocused();
  await summary.getByRole("link", { name: /1 to 65535/ }).click();
  await expect(page.getByLabel("Port")).toBeFocused();
  await expect(page.getByLabel("User name")).toHaveValue("mailer");
  await expect(page.getByLabel("SMTP password")).toHaveValue("");
});

test("others see no console", async ({ page, account }) => {
  await page.goto("/console/smtp");
  await step.arrive(page, "Sign in");
  await step.signedIn(page, account);
  await expect(page.getByRole("link", { name: "Console" })).toHaveCount(0);
  for (const path of ["/console", "/console/smtp", "/console/outbox"]) {
    const answer = await page.goto(path);
    expect(answer.status(), path).toBe(404);
    await step.arrive(page, "Page not found");
  }
});

test("support finds a mail by its reference and sees how it went", async ({ page, mail, account, operator }) => {
  const sent = await step.forget(page, mail, account);
  const [reference] = /[0-9A-Z]{4}-[0-9A-Z]{2}/.exec(sent.text);
  await step.signedIn(page, operator);
  await page.getByRole("link", { name: "Console", exact: true }).click();
  await step.arrive(page, "Outbox");
  await page.getByLabel("Request reference").fill(reference.toLowerCase());
  await page.getByRole("button", { name: "Find" }).click();
  const row = page.getByRole("row").filter({ hasText: reference });
  await expect(row).toContainText("accepted by the relay");
  await expect(row).not.toContainText(account.email);
  await row.getByRole("link").click();
  await step.arrive(page, "Reset");
  await page.getByText("The conversation with").click();
  await expect(probe.row(page, "RCPT")).toContainText("passed");
  expect(await page.content()).not.toContain(account.email);
  await step.press(page, "Send again");
  await expect(page.getByText("Queued again")).toBeVisible();
  await mail.wait(account.email, /^Reset your/, 2);
});

test("an expired certificate is shown although the handshake failed", async ({ another }) => {
  const server = await Server.start({ POSTERN_SMTP__TLS: "starttls", POSTERN_SANDBOX__FAULTS: "TLS:expired" });
  try {
    const olga = { username: "olga", email: "olga@example.org", password: PASSWORD };
    await server.command(["account", "add", olga.username, olga.email, "--operator", "--password-stdin"], olga.password);
    const own = await another({ baseURL: server.url });
    await probe.room(own, olga);
    await own.getByLabel("Stop after").selectOption("tls");
    await probe.start(own);
    await expect(probe.outcome(own)).toHaveText(/^Failed: /);
    await expect(own.getByText("tls.expired").first()).toBeVisible();
    await own.getByRole("link", { name: "Certificate" }).click();
    await expect(own.getByText(/It ended \d+ days? ago/)).toBeVisible();
    await expect(own.getByText("yes, it is for 127.0.0.1")).toBeVisible();
  } finally {
    await server.stop();
  }
});
