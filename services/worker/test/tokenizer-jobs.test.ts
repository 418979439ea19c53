import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TokenizerId, TokenizerTrainRequest } from "@trainer/platform";
import { startSystem, type System } from "@trainer/testing/system";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { pace, queueTokenizer, scripted, tokenizerIs } from "./scripted.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

test("a tokenizer whose process crashes each time fails; one that is completed is not made again", async () => {
  const starts = join(system.root, "starts");
  const child = scripted(
    system,
    "crash",
    `import { appendFileSync } from "node:fs"; appendFileSync("${starts}", "x"); process.exit(3);`,
  );
  const logs: string[] = [];
  await using _worker = await system.startWorker(
    { logLevel: "info" },
    { pace, child, log: { write: (line) => logs.push(line) } },
  );
  await system.tokenizers.create("tok-there");
  await system.tokenizers.complete("tok-there", { coverage: 1, oov_rate: 0, token_count: 5, char_coverage: 1 });
  await queueTokenizer(system, "tok-crash");
  await tokenizerIs(system, "tok-crash", "failed");
  expect(logs.join("")).toContain("the process that trained the tokenizer ended with code 3");
  const job = await system.add("trainer", "tokenizer", {
    tokenizer_id: TokenizerId.parse("tok-there"),
    request: TokenizerTrainRequest.parse({ corpus_path: "corpus.txt" }),
  });
  await vi.waitFor(async () => expect(await job.getState()).toBe("completed"));
});

test("a tokenizer is trained though its request cannot be kept", async () => {
  const folder = join(system.root, "queued-tokenizers");
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(folder, "");
  await using _worker = await system.startWorker({}, { pace });
  await queueTokenizer(system, "tok-unkept", { method: "char" });
  await tokenizerIs(system, "tok-unkept", "completed");
  expect(readFileSync(folder, "utf8")).toBe("");
  rmSync(folder);
});

test("how far a tokenizer is is told while it is made, and no longer than that", async () => {
  const child = scripted(
    system,
    "half",
    `process.on("message", ({ type }) => {
      if (type === "tokenizer") process.send({ type: "tokenizer_progress", percent: 40 });
    });`,
  );
  const worker = await system.startWorker({}, { pace, child });
  await queueTokenizer(system, "tok-half");
  await vi.waitFor(async () => expect(await system.tokenizers.get("tok-half")).toMatchObject({ progress: 40 }));
  await worker.stop();
  expect(await system.tokenizers.get("tok-half")).not.toHaveProperty("progress");
  await using _second = await system.startWorker({}, { pace });
  await tokenizerIs(system, "tok-half", "completed");
});

test("a tokenizer that is under way when its worker stops is made by the next", async () => {
  const first = await system.startWorker(
    {},
    { pace, child: scripted(system, "idle", 'process.on("message", () => {});') },
  );
  await queueTokenizer(system, "tok-drained");
  await vi.waitUntil(() => first.children.length > 0);
  await first.stop();
  expect((await system.tokenizers.get("tok-drained")).status).toBe("queued");
  // And one whose process died, in the time that it waits for another.
  const starts = join(system.root, "dead-starts");
  const dead = `import { appendFileSync } from "node:fs"; appendFileSync("${starts}", "x"); process.exit(3);`;
  const crashing = await system.startWorker({}, { pace, child: scripted(system, "dead", dead) });
  const hasDiedTwice = () => existsSync(starts) && readFileSync(starts, "utf8").length >= 2;
  await vi.waitUntil(() => hasDiedTwice() && crashing.children.length === 0, { interval: 10 }); // a second before the next
  await crashing.stop();
  expect((await system.tokenizers.get("tok-drained")).status).toBe("queued");
  await using _second = await system.startWorker({}, { pace });
  await tokenizerIs(system, "tok-drained", "completed");
});

test("a tokenizer that takes longer than a job may fails; what may pass is tried again", async () => {
  {
    await using _worker = await system.startWorker(
      { jobTimeoutSec: 0.3 },
      { pace, child: scripted(system, "slow", 'process.on("message", () => {});') },
    );
    await queueTokenizer(system, "tok-slow");
    await tokenizerIs(system, "tok-slow", "failed");
  }
  const once = join(system.root, "once");
  const passing = scripted(
    system,
    "passing",
    `import { existsSync, writeFileSync } from "node:fs";
     process.on("message", ({ type }) => {
       if (type !== "tokenizer") return;
       if (existsSync("${once}")) process.send({ type: "tokenizer", stats: { coverage: 1, oov_rate: 0, token_count: 5, char_coverage: 1 } });
       else writeFileSync("${once}", ""), process.send({ type: "failed", failure: { code: "EXTERNAL_SERVICE_ERROR", failureClass: "TRANSIENT", message: "away" } });
     });`,
  );
  await using _worker = await system.startWorker({ retryMax: 1, retryIntervalsSec: [0] }, { pace, child: passing });
  await queueTokenizer(system, "tok-again");
  await tokenizerIs(system, "tok-again", "completed");
  expect(existsSync(once)).toBe(true);
});
