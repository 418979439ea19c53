import { once } from "node:events";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gzipSync } from "node:zlib";
import { containing, scratchPath } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";

const KEY = "the right/key+&%";
const INDEX = "<!doctype html><script src=/app/assets/main-1a2b.js></script>";
const MAIN = "console.log('main');".repeat(100);
const SECRET = "a secret of the machine";

let system: System;
let pagesRoot: string;
beforeAll(async () => {
  const folder = scratchPath("pages");
  pagesRoot = join(folder, "dist");
  const at = (...names: string[]) => join(pagesRoot, ...names);
  for (const each of [at("assets"), at(".git"), join(folder, "dist2")]) mkdirSync(each, { recursive: true });
  writeFileSync(at("index.html"), INDEX);
  writeFileSync(at("icon.svg"), "<svg/>");
  writeFileSync(at("assets", "main-1a2b.js"), MAIN);
  writeFileSync(at("assets", "main-1a2b.js.br"), brotliCompressSync(MAIN));
  writeFileSync(at("assets", "main-1a2b.js.gz"), gzipSync(MAIN));
  writeFileSync(at("assets", "own.js"), "own");
  for (const each of [at(".env"), at(".git", "config.txt"), at("assets", ".hidden.js"), join(folder, "secret.js")])
    writeFileSync(each, SECRET);
  writeFileSync(join(folder, "dist2", "near.js"), SECRET);
  symlinkSync(join(folder, "secret.js"), at("assets", "link.js"));
  symlinkSync(join(folder, "secret.js"), at("assets", "own.js.br")); // beside a file that may be read
  symlinkSync(folder, at("assets", "up"));
  system = await startSystem({ apiKey: KEY, pagesRoot, wrongKeysPerMinute: 1000 });
});
afterAll(() => system[Symbol.asyncDispose]());

type Headers = Record<string, string>;

/** A request whose path goes out as it is written, as no URL would leave it. */
async function raw(path: string, { method = "GET", headers = {} }: { method?: string; headers?: Headers } = {}) {
  const { hostname, port } = new URL(system.url);
  const req = request({ hostname, port, path, method, headers, agent: false });
  const head = once(req, "response");
  req.end();
  const answer = z.instanceof(IncomingMessage).parse((await head)[0]);
  const body = Buffer.concat(await answer.map((chunk: Buffer) => chunk).toArray());
  return { status: answer.statusCode, headers: answer.headers, body, text: body.toString() };
}

const enter = (query: string, headers: Headers = {}) => system.ask(`/${query}`, { headers });
const withKey = (key = KEY) => `?key=${encodeURIComponent(key)}`;
const POLICY =
  "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const GUARDED = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
};

test.each(["", "runs", "runs/", "runs/llama-3.2-1b", "runs/gpt2.v2/loss", "runs/model.final", "a b/%C3%A9", "?tab=1"])(
  "/app/%s is the one page, without a key and asked anew each time",
  async (path) => {
    const answer = await raw(`/app/${path.replace(" ", "%20")}`);
    expect([answer.status, answer.text]).toEqual([200, INDEX]);
    expect(answer.headers).toMatchObject({
      ...GUARDED,
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
    });
  },
);

test("assets are kept for ever, other files are asked for anew, and what has not changed is not sent again", async () => {
  const asset = await system.ask("/app/assets/main-1a2b.js");
  expect(asset).toMatchObject({ status: 200, text: MAIN });
  expect(asset.headers).toMatchObject({
    ...GUARDED,
    "content-type": "application/javascript; charset=utf-8",
    "cache-control": "public, max-age=31536000, immutable",
  });
  const icon = await system.ask("/app/icon.svg");
  expect(icon).toMatchObject({ status: 200, text: "<svg/>", headers: { "cache-control": "no-cache" } });
  const again = await system.ask("/app/", {
    headers: { "if-none-match": String((await system.ask("/app/")).headers.etag) },
  });
  expect(again).toMatchObject({ status: 304, text: "", headers: { ...GUARDED, "cache-control": "no-cache" } });
});

