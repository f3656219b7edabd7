// Whole journeys through the product, each with and without JavaScript.
import { expect, NEW_PASSWORD, PASSWORD, test } from "./support/fixtures.js";
import * as step from "./support/steps.js";

const js = (info) => info.project.use.javaScriptEnabled !== false;

test("sign up, verify, sign in, sign out", async ({ page, mail, person }, info) => {
  const letter = await step.enrol(page, mail, person.email);
  await step.follow(page, letter, js(info));
  await page.getByLabel("Username", { exact: true }).fill(person.username);
  await page.getByLabel("New password").fill(PASSWORD);
  await step.press(page, "Make my account");
  await step.arrive(page, "Sign in");
  await expect(page.getByRole("status").first()).toHaveText("Your account is made. Sign in with it now.");

  await step.signedIn(page, person);
  await expect(page.getByText(person.email)).toBeVisible();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Sign out" }).click();
  await step.arrive(page, "Sign out");
  await step.press(page, "Sign out");
  await step.arrive(page, "Sign in");
  await expect(page.getByText("You are signed out.")).toBeVisible();
  await step.open(page, "/account");
  await step.arrive(page, "Sign in");
});

test("an address that has an account is told so by mail, not by the page", async ({ page, mail, account }) => {
  const letter = await step.enrol(page, mail, account.email, /^You already have/);
  expect(letter.token).toBeUndefined();
});

test("from a forgotten password to signed in again", async ({ page, mail, account }, info) => {
  const letter = await step.forget(page, mail, account);
  await expect(page.locator(".reference")).toHaveText(/^[0-9A-Z]{4}-[0-9A-Z]{2}$/);
  expect(letter.text).toContain(await page.locator(".reference").innerText());
  const body = `${letter.text} ${letter.html}`;
  expect(body).not.toContain(account.username);
  await step.follow(page, letter, js(info));
  await step.prove(page, account.username);
  await step.choose(page);
  await mail.wait(account.email, /password was changed$/);
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await step.refusedIn(page, account.username, account.password);
  await step.signedIn(page, account, NEW_PASSWORD);
});

test("an unknown name gets the same page and no mail", async ({ page, mail, account }) => {
  const nobody = `not-${account.email}`;
  await step.open(page, "/forgot");
  await page.getByLabel("Username or email address").fill(nobody);
  await step.press(page, "Send me a link");
  await step.arrive(page, "Look into your mailbox");
  await expect(page.getByText("If that account exists, we are mailing it")).toBeVisible();
  // The worker takes requests in turn: when a later one is answered, this one is done with.
  await step.forget(page, mail, account);
  expect(await mail.to(nobody)).toEqual([]);
});

test("a wrong username once, then the right one", async ({ page, mail, account }, info) => {
  await step.follow(page, await step.forget(page, mail, account), js(info));
  await step.prove(page, "somebody-else");
  await expect(step.summary(page)).toContainText("You have 2 more tries.");
  await expect(page.getByLabel("Username", { exact: true })).toHaveValue("somebody-else");
  await step.awake(page);
  await step.prove(page, account.username);
  await step.choose(page);
});

test("T18: three wrong usernames lock the account, and its owner hears of it", async ({ page, mail, account }, info) => {
  await step.follow(page, await step.forget(page, mail, account), js(info));
  for (const left of ["2 more tries", "one more try"]) {
    await step.prove(page, "somebody-else");
    await expect(step.summary(page)).toContainText(left);
    await step.awake(page);
  }
  await step.prove(page, "somebody-else");
  await expect(page.getByText("Too many wrong usernames.").first()).toBeVisible();
  await mail.wait(account.email, /is locked$/);
  await step.refusedIn(page, account.username, account.password);
});

test("this was not me freezes the account", async ({ page, another, mail, account }, info) => {
  await step.follow(page, await step.forget(page, mail, account), js(info));
  await step.prove(page, account.username);
  await step.choose(page);
  const notice = await mail.wait(account.email, /password was changed$/);
  const owner = await another();
  await step.follow(owner, notice, js(info));
  await step.arrive(owner, "This was not me");
  await owner.getByLabel("Username", { exact: true }).fill(account.username);
  await step.press(owner, "Freeze my account");
  await step.arrive(owner, "Your account is frozen");
  await mail.wait(account.email, /is frozen$/);
  await step.refusedIn(page, account.username, NEW_PASSWORD);
});

test("change the password on the account page", async ({ page, another, mail, account }) => {
  const other = await another();
  await step.signedIn(other, account);
  await step.signedIn(page, account);
  const form = step.section(page, "Change your password");
  await form.getByLabel("Current password").fill("not my password at all");
  await form.getByLabel("New password").fill(NEW_PASSWORD);
  await step.press(page, "Change the password");
  await expect(form.getByRole("alert")).toContainText("This is not your current password.");
  await step.awake(page);
  await form.getByLabel("Current password").fill(account.password);
  await form.getByLabel("New password").fill(NEW_PASSWORD);
  await step.press(page, "Change the password");
  await expect(page.getByText("Your password is changed, and every other device is signed out.")).toBeVisible();
  await mail.wait(account.email, /password was changed$/);
  await step.open(other, "/account");
  await step.arrive(other, "Sign in");
  await step.signedIn(other, account, NEW_PASSWORD);
});

test("change the address: the new one counts once it is verified", async ({ page, mail, account }, info) => {
  const email = `new-${account.email}`;
  await step.signedIn(page, account);
  const form = step.section(page, "Change your address");
  await form.getByLabel("New email address").fill(email);
  await form.getByLabel("Current password").fill(account.password);
  await step.press(page, "Mail a link to the new address");
  await expect(page.getByText("We mailed a link to the new address.")).toBeVisible();
  await expect(step.section(page, "Change your address")).toContainText(`Your address is ${account.email}`);
  const letter = await mail.wait(email, /^Confirm your new/);
  await step.follow(page, letter, js(info));
  await step.arrive(page, "Confirm your new address");
  await page.getByLabel("Username", { exact: true }).fill(account.username);
  await step.press(page, "Confirm the address");
  await expect(page.getByText("Your new address counts from now on.")).toBeVisible();
  await expect(step.section(page, "Change your address")).toContainText(`Your address is ${email}`);
  await mail.wait(account.email, /address was changed$/);
});

test("sign out everywhere else", async ({ page, another, account }) => {
  const other = await another();
  await step.signedIn(other, account);
  await step.signedIn(page, account);
  const devices = step.section(page, "Where you are signed in");
  await expect(devices.getByRole("listitem")).toHaveCount(2);
  await expect(devices.getByText("this browser")).toHaveCount(1);
  await step.press(page, "Sign out everywhere else");
  await expect(page.getByText("Every other device is signed out.")).toBeVisible();
  await expect(devices.getByRole("listitem")).toHaveCount(1);
  await expect(page.getByRole("button", { name: "Sign out everywhere else" })).toHaveCount(0);
  await step.open(other, "/account");
  await step.arrive(other, "Sign in");
});
