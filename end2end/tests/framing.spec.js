// W9: no page of ours shows in a frame, neither on another site nor on a page of our own.
import { expect, test } from "./support/fixtures.js";
import { Stranger } from "./support/stranger.js";
import * as step from "./support/steps.js";

/** What the browser says when it refuses; anything else is a fault. */
test.use({ tolerated: [/^console: .*(frame-ancestors|X-Frame-Options|[Rr]efused to (frame|display)|Framing )/] });

const OPEN = [
  "/",
  "/forgot",
  "/forgot/sent?reference=K7QF-2M",
  "/reset",
  "/reset/password",
  "/reset/done",
  "/sign-up",
  "/sign-up/sent",
  "/verify",
  "/sign-in",
  "/not-me",
  "/not-me/done",
  "/account/verify-address",
  "/no/such/page",
  "/health/live",
  "/dev/mailbox",
  "/dev/mailbox/api/messages",
];
const SIGNED_IN = ["/account", "/sign-out", "/console", "/console/smtp", "/console/outbox", "/console/domain"];

/** A page of another site with that address in every kind of frame there is, and one of its own beside it. */
const trap = (address) => `<!doctype html><title>trap</title>
  <iframe id="own" src="/own"></iframe>
  <iframe id="frame" src="${address}"></iframe>
  <object id="object" type="text/html" data="${address}"></object>
  <embed id="embed" type="text/html" src="${address}">`;

/** What is in the frames of a page: the text of those that can be read. */
async function inside(page) {
  const frames = page.frames().filter((frame) => frame !== page.mainFrame());
  const texts = [];
  for (const frame of frames) {
    texts.push({ url: frame.url(), text: await frame.evaluate(() => document.body?.innerText ?? "").catch(() => "") });
  }
  return texts;
}

/** Opens the page and sees that nothing of `server` is in a frame of it. */
async function blocked(page, server, address, path) {
  await page.goto(address);
  // The own frame shows: frames work here, and this test can tell.
  await expect(page.frameLocator("#own").getByText("a page of the stranger")).toBeVisible();
  await page.waitForLoadState("load");
  const frames = await inside(page);
  const shown = frames.filter((one) => one.url.startsWith(server.url) && one.text.trim() !== "");
  expect(shown, path).toEqual([]);
  const refused = frames.filter((one) => one.url.startsWith("chrome-error:"));
  expect(refused.length, `${path}: ${JSON.stringify(frames)}`).toBeGreaterThanOrEqual(1);
}

test.describe("frames", () => {
  let stranger;
  let target = "/";

  test.beforeEach(async () => {
    stranger = await Stranger.start((url) => (url === "/own" ? "<p>a page of the stranger</p>" : trap(target)));
  });
  test.afterEach(() => stranger.stop());

  test("W9: no page shows in a frame of another site", async ({ page, server }) => {
    for (const path of OPEN) {
      target = server.url + path;
      await blocked(page, server, stranger.url, path);
    }
  });

  test("W9: with a session neither", async ({ page, server, operator, mail, account }) => {
    await step.signedIn(page, operator);
    for (const path of SIGNED_IN) {
      target = server.url + path;
      await blocked(page, server, stranger.url, path);
    }
    await step.follow(page, await step.forget(page, mail, account));
    await step.prove(page, account.username);
    await step.arrive(page, "Your new password");
    target = `${server.url}/reset/password`;
    await blocked(page, server, stranger.url, "/reset/password");
    // The mail that the mailbox frames itself, by its own address, is for the mailbox alone.
    const letter = (await mail.to(account.email))[0];
    const { src } = await (async () => {
      await step.open(page, `/dev/mailbox/${letter.id}?view=html`);
      return { src: await page.locator("iframe").first().getAttribute("src") };
    })();
    await expect(page.frameLocator("iframe").first().locator("body")).toContainText("password");
    target = server.url + src;
    await blocked(page, server, stranger.url, src);
  });

  test("W9: a page of our own frames no other", async ({ page, server }) => {
    for (const path of ["/reset", "/sign-in", "/not-me"]) {
      await step.open(page, "/");
      const text = await page.evaluate(async (src) => {
        const frame = document.createElement("iframe");
        const loaded = new Promise((done) => frame.addEventListener("load", done));
        frame.src = src;
        document.body.append(frame);
        await loaded;
        try {
          return frame.contentDocument?.body?.innerText ?? "";
        } catch {
          return "";
        }
      }, path);
      expect(text, path).toBe("");
      expect(page.frames().map((frame) => frame.url()), path).not.toContain(server.url + path);
    }
  });
});
