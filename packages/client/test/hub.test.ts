import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { deflateSync, gzipSync } from "node:zlib";
import { startHub, type HubRequest, type StartedHub } from "@trainer/testing/hub";
import { containing, matching, scratch, sha256 } from "@trainer/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HubClient, type HubClientOptions, type HubFile, type HubRepository } from "../src/hub.js";
import { target } from "../src/hub/follow.js";
import { retryAfterMs } from "../src/retry-after.js";
import { saying } from "./saying.js";

const NAME = "owner/tiny";
const weights = randomBytes(300_000);
const bomb = gzipSync(Buffer.alloc(1 << 22));
const files = {
  "config.json": '{"model_type":"llama"}',
  "README.md": "---\nlicense: mit\n---\n",
  "model.safetensors": weights,
  "onnx/model.onnx": "in a folder",
  "tokenizer.json": "{}",
};

let hub: StartedHub;
let folder: Awaited<ReturnType<typeof scratch>>;
beforeEach(async () => {
  hub = await startHub({ [NAME]: { files }, "owner/gated": { files, token: "good" } });
  folder = await scratch();
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const clientOf = (options: Partial<HubClientOptions> = {}) =>
  new HubClient({ url: `${hub.url}/`, retries: 2, backoffMs: 1, ...options });
const fileOf = (repository: HubRepository, name: string): HubFile => {
  const found = repository.files.find((file) => file.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const parts = () => readdirSync(folder.path).filter((name) => name.endsWith(".part"));

/** Gets one file of the repository, and says where it is. */
async function get(name: string, options: Partial<HubClientOptions> = {}): Promise<string> {
  const client = clientOf(options);
  const repository = await client.repository(NAME, "main");
  const path = folder.join(name);
  await client.download(repository, fileOf(repository, name), path, { onProgress: ({ bytes }) => stored(bytes) });
  return path;
}

/** Is told of the bytes that are stored of a file. */
let stored = (_bytes: number): void => {};

/** Breaks an answer off when the client has stored these bytes of it, which end at `to` of the file. */
function breakOff(res: ServerResponse, bytes: Buffer, to: number): true {
  res.write(bytes);
  stored = (at) => void (at === to && res.destroy());
  return true;
}

test("a repository has its files of all pages at the commit of its revision, and each comes by its hash", async () => {
  const client = clientOf();
  const repository = await client.repository(NAME, "main");
  const commit = hub.commitOf(NAME);
  expect(repository).toMatchObject({ name: NAME, revision: "main", commit });
  expect(repository.files.map((file) => [file.name, file.size, file.hash.algorithm])).toEqual([
    ["config.json", 22, "sha1"],
    ["README.md", 21, "sha1"],
    ["model.safetensors", weights.length, "sha256"],
    ["tokenizer.json", 2, "sha1"],
  ]);
  expect(await client.repository(NAME, commit)).toEqual({ ...repository, revision: commit });
  const seen: number[] = [];
  for (const file of repository.files) {
    const onProgress = ({ bytes }: { readonly bytes: number }) => void seen.push(bytes);
    await client.download(repository, file, folder.join(file.name), { onProgress });
  }
  expect(readFileSync(folder.join("config.json"), "utf8")).toBe(files["config.json"]);
  expect(sha256(readFileSync(folder.join("model.safetensors")))).toBe(sha256(weights));
  expect(seen).toContain(weights.length);
  expect(parts()).toEqual([]);
});

test("the token goes to the hub, and not to the host that it sends people to", async () => {
  const client = clientOf({ token: "good" });
  const repository = await client.repository("owner/gated", "main");
  await client.download(repository, fileOf(repository, "model.safetensors"), folder.join("w"));
  const tokens = (host: HubRequest["host"]) =>
    new Set(hub.requests.filter((each) => each.host === host).map(({ headers }) => headers.authorization));
  expect(tokens("hub")).toEqual(new Set(["Bearer good"]));
  expect(tokens("store")).toEqual(new Set([undefined]));
});

test("a token that was left behind does not come back with a redirect to where it was for", async () => {
  const tokens: unknown[] = [];
  await using stranger = await saying((req, res) => {
    tokens.push(req.headers.authorization);
    res.writeHead(302, { location: `${hub.url}/back` }).end();
  });
  hub.fault = ({ url, headers }, res) => {
    if (url === "/back") {
      tokens.push(headers.authorization);
      return answered(res, 200);
    }
    return answered(res, 307, { location: `${stranger.url}/` });
  };
  await expect(clientOf({ token: "good" }).repository(NAME, "main")).rejects.toMatchObject({ code: "INVALID_ANSWER" });
  expect(tokens).toEqual([undefined, undefined]);
});

const answered = (res: ServerResponse, status: number, headers: Record<string, string> = {}, body = ""): true => {
  res.writeHead(status, headers).end(body);
  return true;
};

test.each([
  ["to itself for ever", "/again", "redirects more than 5 times"],
  ["nowhere", null, "redirects to nowhere, which is not followed"],
  ["to a file", "file:///etc/passwd", "redirects to file:///etc/passwd, which is not followed"],
  ["to no address", "http://", "redirects to http://, which is not followed"],
])("a redirect %s is not followed", async (_, location, message) => {
  hub.fault = (_request, res) => answered(res, 302, location === null ? {} : { location });
  await expect(clientOf().repository(NAME, "main")).rejects.toMatchObject({
    code: "REDIRECTED",
    message: containing(message),
  });
});

test("from https no redirect leads to http, and from http either may", () => {
  expect(() => target(new URL("https://127.0.0.1/a"), "http://127.0.0.1/a")).toThrow("which is not followed");
  expect(target(new URL("https://127.0.0.1/a/b"), "c").href).toBe("https://127.0.0.1/a/c");
  expect(target(new URL("http://127.0.0.1/a"), "https://127.0.0.1/b").href).toBe("https://127.0.0.1/b");
});

test("what the host of large files refuses is asked for once more, and is no matter of the repository", async () => {
  let nth = 0;
  hub.fault = ({ host }, res) => host === "store" && nth++ < 1 && answered(res, 403);
  expect(sha256(readFileSync(await get("model.safetensors")))).toBe(sha256(weights));
  hub.fault = ({ host }, res) => host === "store" && answered(res, 404);
  await expect(get("model.safetensors")).rejects.toMatchObject({
    code: "UNREACHABLE",
    message: matching(/^127\.0\.0\.1:\d+, to which 127\.0\.0\.1:\d+ sends for the file, refuses it: HTTP 404$/),
  });
});

test("a download that breaks goes on, in the same call and in the next", async () => {
  let broken = 0;
  hub.fault = (request, res) => {
    if (request.host !== "store" || broken++ > 3) return false;
    const from = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
    res.writeHead(from === 0 ? 200 : 206, { etag: '"e"', "content-length": weights.length - from });
    return breakOff(res, weights.subarray(from, from + 50_000), from + 50_000);
  };
  await expect(get("model.safetensors", { retries: 0 })).rejects.toMatchObject({ code: "UNREACHABLE" });
  const [partial = ""] = parts();
  expect(sha256(readFileSync(folder.join(partial)))).toBe(sha256(weights.subarray(0, 50_000)));
  hub.requests.splice(0);
  expect(sha256(readFileSync(await get("model.safetensors")))).toBe(sha256(weights));
  const ranges = hub.requests
    .filter(({ host }) => host === "store")
    .map(({ headers }) => [headers.range, headers["if-range"]]);
  expect(ranges.slice(0, 3)).toEqual([
    ["bytes=50000-", undefined], // of an earlier process: the hash alone decides
    ["bytes=100000-", '"e"'],
    ["bytes=150000-", '"e"'],
  ]);
});

test("where a range is ignored, or the store's copy has another tag by now, the whole comes once more", async () => {
  let nth = 0;
  hub.fault = ({ host }, res) => {
    if (host !== "store" || nth++ > 0) return false;
    res.writeHead(200, { etag: '"of-another-copy"', "content-length": weights.length });
    return breakOff(res, Buffer.alloc(9), 9);
  };
  expect(sha256(readFileSync(await get("model.safetensors")))).toBe(sha256(weights));
  const last = hub.requests.at(-1)?.headers;
  expect([last?.range, last?.["if-range"]]).toEqual(["bytes=9-", '"of-another-copy"']);
});

test("what lies there of another file is fetched again", async () => {
  const name = `model.safetensors.${sha256(weights).slice(0, 16)}.part`;
  writeFileSync(folder.join(name), Buffer.alloc(1000));
  expect(sha256(readFileSync(await get("model.safetensors")))).toBe(sha256(weights));
});

test.each<[string, string, string, (res: ServerResponse) => void]>([
  [
    "other bytes",
    "HASH_MISMATCH",
    "what came is not the file model.safetensors of owner/tiny",
    (res) => res.end(Buffer.alloc(weights.length)),
  ],
  ["more bytes", "INVALID_ANSWER", "more came than the 300000 bytes", (res) => res.end(Buffer.alloc(400_000))],
  ["fewer bytes", "UNREACHABLE", "ended too early", (res) => res.end(Buffer.alloc(4))],
  ["nothing any more", "UNREACHABLE", "cannot be reached", (res) => void res.write("x", () => res.destroy())],
  ["nothing at all", "TIMEOUT", "did not answer for 200 ms", () => {}],
  [
    "a bomb",
    "INVALID_ANSWER",
    "more came than the 300000 bytes",
    (res) => res.setHeader("content-encoding", "gzip").end(bomb),
  ],
  [
    "half of what it has packed",
    "UNREACHABLE",
    "cannot be reached",
    (res) => {
      const packed = gzipSync(weights);
      res.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length });
      res.write(packed.subarray(0, 99_999), () => res.destroy());
    },
  ],
  [
    "no gzip",
    "INVALID_ANSWER",
    "is no sound gzip",
    (res) => res.setHeader("content-encoding", "gzip").end("no gzip at all"),
  ],
  [
    "what is packed otherwise",
    "INVALID_ANSWER",
    "packed by deflate",
    (res) => res.setHeader("content-encoding", "deflate").end(deflateSync(weights)),
  ],
])("of a store that sends %s nothing is kept under the file's name", async (_, code, message, send) => {
  hub.fault = ({ host }, res) => {
    if (host === "store") send(res);
    return host === "store";
  };
  await expect(
    get("model.safetensors", { retries: 1, timeoutMs: code === "TIMEOUT" ? 200 : 10_000 }),
  ).rejects.toMatchObject({
    code,
    message: containing(message),
  });
  expect(existsSync(folder.join("model.safetensors"))).toBe(false);
});

test("what a server has packed unasked is unpacked, and a packed part of it is not taken", async () => {
  let nth = 0;
  hub.fault = ({ host, headers }, res) => {
    if (host !== "store") return false;
    if (nth++ === 0) return breakOff(res.writeHead(200), weights.subarray(0, 1000), 1000);
    if (headers.range !== undefined) res.writeHead(206, { "content-encoding": "gzip" }).end("a part");
    else res.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(weights));
    return true;
  };
  expect(sha256(readFileSync(await get("model.safetensors")))).toBe(sha256(weights));
  expect(nth).toBe(3);
});

test.each<[string, string, Record<string, string>]>([
  ["hash", `its hash is ${"a".repeat(64)}, not`, { "x-linked-etag": `"${"a".repeat(64)}"` }],
  ["size", "it has 7 bytes, not 300000", { "x-linked-size": "7" }],
  ["commit", `it is of the commit ${"b".repeat(40)}, not`, { "x-repo-commit": "b".repeat(40) }],
])("a file whose %s has changed since it was listed is refused before it comes", async (_, message, said) => {
  hub.fault = ({ url }, res) => url.includes("/resolve/") && answered(res, 302, { location: hub.storeUrl, ...said });
  const wanted = { code: "INVALID_ANSWER", message: containing(`is another file than was listed: ${message}`) };
  await expect(get("model.safetensors")).rejects.toMatchObject(wanted);
});

test("what a server says of itself in tags that are no hashes is no contradiction", async () => {
  hub.fault = ({ url }, res) =>
    url.endsWith("/resolve/x/config.json") ||
    (url.includes("/resolve/") && answered(res, 200, { etag: 'W/"1"' }, files["config.json"]));
  expect(readFileSync(await get("config.json"), "utf8")).toBe(files["config.json"]);
});

test.each([
  ["owner/none", undefined, 401, "owner/none is private, gated or not there: check how it is spelled"],
  ["owner/gated", undefined, 401, "set HF_TOKEN to a token of your account"],
  ["owner/gated", "other", 403, "owner/gated is gated, and the account of HF_TOKEN has no access: ask for it at http"],
])("%s with the token %s: %i says what to do", async (name, token, status, message) => {
  await expect(clientOf({ token }).repository(name, "main")).rejects.toMatchObject({
    status,
    message: containing(message),
  });
});

test.each([
  [401, "bad", "is not opened by the token in HF_TOKEN"],
  [403, undefined, "is gated: ask for access at"],
  [404, undefined, "or none at the revision main: check owner, name and --revision"],
  [418, undefined, "the hub's words"],
])("a refusal by %i with the token %s is explained, with the hub's words", async (status, token, message) => {
  hub.fault = (_, res) => answered(res, status, {}, '{"error":"the hub\'s words"}');
  const refused = clientOf({ token }).repository(NAME, "main");
  await expect(refused).rejects.toMatchObject({ status, message: containing(message) });
  await expect(refused).rejects.toThrow("the hub's words");
});

test("a revision that is not there is told", async () => {
  await expect(clientOf().repository(NAME, "refs/pr/1")).rejects.toMatchObject({
    status: 404,
    message: matching(/none at the revision refs\/pr\/1.*Invalid rev id: refs%2Fpr%2F1/),
  });
});

test("a hub that allows no more requests is asked again when it wants to be, and not if that is too late", async () => {
  const waits: number[] = [];
  let nth = 0;
  hub.fault = (_, res) => nth++ < 1 && answered(res, 429, { "retry-after": "0" });
  expect(await clientOf().repository(NAME, "main")).toMatchObject({ name: NAME });
  nth = 0;
  const client = clientOf({ onWait: (ms) => void waits.push(ms) });
  expect(await client.repository(NAME, "main")).toMatchObject({ name: NAME });
  expect(waits).toEqual([0]);
  hub.fault = (_, res) => answered(res, 429, { "retry-after": "3600" });
  await expect(client.repository(NAME, "main")).rejects.toMatchObject({
    status: 429,
    message: containing("allows no more requests now: try again in 60 min, and what has come is kept; with HF_TOKEN"),
  });
  hub.fault = (_, res) => answered(res, 429);
  await expect(clientOf({ token: "good", retries: 0 }).repository(NAME, "main")).rejects.toThrow("try again later");
  expect(waits).toEqual([0]);
});

test("the time that a service wants to be left alone is read from either header", () => {
  const now = Date.parse("2026-12-01T00:00:00Z");
  expect(retryAfterMs({ "retry-after": "7" }, now)).toBe(7000);
  expect(retryAfterMs({ "retry-after": "Tue, 01 Dec 2026 00:01:00 GMT" }, now)).toBe(60_000);
  expect(retryAfterMs({ "retry-after": "Mon, 30 Nov 2026 00:00:00 GMT" }, now)).toBe(0);
  expect(retryAfterMs({ "retry-after": "soon", ratelimit: '"api";r=0;t=42' }, now)).toBe(42_000);
  expect(retryAfterMs({ ratelimit: '"api";r=9' }, now)).toBeNull();
  expect(retryAfterMs({}, now)).toBeNull();
});

const tree = (entries: unknown): ((request: HubRequest, res: ServerResponse) => boolean) => {
  return ({ url }, res) => url.includes("/tree/") && answered(res, 200, {}, JSON.stringify(entries));
};
const file = { type: "file", oid: "0".repeat(40), size: 1, path: "config.json" };

test.each([
  ["leads out of it", [{ ...file, path: "../../.ssh/authorized_keys" }], "leads out of the repository"],
  ["is a path from the root", [{ ...file, path: "/etc/passwd" }], "leads out of the repository"],
  ["leads out by a backslash", [{ ...file, path: "a\\..\\b" }], "leads out of the repository"],
  ["has no size", [{ ...file, size: -1 }], "→ at [0].size"],
  ["has another kind of hash", [{ ...file, oid: "sha256:" }], "must be 40 hexadecimal digits"],
  ["has large files by another", [{ ...file, lfs: { oid: "x", size: 1 } }], "must be 64 hexadecimal digits"],
  ["is no list", { error: "?" }, "does not describe a repository's files as a hub does"],
])("a listing that %s is refused", async (_, entries, message) => {
  hub.fault = tree(entries);
  await expect(clientOf().repository(NAME, "main")).rejects.toMatchObject({
    code: "INVALID_ANSWER",
    message: containing(message),
  });
});

test("folders, and what is in them, are passed over", async () => {
  hub.fault = tree([
    { type: "directory", path: "onnx" },
    { ...file, path: "onnx/config.json" },
    { ...file, lfs: null },
  ]);
  const { files: found } = await clientOf().repository(NAME, "main");
  expect(found.map(({ name }) => name)).toEqual(["config.json"]);
});

test.each<[string, string, Record<string, string>, string]>([
  ["is a page of text", "<html>", {}, "is no JSON: is it the address of a hub?"],
  ["goes on elsewhere", "[]", { link: '<http://127.0.0.1:9/x>; rel="next"' }, "which is another host"],
  ["goes on at no address", "[]", { link: '<http://>; rel="next"' }, "which is another host"],
  ["goes on for ever", "[]", { link: '</api/models/a/b/tree/c>; rel="next"' }, "more files than 100 answers list"],
  ["is too long", `[${" ".repeat(1 << 24)}]`, {}, "it has more than 16777216 bytes"],
])("a listing that %s is given up", async (_, body, headers, message) => {
  hub.fault = ({ url }, res) => url.includes("/tree/") && answered(res, 200, headers, body);
  await expect(clientOf().repository(NAME, "main")).rejects.toMatchObject({
    code: "INVALID_ANSWER",
    message: containing(message),
  });
});

test("a file that is larger than the disk is not begun", async () => {
  const oid = "c".repeat(64);
  hub.fault = tree([{ ...file, path: "model.safetensors", size: 2 ** 52, lfs: { oid, size: 2 ** 52 } }]);
  await expect(get("model.safetensors")).rejects.toMatchObject({
    code: "INSUFFICIENT_STORAGE",
    message: containing(`would need ${2 ** 52} bytes`),
  });
  expect(hub.requests.filter(({ url }) => url.includes("/resolve/"))).toEqual([]);
});

test("a transfer that is cancelled ends, and what has come is kept", async () => {
  const stop = new AbortController();
  const half = (_request: IncomingMessage | HubRequest, res: ServerResponse) => {
    res.writeHead(200, { "content-length": weights.length }).write(weights.subarray(0, 5000));
    return true;
  };
  hub.fault = (request, res) => request.host === "store" && half(request, res);
  const client = clientOf();
  const repository = await client.repository(NAME, "main", stop.signal);
  const onProgress = () => stop.abort();
  const path = folder.join("model.safetensors");
  const options = { onProgress, signal: stop.signal };
  await expect(client.download(repository, fileOf(repository, "model.safetensors"), path, options)).rejects.toThrow(
    "abort",
  );
  expect(parts()).toHaveLength(1);
});

test("an address is shown without credentials", () => {
  expect(new HubClient({ url: "http://me:secret@127.0.0.1:1//" }).url).toBe("http://127.0.0.1:1");
});
