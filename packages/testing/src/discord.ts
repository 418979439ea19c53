import { once } from "node:events";
import { Buckets, type Limit } from "./discord/buckets.js";
import { Gateway } from "./discord/gateway.js";
import { interactionCreate, Invocation, type Invoked } from "./discord/invocation.js";
import { restServer, type Fault, type Heard, type Rest } from "./discord/rest.js";
import { World } from "./discord/world.js";

export interface DiscordOptions {
  readonly token?: string;
  readonly heartbeatMs?: number;
  /** Left out: 5 requests in 250 ms. The real one has 5 in 5 s for messages. */
  readonly limit?: Limit;
  readonly global?: Limit;
}

/** Discord on this machine: REST and gateway as discord.js speaks with them, with the limits that Discord holds. */
export class Discord implements AsyncDisposable {
  readonly world = new World();
  readonly token: string;
  readonly gateway: Gateway;
  readonly #rest: Rest;
  readonly #server;
  #port = 0;

  constructor({ token = TOKEN, heartbeatMs = 10_000, limit, global }: DiscordOptions = {}) {
    this.token = token;
    this.gateway = new Gateway(this.world, token, heartbeatMs, () => `ws://127.0.0.1:${this.#port}`);
    const buckets = new Buckets(() => limit ?? { limit: 5, windowMs: 250 }, global ?? { limit: 50, windowMs: 1000 });
    this.#rest = {
      world: this.world,
      token,
      buckets,
      heard: [],
      faults: new Set(),
      gatewayUrl: this.gateway.url,
    };
    this.#server = restServer(this.#rest);
    this.#server.on("upgrade", (req, socket, head) => this.gateway.upgrade(req, socket, head));
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("a socket without a port");
    this.#port = address.port;
    return this;
  }

  /** Value of `rest.api` for discord.js. */
  get apiUrl(): string {
    return `http://127.0.0.1:${this.#port}/api`;
  }

  get heard(): readonly Heard[] {
    return this.#rest.heard;
  }

  /** Lets a fault befall requests until it is taken back. */
  fault(fault: Fault): Disposable {
    this.#rest.faults.add(fault);
    return { [Symbol.dispose]: () => void this.#rest.faults.delete(fault) };
  }

  /** A person uses a slash command, or types in one of its options. */
  invoke(invoked: Invoked): Invocation {
    const invocation = new Invocation(this.world, invoked);
    const event = interactionCreate(this.world, invocation);
    this.world.invocations.set(invocation.token, invocation);
    this.gateway.dispatch("INTERACTION_CREATE", event);
    return invocation;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gateway.close();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

export const TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789AB";

export const startDiscord = (options?: DiscordOptions): Promise<Discord> => new Discord(options).listen();
