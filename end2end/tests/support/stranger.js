// A web server of somebody else: its pages, and what is posted to it.
import { once } from "node:events";
import { createServer } from "node:http";

export class Stranger {
  /** Answers GET with what `page` makes of the path, and keeps every body that is posted. */
  static async start(page = () => "") {
    const stranger = new Stranger();
    stranger.posted = [];
    stranger.server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        if (request.method === "POST") stranger.posted.push(body);
        response.setHeader("content-type", "text/html; charset=utf-8");
        response.end(request.method === "GET" ? page(request.url) : "");
      });
    }).listen(0, "127.0.0.1");
    await once(stranger.server, "listening");
    stranger.url = `http://127.0.0.1:${stranger.server.address().port}`;
    return stranger;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
