import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { TrainerClient } from "@trainer/client";
import { DataBankClient } from "@trainer/client/data-bank";
import { exec } from "../exec.js";
import { at } from "../paths.js";
import { must } from "./must.js";

/** @typedef {"redis" | "data-bank" | "worker" | "api"} Part */

export const PARTS = /** @type {const} */ (["redis", "data-bank", "worker", "api"]);

const key = () => randomBytes(32).toString("hex");

/** deploy/compose.yaml under a name, with keys, ports and volumes of its own. */
export class Stack {
  #project = `trainer-test-${process.pid}`;
  /** @type {Record<string, string>} */
  #env;

  /** @param {Record<string, string>} env */
  constructor(env) {
    this.#env = env;
  }

  /** @param {string} image that is started first */
  static async make(image) {
    return new Stack({
      TRAINER_IMAGE: image,
      SECURITY__API_KEY: key(),
      APP__DATA_BANK_API_KEY: key(),
      REDIS_PASSWORD: key(),
      PORT: String(await freePort()),
      DATA_BANK_PORT: String(await freePort()),
      APP__THREADS: "1",
    });
  }

  /** @param {string} image that the next `up` starts */
  use(image) {
    this.#env["TRAINER_IMAGE"] = image;
  }

  get url() {
    return `http://127.0.0.1:${this.#env["PORT"]}`;
  }

  get pagesUrl() {
    return `${this.url}/?key=${this.#env["SECURITY__API_KEY"]}`;
  }

  get client() {
    return new TrainerClient({ url: this.url, apiKey: this.#env["SECURITY__API_KEY"], retries: 10 });
  }

  get files() {
    const url = `http://127.0.0.1:${this.#env["DATA_BANK_PORT"]}`;
    return new DataBankClient({ url, apiKey: this.#env["APP__DATA_BANK_API_KEY"], retries: 10 });
  }

  /** @param {string[]} args */
  #compose(...args) {
    const all = ["-p", this.#project, "-f", at("deploy/compose.yaml"), "--profile", "prod", ...args];
    return must("podman-compose", all, { env: { ...process.env, ...this.#env } });
  }

  /** Starts what is not up, and what is to be of another image anew. */
  up() {
    return this.#compose("up", "--detach", "--no-build");
  }

  /** Removes the containers; the volumes stay. */
  down() {
    return this.#compose("down");
  }

  async remove() {
    await this.#compose("down", "--volumes");
  }

  /** @param {Part} part */
  async container(part) {
    const labels = [`io.podman.compose.project=${this.#project}`, `com.docker.compose.service=${part}`];
    const filters = labels.flatMap((label) => ["--filter", `label=${label}`]);
    const { stdout } = await must("podman", ["ps", "--all", ...filters, "--format", "{{.Names}}"]);
    return stdout.trim();
  }

  /**
   * Ends it as the kernel ends what takes too much memory: without a word.
   * @param {Part} part
   */
  async kill(part) {
    const container = await this.container(part);
    const { stdout } = await must("podman", ["inspect", "--format", "{{.State.Pid}}", container]);
    process.kill(Number(stdout), "SIGKILL"); // `podman kill` would be somebody's wish, after which none is started again
  }

  /** @param {Part} part */
  async isHealthy(part) {
    return (await exec("podman", ["healthcheck", "run", await this.container(part)])).code === 0;
  }

  /**
   * Waits until all parts are up by their own health checks, and the API has a worker.
   * @returns {Promise<Record<Part, number>>} seconds after which each was
   */
  async healthy() {
    const started = performance.now();
    /** @type {Record<Part, number>} */
    const seconds = { redis: 0, "data-bank": 0, worker: 0, api: 0 };
    await Promise.all(
      PARTS.map(async (part) => {
        await until(`${part} is well`, () => this.isHealthy(part), 180);
        seconds[part] = (performance.now() - started) / 1000;
      }),
    );
    await until("the API has a worker", async () => (await this.client.ready()).status === "ready", 60);
    return seconds;
  }

  /** The logs of all parts, for a person who looks for what went wrong. */
  async logs() {
    const parts = await Promise.all(
      PARTS.map(
        async (part) =>
          `── ${part}\n${(await exec("podman", ["logs", "--tail", "40", await this.container(part)])).output}`,
      ),
    );
    return parts.join("\n");
  }
}

/**
 * @param {string} what
 * @param {() => Promise<boolean>} holds
 * @param {number} seconds
 */
export async function until(what, holds, seconds) {
  const end = performance.now() + seconds * 1000;
  let problem = "";
  while (performance.now() < end) {
    try {
      if (await holds()) return;
    } catch (error) {
      problem = `: ${error instanceof Error ? error.message : error}`;
    }
    await setTimeout(200);
  }
  throw new Error(`not within ${seconds} s: ${what}${problem}`);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("a server without a port");
  return address.port;
}
