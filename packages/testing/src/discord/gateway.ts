import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { z } from "zod";
import type { World } from "./world.js";

const OP = { dispatch: 0, heartbeat: 1, identify: 2, resume: 6, reconnect: 7, invalid: 9, hello: 10, ack: 11 } as const;
const CLOSE = {
  unknownOp: 4001,
  decode: 4002,
  notAuthenticated: 4003,
  badToken: 4004,
  already: 4005,
  timedOut: 4009,
} as const;

const Sent = z.object({ op: z.int(), d: z.unknown() });
const Identify = z.object({ token: z.string(), intents: z.int(), properties: z.object({ os: z.string() }) });
const Resume = z.object({ token: z.string(), session_id: z.string(), seq: z.int().nullable() });

interface Dispatch {
  readonly t: string;
  readonly s: number;
  readonly d: object;
}

/** A session: it outlives its connection, and what was sent in between is sent again when it is resumed. */
interface Session {
  readonly id: string;
  readonly sent: Dispatch[];
  socket: WebSocket | null;
}

/** Discord's gateway, version 10 in JSON. */
export class Gateway {
  readonly #world: World;
  readonly #token: string;
  readonly #heartbeatMs: number;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, Session>();
  /** Nobody is let in. */
  down = false;
  /** Number of sessions that were begun, and resumed. */
  identified = 0;
  resumed = 0;
  heartbeats = 0;
  readonly url: () => string;

  constructor(world: World, token: string, heartbeatMs: number, url: () => string) {
    this.#world = world;
    this.#token = token;
    this.#heartbeatMs = heartbeatMs;
    this.url = url;
  }

  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { searchParams } = new URL(String(req.url), "ws://discord");
    if (this.down || searchParams.get("v") !== "10" || searchParams.get("encoding") !== "json") socket.destroy();
    else this.#server.handleUpgrade(req, socket, head, (client) => this.#welcome(client));
  }

  /** Sends an event to every session, also to those that are away just now. */
  dispatch(t: string, d: object): void {
    for (const session of this.#sessions.values()) this.#send(session, t, d);
  }

  /** Cuts all connections: with a close code, or without a word. */
  drop(code?: number): void {
    for (const client of this.#server.clients) {
      if (code === undefined) client.terminate();
      else client.close(code);
    }
  }

  /** Requests all clients to reconnect and resume. */
  reconnect(): void {
    for (const client of this.#server.clients) say(client, { op: OP.reconnect, d: null });
  }

  /** Ends all sessions. */
  invalidate(): void {
    this.#sessions.clear();
    for (const client of this.#server.clients) say(client, { op: OP.invalid, d: false });
  }

  get connected(): number {
    return [...this.#sessions.values()].filter(({ socket }) => socket !== null).length;
  }

  close(): void {
    this.down = true;
    this.drop();
    this.#server.close();
  }

  #welcome(client: WebSocket): void {
    let session: Session | null = null;
    let seen = Date.now();
    say(client, { op: OP.hello, d: { heartbeat_interval: this.#heartbeatMs } });
    const watch = setInterval(() => {
      if (Date.now() - seen > 2 * this.#heartbeatMs) client.close(CLOSE.timedOut);
    }, this.#heartbeatMs);
    client.on("close", () => {
      clearInterval(watch);
      if (session?.socket === client) session.socket = null;
      this.#world.changed();
    });
    client.on("message", (data: Buffer) => {
      const message = read(data);
      if (message === null) return client.close(CLOSE.decode);
      const { op, d } = message;
      if (op === OP.heartbeat) {
        seen = Date.now();
        this.heartbeats += 1;
        say(client, { op: OP.ack });
      } else if (op === OP.identify || op === OP.resume) {
        if (session !== null) return client.close(CLOSE.already);
        session = op === OP.identify ? this.#identify(client, d) : this.#resume(client, d);
      } else {
        client.close(session === null ? CLOSE.notAuthenticated : CLOSE.unknownOp);
      }
      this.#world.changed();
    });
  }

  #identify(client: WebSocket, d: unknown): Session | null {
    const { success, data } = Identify.safeParse(d);
    if (!success || data.token !== this.#token) {
      client.close(success ? CLOSE.badToken : CLOSE.decode);
      return null;
    }
    this.identified += 1;
    const session: Session = { id: `session-${this.#world.snowflake()}`, sent: [], socket: client };
    this.#sessions.set(session.id, session);
    this.#send(session, "READY", {
      v: 10,
      user: this.#world.userObject(this.#world.botId),
      guilds: [],
      session_id: session.id,
      resume_gateway_url: this.url(),
      shard: [0, 1],
      application: { id: this.#world.applicationId, flags: 0 },
    });
    return session;
  }

  #resume(client: WebSocket, d: unknown): Session | null {
    const { success, data } = Resume.safeParse(d);
    const session = success && data.token === this.#token ? this.#sessions.get(data.session_id) : undefined;
    if (!success || session === undefined) {
      say(client, { op: OP.invalid, d: false });
      return null;
    }
    this.resumed += 1;
    session.socket = client;
    for (const dispatch of session.sent) {
      if (dispatch.s > (data.seq ?? 0)) say(client, { op: OP.dispatch, ...dispatch });
    }
    this.#send(session, "RESUMED", {});
    return session;
  }

  #send(session: Session, t: string, d: object): void {
    const dispatch = { t, s: session.sent.length + 1, d };
    session.sent.push(dispatch);
    if (session.socket !== null) say(session.socket, { op: OP.dispatch, ...dispatch });
  }
}

const say = (client: WebSocket, payload: object): void =>
  client.send(JSON.stringify({ t: null, s: null, d: null, ...payload }));

function read(data: Buffer): z.output<typeof Sent> | null {
  try {
    return Sent.parse(JSON.parse(data.toString()));
  } catch {
    return null;
  }
}
