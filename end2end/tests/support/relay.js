// A mail server on a script, for the console to look into: it offers AUTH, answers as told, and waits where told.
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

export class Relay {
  /** `replies` by verb, such as `{ AUTH: "535 5.7.8 no" }`; `gate`: a verb that is answered only once `open()` is called. */
  static async start({ replies = {}, gate } = {}) {
    const relay = new Relay();
    relay.opened = new Promise((resolve) => {
      relay.open = resolve;
    });
    relay.sockets = new Set();
    relay.server = createServer((socket) => relay.#converse(socket, replies, gate)).listen(0, "127.0.0.1");
    await once(relay.server, "listening");
    relay.port = relay.server.address().port;
    return relay;
  }

  async #converse(socket, replies, gate) {
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.write("220 relay.test ready\r\n");
    const usual = {
      EHLO: "250-relay.test\r\n250-SIZE 10485760\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN",
      AUTH: "235 2.7.0 welcome",
      DATA: "354 go on",
      QUIT: "221 2.0.0 bye",
    };
    let body = false;
    for await (const line of createInterface({ input: socket })) {
      if (body && line !== ".") continue;
      const verb = body ? "." : line.slice(0, 4).toUpperCase();
      if (verb === gate) await this.opened;
      const reply = replies[verb] ?? usual[verb] ?? "250 2.0.0 ok";
      body = verb === "DATA" && reply.startsWith("354");
      socket.write(`${reply}\r\n`);
      if (verb === "QUIT") socket.end();
    }
  }

  stop() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
