// The sandbox mailbox: live, searchable, and safe to look at hostile mail in.
import { expect, test } from "./support/fixtures.js";
import { send } from "./support/smtp.js";
import * as step from "./support/steps.js";

const list = (page) => page.locator("#mailbox-list");
const row = (page, subject) => list(page).getByRole("link", { name: subject });

const hostile = (subject, server) => `From: Mallory <mallory@example.org>
To: ada@example.org
Subject: ${subject}
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<!DOCTYPE html><title>x</title>
<h1>Hello</h1>
<link rel="stylesheet" href="${server.url}/loaded-style">
<link rel="preconnect" href="https://tracker.example">
<script>parent.document.title = "owned"; fetch("${server.url}/loaded-script")</script>
<img src="${server.url}/loaded-image" onerror="parent.document.title = 'owned'">
<iframe src="${server.url}/loaded-frame"></iframe>
<p style="background:url(${server.url}/loaded-background)">text</p>
<form action="${server.url}/loaded-form" method="post"><button>Press</button></form>
<a href="javascript:alert(1)">script link</a>
`;

const plain = (subject, text) => `From: Ada <ada@example.org>
To: bob@example.org
Subject: ${subject}

${text}
`;

test("mail arrives live, without a reload, and is announced", async ({ page, server, person }) => {
  await page.goto("/dev/mailbox");
  await page.evaluate(() => {
    globalThis.mark = "still here";
  });
  const subject = `Live ${person.username}`;
  await send(server.smtp, "bob@example.org", plain(subject, "It works."));
  await expect(row(page, subject)).toBeVisible();
  await expect(page.locator("#mailbox-status")).toHaveText(`New mail: ${subject}`);
  expect(await page.evaluate(() => globalThis.mark)).toBe("still here");
});

test("mail that arrives keeps the focus where it is", async ({ page, server, person }) => {
  const [first, second] = [`First ${person.username}`, `Second ${person.username}`];
  await send(server.smtp, "bob@example.org", plain(first, "1"));
  await page.goto("/dev/mailbox");
  await row(page, first).focus();
  await send(server.smtp, "bob@example.org", plain(second, "2"));
  await expect(row(page, second)).toBeVisible();
  await expect(row(page, first)).toBeFocused();
});

test("the link in the framed mail opens the reset", async ({ page, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await page.goto(`/dev/mailbox/${letter.id}`);
  const link = page.frameLocator("iframe").getByRole("link", { name: "Choose a new password" });
  const [opened] = await Promise.all([page.waitForEvent("popup"), link.click()]);
  await step.arrive(opened, "Choose a new password");
  await expect(opened.getByText("Your link brought its code along.")).toBeVisible();
  await step.prove(opened, account.username);
  await step.choose(opened);
});

test("the link in the text does too, and every view shows its part", async ({ page, mail, account }) => {
  const letter = await step.forget(page, mail, account);
  await page.goto(`/dev/mailbox/${letter.id}`);
  const views = page.getByRole("navigation", { name: "Views of this message" });
  await views.getByRole("link", { name: "Headers" }).click();
  await expect(page.getByRole("row", { name: /^Subject / })).toContainText(letter.subject);
  await views.getByRole("link", { name: "Source" }).click();
  await expect(page.getByRole("region", { name: "Source" })).toContainText("Content-Type: multipart/alternative");
  await views.getByRole("link", { name: "Text" }).click();
  await expect(views.getByRole("link", { name: "Text" })).toHaveAttribute("aria-current", "page");
  await page.getByRole("region", { name: "Text" }).getByRole("link", { name: letter.link }).click();
  await step.arrive(page, "Choose a new password");
  await step.prove(page, account.username);
  await step.arrive(page, "Your new password");
});

test.describe("hostile HTML", () => {
  // The browser says what it blocks.
  test.use({ tolerated: [/Content Security Policy|sandbox|blocked|Blocked|Refused/] });

  test("runs nothing and loads nothing", async ({ page, server, person, traffic, request }) => {
    const subject = `Hostile ${person.username}`;
    await send(server.smtp, "ada@example.org", hostile(subject, server));
    await page.goto("/dev/mailbox");
    await row(page, subject).click();
    const frame = page.frameLocator("iframe.mailbox-frame");
    await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Hello");
    await frame.getByRole("button", { name: "Press" }).click();
    await frame.getByRole("link", { name: "script link" }).click();
    await expect(page).toHaveTitle(/^Sandbox mailbox/);
    // Playwright lists what the policy stopped as well; the server tells what got out.
    expect(await server.log()).not.toContain("loaded-");
    const elsewhere = traffic.filter((one) => !one.url.startsWith(server.url));
    expect(elsewhere.filter((one) => one.request.failure()?.errorText !== "csp").map((one) => one.url)).toEqual([]);

    const source = await page.locator("iframe.mailbox-frame").getAttribute("src");
    const policy = (await request.get(source)).headers()["content-security-policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("sandbox");
    expect(policy).not.toMatch(/allow-scripts|allow-same-origin|allow-forms|script-src/);
    await expect(page.locator("iframe.mailbox-frame")).toHaveAttribute("sandbox", /^(?!.*allow-(scripts|same-origin|forms))/);
  });
});

test("subjects and addresses are text", async ({ page, server, person }) => {
  const subject = `<img src=x onerror=alert(1)> ${person.username}`;
  await send(server.smtp, "bob@example.org", plain(subject, "<b>bold</b>"));
  await page.goto("/dev/mailbox");
  await row(page, subject).click();
  await expect(page.getByRole("heading", { level: 2, name: subject })).toBeVisible();
  await expect(page.getByRole("region", { name: "Text" })).toContainText("<b>bold</b>");
});

test("search finds by subject, address and text, and can be taken back", async ({ page, server, person }) => {
  const word = person.username;
  await send(server.smtp, "bob@example.org", plain(`Subject ${word}`, "nothing"));
  await send(server.smtp, `${word}@example.org`, plain("By address", "nothing"));
  await send(server.smtp, "bob@example.org", plain("By text", `the word ${word} is here`));
  await page.goto("/dev/mailbox");
  await page.getByRole("searchbox").fill(word.toUpperCase());
  await page.getByRole("searchbox").press("Enter");
  await expect(list(page).getByRole("listitem")).toHaveCount(3);
  await expect(list(page).getByRole("heading")).toContainText("3 of");
  await row(page, "By text").click();
  await expect(page.getByRole("searchbox")).toHaveValue(word.toUpperCase());
  await page.getByRole("link", { name: "Show all" }).click();
  await expect(page.getByRole("searchbox")).toHaveValue("");
});

test("delete one, then all", async ({ page, another, server, person }) => {
  const [one, two] = [`One ${person.username}`, `Two ${person.username}`];
  await send(server.smtp, "bob@example.org", plain(one, "1"));
  await send(server.smtp, "bob@example.org", plain(two, "2"));
  const watcher = await another();
  await watcher.goto("/dev/mailbox");
  await expect(row(watcher, one)).toBeVisible();
  await page.goto("/dev/mailbox");
  await row(page, one).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(row(page, one)).toHaveCount(0);
  await expect(row(page, two)).toBeVisible();
  await expect(row(watcher, one)).toHaveCount(0);
  await page.getByRole("button", { name: "Delete all" }).click();
  await expect(page.getByText("Nothing has come yet")).toBeVisible();
  await expect(row(watcher, two)).toHaveCount(0);
});

test("a message that is gone says so", async ({ page }) => {
  const answer = await page.goto("/dev/mailbox/never-was");
  expect(answer.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "This message is gone" })).toBeVisible();
});
