import { setTimeout as sleep } from "node:timers/promises";
import { GenerateResult, keys, toWireJson } from "@trainer/platform";
import { randomOf, startLink } from "@trainer/testing";
import { ask, open, startSystem } from "@trainer/testing/api";
import { expect, test } from "vitest";
import { z } from "zod";

const Accepted = z.object({ run_id: z.string() });
const BODY = { corpus_file_id: "f" };
const AWAY = { status: 503, headers: { "retry-after": "2" }, json: { code: "SERVICE_UNAVAILABLE" } };

/** The real API, which reaches its real Redis over a network that can be made bad. */
async function overLink(random?: () => number) {
  const system = await startSystem();
  const link = await startLink(system.server.port, random);
  const far = await system.start({ redisUrl: `redis://127.0.0.1:${link.port}/0` });
  const { url } = far;
  const isUp = async () => (await fetch(`${url}/runs`)).status === 200;
  return {
    system,
    link,
    url,
    async untilUp() {
      while (!(await isUp())) await sleep(20);
    },
    async [Symbol.asyncDispose]() {
      await far[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
      await system[Symbol.asyncDispose]();
    },
  };
}

test("a slow Redis makes answers slow; one that is too slow is said to be away, until it is quick again", async () => {
  await using far = await overLink();
  const { link, url } = far;
  await far.untilUp();
  link.delayMs = 100;
  expect((await ask(`${url}/runs/train`, { body: BODY })).status).toBe(200);
  expect((await ask(`${url}/runs`)).json).toMatchObject({ runs: [{ status: "queued" }] });
  link.delayMs = 2000;
  for (const path of ["/runs", "/tokenizers", "/runs/r1/artifact"]) expect(await ask(url + path)).toMatchObject(AWAY);
  expect(await ask(`${url}/runs/train`, { body: BODY })).toMatchObject(AWAY);
  link.delayMs = 0;
  await far.untilUp();
});

test("where the network breaks every tenth connection, an answer is right or says that Redis is away", async () => {
  await using far = await overLink(randomOf(1));
  const { link, url, system } = far;
  await far.untilUp();
  link.resets = 0.1;
  const statuses = new Set<number>();
  const accepted: string[] = [];
  for (let i = 0; i < 25; i++) {
    const { status, json } = await ask(`${url}/runs/train`, { body: BODY });
    statuses.add(status);
    if (status === 200) accepted.push(Accepted.parse(json).run_id);
  }
  expect(statuses).toEqual(new Set([200, 503]));
  link.resets = 0;
  await far.untilUp();
  expect((await ask(`${url}/runs/train`, { body: BODY })).status).toBe(200);
  for (const id of accepted) {
    expect(await system.runs.get(id)).toMatchObject({ status: "queued" });
    expect(await system.trainer.getJob(id)).toBeDefined();
  }
});

test("a network that swallows everything is a Redis that is away; what waits goes on when it is back", async () => {
  await using far = await overLink();
  const { link, url } = far;
  await far.untilUp();
  link.silent = true;
  for (let i = 0; i < 5; i++) expect(await ask(`${url}/runs`)).toMatchObject(AWAY);
  link.silent = false;
  await far.untilUp();
});

test("connections that died without a word are made anew: those that ask, and those that only listen", async () => {
  await using far = await overLink();
  const { link, url, system } = far;
  await far.untilUp();
  const answer = await open(`${url}/runs/r1/generate`, {
    body: { prompt_text: "a" },
    headers: { accept: "text/event-stream" },
  });
  let text = "";
  answer.setEncoding("utf8").on("data", (chunk) => (text += String(chunk)));
  const until = async (piece: string) => {
    while (!text.includes(piece)) await sleep(20);
  };
  await until("request_id");
  const id = /"request_id":"([^"]+)"/.exec(text)?.[1] ?? "";
  const result = system.results.generation("r1", id);
  link.forget();
  // A listener must notice by itself; earlier messages are lost, and the result at the end holds everything.
  while (!text.includes("event: text")) {
    const piece = { type: "text", sequence: 0, text: "b" };
    await system.redis.publish(keys.stream(result.key), toWireJson(piece));
    await sleep(100);
  }
  await result.set(GenerateResult.parse({ status: "completed", outputs: ["b"] }));
  await until("event: done");
  expect(text.match(/^event: \w+/gm)?.filter((event) => event !== "event: text")).toEqual(
    ["accepted", "result", "done"].map((name) => `event: ${name}`),
  );
  await far.untilUp();
});
