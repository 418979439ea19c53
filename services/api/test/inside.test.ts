import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isId } from "@trainer/disk";
import { startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test } from "vitest";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  const { root } = system;
  const at = (...names: string[]) => join(root, ...names);
  for (const folder of ["corpus/inner", "logs", "redis", "models/own", "elsewhere/models/other", "corpus2"]) {
    mkdirSync(at(folder), { recursive: true });
  }
  for (const file of ["keys.json", "serve.json", "logs/api.log", "redis/appendonly.aof", "corpus2/near.txt"]) {
    writeFileSync(at(file), "a secret of the service");
  }
  writeFileSync(at("elsewhere/models/other/config.json"), "{}");
  writeFileSync(at("models/own/manifest.json"), '{"status":"completed"}');
  writeFileSync(at("corpus/there.txt"), "text");
  symlinkSync(at("keys.json"), at("corpus/link.txt"));
  symlinkSync(root, at("corpus/up"));
  symlinkSync("/dev/zero", at("corpus/zero"));
  execFileSync("mkfifo", [at("corpus/fifo")]);
  writeFileSync(at("corpus/huge.txt"), "");
  truncateSync(at("corpus/huge.txt"), 2 ** 30);
});
afterAll(() => system[Symbol.asyncDispose]());

const paths = (): string[] => [
  ..."keys.json serve.json logs/api.log redis/appendonly.aof models/own/manifest.json".split(" "),
  ..."../keys.json ../../etc/hostname /etc/hostname /proc/self/environ .. ../corpus2/near.txt".split(" "),
  ..."link.txt up/keys.json up inner/../../keys.json corpus/../keys.json ./../logs/api.log".split(" "),
  ..."fifo zero /dev/zero none.txt none/../../keys.json a\0b \0 ~ file:///etc/hostname".split(" "),
  "x".repeat(5000),
  join(system.root, "keys.json"),
  join(system.root, "corpus", "link.txt"),
  join(system.root, "elsewhere", "models", "other", "config.json"),
];
const ids = () => [...paths().filter((path) => !isId(path)), ".", "-rf", ".hidden", "a/b", "a\\b", "own/../own", "é"];

async function waiting(): Promise<number> {
  const counts = await Promise.all([system.trainer, system.inference].map((queue) => queue.getJobCountByTypes()));
  return counts.reduce((sum, count) => sum + count, 0);
}

const train = { model_size: "tiny", tokenizer_id: "tok-1", corpus_path: "there.txt" };

test("no path of a request leads to what is not a text for requests, and nothing of it is queued", async () => {
  for (const path of paths()) {
    const requests: [string, object][] = [
      ["/runs/train", { ...train, corpus_path: path }],
      ["/tokenizers/train", { corpus_path: path }],
      ["/runs/own/score", { path }],
      ["/runs/own/generate", { prompt_path: path }],
      ["/runs/own/evaluate", { path_override: path }],
    ];
    for (const [route, body] of requests) {
      const { status, json } = await system.ask(route, { body });
      expect([route, path, status, json]).toMatchObject([route, path, 404, { code: "CORPUS_NOT_FOUND" }]);
    }
  }
  expect(await waiting()).toBe(0);
});

test("no id of a request is a path, and nothing of it is queued", async () => {
  for (const id of ids()) {
    for (const field of ["tokenizer_id", "pretrained_run_id"]) {
      const { status, json } = await system.ask("/runs/train", { body: { ...train, [field]: id } });
      expect([field, id, status, json]).toMatchObject([field, id, 400, { code: "INVALID_INPUT" }]);
    }
    const name = encodeURIComponent(id);
    for (const [route, body] of [
      ["score", { text: "a" }],
      ["generate", { prompt_text: "a" }],
      ["chat", { message: "a" }],
    ] as const) {
      expect((await system.ask(`/runs/${name}/${route}`, { body })).status).not.toBe(200);
    }
    const { json } = await system.ask(`/tokenizers/${name}`);
    expect(JSON.stringify(json)).not.toMatch(/"artifact_path":"[^"]/);
  }
  expect(await waiting()).toBe(0);
});

test("a text for requests is found from its folder, from the one above and by its whole path", async () => {
  for (const path of [
    "there.txt",
    "corpus/there.txt",
    join(system.root, "corpus", "there.txt"),
    "./inner/../there.txt",
  ]) {
    expect((await system.ask("/runs/own/score", { body: { path } })).status).toBe(200);
  }
  expect(await waiting()).toBe(4);
});
