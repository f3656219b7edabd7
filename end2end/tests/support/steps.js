// The steps that journeys are made of; they do what a person does, with and without JavaScript.
import { expect, NEW_PASSWORD, scriptless } from "./fixtures.js";

/** Opens a page; with JavaScript, waits until its islands are awake. */
export async function open(page, path) {
  await page.goto(path);
  await awake(page);
}

/** Islands wake after the page is there; without JavaScript there is nothing to wait for. */
export async function awake(page) {
  const scripted = await page.locator("head script[type=module]:not([src])").count();
  if (scripted > 0 && !scriptless.has(page.context())) await expect(page.locator("html[data-awake]")).toBeAttached();
}

export const heading = (page) => page.getByRole("heading", { level: 1 });
export const summary = (page) => page.getByRole("alert").filter({ hasText: "There is a problem" });

/** Waits for a page by its title line. */
export async function arrive(page, title) {
  await expect(heading(page)).toHaveText(title);
  await awake(page);
}

export async function press(page, name) {
  await page.getByRole("main").getByRole("button", { name, exact: true }).click();
}

/** Says that a password is forgotten; the mail that comes of it. */
export async function forget(page, mail, account, count = 1) {
  await open(page, "/forgot");
  await page.getByLabel("Username or email address").fill(account.username);
  await press(page, "Send me a link");
  await arrive(page, "Look into your mailbox");
  return mail.wait(account.email, /^Reset your/, count);
}

/** Says that an account is wanted; the mail that comes of it. */
export async function enrol(page, mail, email, subject = /^Finish signing up/) {
  await open(page, "/sign-up");
  await page.getByLabel("Email address").fill(email);
  await press(page, "Mail me the link");
  await arrive(page, "Look into your mailbox");
  return mail.wait(email, subject);
}

/** Follows a mailed link; without JavaScript, pastes its code. */
export async function follow(page, letter, js = true) {
  const { pathname } = new URL(letter.link);
  // From another page: a link that only changes the fragment loads nothing.
  if (page.url() !== "about:blank") await page.goto("about:blank");
  if (js) return open(page, letter.link);
  await open(page, pathname);
  await page.getByLabel("Code from the mail").fill(letter.token);
}

/** The username on the landing page. */
export async function prove(page, username) {
  await page.getByLabel("Username", { exact: true }).fill(username);
  await press(page, "Continue");
}

/** The new password, and the page that says it is done. */
export async function choose(page, password = NEW_PASSWORD) {
  await arrive(page, "Your new password");
  await page.getByLabel("New password").fill(password);
  await press(page, "Save the new password");
  await arrive(page, "Your password is changed");
}

export async function signIn(page, username, password) {
  await open(page, "/sign-in");
  await page.getByLabel("Username or email address").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Sign in");
}

/** Signs in and sees the account page. */
export async function signedIn(page, account, password = account.password) {
  await signIn(page, account.username, password);
  await arrive(page, "Your account");
  await expect(page.getByText(`Signed in as ${account.username}`)).toBeVisible();
}

/** Is told that the sign-in does not work. */
export async function refusedIn(page, username, password) {
  await signIn(page, username, password);
  await expect(summary(page)).toContainText("The username or the password is wrong");
}

export const section = (page, name) => page.getByRole("region", { name });
