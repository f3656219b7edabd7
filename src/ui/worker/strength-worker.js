// The password meter's own thread. It answers {id, password, inputs} with {id, report}, or {id, failed: true} when the module does
// not load or trips over a password; the page then shows no meter, and the server still has its say.
// `__GLUE__` is the address of the strength module's glue; the site tool puts it in.

let module;

// At the first question, not before: nobody downloads the word lists who does not type a password. A failed load is tried again.
async function load() {
  const glue = await import("__GLUE__");
  await glue.default();
  return glue;
}

self.onmessage = async ({ data: { id, password, inputs } }) => {
  try {
    module ??= load();
    const { assess } = await module;
    self.postMessage({ id, report: JSON.parse(assess(password, JSON.stringify(inputs ?? []))) });
  } catch {
    // After a panic the module's memory is not to be trusted, so it is loaded anew, too (from the browser's cache).
    module = undefined;
    self.postMessage({ id, failed: true });
  }
};
