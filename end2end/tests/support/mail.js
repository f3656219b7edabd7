// The mails of one server, read from its sandbox mailbox as JSON.
import { expect } from "@playwright/test";

export class Mail {
  constructor(server) {
    this.server = server;
    /** Every token that came by mail: no request may show one in its address. */
    this.tokens = new Set();
  }

  async #json(path) {
    const answer = await fetch(`${this.server.url}/dev/mailbox/api/messages${path}`);
    if (!answer.ok) throw new Error(`the mailbox answers ${answer.status}`);
    return answer.json();
  }

  /** What came to an address, newest first. */
  async to(address) {
    return (await this.#json("")).filter((one) => one.to.includes(address));
  }

  /** Waits until so many mails with such a subject came to an address; the newest of them, whole. */
  async wait(address, subject, count = 1) {
    let found = [];
    const look = async () => {
      found = (await this.to(address)).filter((one) => subject.test(one.subject));
      return found.length;
    };
    await expect.poll(look, { message: `mail ${subject} to ${address}` }).toBeGreaterThanOrEqual(count);
    const whole = await this.#json(`/${found[0].id}`);
    const link = /https?:\/\/\S+#([\w-]{43})\S*/.exec(whole.text);
    if (link) this.tokens.add(link[1]);
    return { ...whole, link: link?.[0], token: link?.[1] };
  }
}
