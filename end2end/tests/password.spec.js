// The password field: errors in place, the meter and its worker, the button that shows what is typed.
import { expect, NEW_PASSWORD, test } from "./support/fixtures.js";
import * as step from "./support/steps.js";

const field = (page) => page.getByLabel("New password");
const meter = (page) => page.locator(".meter");
const verdict = (page) => meter(page).getByRole("status");

/** Where a new password is asked for: the page after a mailed link. */
async function newPassword(page, mail, account) {
  await step.follow(page, await step.forget(page, mail, account));
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
}

test("a weak password is refused in place: beside the field and in the summary, without a reload", async ({ page, mail, account }) => {
  await newPassword(page, mail, account);
  await page.evaluate(() => {
    globalThis.mark = "still here";
  });
  await field(page).fill("password1234567");
  await step.press(page, "Save the new password");
  await expect(step.summary(page)).toBeFocused();
  const link = step.summary(page).getByRole("link");
  await expect(link).toContainText("easy to guess");
  await expect(page.locator("#password-error")).toHaveText(await link.innerText());
  await expect(field(page)).toHaveAttribute("aria-invalid", "true");
  await expect(field(page)).toHaveAccessibleDescription(/easy to guess/);
  await expect(field(page)).toHaveValue("password1234567");
  await expect(page).toHaveTitle(/^There is a problem: /);
  await link.click();
  await expect(field(page)).toBeFocused();
  expect(await page.evaluate(() => globalThis.mark)).toBe("still here");
  // The next refusal takes the place of the first.
  await field(page).fill("short");
  await step.press(page, "Save the new password");
  await expect(page.locator("#password-error")).toContainText("Use at least 15 characters: 10 more characters.");
  await expect(step.summary(page).getByRole("listitem")).toHaveCount(1);
  expect(await page.evaluate(() => globalThis.mark)).toBe("still here");
  await step.choose(page, NEW_PASSWORD);
});

test("two wrong fields are both told, and what was typed stays", async ({ page, mail, person }) => {
  await step.follow(page, await step.enrol(page, mail, person.email));
  await page.getByLabel("Username", { exact: true }).fill("No Good!");
  await field(page).fill("short");
  await step.press(page, "Make my account");
  await expect(step.summary(page)).toBeFocused();
  await expect(page.locator("#username-error")).toContainText("A username has 3 to 32 characters");
  await expect(page.locator("#password-error")).toContainText("Use at least 15 characters");
  await expect(step.summary(page).getByRole("listitem")).toHaveCount(2);
  await expect(page.getByLabel("Username", { exact: true })).toHaveValue("No Good!");
  await expect(field(page)).toHaveValue("short");
  // The link is not spent.
  await page.getByLabel("Username", { exact: true }).fill(person.username);
  await field(page).fill(person.password);
  await step.press(page, "Make my account");
  await step.arrive(page, "Sign in");
});

test("the meter appears with the first letter and speaks", async ({ page, mail, account }) => {
  await newPassword(page, mail, account);
  await expect(meter(page)).toBeHidden();
  await field(page).pressSequentially("pass");
  await expect(meter(page)).toHaveClass(/score-0/);
  await expect(verdict(page)).toContainText("Very weak: guessed at once.");
  await expect(verdict(page)).toContainText("Use at least 15 characters");
  await field(page).fill(NEW_PASSWORD);
  await expect(meter(page)).toHaveClass(/score-4/);
  await expect(verdict(page)).toContainText("Strong: centuries to guess.");
  await field(page).fill("");
  await expect(meter(page)).toBeHidden();
});

test("the meter knows the username that was just typed", async ({ page, mail, person }) => {
  await step.follow(page, await step.enrol(page, mail, person.email));
  await page.getByLabel("Username", { exact: true }).fill("quixotic-marmalade");
  await field(page).fill("quixotic-marmalade");
  await expect(verdict(page)).toContainText("Use more than your username");
});

test("typing never waits for the meter", async ({ page, mail, account }) => {
  await newPassword(page, mail, account);
  await field(page).pressSequentially("a");
  await expect(meter(page)).toBeVisible();
  // l33t in every letter: zxcvbn's worst case, a second and more for the whole.
  const hostile = "4@8({[<3691!|0$5+7%2".repeat(12).slice(0, 240);
  const worst = await field(page).evaluate(async (input, text) => {
    let longest = 0;
    for (let end = 1; end <= text.length; end += 1) {
      const began = performance.now();
      input.value = text.slice(0, end);
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      await new Promise(requestAnimationFrame);
      longest = Math.max(longest, performance.now() - began);
    }
    return longest;
  }, hostile);
  expect(worst).toBeLessThan(1000);
  await field(page).fill(NEW_PASSWORD);
  await expect(verdict(page)).toContainText("Strong");
});

test.describe("a strength module that does not load", () => {
  test.use({ tolerated: [/net::ERR_FAILED/] });

  test("means no meter, and the form works", async ({ page, context, mail, account }) => {
    await context.route(/\/pkg\/strength\..*\.wasm$/, (route) => route.abort());
    await newPassword(page, mail, account);
    const asked = context.waitForEvent("requestfailed", (request) => request.url().includes("/pkg/strength."));
    await field(page).pressSequentially("abc");
    await asked;
    await expect(meter(page)).toBeHidden();
    await step.choose(page, NEW_PASSWORD);
  });

  test("nor does a worker that is not there stop anybody", async ({ page, context, mail, account }) => {
    await context.route(/\/strength-worker\./, (route) => route.abort());
    await newPassword(page, mail, account);
    await field(page).pressSequentially("abc");
    await expect(meter(page)).toBeHidden();
    await step.choose(page, NEW_PASSWORD);
  });
});

test("the button shows the password and hides it again", async ({ page, mail, account }) => {
  await newPassword(page, mail, account);
  await field(page).fill("moss lantern");
  const show = page.getByRole("button", { name: "Show password" });
  await show.click();
  await expect(field(page)).toHaveAttribute("type", "text");
  await expect(field(page)).toBeFocused();
  await page.getByRole("button", { name: "Hide password" }).click();
  await expect(field(page)).toHaveAttribute("type", "password");
  await expect(field(page)).toHaveValue("moss lantern");
  await expect(show).toBeVisible();
});

test("each password on the account page has a button of its own", async ({ page, account }) => {
  await step.signedIn(page, account);
  const form = step.section(page, "Change your password");
  await form.getByRole("button", { name: "Show password" }).first().click();
  const shown = await page.locator("input[name$=password]").evaluateAll((all) => all.map((one) => one.type));
  expect(shown.filter((type) => type === "text")).toHaveLength(1);
});

test("a password may be pasted", async ({ page, context, mail, account }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await newPassword(page, mail, account);
  await page.evaluate((text) => navigator.clipboard.writeText(text), NEW_PASSWORD);
  await field(page).press("Control+V");
  await expect(field(page)).toHaveValue(NEW_PASSWORD);
  await expect(verdict(page)).toContainText("Strong");
});

test("a taken username is told after the link proved an address, and the link stays good", async ({ page, server, mail, person }) => {
  const taken = `t${person.username}`;
  await server.command(["account", "add", taken, `${taken}@example.org`, "--password-stdin"], person.password);
  await step.follow(page, await step.enrol(page, mail, person.email));
  await page.getByLabel("Username", { exact: true }).fill(taken);
  await field(page).fill(person.password);
  await step.press(page, "Make my account");
  await expect(page.locator("#username-error")).toContainText("This username is taken.");
  await page.getByLabel("Username", { exact: true }).fill(person.username);
  await step.press(page, "Make my account");
  await step.arrive(page, "Sign in");
});
