// A proxy in front of a server, as in a deployment; it has every page and worker report broken policies, and keeps the reports.
import { once } from "node:events";
import { createServer, request } from "node:http";
import { Server } from "./server.js";

const REPORTS = "/csp-reports";

export class Front {
  /** In front of a server of its own. */
  static async start() {
    const front = new Front();
    /** Bodies of the reports. */
    front.reports = [];
    /** Path and policy of everything that went by. */
    front.policies = [];
    front.listener = createServer((incoming, outgoing) => front.#serve(incoming, outgoing)).listen(0, "127.0.0.1");
    await once(front.listener, "listening");
    front.url = `http://127.0.0.1:${front.listener.address().port}`;
    front.server = await Server.start({
      POSTERN_SITE__PUBLIC_URL: front.url,
      POSTERN_SITE__TRUSTED_PROXIES: "127.0.0.1",
    });
    return front;
  }

  #serve(incoming, outgoing) {
    if (incoming.url === REPORTS) {
      let body = "";
      incoming.on("data", (chunk) => (body += chunk));
      incoming.on("end", () => {
        this.reports.push(body);
        outgoing.writeHead(204).end();
      });
      return;
    }
    const { method, headers } = incoming;
    const forwarded = request(this.server.url + incoming.url, { method, headers }, (answer) => {
      const policy = answer.headers["content-security-policy"];
      const more = {};
      if (policy !== undefined) {
        this.policies.push({ path: incoming.url.split("?")[0], policy });
        more["content-security-policy"] = `${policy}; report-uri ${REPORTS}`;
      }
      outgoing.writeHead(answer.statusCode, { ...answer.headers, ...more });
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  }

  async stop() {
    this.listener.closeAllConnections();
    this.listener.close();
    await this.server.stop();
  }
}
