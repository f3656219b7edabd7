// A mailed link carries TOKEN.SECONDS in its fragment: take it, clean the address bar, and put the token into the form
// only once somebody has typed a username. Mail scanners open links and press buttons, but type no names.
(() => {
  let token = "";
  const take = () => {
    const [found, end] = location.hash.slice(1).split(".");
    if (!/^[\w-]{43}$/.test(found || "")) return;
    token = found;
    history.replaceState(history.state, "", location.pathname + location.search);
    const old = Boolean(end) && Number(end) * 1000 < Date.now();
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => use(old));
    else use(old);
  };
  const fill = () => {
    const name = document.getElementById("username");
    // The field comes back when this code is refused: from then on it holds what is pasted there.
    if (!token || !document.getElementById("token-field").hidden) return;
    document.getElementById("token").value = name.value.trim() ? token : "";
  };
  const use = (old) => {
    const field = document.getElementById("token");
    const name = document.getElementById("username");
    if (!field || !name) return;
    const notice = document.getElementById("link-old");
    if (notice) notice.hidden = !old;
    field.required = false;
    field.value = "";
    document.getElementById("token-field").hidden = true;
    const taken = document.getElementById("token-taken");
    if (taken) taken.hidden = false;
    for (const event of ["input", "change"]) name.addEventListener(event, fill);
    name.form.addEventListener("submit", fill, true);
    if (!name.value) name.focus();
  };
  take();
  // A second link opened in the same tab changes nothing but the fragment.
  addEventListener("hashchange", take);
})();
