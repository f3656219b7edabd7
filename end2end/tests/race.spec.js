// Back, reload, two tabs, two presses, no cookies: whatever people do halfway through.
import { expect, NEW_PASSWORD, test } from "./support/fixtures.js";
import * as step from "./support/steps.js";

test("T17: back and reload at every step of the reset", async ({ page, mail, account }) => {
  await step.forget(page, mail, account);
  await page.reload();
  await step.arrive(page, "Look into your mailbox");
  await page.goBack();
  await step.arrive(page, "Forgot your password?");
  await page.goForward();
  await step.arrive(page, "Look into your mailbox");
  // A page that is loaded again asks for no second mail.
  expect(await mail.to(account.email)).toHaveLength(1);

  const letter = await mail.wait(account.email, /^Reset your/);
  await step.follow(page, letter);
  await page.reload();
  // The fragment is gone with the first load; the code can be pasted, or the link opened again.
  await step.awake(page);
  await expect(page.getByLabel("Code from the mail")).toBeVisible();
  await step.follow(page, letter);
  await step.prove(page, account.username);

  await step.arrive(page, "Your new password");
  await page.reload();
  await step.arrive(page, "Your new password");
  await page.goBack();
  await step.arrive(page, "Choose a new password");
  await page.goForward();
  await step.choose(page);

  await page.reload();
  await step.arrive(page, "Your password is changed");
  await page.goBack();
  await expect(step.heading(page)).toHaveText("This reset is over");
  await step.signedIn(page, account, NEW_PASSWORD);
});

test("two tabs: both open the link, the first change counts, the other is told", async ({ page, context, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  const second = await context.newPage();
  await step.follow(page, letter);
  await step.follow(second, letter);
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
  await step.prove(second, account.username);
  await step.arrive(second, "Your new password");
  await step.choose(page);
  await second.getByLabel("New password").fill("another harbour altogether, please");
  await step.press(second, "Save the new password");
  await expect(step.summary(second)).toContainText("If you have just saved a new password, it counts");
  await step.signedIn(page, account, NEW_PASSWORD);
  await mail.wait(account.email, /password was changed$/);
});

test("an older tab goes on after a wrong username in a newer one", async ({ page, context, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  const second = await context.newPage();
  await step.follow(page, letter);
  await step.follow(second, letter);
  await step.prove(second, "somebody-else");
  await expect(step.summary(second)).toContainText("2 more tries");
  await step.prove(page, account.username);
  await step.choose(page);
});

test("two presses are one request", async ({ page, account, traffic }) => {
  await step.open(page, "/forgot");
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/api/submit", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByLabel("Username or email address").fill(account.username);
  await step.press(page, "Send me a link");
  await expect(page.locator("form[aria-busy]")).toBeVisible();
  await page.getByLabel("Username or email address").press("Enter");
  release();
  await step.arrive(page, "Look into your mailbox");
  expect(traffic.filter((one) => one.path === "/api/submit")).toHaveLength(1);
});

test("without cookies the page says so, and what to do", async ({ page, context, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await step.follow(page, letter);
  await page.route("**/reset/password", async (route) => {
    await context.clearCookies();
    await route.continue({ headers: { ...route.request().headers(), cookie: "" } });
  });
  await step.prove(page, account.username);
  await expect(step.heading(page)).toHaveText("This reset is over");
  await expect(page.getByText("Allow cookies for this site, then ask for a new link.")).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Forgot your password?" }).click();
  await step.arrive(page, "Forgot your password?");
});

test("cookies that vanish before the new password is saved", async ({ page, context, mail, account }) => {
  await step.follow(page, await step.forget(page, mail, account));
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
  await context.clearCookies();
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await step.press(page, "Save the new password");
  await expect(step.summary(page)).toContainText("allow cookies for this site, then ask for a new link");
});

test("an account page that is left open after signing out elsewhere", async ({ page, context, account }) => {
  await step.signedIn(page, account);
  const second = await context.newPage();
  await step.open(second, "/sign-out");
  await step.press(second, "Sign out");
  await step.arrive(second, "Sign in");
  const form = step.section(page, "Change your password");
  await form.getByLabel("Current password").fill(account.password);
  await form.getByLabel("New password").fill(NEW_PASSWORD);
  await step.press(page, "Change the password");
  await expect(form.getByRole("alert")).toContainText("You are signed out. Sign in to go on.");
  // Nothing of the account is kept for the Back button.
  await page.goto("/sign-in");
  await page.goBack();
  await step.arrive(page, "Sign in");
});

test.describe("a server that is away", () => {
  test.use({ tolerated: [/net::ERR_FAILED/] });

  test("is told in the page, and what was typed stays", async ({ page, account }) => {
    await step.open(page, "/forgot");
    await page.route("**/api/submit", (route) => route.abort());
    await page.getByLabel("Username or email address").fill(account.username);
    await step.press(page, "Send me a link");
    await expect(step.summary(page)).toContainText("We could not reach the server.");
    await page.unroute("**/api/submit");
    await step.press(page, "Send me a link");
    await step.arrive(page, "Look into your mailbox");
  });
});
