// Every page in every state: WCAG 2.2 AA as far as axe can tell, light and dark, and narrow screens that nothing runs out of.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "./support/fixtures.js";
import { pages } from "./support/pages.js";
import * as step from "./support/steps.js";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe objects to, in short. A framed mail runs no script, axe's neither. */
async function objections(page) {
  await page.evaluate(source);
  const results = await page.evaluate(
    (values) => globalThis.axe.run(document, { runOnly: { type: "tag", values }, iframes: false, resultTypes: ["violations"] }),
    TAGS,
  );
  expect(results.passes.length).toBeGreaterThan(5);
  return results.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`));
}

/** Colours fade; what counts is where they end. */
async function show(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {}))));
}

/** What sticks out of the viewport's side. */
const overflow = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const out = [...document.body.querySelectorAll("*")].filter((one) => {
      const box = one.getBoundingClientRect();
      return box.width > 0 && (box.right > width + 0.5 || box.left < -0.5) && !one.closest("pre, .skip, .visually-hidden");
    });
    const names = out.map((one) => `${one.tagName}.${one.className}: ${Math.round(one.getBoundingClientRect().right)} > ${width}`);
    if (document.documentElement.scrollWidth > width) names.push(`the page scrolls to ${document.documentElement.scrollWidth}`);
    return names;
  });

/** Buttons, fields and links of their own below 44 pixels (WCAG 2.5.5, its highest level); links in sentences may be smaller. */
const small = (page) =>
  page.evaluate(() => {
    const targets = "main button, main .button, main input:not([type=hidden], [type=radio], .visually-hidden), main select, main summary, nav a, footer a, .mailbox-rows a, .past a, .choice";
    return [...document.querySelectorAll(targets)]
      .map((one) => [one, one.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && (box.height < 44 || box.width < 44))
      .map(([one, box]) => `${one.tagName} "${one.textContent.trim()}": ${Math.round(box.width)} x ${Math.round(box.height)}`);
  });

/** The buttons that show a password, where they are not within its field. */
const outside = (page) =>
  page.locator(".reveal:visible").evaluateAll((all) =>
    all.flatMap((one) => {
      const [box, field] = [one, one.closest(".password").querySelector("input")].map((each) => each.getBoundingClientRect());
      const inside = box.top >= field.top && box.bottom <= field.bottom && box.left > field.left && box.right <= field.right;
      return inside ? [] : [`${JSON.stringify(box)} is not in ${JSON.stringify(field)}`];
    }),
  );

for (const [name, go] of Object.entries(pages)) {
  test(`${name} reads well for everybody, wide and narrow, light and dark`, async ({ page, server, mail, person, account, operator, relays, another }) => {
    await go({ page, server, mail, person, account, operator, relays, another });
    for (const theme of ["light", "dark"]) {
      await show(page, theme);
      expect(await objections(page), `axe, ${theme}`).toEqual([]);
    }
    expect(await outside(page)).toEqual([]);
    for (const width of [360, 320]) {
      await page.setViewportSize({ width, height: 740 });
      expect(await overflow(page), `at ${width} pixels`).toEqual([]);
    }
    expect(await outside(page)).toEqual([]);
    expect(await small(page)).toEqual([]);
    expect(await objections(page), "axe, narrow").toEqual([]);
  });
}

test("the mails read well for everybody too, light and dark", async ({ page, mail, account }) => {
  const reset = await step.forget(page, mail, account);
  await step.follow(page, reset);
  await step.prove(page, account.username);
  await step.choose(page);
  const notice = await mail.wait(account.email, /password was changed$/);
  await page.setViewportSize({ width: 360, height: 740 });
  for (const letter of [reset, notice]) {
    await page.goto("about:blank");
    await page.setContent(letter.html);
    for (const theme of ["light", "dark"]) {
      await show(page, theme);
      // No landmarks in mails: mail programs bring their own.
      expect((await objections(page)).filter((one) => !/^(region|landmark-one-main):/.test(one)), theme).toEqual([]);
      expect(await overflow(page)).toEqual([]);
    }
  }
});

test("twice the text size still fits", async ({ page }) => {
  for (const path of ["/", "/forgot", "/sign-in", "/sign-up", "/dev/mailbox"]) {
    await page.goto(path);
    await page.evaluate(() => {
      document.documentElement.style.fontSize = "200%";
    });
    expect(await overflow(page), path).toEqual([]);
  }
});

test("nothing moves for those who want no motion", async ({ page, mail, account }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await pages["password-good"]({ page, mail, account });
  const moving = await page.locator("body *").evaluateAll((all) =>
    all.filter((one) => getComputedStyle(one).transitionDuration !== "0s").map((one) => one.className),
  );
  expect(moving).toEqual([]);
});
