// The three pictures of the README, into docs/images: `npm run shots:docs`.
import { join } from "node:path";
import { expect, test } from "../tests/support/fixtures.js";
import * as step from "../tests/support/steps.js";

const into = (name) => join(import.meta.dirname, "../../docs/images", `${name}.png`);
const ada = { username: "ada", email: "ada@example.org", password: "moss lantern orbit quilt" };

test.describe.configure({ mode: "serial" });

test.beforeAll(async ({ server }) => {
  await server.command(["account", "add", ada.username, ada.email, "--password-stdin"], ada.password);
});

test.describe("light", () => {
  test.use({ viewport: { width: 960, height: 560 }, deviceScaleFactor: 1.5 });

  test("forgot", async ({ page }) => {
    await step.open(page, "/forgot");
    await page.getByLabel("Username or email address").fill(ada.username);
    await page.screenshot({ path: into("forgot"), animations: "disabled", caret: "hide" });
  });
});

test.describe("dark", () => {
  test.use({ viewport: { width: 960, height: 620 }, deviceScaleFactor: 1.5, colorScheme: "dark" });

  test("new password", async ({ page, mail }) => {
    await step.follow(page, await step.forget(page, mail, ada));
    await step.prove(page, ada.username);
    await step.arrive(page, "Your new password");
    await page.getByLabel("New password").fill("velvet harbour");
    await expect(page.locator(".verdict")).toContainText("characters");
    await page.getByRole("button", { name: "Show password" }).click();
    await page.screenshot({ path: into("new-password"), animations: "disabled", caret: "hide" });
    await page.getByLabel("New password").fill("velvet harbour tuna sixpence");
    await step.press(page, "Save the new password");
    await step.arrive(page, "Your password is changed");
    await mail.wait(ada.email, /password was changed$/);
  });
});

test.describe("wide", () => {
  test.use({ viewport: { width: 1200, height: 760 } });

  test("mailbox", async ({ page, mail }) => {
    await step.enrol(page, mail, "grace@example.org");
    const letter = await step.forget(page, mail, ada, 2);
    await page.goto(`/dev/mailbox/${letter.id}`);
    await expect(page.frameLocator("iframe").getByRole("heading", { level: 1 })).toBeVisible();
    await page.screenshot({ path: into("mailbox"), animations: "disabled" });
  });
});
