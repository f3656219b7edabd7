// Pictures of every page, narrow and wide, light and dark, for people to look at: POSTERN_SHOTS names the folder.
import base from "./playwright.config.js";

const docs = /docs\.spec\.js$/;

export default {
  ...base,
  testDir: "shots",
  projects: [
    ...["light", "dark"].flatMap((colorScheme) => [
      { name: `wide-${colorScheme}`, testIgnore: docs, use: { colorScheme, viewport: { width: 1200, height: 800 } } },
      { name: `narrow-${colorScheme}`, testIgnore: docs, use: { colorScheme, viewport: { width: 360, height: 740 } } },
    ]),
    { name: "docs", testMatch: docs },
  ],
};
