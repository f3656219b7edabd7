// The password meter's own thread: takes [password, policy, inputs], answers the report as JSON text, or null where there is none.
// `__GLUE__` is the address of the strength module's glue; the site tool puts it in.

let module;
let newest;

// At the first question, not before: nobody downloads the word lists who does not type a password. A failed load is tried again.
async function load() {
  const glue = await import("__GLUE__");
  await glue.default();
  return glue;
}

self.onmessage = async ({ data }) => {
  newest = data;
  try {
    module ??= load();
    const { assess } = await module;
    // Only what stands in the field now is worth an answer.
    if (data === newest) self.postMessage(assess(...data) ?? null);
  } catch {
    // After a panic the module's memory is not to be trusted, so it is loaded anew (from the browser's cache).
    module = undefined;
    self.postMessage(null);
  }
};
