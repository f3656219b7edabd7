// Every page in every state worth looking at, for the accessibility and layout tests and for the pictures.
import { expect, NEW_PASSWORD } from "./fixtures.js";
import * as probe from "./probe.js";
import { send } from "./smtp.js";
import * as step from "./steps.js";

const LONG = `${"averyveryverylongword".repeat(12)}@example.org`;
const NOWHERE = `#${"A".repeat(43)}`;

async function landed({ page, mail, account }) {
  await step.follow(page, await step.forget(page, mail, account));
}

async function choosing(world) {
  await landed(world);
  await step.prove(world.page, world.account.username);
  await step.arrive(world.page, "Your new password");
}

async function typed(world, text, score) {
  await choosing(world);
  await world.page.getByLabel("New password").fill(text);
  await expect(world.page.locator(`.meter.score-${score}`)).toBeVisible();
}

async function verifying({ page, mail, person }) {
  const email = `fresh-${person.email}`;
  await step.follow(page, await step.enrol(page, mail, email));
}

async function account({ page, account }) {
  await step.signedIn(page, account);
}

async function opened({ page, mail, account }, view) {
  const letter = await step.forget(page, mail, account);
  await step.open(page, `/dev/mailbox/${letter.id}?view=${view}`);
}

/** A view of a probe that is over. */
async function view(page, name) {
  await page.getByRole("navigation", { name: "Views of this probe" }).getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { level: 3, name })).toBeVisible();
}

async function viewed(world, name) {
  await probe.passed(world.page, world.operator);
  await view(world.page, name);
}

