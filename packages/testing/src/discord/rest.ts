import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Buckets } from "./buckets.js";
import type { UploadedFile } from "./message-body.js";
import { Refusal, unknown } from "./refusal.js";
import { ROUTES, type Route } from "./routes.js";
import type { World } from "./world.js";

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly at: number;
}

/** Faults that a test wants of the next requests. */
export type Fault = (method: string, path: string) => Refusal | "hang up" | null;

export interface Rest {
  readonly world: World;
  readonly token: string;
  readonly buckets: Buckets;
  readonly heard: Heard[];
  readonly faults: Set<Fault>;
  readonly gatewayUrl: () => string;
}

/** Version 10 of Discord's REST API, as far as a bot of slash commands and direct messages uses it. */
export const restServer = (rest: Rest): Server =>
  createServer((req, res) => void serve(rest, req, res).catch((error: unknown) => res.destroy(Error(String(error)))));

async function serve(rest: Rest, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { method = "" } = req;
  const url = new URL(String(req.url), "http://discord");
  const path = decodeURIComponent(url.pathname).replace(/^\/api\/v10/, "");
  const at = Date.now();
  const answer = await answered(rest, req, path, url.searchParams);
  if (answer === "hang up") return void req.socket.destroy();
  const { status, headers, body } = answer;
  rest.heard.push({ method, path, status, headers: req.headers, at });
  res.writeHead(status, body === null ? headers : { "Content-Type": "application/json", ...headers });
  res.end(body === null ? undefined : JSON.stringify(body));
  rest.world.changed();
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object | null;
}

async function answered(rest: Rest, req: IncomingMessage, path: string, query: URLSearchParams) {
  const { method = "" } = req;
  const { body, files } = await bodyOf(req);
  try {
    const fault = [...rest.faults].map((each) => each(method, path)).find((each) => each !== null);
    if (fault === "hang up") return fault;
    if (fault !== undefined) throw fault;
    const [route, params] = find(method, path);
    authorize(rest, route, req);
    const resource = params["channel"] ?? params["token"] ?? params["guild"] ?? "";
    const headers = rest.buckets.take(`${method} ${route.path}`, resource);
    const answer = route.answer(rest.world, { params, query, body, files }, rest.gatewayUrl());
    return { status: answer === null ? 204 : 200, headers, body: answer } satisfies Answer;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, code, message, details, headers } = error;
    return { status, headers, body: status === 429 ? { message, ...details } : { message, code, ...details } };
  }
}

function find(method: string, path: string): [Route, Readonly<Record<string, string>>] {
  for (const route of ROUTES) {
    const pattern = new RegExp(`^${route.path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
    const groups = route.method === method ? pattern.exec(path)?.groups : undefined;
    if (groups !== undefined) return [route, groups];
    if (route.method === method && route.path === path) return [route, {}];
  }
  throw unknown.route();
}

function authorize({ token }: Rest, { open = false }: Route, { headers }: IncomingMessage): void {
  if (!/^DiscordBot \(.+, .+\)/.test(headers["user-agent"] ?? ""))
    throw new Refusal(403, 40333, "internal network error");
  if (!open && headers.authorization !== `Bot ${token}`) throw new Refusal(401, 0, "401: Unauthorized");
}

async function bodyOf(req: IncomingMessage): Promise<{ body: unknown; files: Map<string, UploadedFile> }> {
  const bytes = await buffer(req);
  const type = req.headers["content-type"] ?? "";
  const files = new Map<string, UploadedFile>();
  if (bytes.length === 0) return { body: null, files };
  if (!type.startsWith("multipart/form-data")) return { body: JSON.parse(bytes.toString()), files };
  const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": type } }).formData();
  for (const [name, value] of form) {
    const id = /^files\[(\d+)\]$/.exec(name)?.[1];
    if (id === undefined || typeof value === "string") continue;
    files.set(id, { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  const payload = form.get("payload_json");
  return { body: typeof payload === "string" ? JSON.parse(payload) : null, files };
}
