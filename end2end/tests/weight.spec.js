// What pages load: how much, how packed, and nothing that they do not need.
import { expect, test } from "./support/fixtures.js";
import * as step from "./support/steps.js";

const STRENGTH = /\/pkg\/strength/;
const light = ["/", "/forgot", "/reset", "/sign-up", "/sign-in", "/not-me", "/account/verify-address", "/dev/mailbox", "/nowhere"];

/** Octets that a file took on its way, without headers. */
const size = async (response) => (await response.request().sizes()).responseBodySize;

test("the first page takes at most 80 kB of script and module, in brotli", async ({ page }) => {
  const files = [];
  page.on("response", (response) => files.push(response));
  await step.open(page, "/forgot");
  await page.waitForLoadState("networkidle");
  const heavy = files.filter((one) => /\.(js|wasm)$/.test(new URL(one.url()).pathname));
  expect(heavy.map((one) => new URL(one.url()).pathname.replace(/\.\w+\./, ".")).sort()).toEqual([
    "/pkg/postern.js",
    "/pkg/postern.wasm",
  ]);
  let total = 0;
  for (const one of heavy) {
    const headers = one.headers();
    expect(headers["content-encoding"]).toBe("br");
    expect(headers["cache-control"]).toContain("immutable");
    if (one.url().endsWith(".wasm")) expect(headers["content-type"]).toBe("application/wasm");
    total += await size(one);
  }
  expect(total).toBeGreaterThan(10_000);
  expect(total).toBeLessThanOrEqual(80_000);
});

test("a page without a new password loads none of the word lists", async ({ page, account, traffic }) => {
  for (const path of light) {
    await step.open(page, path);
    await page.waitForLoadState(path === "/dev/mailbox" ? "load" : "networkidle");
  }
  await step.signIn(page, account.username, account.password);
  await step.arrive(page, "Your account");
  expect(traffic.filter((one) => STRENGTH.test(one.path) && one.path.endsWith(".wasm"))).toEqual([]);
  const before = traffic.length;
  await step.open(page, "/sign-in");
  await page.waitForLoadState("networkidle");
  expect(traffic.slice(before).filter((one) => STRENGTH.test(one.path))).toEqual([]);
});

test("the word lists come with the first letter of a new password, not before", async ({ page, account, traffic }) => {
  const lists = () => traffic.filter((one) => STRENGTH.test(one.path) && one.path.endsWith(".wasm"));
  await step.signedIn(page, account);
  await page.waitForLoadState("networkidle");
  expect(lists()).toEqual([]);
  const coming = page.context().waitForEvent("response", (one) => /strength\..*wasm$/.test(one.url()));
  await page.getByLabel("New password").pressSequentially("ab");
  const response = await coming;
  expect(response.headers()["content-encoding"]).toBe("br");
  await expect(page.locator(".meter")).toBeVisible();
  expect(lists()).toHaveLength(1);
});

test("pages are not kept, files are for a year, everything carries the safe headers", async ({ request, server }) => {
  for (const path of ["/", "/forgot", "/reset", "/sign-in", "/nowhere"]) {
    const headers = (await request.get(path)).headers();
    expect(headers["cache-control"], path).toBe("no-store");
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    expect(headers["referrer-policy"], path).toBe("same-origin");
    const policy = headers["content-security-policy"];
    expect(policy, path).toContain("default-src 'none'");
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy, path).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/);
  }
  // A nonce serves once.
  const nonce = async () => /nonce-(\w+)/.exec((await request.get("/forgot")).headers()["content-security-policy"])[1];
  expect(await nonce()).not.toBe(await nonce());
  expect(server.url).toMatch(/^http:/);
});

test("W6: pages load nothing from elsewhere", async ({ page, traffic, server }) => {
  for (const path of light) await step.open(page, path);
  expect(traffic.filter((one) => !one.url.startsWith(server.url))).toEqual([]);
});
