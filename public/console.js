// The console: shows a probe's steps as they happen, and copies reports. Without it the pages are whole all the same.

const status = document.getElementById("run-status");

/** Takes over fresh rows; those that are there keep what is open in them, and the focus. */
function merge(steps, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const rows = steps.querySelector("ol.waterfall");
  const freshRows = fresh.querySelector("ol.waterfall");
  if (!rows || !freshRows) {
    steps.replaceChildren(...fresh.childNodes);
    return;
  }
  [...freshRows.children].forEach((row, at) => {
    const known = rows.children[at];
    if (!known) {
      rows.append(row);
      return;
    }
    known.className = row.className;
    for (const part of ["summary", "ol"]) {
      known.querySelector(part).replaceChildren(...row.querySelector(part).childNodes);
    }
  });
  steps.querySelector(".waterfall-axis").replaceWith(fresh.querySelector(".waterfall-axis"));
}

/** Shows the page as it is once the probe is over, without a reload. */
async function finish(run, said) {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  const html = await answer.text();
  // Without the head: its style carries the nonce of another answer, which this page's policy would complain of.
  const page = new DOMParser().parseFromString(html.slice(html.indexOf("<body")), "text/html");
  const fresh = page.getElementById("run");
  if (!answer.ok || !fresh) {
    location.reload();
    return;
  }
  const away = !run.contains(document.activeElement);
  run.replaceWith(fresh);
  const head = html.slice(html.indexOf("<title>"), html.indexOf("</title>") + "</title>".length);
  document.title = new DOMParser().parseFromString(head, "text/html").title;
  status.textContent = said;
  if (!away) document.getElementById("outcome-title").focus();
  copying();
}

/** Follows a probe that runs. */
function follow(run) {
  const events = new EventSource(run.dataset.events);
  const steps = document.getElementById("run-steps");
  events.addEventListener("steps", (event) => merge(steps, JSON.parse(event.data).html));
  events.addEventListener("over", (event) => {
    events.close();
    finish(run, JSON.parse(event.data).said).catch(() => location.reload());
  });
  // A browser connects again by itself, unless it was told no: then the page knows more.
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 1000);
  });
  addEventListener("pagehide", () => events.close());
}

/** Makes the button beside the report work. */
function copying() {
  const button = document.getElementById("copy");
  const report = document.getElementById("report");
  if (!button || !report) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(report.value);
    } catch {
      // No clipboard here (plain http): what is selected can be copied by hand.
      report.focus();
      report.select();
      if (!document.execCommand("copy")) return;
      button.focus();
    }
    status.textContent = button.dataset.copied;
    button.textContent = button.dataset.copied;
  });
}

const run = document.getElementById("run");
if (run?.dataset.events) follow(run);
copying();
