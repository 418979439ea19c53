import { TrainerClient } from "@trainer/client";
import { containing } from "@trainer/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startRemote, type Remote } from "./remote-system.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let remote: Remote;
beforeAll(async () => void (remote = await startRemote()));
afterAll(() => remote[Symbol.asyncDispose]());

test("a plan on a server is shown as one of this machine, and its command trains there", async () => {
  const { trainer, on, corpus, url } = remote;
  const asked = vi.spyOn(TrainerClient.prototype, "plan");
  const line = ["plan", corpus, "--for", "20s", "--document", "line", "--batch-size", "4", "--memory", "8GB"];
  const { code, stdout, stderr } = await trainer(on(...line));
  expect(code).toBe(0);
  expect(stderr).toMatch(/corpus {5}[0-9a-f]{64}\nplanning: the server measures a few steps/);
  expect(stdout).toMatch(/^model +LLaMA of .* parameters\n/);
  expect(stdout).toMatch(/expected +about \d\.\d\d bits per byte/);
  const command = stdout.trimEnd().split("\n").at(-1)?.trim() ?? "";
  expect(command).toMatch(/^trainer train .*corpus.txt .*--batch-size 4 /);
  expect(command).toContain(` --server ${url}`);
  expect(command).not.toMatch(/null|--evaluate|--no-/);
  expect(asked.mock.calls[0]?.[0]).toEqual({
    corpus_file_id: asked.mock.calls[0]?.[0].corpus_file_id,
    corpus_format: "text",
    document: "line",
    document_separator: "auto",
    batch_size: 4,
    seconds: 20,
    memory_bytes: 8e9,
  });
  asked.mockRestore();
  const words = command.split(" ").slice(1);
  const trained = await trainer([...words, "--no-evaluate", "--no-verdict"]);
  expect([trained.code, trained.stderr]).toEqual([0, trained.stderr]);
  expect(trained.stdout).toContain("Done: ");
  expect(trained.stderr).toMatch(/^run {8}llama-tiny-/m);
});

test("dimensions and rates that are typed are those of the plan, for a script as for a person", async () => {
  const { json, on, corpus } = remote;
  const small = ["--model", "gpt2", "--n-layer", "1", "--n-embd", "32", "--n-head", "2", "--max-steps", "5"];
  const { last, code } = await json(on("plan", corpus, ...small, "--for", "20s", "--quiet"));
  expect(code).toBe(0);
  expect(last).toMatchObject({
    status: "completed",
    steps: 5,
    request: { model_family: "gpt2", model_config: { n_layer: 1, n_embd: 32, n_head: 2 }, max_steps: 5 },
    command: containing("--n-layer 1"),
  });
  const rates = await json(on("plan", corpus, "--model", "gpt2", "--dropout", "0.2", "--for", "20s", "--quiet"));
  expect(rates.last).toMatchObject({
    status: "completed",
    request: { model_config: { embd_pdrop: 0.2, attn_pdrop: 0.2, resid_pdrop: 0.2 } },
    options: { model_size: "tiny" },
  });
});

test.each([
  [["--threads", "2"], "--threads: a server does not take it: leave it out, or --server", 2],
  [["--run-id", "mine"], "--run-id: a server does not take it", 2],
  [["--for", "0.5"], "seconds must be >= 1", 2],
  [["--memory", "1kB"], "the server could not do it: no plan can be made: the smallest model does not fit", 1],
  [["--hidden-dim", "3"], "llama has no --hidden-dim", 2],
])("what cannot be planned there says why, %j", async (more, message, code) => {
  const { trainer, on, corpus } = remote;
  const refused = await trainer(on("plan", corpus, ...more));
  expect(refused.stderr).toContain(message);
  expect(refused.code).toBe(code);
});
