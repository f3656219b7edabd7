// The keyboard alone, and what password managers and screen readers are told.
import { expect, NEW_PASSWORD, test } from "./support/fixtures.js";
import * as step from "./support/steps.js";

const focused = (page) => page.locator(":focus");

/** Presses Tab; the name of what has the focus then. */
async function tab(page) {
  await page.keyboard.press("Tab");
  return (await focused(page).innerText()).trim();
}

test("the skip link comes first and leads to the content", async ({ page }) => {
  await step.open(page, "/sign-in");
  expect(await tab(page)).toBe("Skip to content");
  await expect(focused(page)).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Username or email address")).toBeFocused();
});

test("Tab goes through the page in the order it is read", async ({ page }) => {
  await step.open(page, "/sign-in");
  const order = [];
  for (let press = 0; press < 10; press += 1) {
    await page.keyboard.press("Tab");
    order.push(await focused(page).evaluate((one) => one.getAttribute("name") ?? one.textContent.trim()));
  }
  expect(order).toEqual([
    "Skip to content",
    "Postern",
    "Sign in",
    "Sign up",
    "username",
    "password",
    "Show password",
    "Sign in",
    "Forgot your password?",
    "Help",
  ]);
});

test("the whole reset by keyboard", async ({ page, mail, account }) => {
  await step.open(page, "/");
  await page.getByRole("link", { name: "I forgot my password" }).focus();
  await page.keyboard.press("Enter");
  await step.arrive(page, "Forgot your password?");
  await page.getByLabel("Username or email address").focus();
  await page.keyboard.type(account.username);
  await page.keyboard.press("Enter");
  await step.arrive(page, "Look into your mailbox");
  await step.follow(page, await mail.wait(account.email, /^Reset your/));
  // The page puts the focus where the typing begins.
  await page.keyboard.type("somebody-else");
  await page.keyboard.press("Enter");
  await expect(step.summary(page)).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Username", { exact: true })).toBeFocused();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(account.username);
  await page.keyboard.press("Enter");
  await step.arrive(page, "Your new password");
  await page.getByLabel("New password").focus();
  await page.keyboard.type(NEW_PASSWORD);
  // The button that shows it is next, and Space presses it.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await expect(page.getByLabel("New password")).toHaveAttribute("type", "text");
  await page.keyboard.press("Enter");
  await step.arrive(page, "Your password is changed");
});

test("the fields say what they are for", async ({ page, mail, account }) => {
  const told = async () =>
    Object.fromEntries(
      await page.locator("main input:not([type=hidden])").evaluateAll((all) => all.map((one) => [one.id, one.autocomplete])),
    );
  await step.open(page, "/forgot");
  expect(await told()).toEqual({ username: "username" });
  await step.open(page, "/sign-in");
  expect(await told()).toEqual({ username: "username", password: "current-password" });
  await step.open(page, "/sign-up");
  expect(await told()).toEqual({ email: "email" });
  await step.open(page, "/verify");
  expect(await told()).toEqual({ token: "one-time-code", username: "username", password: "new-password" });
  await step.follow(page, await step.forget(page, mail, account));
  expect(await told()).toEqual({ token: "one-time-code", username: "username" });
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
  expect(await told()).toMatchObject({ password: "new-password" });
  await step.signedIn(page, account);
  expect(await told()).toEqual({
    username: "username",
    current_password: "current-password",
    password: "new-password",
    "address-email": "email",
    "address-current_password": "current-password",
  });
});

test("errors are announced and tied to their fields", async ({ page, account }) => {
  await step.signedIn(page, account);
  const form = step.section(page, "Change your address");
  await form.getByLabel("New email address").fill("new@example.org");
  await form.getByLabel("Current password").fill("not my password at all");
  await step.press(page, "Mail a link to the new address");
  await expect(form.getByRole("alert")).toBeFocused();
  await expect(form.getByLabel("Current password")).toHaveAccessibleDescription("This is not your current password.");
  await form.getByRole("alert").getByRole("link").click();
  await expect(form.getByLabel("Current password")).toBeFocused();
  // The other form on the page stays as it was.
  const other = step.section(page, "Change your password");
  await expect(other.getByRole("alert")).toHaveCount(0);
  await expect(other.getByLabel("Current password")).not.toHaveAttribute("aria-invalid");
});