test("a browser that can unpack gets what was packed beforehand", async () => {
  const get = (encodings: string) => raw("/app/assets/main-1a2b.js", { headers: { "accept-encoding": encodings } });
  const packed = await get("gzip, deflate, br");
  expect(packed.headers).toMatchObject({
    "content-encoding": "br",
    "content-type": "application/javascript; charset=utf-8",
    vary: "accept-encoding",
  });
  expect(brotliDecompressSync(packed.body).toString()).toBe(MAIN);
  expect((await get("gzip")).headers["content-encoding"]).toBe("gzip");
  expect((await get("identity")).headers["content-encoding"]).toBeUndefined();
  const page = await raw("/app/runs", { headers: { "accept-encoding": "br" } });
  expect([page.headers["content-encoding"], page.text]).toEqual([undefined, INDEX]);
});

test("HEAD is answered without the content, and nothing else is done with pages", async () => {
  const head = await raw("/app/assets/main-1a2b.js", { method: "HEAD" });
  expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", String(MAIN.length)]);
  expect(await system.ask("/app/x", { method: "POST" })).toMatchObject({
    status: 405,
    headers: { allow: "GET, HEAD" },
  });
  const moved = await system.ask("/app");
  expect([moved.status, moved.headers.location]).toEqual([303, "/app/"]);
});

test.each([
  "none.js",
  "assets/none.js",
  "assets/none",
  "assets/",
  "assets",
  "icon.svg/",
  "favicon.ico",
  "apple-touch-icon.png",
])("a file that is not there is no page: %s", async (path) => {
  const answer = await system.ask(`/app/${path}`);
  expect(answer).toMatchObject({ status: 404, json: { code: "NOT_FOUND" }, headers: GUARDED });
  expect(answer.headers["cache-control"]).toBeUndefined();
});

test.each([
  ".env .git/config.txt .git/config .git assets/.hidden.js ./.env ../secret.js ../../etc/hostname",
  "..%2fsecret.js %2e%2e/secret.js %2e%2e%2fsecret.js %252e%252e%252fsecret.js assets/../../secret.js",
  "assets/..%2f..%2fsecret.js ..%5csecret.js ..\\secret.js assets\\..\\..\\secret.js ../dist2/near.js",
  "%00 index.html%00.js assets/%00 //etc/hostname /etc/hostname %2fetc%2fhostname.txt assets//link.js",
  "assets/link.js assets/up/secret.js assets/up/dist2/near.js assets/own.js%2f..%2f..%2f..%2fsecret.js c:%5csecret.js",
  `${"a".repeat(5000)}.js ${"../".repeat(2000)}x.js`,
])("nothing leads out of the folder, and hidden files stay hidden: %#", async (paths) => {
  for (const path of paths.split(" ")) {
    for (const encoding of ["identity", "br"]) {
      const answer = await raw(`/app/${path}`, { headers: { "accept-encoding": encoding } });
      expect([path, answer.status, answer.text]).toEqual([path, 404, containing('"NOT_FOUND"')]);
    }
  }
});

test("no packed file that leads out is sent for one that does not", async () => {
  expect(await system.ask("/app/assets/own.js")).toMatchObject({ status: 200, text: "own" });
  expect((await raw("/app/assets/own.js", { headers: { "accept-encoding": "br" } })).text).not.toContain(SECRET);
});

test("the address with the key signs a browser in, and is left behind", async () => {
  const answer = await enter(withKey());
  expect(answer).toMatchObject({
    status: 303,
    text: "",
    headers: { location: "/app/", "cache-control": "no-store", "referrer-policy": "no-referrer" },
  });
  const [cookie = ""] = answer.headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/^trainer_key_[\w-]{8}=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/);
  expect((await system.ask("/runs", { headers: { cookie: String(cookie.split(";")[0]) } })).status).toBe(200);
  const site = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  expect((await enter(withKey(), site)).headers["set-cookie"]).toHaveLength(1);
  const proxied = await enter(withKey(), { "x-forwarded-proto": "https" });
  expect(proxied.headers["set-cookie"]?.[0]).toMatch(/; Secure$/);
});

