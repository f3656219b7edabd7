// A real `postern serve` on free ports with a folder of its own, its command line, and its end by SIGTERM.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { openSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const repository = resolve(import.meta.dirname, "../../..");
const target = process.env.CARGO_TARGET_DIR ?? join(repository, "target");
const binary = process.env.POSTERN_E2E_BINARY ?? join(target, "debug/postern");

/** A port that was free a moment ago. */
async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** The settings; nothing of this process's own POSTERN_ variables gets through. */
function settings(folder, port, smtp, more) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("POSTERN_"));
  return {
    ...Object.fromEntries(inherited),
    POSTERN_SITE__LISTEN: `127.0.0.1:${port}`,
    POSTERN_SITE__PUBLIC_URL: `http://127.0.0.1:${port}`,
    POSTERN_SITE__ROOT: join(folder, "site"),
    POSTERN_DATABASE__URL: `sqlite:${join(folder, "x.sqlite")}`,
    POSTERN_SANDBOX__LISTEN: `127.0.0.1:${smtp}`,
    POSTERN_SMTP__PORT: String(smtp),
    POSTERN_LIMITS__PER_ADDRESS: "100000",
    POSTERN_LIMITS__PER_IDENTIFIER: "10000",
    POSTERN_LIMITS__MAILS_PER_HOUR: "1000000",
    POSTERN_RESET__MAIL_SPACING: "0s",
    POSTERN_CONSOLE__PROBE_ALLOW: "127.0.0.0/8",
    POSTERN_CONSOLE__PROBES_PER_10MIN: "1000",
    POSTERN_PASSWORD__ARGON2_MEMORY: "8192",
    POSTERN_PASSWORD__ARGON2_PASSES: "1",
    ...more,
  };
}

export class Server {
  /** Starts one; another port is tried where somebody was quicker. */
  static async start(more = {}) {
    for (let attempt = 1; ; attempt += 1) {
      const server = new Server();
      try {
        await server.#launch(more);
        return server;
      } catch (error) {
        if (attempt === 3 || !/in use/i.test(String(error))) throw error;
      }
    }
  }

  async #launch(more) {
    this.folder = await mkdtemp(join(tmpdir(), "postern-e2e-"));
    // A copy: somebody may build the site anew meanwhile.
    await cp(join(repository, "target/site"), join(this.folder, "site"), { recursive: true });
    const [port, smtp] = [await freePort(), await freePort()];
    this.url = `http://127.0.0.1:${port}`;
    this.smtp = smtp;
    this.env = settings(this.folder, port, smtp, more);
    const log = openSync(join(this.folder, "log"), "w");
    // In its own folder, so that nobody's Leptos.toml is read.
    this.process = spawn(binary, ["serve"], { cwd: this.folder, env: this.env, stdio: ["ignore", log, log] });
    closeSync(log);
    this.ended = once(this.process, "exit");
    this.ended.catch(() => {});
    const until = Date.now() + 30_000;
    while (!(await this.#ready())) {
      if (this.process.exitCode !== null || Date.now() > until) {
        throw new Error(`the server did not start:\n${await this.log()}`);
      }
      await pause(50);
    }
  }

  async #ready() {
    try {
      return (await fetch(`${this.url}/health/ready`)).ok;
    } catch {
      return false;
    }
  }

  log() {
    return readFile(join(this.folder, "log"), "utf8");
  }

  /** Runs a command of the same binary with the same settings. */
  async command(args, input = "") {
    const child = spawn(binary, args, { cwd: this.folder, env: this.env, stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    child.stderr.on("data", (chunk) => (said += chunk));
    child.stdin.end(input);
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`postern ${args.join(" ")} ended with ${code}:\n${said}`);
    return said;
  }

  /** Asks it to stop, as a service manager does; it must end well and may not have stumbled meanwhile. */
  async stop() {
    this.process.kill("SIGTERM");
    const [code, signal] = await this.ended;
    const log = await this.log();
    if (code !== 0) throw new Error(`the server ended with ${code ?? signal}:\n${log}`);
    const bad = log.split("\n").filter((line) => /panicked| ERROR /.test(line));
    if (bad.length > 0) throw new Error(`the server stumbled:\n${bad.join("\n")}`);
    await rm(this.folder, { recursive: true, force: true });
  }
}
