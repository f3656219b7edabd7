// A mailed link carries TOKEN.SECONDS in its fragment: take it, clean the address bar, and put the token into the form
// only once somebody has typed a username. Mail scanners open links and press buttons, but type no names.
(() => {
  const [token, end] = location.hash.slice(1).split(".");
  if (!/^[\w-]{43}$/.test(token || "")) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  document.addEventListener("DOMContentLoaded", () => {
    const field = document.getElementById("token");
    const name = document.getElementById("username");
    if (!field || !name) return;
    if (end && Number(end) * 1000 < Date.now()) {
      const old = document.getElementById("link-old");
      if (old) old.hidden = false;
    }
    field.required = false;
    document.getElementById("token-field").hidden = true;
    const taken = document.getElementById("token-taken");
    if (taken) taken.hidden = false;
    const fill = () => { field.value = name.value.trim() ? token : ""; };
    for (const event of ["input", "change"]) name.addEventListener(event, fill);
    name.form.addEventListener("submit", fill, true);
    if (!name.value) name.focus();
  });
})();
