import { fileURLToPath } from "node:url";
import { startApi } from "@trainer/api";
import { TrainerClient } from "@trainer/client";
import { startSystem } from "@trainer/testing/system";
import { expect, test } from "vitest";

const EXAMPLE = fileURLToPath(new URL("../../../examples/plugin", import.meta.url));
/** A training of all that the example brings. */
const asked = {
  model_family: "window",
  model_size: "tiny",
  optimizer: "lion",
  tokenizer_method: "bytes",
  corpus_path: "corpus.txt",
  max_seq_len: 16,
  batch_size: 4,
  num_epochs: 2,
  device: "cpu",
} as const;

async function startServed(ofWorker: readonly string[]) {
  const system = await startSystem();
  const worker = await system.startWorker({ plugins: [...ofWorker] });
  const { redisUrl, artifactsRoot, dataRoot, dataBank } = system.input;
  const api = await startApi(
    { port: 0, redisUrl, artifactsRoot, dataRoot, dataBank, plugins: [EXAMPLE] },
    { log: { write() {} } },
  );
  return {
    system,
    worker,
    client: new TrainerClient({ url: api.url }),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();
      await system[Symbol.asyncDispose]();
    },
  };
}

test("over HTTP what a plugin brings is listed, trained through a crash of its process, and generates", async () => {
  await using served = await startServed([EXAMPLE]);
  const { client, system, worker } = served;
  const { model_families: families, plugins, ...more } = await client.capabilities();
  expect(plugins).toEqual([{ name: "trainer-plugin-example", version: "0.1.0" }]);
  expect([families.at(-1)?.name, more.optimizers.at(-1)]).toEqual(["window", "lion"]);

  const { run_id: id } = await client.train(asked);
  await system.until(id, ({ training }) => training !== null && training.step > 2);
  for (const pid of worker.children) process.kill(pid, "SIGKILL");
  expect(await client.waitForRun(id)).toMatchObject({ status: "completed" });
  expect(await client.manifest(id)).toMatchObject({ model_family: "window", plugins });
  const { outputs } = await client.generate(id, { prompt_text: "the ", max_new_tokens: 5, seed: 1 });
  expect(outputs?.[0]).not.toBe("");
});

test("a worker that lacks the plugin answers a run with what it knows", async () => {
  await using served = await startServed([]);
  const { run_id: id } = await served.client.train(asked);
  const { status, error } = await served.client.waitForRun(id);
  expect([status, error]).toEqual(["failed", expect.stringContaining('no model "window"; there are: gpt2')]);
});
