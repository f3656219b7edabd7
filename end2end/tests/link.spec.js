// The mailed link: what the page does with its fragment, who may use it, and where its token never shows.
import { expect, NEW_PASSWORD, test } from "./support/fixtures.js";
import * as step from "./support/steps.js";

const code = (page) => page.locator("#token");
const username = (page) => page.getByLabel("Username", { exact: true });
/** A well-formed token that nobody was mailed. */
const STRANGE = "A".repeat(43);

test("the fragment leaves the address bar, and the token waits for a username", async ({ page, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await step.follow(page, letter);
  await expect(page).toHaveURL(/\/reset$/);
  await expect(page.getByText("Your link brought its code along.")).toBeVisible();
  await expect(code(page)).toBeHidden();
  await expect(code(page)).toHaveValue("");
  await expect(username(page)).toBeFocused();
  expect(await page.content()).not.toContain(letter.token);
  await username(page).fill("x");
  await expect(code(page)).toHaveValue(letter.token);
  await username(page).fill("");
  await expect(code(page)).toHaveValue("");
  expect(await page.evaluate(() => JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }]))).not
    .toContain(letter.token);
});

test("W6: the token travels in one request body, never in an address or a Referer", async ({ page, mail, account, traffic }) => {
  const letter = await step.forget(page, mail, account);
  await step.follow(page, letter);
  expect(traffic.filter((one) => one.method === "POST").map((one) => one.path)).toEqual(["/api/submit"]);
  await step.prove(page, account.username);
  await step.choose(page);
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await step.arrive(page, "Sign in");
  for (const { url, request } of traffic) {
    const { referer = "", cookie = "" } = await request.allHeaders();
    expect(`${url} ${referer} ${cookie}`).not.toContain(letter.token);
    // Nothing of a fragment, whatever is in it.
    expect(referer).not.toContain("#");
  }
  const carrying = traffic.filter((one) => one.body?.includes(letter.token));
  expect(carrying.map((one) => `${one.method} ${one.path}`)).toEqual(["POST /api/submit"]);
});

test("/reset is the same inert page for everybody", async ({ page, mail, account, request }) => {
  const letter = await step.forget(page, mail, account);
  const bare = (html) => html.replace(/nonce="[^"]*"/g, "");
  const plain = await request.get("/reset");
  expect(plain.headers()["set-cookie"]).toBeUndefined();
  await step.follow(page, letter);
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
  const again = await page.request.get("/reset");
  expect(bare(await again.text())).toBe(bare(await plain.text()));
  expect(again.headers()["set-cookie"]).toBeUndefined();
});

test("T17: a second click on the burnt link goes on in the same browser", async ({ page, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await step.follow(page, letter);
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
  await step.follow(page, letter);
  await step.prove(page, account.username);
  await step.choose(page);
});

test("T17: the burnt link is refused in another browser", async ({ page, another, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await step.follow(page, letter);
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
  const thief = await another();
  await step.follow(thief, letter);
  await step.prove(thief, account.username);
  await expect(step.summary(thief)).toContainText("This link or code does not work");
  // The field comes back, so that another code can be pasted.
  await expect(code(thief)).toBeVisible();
  await step.choose(page);
});

for (const way of ["pasted code", "second link in the same tab"]) {
  test(`after a dead link a ${way} works`, async ({ page, mail, account }) => {
    const dead = await step.forget(page, mail, account);
    const fresh = await step.forget(page, mail, account, 2);
    await step.follow(page, dead);
    await step.prove(page, account.username);
    await expect(step.summary(page)).toContainText("This link or code does not work");
    await expect(page.getByText("Your link brought its code along.")).toBeHidden();
    if (way === "pasted code") {
      await code(page).fill(fresh.token);
    } else {
      // Only the fragment changes: the page is not loaded again.
      await page.goto(fresh.link);
      await expect(page).toHaveURL(/\/reset$/);
      await expect(code(page)).toBeHidden();
    }
    await step.prove(page, account.username);
    await step.choose(page);
  });
}

test("T4: after the change the link is dead everywhere", async ({ page, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await step.follow(page, letter);
  await step.prove(page, account.username);
  await step.choose(page);
  await step.follow(page, letter);
  await step.prove(page, account.username);
  await expect(step.summary(page)).toContainText("This link or code does not work");
});

test("a link that says it is old shows the notice at once", async ({ page }) => {
  await step.open(page, `/reset#${STRANGE}.${Math.floor(Date.now() / 1000) - 60}`);
  await expect(page.getByText("This link is too old.")).toBeVisible();
  await expect(page.getByText("This link is too old.").getByRole("link")).toHaveAttribute("href", "/forgot");
  await page.goto("about:blank");
  await step.open(page, `/reset#${STRANGE}.${Math.floor(Date.now() / 1000) + 600}`);
  await expect(page.getByText("This link is too old.")).toBeHidden();
});

test("W11: a fragment that is no token is left alone, and the code can be pasted", async ({ page, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await step.open(page, "/reset#%3Cimg%20src=x%20onerror=alert(1)%3E");
  await expect(code(page)).toBeVisible();
  // The whole link does as well as the code in it.
  await code(page).fill(letter.link);
  await step.prove(page, account.username);
  await step.choose(page);
});

test("a strange token is refused in a sentence", async ({ page }) => {
  await step.open(page, `/reset#${STRANGE}.${Math.floor(Date.now() / 1000) + 600}`);
  await step.prove(page, "somebody");
  await expect(step.summary(page)).toContainText("Ask for a new one.");
});

test("T7: the newest mail works, the older one does not", async ({ page, mail, account }) => {
  const old = await step.forget(page, mail, account);
  const fresh = await step.forget(page, mail, account, 2);
  expect(fresh.token).not.toBe(old.token);
  await step.follow(page, old);
  await step.prove(page, account.username);
  await expect(step.summary(page)).toContainText("This link or code does not work");
  await step.follow(page, fresh);
  await step.prove(page, account.username);
  await step.choose(page);
});

test("T16: a scanner that opens the link and presses everything spends nothing", async ({ page, another, mail, account, traffic }) => {
  const letter = await step.forget(page, mail, account);
  const scanner = await another();
  await scanner.clock.install();
  await step.follow(scanner, letter);
  const before = traffic.length;
  // It stays for a while: nothing here submits by itself.
  await scanner.clock.runFor(60_000);
  expect(traffic.slice(before).filter((one) => one.method === "POST")).toEqual([]);
  const buttons = scanner.getByRole("button");
  for (let index = 0; index < await buttons.count(); index += 1) await buttons.nth(index).click();
  // One that does not mind `required` either.
  await scanner.evaluate(() => {
    for (const form of document.forms) form.noValidate = true;
  });
  await step.press(scanner, "Continue");
  await expect(step.summary(scanner)).toContainText("Paste the code from the mail.");
  expect(traffic.slice(before).some((one) => one.body?.includes(letter.token))).toBe(false);

  await step.follow(page, letter);
  await step.prove(page, account.username);
  await step.choose(page, NEW_PASSWORD);
});

test("T16: scanners spend no other link either", async ({ page, another, mail, account }) => {
  await step.follow(page, await step.forget(page, mail, account));
  await step.prove(page, account.username);
  await step.choose(page);
  const notice = await mail.wait(account.email, /password was changed$/);
  const scanner = await another();
  await step.follow(scanner, notice);
  await step.press(scanner, "Freeze my account");
  await expect(username(scanner)).toBeFocused();
  await step.signedIn(page, account, NEW_PASSWORD);
});