test.each([
  ["", {}],
  ["?other=1", {}],
  ["?key=", {}],
  ["?key=wrong", {}],
  [`${withKey()}x`, {}],
  [`${withKey()}&key=again`, {}],
  [withKey(), { "sec-fetch-dest": "image" }],
  [withKey(), { "sec-fetch-dest": "iframe" }],
])("the entry %j leads to the pages without signing in, %j", async (query, headers) => {
  const answer = await enter(query, headers);
  expect(answer).toMatchObject({ status: 303, headers: { location: "/app/", "cache-control": "no-store" } });
  expect(answer.headers["set-cookie"]).toBeUndefined();
});

test("only GET signs in", async () => {
  for (const method of ["HEAD", "POST"]) {
    const answer = await raw(`/${withKey()}`, { method });
    expect([answer.status, answer.headers["set-cookie"]]).toEqual([405, undefined]);
  }
});

test("wrong keys in the address, at the sign-in and in the header have one limit, which a right one does not", async () => {
  await using strict = await startSystem({ apiKey: KEY, pagesRoot, wrongKeysPerMinute: 3 });
  expect((await strict.ask("/?key=wrong")).status).toBe(303);
  expect((await strict.ask("/session", { body: { key: "wrong" } })).status).toBe(401);
  expect((await strict.ask("/runs", { headers: { "x-api-key": "wrong" } })).status).toBe(401);
  expect(await strict.ask("/?key=wrong")).toMatchObject({
    status: 429,
    json: { code: "RATE_LIMIT_EXCEEDED" },
    headers: { "cache-control": "no-store", "referrer-policy": "no-referrer" },
  });
  expect((await strict.ask(`/${withKey()}`)).headers["set-cookie"]).toHaveLength(1);
  expect((await strict.ask("/")).status).toBe(303);
});

test("pages count as requests", async () => {
  await using strict = await startSystem({ pagesRoot, requestsPerMinute: 2 });
  for (const status of [200, 303, 429]) expect((await strict.ask(status === 303 ? "/" : "/app/")).status).toBe(status);
});

test("the key is in no log, no metric and no answer, however the address is asked for", async () => {
  const secret = encodeURIComponent(KEY);
  for (const path of [
    `/${withKey()}`,
    `/${withKey()}&key=2`,
    `/app/${withKey()}`,
    `/nowhere${withKey()}`,
    `//${withKey()}`,
  ])
    for (const method of ["GET", "HEAD", "POST"]) {
      const { text, headers } = await raw(path, { method });
      expect(text + JSON.stringify(headers)).not.toContain(secret);
    }
  await raw(`/%zz${withKey()}`);
  const written = system.logs.join("") + (await system.ask("/metrics")).text;
  for (const each of [KEY, secret, "key="]) expect(written).not.toContain(each);
  expect(written).toContain('"path":"/","status":303');
});

test("where there is no key, the entry leads to the pages and nothing is set", async () => {
  await using open = await startSystem({ pagesRoot });
  const answer = await open.ask("/?key=any");
  expect([answer.status, answer.headers.location, answer.headers["set-cookie"]]).toEqual([303, "/app/", undefined]);
});

test("without pages there is neither an entry nor a page, and no key is taken from an address", async () => {
  await using bare = await startSystem({ apiKey: KEY });
  for (const path of ["/", `/${withKey()}`, "/app", "/app/", "/app/index.html"]) {
    const answer = await bare.ask(path);
    expect(answer).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  }
});

test("a folder that has no pages is refused at the start, and pages that are built anew are served at once", async () => {
  const root = scratchPath("pages-anew");
  mkdirSync(join(root, "assets"));
  const refusal = {
    code: "CONFIG_ERROR",
    message: containing(`no index.html in ${root}, which API__PAGES_ROOT names`),
  };
  await expect(startSystem({ pagesRoot: root })).rejects.toMatchObject(refusal);
  writeFileSync(join(root, "index.html"), "first");
  await using anew = await startSystem({ pagesRoot: root });
  rmSync(join(root, "index.html"));
  expect((await anew.ask("/app/")).status).toBe(404);
  writeFileSync(join(root, "index.html"), "second");
  writeFileSync(join(root, "assets", "new.js"), "new");
  expect([(await anew.ask("/app/")).text, (await anew.ask("/app/assets/new.js")).text]).toEqual(["second", "new"]);
});
