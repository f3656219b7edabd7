// Loads the module and wakes every island in document order, parents before children.
import("__JS__").then(async (mod) => {
  await mod.default({ module_or_path: "__WASM__" });
  mod.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) {
    await mod[island.dataset.component]?.(island);
  }
  document.documentElement.dataset.awake = "";
});