/** Each page's name and how to get there. */
export const pages = {
  home: ({ page }) => step.open(page, "/"),
  forgot: ({ page }) => step.open(page, "/forgot"),
  "forgot-error": async ({ page }) => {
    await step.open(page, "/forgot");
    await page.getByLabel("Username or email address").fill("   ");
    await step.press(page, "Send me a link");
    await expect(step.summary(page)).toBeFocused();
  },
  "forgot-sent": ({ page, mail, account }) => step.forget(page, mail, account),
  reset: ({ page }) => step.open(page, "/reset"),
  "reset-link": landed,
  "reset-old": ({ page }) => step.open(page, `/reset${NOWHERE}.1000000000`),
  "reset-wrong": async (world) => {
    await landed(world);
    await step.prove(world.page, "somebody-else");
    await expect(step.summary(world.page)).toBeFocused();
  },
  "reset-used": async ({ page }) => {
    await step.open(page, `/reset${NOWHERE}`);
    await step.prove(page, "somebody");
    await expect(step.summary(page)).toBeFocused();
  },
  "reset-over": ({ page }) => step.open(page, "/reset/password"),
  password: choosing,
  "password-weak": (world) => typed(world, "aaaaaaaaaaaa", 0),
  "password-fair": (world) => typed(world, "summerholiday1", 2),
  "password-good": (world) => typed(world, NEW_PASSWORD, 4),
  "password-error": async (world) => {
    await typed(world, "aaaaaaaaaaaa", 0);
    await step.press(world.page, "Save the new password");
    await expect(step.summary(world.page)).toBeFocused();
  },
  "password-done": async (world) => {
    await choosing(world);
    await step.choose(world.page);
  },
  "sign-up": ({ page }) => step.open(page, "/sign-up"),
  "sign-up-sent": async ({ page, person }) => {
    await step.open(page, "/sign-up");
    await page.getByLabel("Email address").fill(person.email);
    await step.press(page, "Mail me the link");
    await step.arrive(page, "Look into your mailbox");
  },
  verify: verifying,
  "verify-error": async (world) => {
    await step.open(world.page, `/verify${NOWHERE}`);
    await world.page.getByLabel("Username", { exact: true }).fill("No Good!");
    await world.page.getByLabel("New password").fill("short");
    await step.press(world.page, "Make my account");
    await expect(step.summary(world.page)).toBeFocused();
  },
  "sign-in": ({ page }) => step.open(page, "/sign-in"),
  "sign-in-note": ({ page }) => step.open(page, "/sign-in?note=created"),
  "sign-in-error": ({ page }) => step.refusedIn(page, "nobody", "wrong"),
  "sign-out": async (world) => {
    await account(world);
    await step.open(world.page, "/sign-out");
  },
  account: async (world) => {
    const other = await world.another();
    await step.signedIn(other, world.account);
    await account(world);
  },
  "account-note": async (world) => {
    await account(world);
    await step.open(world.page, "/account?note=password");
  },
  "account-errors": async (world) => {
    await account(world);
    const form = step.section(world.page, "Change your password");
    await form.getByLabel("Current password").fill("not my password at all");
    await form.getByLabel("New password").fill("password1234567");
    await expect(form.locator(".meter")).toBeVisible();
    await step.press(world.page, "Change the password");
    await expect(form.getByRole("alert")).toBeFocused();
  },
  "verify-address": ({ page }) => step.open(page, "/account/verify-address"),
  "not-me": ({ page }) => step.open(page, `/not-me${NOWHERE}`),
  "not-me-done": ({ page }) => step.open(page, "/not-me/done"),
  "not-found": ({ page }) => step.open(page, "/nowhere"),
  mailbox: async ({ page, server }) => {
    await send(server.smtp, "ada@example.org", `Subject: A rather long subject about ${LONG}\nFrom: ${LONG}\n\nHello.\n`);
    await step.open(page, "/dev/mailbox");
  },
  "mailbox-html": (world) => opened(world, "html"),
  "mailbox-text": (world) => opened(world, "text"),
  "mailbox-headers": (world) => opened(world, "headers"),
  "mailbox-source": (world) => opened(world, "source"),
  "mailbox-search": ({ page }) => step.open(page, "/dev/mailbox?q=nothing-like-it"),
  "console-probe": ({ page, operator }) => probe.room(page, operator),
  "console-probe-error": async ({ page, operator }) => {
    await probe.room(page, operator);
    await probe.typed(page, 70_000, { username: "mailer", password: "" });
    await step.press(page, "Start the probe");
    await expect(step.summary(page)).toBeFocused();
  },
  "console-running": async ({ page, operator, relays }) => {
    const relay = await relays({ gate: "AUTH" });
    await probe.room(page, operator);
    await probe.typed(page, relay.port, { username: "mailer", password: "x" });
    await probe.start(page);
    await expect(probe.row(page, "AUTH")).toContainText("running");
  },
  "console-passed": ({ page, operator }) => probe.passed(page, operator),
  "console-refused": ({ page, operator, relays }) => probe.refused(page, operator, relays),
  "console-open": async ({ page, operator, relays }) => {
    const relay = await relays({ replies: { RCPT: `550 5.1.1 <${"averyveryverylongword".repeat(20)}>: no such user here` } });
    await probe.room(page, operator);
    await probe.typed(page, relay.port, { stop: "rcpt", to: LONG.slice(-60) });
    await probe.start(page);
    await expect(probe.outcome(page)).toHaveText(/^Failed: /);
    for (const summary of await probe.steps(page).locator("summary").all()) await summary.click();
  },
  "console-capabilities": (world) => viewed(world, "Capabilities"),
  "console-certificate": (world) => viewed(world, "Certificate"),
  "console-history": async (world) => {
    await probe.passed(world.page, world.operator, "auth");
    await step.open(world.page, "/console/smtp");
    await probe.start(world.page);
    await expect(probe.outcome(world.page)).toHaveText("Passed");
    await view(world.page, "History");
  },
  "console-report": (world) => viewed(world, "Report"),
  "console-domain": async ({ page, operator }) => {
    await step.signedIn(page, operator);
    await step.open(page, "/console/domain");
  },
  "console-outbox": async (world) => {
    await step.forget(world.page, world.mail, world.account);
    await step.signedIn(world.page, world.operator);
    await step.open(world.page, "/console/outbox");
    await expect(world.page.getByRole("table")).toBeVisible();
  },
  "console-outbox-error": async ({ page, operator }) => {
    await step.signedIn(page, operator);
    await step.open(page, "/console/outbox?reference=nothing&state=held");
  },
  "console-mail": async (world) => {
    const sent = await step.forget(world.page, world.mail, world.account);
    await step.signedIn(world.page, world.operator);
    await step.open(world.page, `/console/outbox?reference=${/[0-9A-Z]{4}-[0-9A-Z]{2}/.exec(sent.text)[0]}`);
    await world.page.getByRole("table").getByRole("link").first().click();
    await world.page.getByText("The conversation with").first().click();
    await world.page.locator(".waterfall summary").first().click();
  },
  "mailbox-gone": ({ page }) => step.open(page, "/dev/mailbox/never-was"),
};
