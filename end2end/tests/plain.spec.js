// Without JavaScript: errors come with the page, what was typed stays, and nothing needs a script.
import { expect, test } from "./support/fixtures.js";
import * as step from "./support/steps.js";

/** Submits past `required`, as an old browser or a program does. */
async function bare(page, path, form) {
  const answer = await page.request.post(path, { form, maxRedirects: 0 });
  return { status: answer.status(), html: await answer.text(), location: answer.headers().location };
}

test("errors stand beside the field and in the summary, and what was typed stays", async ({ page, mail, person }) => {
  await step.follow(page, await step.enrol(page, mail, person.email), false);
  const token = await page.getByLabel("Code from the mail").inputValue();
  await page.getByLabel("Username", { exact: true }).fill("No Good!");
  await page.getByLabel("New password").fill("short");
  const [answer] = await Promise.all([
    page.waitForResponse((one) => one.request().method() === "POST"),
    step.press(page, "Make my account"),
  ]);
  expect(answer.status()).toBe(422);
  await expect(step.summary(page)).toBeFocused();
  await expect(step.summary(page).getByRole("listitem")).toHaveCount(2);
  await expect(page.locator("#username-error")).toContainText("A username has 3 to 32 characters");
  await expect(page.locator("#password-error")).toContainText("Use at least 15 characters");
  await expect(page.getByLabel("Username", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Username", { exact: true })).toHaveValue("No Good!");
  await expect(page.getByLabel("Code from the mail")).toHaveValue(token);
  // A password never comes back in a page.
  await expect(page.getByLabel("New password")).toHaveValue("");
  await step.summary(page).getByRole("link").last().click();
  await expect(page.getByLabel("New password")).toBeFocused();
});

test("a weak new password leaves the reset as it is", async ({ page, mail, account }) => {
  await step.follow(page, await step.forget(page, mail, account), false);
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
  await page.getByLabel("New password").fill("password1234567");
  await step.press(page, "Save the new password");
  await expect(page.locator("#password-error")).toContainText("easy to guess");
  await step.choose(page);
});

test("no button that needs a script shows without one", async ({ page, account }) => {
  await step.signedIn(page, account);
  await expect(page.getByRole("button", { name: /Show/ })).toHaveCount(0);
  await expect(page.locator(".meter:visible")).toHaveCount(0);
  await step.open(page, "/sign-in");
  await expect(page.locator(".reveal:visible")).toHaveCount(0);
});

test("empty, huge and odd input gets a sentence and the right status", async ({ page }) => {
  const cases = [
    ["/forgot", { username: "" }, 422, "Type your username."],
    ["/forgot", { username: "x".repeat(600) }, 422, "This is longer than we can take."],
    ["/forgot", { username: "a\0b" }, 400, "This form could not be read."],
    ["/sign-up", { email: "nobody" }, 422, "Write an address such as name@example.org."],
    ["/sign-up", { email: "a@b.example\r\nBcc: x@y.example" }, 422, "Write an address such as"],
    ["/reset", { token: "", username: "bob" }, 422, "Paste the code from the mail."],
    ["/reset", { token: "nonsense", username: "bob" }, 422, "This link or code does not work"],
    ["/reset/password", { password: "whatever it may be" }, 410, "This reset is over"],
    ["/verify", { token: "A".repeat(43), username: "bob", password: "moss lantern orbit quilt" }, 422, "does not work"],
    ["/sign-in", { username: "nobody", password: "wrong" }, 401, "The username or the password is wrong"],
    ["/not-me", { token: "A".repeat(43), username: "bob" }, 422, "does not work"],
    ["/forgot", { username: "x".repeat(1 << 20) }, 413, ""],
  ];
  for (const [path, form, status, words] of cases) {
    const answer = await bare(page, path, form);
    expect(answer.status, `${path} ${JSON.stringify(form).slice(0, 80)}`).toBe(status);
    expect(answer.html).toContain(words);
  }
});

test("what was typed comes back as text, never as markup", async ({ page }) => {
  await step.open(page, "/sign-up");
  // Past the browser's own check of addresses.
  const answer = await bare(page, "/sign-up", { email: '"><img src=x onerror=alert(1)>' });
  expect(answer.status).toBe(422);
  expect(answer.html).not.toContain("<img");
});

test("a page that does not exist says so", async ({ page }) => {
  const answer = await page.goto("/nowhere");
  expect(answer.status()).toBe(404);
  await step.arrive(page, "Page not found");
  await page.getByRole("main").getByRole("link", { name: "Home" }).click();
  await step.arrive(page, "Back into your account");
});

test("the mailbox works without JavaScript too", async ({ page, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await step.open(page, `/dev/mailbox?q=${account.username}`);
  await page.getByRole("link", { name: letter.subject }).click();
  await expect(page.frameLocator("iframe").getByRole("heading", { level: 1 })).toHaveText("Choose a new password");
  await page.getByRole("link", { name: "Text", exact: true }).click();
  await expect(page.getByRole("region", { name: "Text" })).toContainText(letter.token);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText("0 of")).toBeVisible();
});
