// The console without JavaScript: whole pages, and a page that loads itself again while a probe runs.
import { expect, test } from "./support/fixtures.js";
import * as probe from "./support/probe.js";

test("a probe is followed by loading the page again, to its verdict", async ({ page, operator, relays }) => {
  const relay = await relays({ gate: "AUTH", replies: { AUTH: "535 5.7.8 no" } });
  await probe.room(page, operator);
  await probe.typed(page, relay.port, { username: "mailer", password: "secret-of-the-test" });
  await probe.start(page);
  await expect(probe.outcome(page)).toHaveText("Running");
  await expect(probe.row(page, "AUTH")).toContainText("running");
  relay.open();
  await expect(probe.outcome(page)).toHaveText(/^Failed: /);
  await expect(page.getByText("auth.bad").first()).toBeVisible();
  const views = page.getByRole("navigation", { name: "Views of this probe" });
  await views.getByRole("link", { name: "Report" }).click();
  await expect(page.getByLabel("Report")).toHaveValue(/auth\.bad/);
  await expect(page.getByRole("button", { name: "Copy the report" })).toBeHidden();
});
