// What every test gets: a server, its mails, an account, browsers that are watched for errors, broken policies and leaked tokens.
import { randomBytes } from "node:crypto";
import { expect, test as base } from "@playwright/test";
import { Mail } from "./mail.js";
import { Relay } from "./relay.js";
import { Server } from "./server.js";

export { expect };
export const PASSWORD = "moss lantern orbit quilt";
export const NEW_PASSWORD = "velvet harbour tuna sixpence";

/** Chromium writes refusals of ours to the console; anything else there is a fault. */
const REFUSAL = /^Failed to load resource: the server responded with a status of (400|401|403|404|410|422|429) /;
/** Nothing uses what is preloaded while scripts are off or the machine is slow; that nothing comes twice is weight.spec's to see. */
const PRELOADED = /was preloaded using link preload but not used/;
/** Files that belong to a page must be there. */
const FILE = /\/pkg\//;

/** Contexts that run no scripts. */
export const scriptless = new WeakSet();

/** Writes down what goes wrong in a context, and what it asks for. */
async function watch(context, js, faults, traffic) {
  context.on("console", (message) => {
    const refused = REFUSAL.test(message.text()) && !FILE.test(message.location().url);
    const known = refused || PRELOADED.test(message.text());
    if (["error", "warning"].includes(message.type()) && !known) faults.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => faults.push(`page: ${error.error().stack ?? error.error()}`));
  context.on("request", (request) => {
    const [url] = request.url().split("#");
    traffic.push({ url, path: new URL(url).pathname, method: request.method(), body: request.postData(), request });
  });
  if (js === false) {
    scriptless.add(context);
    return;
  }
  // A broken Content-Security-Policy is reported to the page alone.
  await context.exposeBinding("posternViolation", (_, words) => faults.push(`policy: ${words}`));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      globalThis.posternViolation(`${event.violatedDirective} ${event.blockedURI} on ${location.pathname}`);
    });
  });
}

export const test = base.extend({
  /** Faults that a test provokes on purpose, as regular expressions. */
  tolerated: [[], { option: true }],

  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  mail: async ({ server }, use) => use(new Mail(server)),

  /** A new name and address that nobody has yet. */
  person: async ({}, use) => {
    const username = `u${randomBytes(6).toString("hex")}`;
    await use({ username, email: `${username}@example.org`, password: PASSWORD });
  },

  /** The same person with an account. */
  account: async ({ server, person }, use) => {
    const { username, email, password } = person;
    await server.command(["account", "add", username, email, "--password-stdin"], password);
    await use(person);
  },

  /** Somebody else, who may use the console. */
  operator: async ({ server }, use) => {
    const username = `op${randomBytes(6).toString("hex")}`;
    const email = `${username}@example.org`;
    await server.command(["account", "add", username, email, "--operator", "--password-stdin"], PASSWORD);
    await use({ username, email, password: PASSWORD });
  },

  /** Starts mail servers on a script, and ends them with the test. */
  relays: async ({}, use) => {
    const started = [];
    await use(async (script) => {
      const relay = await Relay.start(script);
      started.push(relay);
      return relay;
    });
    for (const relay of started) relay.stop();
  },

  /** Requests of all browsers of this test, in order. */
  traffic: async ({}, use) => use([]),

  faults: async ({}, use) => use([]),

  context: async ({ context, faults, traffic, javaScriptEnabled }, use) => {
    await watch(context, javaScriptEnabled, faults, traffic);
    await use(context);
  },

  /** Another browser, with nothing in common with the first. */
  another: async ({ browser, baseURL, javaScriptEnabled, faults, traffic }, use) => {
    const opened = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ baseURL, javaScriptEnabled, ...options });
      opened.push(context);
      await watch(context, javaScriptEnabled, faults, traffic);
      return context.newPage();
    });
    for (const context of opened) await context.close();
  },

  /** After every test: no fault, and no token in any address or Referer. */
  clean: [
    async ({ mail, faults, traffic, tolerated }, use) => {
      await use();
      expect(faults.filter((fault) => !tolerated.some((known) => known.test(fault)))).toEqual([]);
      for (const { url, request } of traffic) {
        const seen = `${url} ${request.headers().referer ?? ""}`;
        for (const token of mail.tokens) expect(seen, "a token in an address").not.toContain(token);
      }
    },
    { auto: true },
  ],
});
