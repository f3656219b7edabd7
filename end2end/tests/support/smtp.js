// Hands a mail to the sandbox mailbox over SMTP, as any program would.
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";

/** Sends a whole message, headers and all. */
export async function send(port, to, message) {
  const socket = connect(port, "127.0.0.1");
  const lines = createInterface({ input: socket });
  const replies = lines[Symbol.asyncIterator]();
  const expectReply = async (code) => {
    for (;;) {
      const { value = "", done } = await replies.next();
      if (done || !value.startsWith(code)) throw new Error(`SMTP: wanted ${code}, heard "${value}"`);
      if (value[3] !== "-") return;
    }
  };
  const say = async (line, code) => {
    socket.write(`${line}\r\n`);
    await expectReply(code);
  };
  await expectReply("220");
  await say("EHLO tests.example", "250");
  await say("MAIL FROM:<sender@example.org>", "250");
  await say(`RCPT TO:<${to}>`, "250");
  await say("DATA", "354");
  await say(`${message.replaceAll(/\r?\n/g, "\r\n")}\r\n.`, "250");
  socket.end("QUIT\r\n");
  await once(socket, "close");
}
