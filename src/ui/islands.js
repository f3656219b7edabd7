// Loads the module and wakes every island in document order, parents before children.
import("__JS__").then(async (mod) => {
  await mod.default({ module_or_path: "__WASM__" });
  mod.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) {
    // Unknown where the files are of another build than the server: an error in the console, and plain forms.
    await mod[island.dataset.component](island);
  }
  document.documentElement.dataset.awake = "";
});
