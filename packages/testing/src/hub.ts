import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";

/** A repository of models: its files by their paths. */
export interface HubModel {
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** The token that may read it; without one everybody may. */
  readonly token?: string;
}

export interface HubRequest {
  /** The hub itself, or the host that it sends people to for large files. */
  readonly host: "hub" | "store";
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

export interface StartedHub extends AsyncDisposable {
  readonly url: string;
  readonly storeUrl: string;
  readonly requests: HubRequest[];
  /** Repositories by owner/name; what is put here is there at once. */
  readonly models: Map<string, HubModel>;
  /** Answers a request in the place of the hub where it returns true. */
  fault: (request: HubRequest, res: ServerResponse) => boolean;
  commitOf(name: string): string;
}

const sha = (algorithm: "sha1" | "sha256", ...parts: readonly (string | Buffer)[]): string =>
  parts.reduce((hash, each) => hash.update(each), createHash(algorithm)).digest("hex");
const bytesOf = (content: string | Buffer): Buffer => Buffer.from(content);
const blobOf = (content: Buffer): string => sha("sha1", `blob ${content.length}\0`, content);
/** Weights and whatever else is large are kept apart, under their SHA-256. */
const isLarge = (path: string, content: Buffer): boolean =>
  /\.(safetensors|bin|gguf|model)$/.test(path) || content.length > 1 << 20;

/** Entries of a page of a listing. */
const PAGE = 3;

/**
 * A hub of models on this machine, with the interface that hubs have: models by owner/name, their revisions, pages of their
 * files, the files themselves with ranges, and redirects to another origin for those that are large.
 */
export async function startHub(models: Readonly<Record<string, HubModel>>): Promise<StartedHub> {
  const all = new Map(Object.entries(models));
  const requests: HubRequest[] = [];
  const commitOf = (name: string): string =>
    sha("sha1", name, ...Object.entries(all.get(name)?.files ?? {}).flatMap(([path, content]) => [path, content]));
  const stored = new Map<string, Buffer>();

  const serve = (host: HubRequest["host"], answer: (request: HubRequest, res: ServerResponse) => void): Server =>
    createServer((req, res) => {
      const { method = "", url = "", headers } = req;
      const request = { host, method, url, headers };
      requests.push(request);
      if (!started.fault(request, res)) answer(request, res);
    });
  const store = serve("store", (request, res) => {
    const content = stored.get(request.url.slice(1));
    if (content === undefined) res.writeHead(404).end();
    else send(request, res, content, { etag: `"of-the-store-${request.url.slice(1, 9)}"` });
  });
  const storeUrl = await listening(store);

  const hub = serve("hub", (request, res) => {
    const { pathname, searchParams } = new URL(request.url, "http://hub");
    const [, name = ""] = /^\/(?:api\/models\/)?([^/]+\/[^/]+)\//.exec(pathname) ?? [];
    const model = all.get(name);
    if (model === undefined) return refuse(res, 401, "RepoNotFound", "Invalid username or password.");
    if (model.token !== undefined && request.headers.authorization !== `Bearer ${model.token}`) {
      const status = request.headers.authorization === undefined ? 401 : 403;
      return refuse(res, status, "GatedRepo", `Access to model ${name} is restricted.`);
    }
    const commit = commitOf(name);
    const files = Object.entries(model.files).map(([path, content]) => ({ path, content: bytesOf(content) }));
    const [, revision = "", rest = ""] = /\/(?:revision|tree|resolve)\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
    if (revision !== "main" && revision !== commit)
      return refuse(res, 404, "RevisionNotFound", `Invalid rev id: ${revision}`);
    if (pathname.includes("/revision/")) {
      const siblings = files.map(({ path }) => ({ rfilename: path }));
      return json(res, { id: name, modelId: name, sha: commit, private: false, gated: false, tags: [], siblings });
    }
    if (pathname.includes("/tree/")) {
      const at = Number(searchParams.get("cursor") ?? 0);
      const more = at + PAGE < files.length;
      const next = `<${url}${pathname}?cursor=${at + PAGE}>; rel="next"`;
      return json(res, files.slice(at, at + PAGE).map(entryOf), more ? { link: next } : {});
    }
    const found = files.find(({ path }) => path === decodeURIComponent(rest));
    if (found === undefined) return refuse(res, 404, "EntryNotFound", "Entry not found");
    const { path, content } = found;
    const headers = { "x-repo-commit": commit };
    if (!isLarge(path, content)) return send(request, res, content, { ...headers, etag: `"${blobOf(content)}"` });
    const oid = sha("sha256", content);
    stored.set(oid, content);
    res.writeHead(302, {
      ...headers,
      location: `${storeUrl}/${oid}`,
      "x-linked-size": content.length,
      "x-linked-etag": `"${oid}"`,
    });
    return void res.end();
  });
  const url = await listening(hub);

  const started: StartedHub = {
    url,
    storeUrl,
    requests,
    models: all,
    fault: () => false,
    commitOf,
    async [Symbol.asyncDispose]() {
      for (const server of [hub, store]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  return started;
}

function entryOf({ path, content }: { readonly path: string; readonly content: Buffer }) {
  const entry = { type: "file", oid: blobOf(content), size: content.length, path };
  if (!isLarge(path, content)) return entry;
  const lfs = { oid: sha("sha256", content), size: content.length, pointerSize: 134 };
  return { ...entry, oid: sha("sha1", path), lfs };
}

function send(request: HubRequest, res: ServerResponse, content: Buffer, headers: Readonly<Record<string, string>>) {
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const sameAs = request.headers["if-range"];
  const part = from !== undefined && (sameAs === undefined || sameAs === headers["etag"]);
  const body = part ? content.subarray(Number(from)) : content;
  const range = { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` };
  res.writeHead(part ? 206 : 200, { ...headers, "content-length": body.length, ...(part ? range : {}) });
  res.end(request.method === "HEAD" ? undefined : body);
}

const json = (res: ServerResponse, value: unknown, headers: Readonly<Record<string, string>> = {}): void =>
  void res.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));

const refuse = (res: ServerResponse, status: number, code: string, error: string): void =>
  void res.writeHead(status, { "x-error-code": code, "x-error-message": error }).end(JSON.stringify({ error }));

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return `http://127.0.0.1:${port}`;
}
