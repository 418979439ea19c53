import { startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test } from "vitest";

const KEY = "the-right-key";
let system: System;
beforeAll(async () => void (system = await startSystem({ apiKey: KEY })));
afterAll(() => system[Symbol.asyncDispose]());

type Headers = Record<string, string>;
const post = (key: string, headers: Headers = {}) => system.ask("/session", { body: { key }, headers });
const setCookie = (answer: { headers: object }) => String(new Map(Object.entries(answer.headers)).get("set-cookie"));
const signedIn = async () => String(setCookie(await post(KEY)).split(";")[0]);
const runs = async (headers: Headers) => (await system.ask("/runs", { headers })).status;

test("a browser that shows the key once is let in by a cookie that scripts cannot read and that is not the key", async () => {
  const answer = await post(KEY);
  expect(answer).toMatchObject({ status: 204, headers: { "cache-control": "no-store" } });
  expect(setCookie(answer)).toMatch(
    /^trainer_key_[\w-]{8}=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const cookie = await signedIn();
  expect(await runs({ cookie })).toBe(200);
  expect(await runs({ cookie: `other=1; ${cookie}; last` })).toBe(200);
  const [own] = cookie.split("=");
  expect(setCookie(await system.ask("/session", { method: "DELETE" }))).toBe(
    ["trainer_key", own].map((name) => `${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict`).join(),
  );
  const log = system.logs.join("");
  expect(log).not.toContain(KEY);
  expect(log).not.toContain(cookie);
});

test("a browser is signed in at several systems of a machine, whose ports cookies do not tell apart", async () => {
  await using other = await startSystem({ apiKey: "another-key" });
  const elsewhere = String(setCookie(await other.ask("/session", { body: { key: "another-key" } })).split(";")[0]);
  const here = await signedIn();
  expect(here.split("=")[0]).not.toBe(elsewhere.split("=")[0]); // neither replaces the other
  const cookie = `${here}; ${elsewhere}`;
  expect([await runs({ cookie }), (await other.ask("/runs", { headers: { cookie } })).status]).toEqual([200, 200]);
  expect(await runs({ cookie: elsewhere })).toBe(401);
});

test("a cookie of an earlier version, whose name has no mark of its key, lets in", async () => {
  const [, token] = (await signedIn()).split("=");
  expect(await runs({ cookie: `trainer_key=${token}` })).toBe(200);
});

test("by HTTPS the cookie is for HTTPS alone", async () => {
  const headers = { host: "localhost", origin: "https://localhost" };
  expect(setCookie(await post(KEY, headers))).toMatch(/; Secure$/);
});

test("no other cookie lets anybody in: the key itself, another's, one beside a wrong key", async () => {
  const cookie = await signedIn();
  for (const other of ["trainer_key", "trainer_key=", `trainer_key=${KEY}`, `x${cookie}`, cookie.slice(0, -1)])
    expect(await runs({ cookie: other })).toBe(401);
  expect(await runs({ cookie, "x-api-key": "wrong" })).toBe(401);
  await using changed = await startSystem({ apiKey: "another-key" });
  expect((await changed.ask("/runs", { headers: { cookie } })).status).toBe(401);
});

test("a cookie counts on requests of our own pages alone", async () => {
  const cookie = await signedIn();
  const host = "localhost:8000";
  const status = async (headers: Headers) => await runs({ cookie, host, ...headers });
  expect(await status({})).toBe(200);
  expect(await status({ origin: "http://localhost:8000", "sec-fetch-site": "same-origin" })).toBe(200);
  expect(await status({ "sec-fetch-site": "none" })).toBe(200);
  for (const origin of ["http://evil.example", "http://localhost:3000", "null"])
    expect(await status({ origin })).toBe(403);
  for (const site of ["cross-site", "same-site"]) expect(await status({ "sec-fetch-site": site })).toBe(403);
  expect(await status({ host: "evil.example" })).toBe(403);
  expect(await status({ origin: "http://evil.example", cookie: "", "x-api-key": KEY })).toBe(200);
});

test("no page of another site signs anybody in or out", async () => {
  const headers = { origin: "http://evil.example" };
  expect(await post(KEY, headers)).toMatchObject({ status: 403, json: { code: "FORBIDDEN" } });
  expect((await system.ask("/session", { method: "DELETE", headers })).status).toBe(403);
});

test("wrong keys at the sign-in and in the header have one limit", async () => {
  await using strict = await startSystem({ apiKey: KEY, wrongKeysPerMinute: 2 });
  const session = async (key: string) => await strict.ask("/session", { body: { key } });
  const wrong = await session("wrong");
  expect(wrong).toMatchObject({ status: 401, json: { code: "UNAUTHORIZED" } });
  expect(setCookie(wrong)).toBe("undefined");
  expect((await strict.ask("/runs", { headers: { "x-api-key": "wrong" } })).status).toBe(401);
  expect((await session("wrong")).status).toBe(429);
  expect((await session(KEY)).status).toBe(204);
});

test("without a key there is nothing to sign in to", async () => {
  await using open = await startSystem();
  const answer = await open.ask("/session", { body: { key: "any" } });
  expect([answer.status, setCookie(answer)]).toEqual([204, "undefined"]);
});
