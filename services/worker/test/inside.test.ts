import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  EvaluateRequest,
  GenerateRequest,
  PlanRequest,
  RunId,
  ScoreRequest,
  TokenizerId,
  TokenizerTrainRequest,
} from "@trainer/platform";
import { containing } from "@trainer/testing";
import { request, startSystem, USER, type System } from "@trainer/testing/system";
import { isId } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ToChild, type FromChild, type Question } from "../src/child/messages.js";
import { startChild } from "./child.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const OWN = RunId.parse("own");

let system: System;
beforeAll(async () => {
  system = await startSystem();
  const at = (...names: string[]) => join(system.root, ...names);
  for (const folder of ["logs", "redis", "corpus2", "corpus/mixed"]) mkdirSync(at(folder), { recursive: true });
  for (const file of ["keys.json", "serve.json", "logs/api.log", "redis/appendonly.aof", "corpus2/near.txt"])
    writeFileSync(at(file), "a secret of the service\n".repeat(200));
  symlinkSync(at("keys.json"), at("corpus/link.txt"));
  symlinkSync(system.root, at("corpus/up"));
  symlinkSync("/dev/zero", at("corpus/zero"));
  execFileSync("mkfifo", [at("corpus/fifo")]);
  writeFileSync(at("corpus/huge.txt"), "");
  truncateSync(at("corpus/huge.txt"), 2 ** 30);
  symlinkSync(at("keys.json"), at("corpus/mixed/link.txt"));
  symlinkSync("/dev/zero", at("corpus/mixed/zero.txt"));
  execFileSync("mkfifo", [at("corpus/mixed/fifo.txt")]);
  const child = startChild(system.input);
  child.say({ type: "train", runId: OWN, userId: String(USER), request: request(), fence: 1, lastReported: null });
  await child.until("trained");
});
afterAll(() => system[Symbol.asyncDispose]());

const paths = (): string[] => [
  ..."keys.json serve.json logs/api.log redis/appendonly.aof models/own/manifest.json".split(" "),
  ..."../keys.json ../../etc/hostname /etc/hostname /proc/self/environ .. ../corpus2/near.txt".split(" "),
  ..."link.txt up/keys.json up mixed/../../keys.json corpus/../keys.json ./../logs/api.log mixed/link.txt".split(" "),
  ..."fifo zero /dev/zero none.txt none/../../keys.json a\0b \0 ~ file:///etc/hostname".split(" "),
  "x".repeat(5000),
  join(system.root, "keys.json"),
];

/** A child that serves requests, as its parent sees it. */
function answering() {
  const child = startChild(system.input);
  let ids = 0;
  return async (question: Question) => {
    const id = (ids += 1);
    child.say({ type: "ask", id, question });
    const isEnd = (message: FromChild) =>
      (message.type === "answer" || message.type === "refused") && message.id === id;
    await vi.waitUntil(() => child.heard.some(isEnd), { interval: 5 });
    const end = child.heard.find(isEnd);
    return end?.type === "refused" ? end.failure : end;
  };
}
const ABOUT = { run_id: OWN, request_id: "r" };
const asked = {
  path: (path: string): Question => ({ kind: "score", ...ABOUT, request: ScoreRequest.parse({ path }) }),
  prompt_path: (path: string): Question => ({
    kind: "generate",
    ...ABOUT,
    request: GenerateRequest.parse({ prompt_path: path }),
  }),
  path_override: (path: string): Question => ({
    kind: "eval",
    run_id: OWN,
    request: EvaluateRequest.parse({ path_override: path }),
  }),
  corpus_path: (path: string): Question => ({
    kind: "estimate",
    request_id: "r",
    request: request({ corpus_path: path }),
  }),
  plan_path: (path: string): Question => ({
    kind: "plan",
    request_id: "r",
    request: PlanRequest.parse({ corpus_path: path }),
  }),
};

test("a child that answers reads no path but of a text for requests, whatever it is asked", async () => {
  const ask = answering();
  for (const [field, question] of Object.entries(asked))
    for (const path of paths())
      expect([field, path, await ask(question(path))]).toMatchObject([field, path, { code: "CORPUS_NOT_FOUND" }]);
  for (const field of ["path", "prompt_path"] as const)
    expect(await ask(asked[field]("huge.txt"))).toMatchObject({ failureClass: "USER_INPUT" });
  expect(await ask(asked.path("corpus.txt"))).toMatchObject({ type: "answer" });
});

/** Final message of a child with a job. */
async function ending(message: ToChild): Promise<FromChild | undefined> {
  const child = startChild(system.input);
  child.say(message);
  await child.over;
  return child.heard.at(-1);
}

test("a child that trains reads no path but of a text for requests, and no link in a folder leads out", async () => {
  const refused = { type: "failed", failure: { code: "CORPUS_NOT_FOUND", failureClass: "USER_INPUT" } };
  const about = { type: "train", userId: "0", fence: 1, lastReported: null } as const;
  for (const path of paths()) {
    const runId = RunId.parse("hostile");
    const train = await ending({ ...about, runId, request: request({ corpus_path: path }) });
    const settings = TokenizerTrainRequest.parse({ corpus_path: path });
    const tokenizer = await ending({ type: "tokenizer", tokenizer_id: TokenizerId.parse("tok-x"), request: settings });
    expect([path, train, tokenizer]).toMatchObject([path, refused, refused]);
  }
  const mixed = await ending({ ...about, runId: RunId.parse("mixed"), request: request({ corpus_path: "mixed" }) });
  expect(mixed).toMatchObject({ type: "failed", failure: { code: "CORPUS_EMPTY" } });
  expect(existsSync(join(system.root, "tokenizers", "tok-x"))).toBe(false);
});

test("a child takes no id that is a path, and looks for none elsewhere", async () => {
  const told = { type: "train", userId: "0", fence: 1, lastReported: null } as const;
  const ids = [...paths().filter((path) => !isId(path)), ".", ".hidden", "a/b", "a\\b", "own/../own"];
  for (const id of ids) {
    const messages = [
      { ...told, runId: id, request: request() },
      { ...told, runId: "a", request: { ...request(), tokenizer_id: id } },
      { ...told, runId: "a", request: { ...request(), pretrained_run_id: id } },
      { type: "tokenizer", tokenizer_id: id, request: TokenizerTrainRequest.parse({ corpus_path: "corpus.txt" }) },
      { type: "ask", id: 1, question: { ...asked.path("corpus.txt"), run_id: id } },
    ];
    for (const message of messages) expect([id, ToChild.safeParse(message).success]).toEqual([id, false]);
  }
  for (const field of ["tokenizer_id", "pretrained_run_id"]) {
    const settings = request({ [field]: "packages" }); // a folder where the tests run
    expect(await ending({ ...told, runId: RunId.parse("elsewhere"), request: settings })).toMatchObject({
      type: "failed",
      failure: { message: containing('"packages"') },
    });
  }
});
