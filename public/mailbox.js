// Shows new mail without a reload: hears that something changed, fetches the page again and takes over its list.

const list = document.getElementById("mailbox-list");
const status = document.getElementById("mailbox-status");

/** Waits before connecting again where the browser has given up, in milliseconds. */
const RETRY = 3000;

let events;
let fetching = false;
let again = false;

/** Fetches this page and merges its list; calls meanwhile make it look once more afterwards. */
async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    do {
      again = false;
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const html = await answer.text();
      // Without the head: its style carries the nonce of another answer, which this page's policy would complain of.
      const body = html.slice(html.indexOf("<body"));
      const page = new DOMParser().parseFromString(body, "text/html");
      const fresh = page.getElementById("mailbox-list");
      if (fresh) merge(fresh);
      const live = document.getElementById("mailbox-live");
      const freshLive = page.getElementById("mailbox-live");
      // A session under way grows at its end; what is there already stays, and with it a selection.
      if (live && freshLive && live.innerHTML !== freshLive.innerHTML) live.replaceChildren(...freshLive.childNodes);
    } while (again);
  } catch {
    // The server is away; the events come back with it and ask again.
  } finally {
    fetching = false;
  }
}

/** Adds and removes lines and leaves the others as they are, and with them focus, selection and scroll position. */
function merge(fresh) {
  const rows = list.querySelector("ol");
  const head = list.querySelector("h2");
  const freshRows = fresh.querySelector("ol");
  const freshHead = fresh.querySelector("h2");
  const wasEmpty = rows.children.length === 0 || freshRows.children.length === 0;
  if (wasEmpty && !list.contains(document.activeElement)) {
    list.replaceChildren(...fresh.children);
    return;
  }
  head.textContent = freshHead.textContent;
  const present = new Map([...rows.children].map((row) => [row.dataset.id, row]));
  const lines = [...freshRows.children].map((row) => {
    const kept = present.get(row.dataset.id);
    present.delete(row.dataset.id);
    return kept ?? row;
  });
  for (const gone of present.values()) gone.remove();
  lines.forEach((row, at) => {
    if (rows.children[at] !== row) rows.insertBefore(row, rows.children[at] ?? null);
  });
}

/** Says it to screen readers; the pause makes the same words heard twice. */
function announce(subject) {
  status.textContent = "";
  setTimeout(() => {
    status.textContent = `New mail: ${subject || "no subject"}`;
  }, 100);
}

function connect() {
  disconnect();
  events = new EventSource("/dev/mailbox/events");
  // Also after a break, in which mail may have come.
  events.addEventListener("open", refresh);
  events.addEventListener("changed", refresh);
  events.addEventListener("arrived", (event) => {
    refresh();
    announce(JSON.parse(event.data).subject);
  });
  if (list.dataset.follows === "sessions") events.addEventListener("session", refresh);
  const mine = events;
  events.addEventListener("error", () => {
    if (mine === events && mine.readyState === EventSource.CLOSED) setTimeout(resume, RETRY);
  });
}

function disconnect() {
  events?.close();
  events = undefined;
}

function resume() {
  if (document.visibilityState === "visible") connect();
}

// A browser keeps six connections to one host: tabs nobody looks at give theirs back.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") connect();
  else disconnect();
});
addEventListener("pagehide", disconnect);
addEventListener("pageshow", (event) => {
  if (event.persisted) resume();
});

resume();
