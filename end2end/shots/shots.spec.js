// One picture of each page in each project: where the size and the theme come from.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "../tests/support/fixtures.js";
import { pages } from "../tests/support/pages.js";

const folder = process.env.POSTERN_SHOTS ?? join(tmpdir(), "postern-shots");

for (const [name, go] of Object.entries(pages)) {
  test(name, async ({ page, server, mail, person, account, operator, relays, another }, info) => {
    await go({ page, server, mail, person, account, operator, relays, another });
    await page.screenshot({ path: join(folder, `${name}.${info.project.name}.png`), fullPage: true, animations: "disabled" });
  });
}
