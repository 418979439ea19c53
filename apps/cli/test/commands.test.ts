import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "@trainer/disk";
import { aNumber, containing, withFields, withItem } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { Command } from "commander";
import { z } from "zod";
import { define } from "../src/commands/doctor.js";
import { EXIT } from "../src/process/exit-codes.js";
import { Stopped, type Interruptible } from "../src/process/interrupts.js";
import { run } from "../src/program.js";
import { commandLine } from "./command-line.js";
import { corpusFolder, corpusText, TINY } from "./corpus.js";
import { testIo } from "./screen.js";

const shared = { folder: "", corpus: "", home: "" };
const Lines = z.array(z.record(z.string(), z.unknown()));

const { trainer, json } = commandLine(() => shared.home);

let trained: Awaited<ReturnType<typeof trainer>>;

beforeAll(async () => {
  const { folder, corpus } = await corpusFolder();
  Object.assign(shared, { folder, corpus, home: join(folder, "home") });
  trained = await trainer([
    "train",
    corpus,
    ...TINY,
    "--max-steps",
    "6",
    "--eval-every",
    "3",
    "--log-every",
    "2",
    "--run-id",
    "one",
  ]);
});

test("train reports on stderr and ends with a summary and what to type next on stdout", () => {
  expect(trained).toMatchObject({ code: 0 });
  for (const word of ["run        one", "tokenizer  bpe-300-", "tokens     train", "memory     about", "step 6/6"]) {
    expect(trained.stderr).toContain(word);
  }
  expect(trained.stderr).not.toContain("\u001B");
  expect(trained.stdout).toContain("Done: 6 steps");
  expect(trained.stdout).toContain(`trainer generate one --home ${shared.home} --prompt`);
});

test("train --json prints a line a logged step and the result last", async () => {
  const { code, values, last } = await json([
    "train",
    shared.corpus,
    ...TINY,
    "--num-epochs",
    "1",
    "--log-every",
    "10",
    "--run-id",
    "two",
  ]);
  expect(code).toBe(0);
  const steps = Lines.parse(values.slice(0, -1));
  expect(steps.length).toBeGreaterThan(1);
  for (const step of steps) {
    for (const key of ["step", "epoch", "train_loss", "lr", "grad_norm", "tokens_per_sec", "step_ms"]) {
      expect(step[key]).toEqual(aNumber);
    }
  }
  expect(last).toMatchObject({
    run_id: "two",
    status: "completed",
    steps: steps.at(-1)?.["step"],
    best_val_loss: aNumber,
    test_loss: aNumber,
    test_perplexity: aNumber,
    path: join(shared.home, "models", "two"),
  });
});

test("a terminal sees a block that is drawn in place", async () => {
  const { code, stdout, stderr } = await trainer(
    ["train", shared.corpus, ...TINY, "--max-steps", "4", "--log-every", "1", "--run-id", "live"],
    { tty: true },
  );
  expect(code).toBe(0);
  expect(stderr).toContain("\r\u001B[");
  expect(stderr).toContain("tokens/s");
  expect(stdout).toContain("Done: 4 steps");
});

test("train takes its text and options from a file, and what is typed is before them", async () => {
  const file = join(shared.folder, "training.toml");
  const options = "vocab_size = 300\nmax_seq_len = 32\nmax_steps = 2\nseed = 5\ndocument = 'line'";
  await writeFile(
    file,
    `corpus_path = "corpus.txt"\n${options}\n[model_config]\nn_layer = 1\nn_embd = 32\nn_head = 2\n`,
  );
  const { code, stderr } = await trainer(["train", "--options", file, "--run-id", "filed", "--seed", "7"]);
  expect([code, stderr]).toEqual([0, containing("step 2/2")]);
  const manifest = z
    .object({ config: z.unknown() })
    .parse(JSON.parse(await readFile(join(shared.home, "models", "filed", "manifest.json"), "utf8")));
  expect(manifest.config).toMatchObject({ max_steps: 2, seed: 7, model_config: { n_layer: 1, n_embd: 32, n_head: 2 } });

  const other = await trainer(["train", join(shared.folder, "none.txt"), "--options", file]);
  expect(other).toMatchObject({ code: 1, stderr: containing("none.txt") });

  await writeFile(file, "num_epoch = 2\n");
  const unknown = await trainer(["train", shared.corpus, "--options", file]);
  const why = `${file}:1: num_epoch is no option of a training; did you mean num_epochs?`;
  expect(unknown).toMatchObject({ code: 2, stderr: containing(why) });
});

/** Requests a stop once `seen` is on stderr. */
function stopWhen(seen: string, io: () => string): Interruptible {
  return async (body) => {
    const controller = new AbortController();
    const watch = setInterval(() => {
      if (io().includes(seen)) controller.abort(new Stopped("SIGINT", EXIT.interrupted));
    }, 1);
    try {
      return await body(controller.signal);
    } finally {
      clearInterval(watch);
    }
  };
}

test("a run that is stopped says how to go on, and goes on to the losses of one that was not", async () => {
  const line = ["train", shared.corpus, ...TINY, "--max-steps", "30", "--log-every", "1", "--run-id"];
  const whole = await json([...line, "whole"]);

  const io = testIo({ env: { TRAINER_HOME: shared.home } });
  const stop = stopWhen("step 3/30", () => io.stderr.text);
  const code = await run([...line, "cut", "--resume"], { ...io, interruptible: stop });
  expect(code).toBe(130);
  expect(io.stderr.text).toContain("Stopping after this step");
  expect(io.stderr.text).toContain(`trainer resume cut --home ${shared.home}`);

  const resumed = await json([...line, "cut", "--resume"]);
  expect(resumed.code).toBe(0);
  expect(resumed.stderr).toContain("cut, going on from step");
  const [a, b] = [
    z.looseObject({ test_loss: z.number() }).parse(whole.last),
    z.looseObject({ test_loss: z.number() }).parse(resumed.last),
  ];
  expect(b.test_loss).toBe(a.test_loss);

  const again = await trainer(["resume", "cut"]);
  expect(again.code).toBe(0);
  expect(again.stdout).toContain("Done: 30 steps");
  expect(again.stderr).toContain(
    `cut is completed already. To train it further: trainer resume cut --for 10m --home ${shared.home}`,
  );
  expect(await json([...line, "cut", "--resume"])).toMatchObject({ code: 0, last: resumed.last });
});

test("a failure in a run is the last line of --json, with the run's id", async () => {
  await writeFile(join(shared.folder, "other.txt"), "quite another text\n".repeat(50));
  const stopped = join(shared.folder, "moving.txt");
  await writeFile(stopped, corpusText);
  const io = testIo({ env: { TRAINER_HOME: shared.home } });
  const stop = stopWhen("step 1/40", () => io.stderr.text);
  await run(["train", stopped, ...TINY, "--max-steps", "40", "--log-every", "1", "--run-id", "moved"], {
    ...io,
    interruptible: stop,
  });
  await writeFile(stopped, "changed since\n".repeat(90));
  const { code, last, stderr } = await json(["resume", "moved"]);
  expect(code).toBe(1);
  expect(last).toMatchObject({
    run_id: "moved",
    status: "failed",
    error: { code: "CONFLICT", message: containing("changed") },
  });
  expect(stderr).toContain("trainer resume moved");
});

test.each([
  ["no such file", "missing.txt", null, "there is no file or folder"],
  ["an empty file", "empty.txt", "", "there is no text"],
  ["a binary file", "binary.txt", Buffer.from([0, 1, 2, 3, 0, 255]), "binary"],
])("%s is refused before there is a run", async (_, name, content, message) => {
  const path = join(shared.folder, name);
  if (content !== null) await writeFile(path, content);
  const { code, stdout, stderr } = await trainer(["train", path, ...TINY, "--run-id", "never"]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
  expect((await trainer(["runs"])).stdout).not.toContain("never");
});

test("eval measures a split or a text", async () => {
  const { code, last } = await json(["eval", "one", "--split", "test", "--no-samples"]);
  expect(code).toBe(0);
  expect(last).toMatchObject({
    split: "test",
    loss: aNumber,
    perplexity: aNumber,
    bits_per_byte: aNumber,
    tokens: aNumber,
  });
  expect((await trainer(["eval", "one", "--no-samples"])).stdout).toContain("text           validation split");
  const text = await trainer(["eval", "one", "--path", shared.corpus]);
  expect(text.stdout).toContain(`text           ${shared.corpus}`);
  expect(text.stdout).toContain('--- "Once upon a time"');
  expect(text.stdout).toContain("bits per byte");
  expect(text.stdout).toContain("saved in");
});

test("a folder made elsewhere is measured without being written to", async () => {
  const folder = join(shared.folder, "elsewhere");
  expect((await trainer(["export", "one", "--out", folder])).code).toBe(0);
  const { stdout } = await trainer(["eval", folder, "--path", shared.corpus, "--no-samples"]);
  expect(stdout).not.toContain("saved in");
});

test("generate streams the new text alone into a pipe, the same for the same seed", async () => {
  const line = ["generate", "one", "--prompt", "the cat", "--max-new-tokens", "8", "--seed", "5"];
  const first = await trainer(line);
  expect(first.code).toBe(0);
  expect((await trainer(line)).stdout).toBe(first.stdout);
  const { last } = await json(line);
  expect(last).toMatchObject({ outputs: [first.stdout.slice(0, -1)], steps: 8, eos_terminated: [false], seed: 5 });
});

test("generate shows the prompt too on a terminal, and several texts apart", async () => {
  const path = join(shared.folder, "prompt.txt");
  await writeFile(path, "my friend");
  const { stdout } = await trainer(
    [
      "generate",
      "one",
      "--prompt-path",
      path,
      "--max-new-tokens",
      "4",
      "--num-return-sequences",
      "2",
      "--temperature",
      "0",
    ],
    { tty: true },
  );
  expect(stdout.split("\n\n")).toHaveLength(2);
  expect(stdout.split("\u001B[2mmy friend\u001B[22m")).toHaveLength(3);
});

test("generate reads its prompt from stdin and keeps several texts apart in a pipe", async () => {
  const line = [
    "generate",
    "one",
    "--prompt",
    "-",
    "--max-new-tokens",
    "2",
    "--num-return-sequences",
    "2",
    "--top-k",
    "1",
  ];
  const { code, stdout } = await trainer(line, { stdin: "the old king" });
  expect(code).toBe(0);
  expect(stdout).toContain("\n\n");
});

test("generate goes on from several prompts as from each alone", async () => {
  const settings = ["--max-new-tokens", "5", "--seed", "3", "--num-return-sequences", "2"];
  const path = join(shared.folder, "prompts.txt");
  await writeFile(path, "the cat\n\nmy\r\n");
  const alone = [];
  for (const prompt of ["the cat", "my"]) alone.push(await json(["generate", "one", "--prompt", prompt, ...settings]));
  const outputs = alone.flatMap(({ last }) => (hasOutputs(last) ? last.outputs : []));
  expect(outputs).toHaveLength(4);
  const { last } = await json(["generate", "one", "--prompts-path", path, ...settings]);
  expect(last).toMatchObject({ outputs, steps: 20 });
  const line = ["generate", "one", "--prompt", "the cat", "--prompt", "-", ...settings];
  const { stdout } = await trainer(line, { tty: true, stdin: "my" });
  expect(stdout.split("\u001B[2mthe cat\u001B[22m")).toHaveLength(3);
  expect(stdout.split("\u001B[2mmy\u001B[22m")).toHaveLength(3);
});

const hasOutputs = (value: unknown): value is { outputs: string[] } =>
  typeof value === "object" && value !== null && "outputs" in value;

test("prompts that are not to be had are refused", async () => {
  const empty = join(shared.folder, "empty.txt");
  await writeFile(empty, "\n");
  const refused: [line: string[], why: string][] = [
    [["--prompts-file", empty], "it has no line with a prompt"],
    [["--prompts-file", empty, "--prompt", "x"], "exclude each other"],
    [["--prompt", "-", "--prompt", "-"], "stdin can be read once"],
    [[], "what should the text go on from?"],
  ];
  for (const [line, why] of refused) {
    expect(await trainer(["generate", "one", ...line])).toMatchObject({ code: 2, stderr: containing(why) });
  }
});

test("score tells loss and perplexity, and each token's surprisal when asked", async () => {
  const { last } = await json(["score", "one", "--text", "the cat sees"]);
  expect(last).toMatchObject({ loss: aNumber, surprisal: null, topk: null, tokens: null });
  const detail = await trainer(["score", "one", "--text", "-", "--detail-level", "per_char", "--top-k", "2"], {
    stdin: "the cat",
  });
  expect(detail.stdout).toContain("TOKEN");
  expect(detail.stdout).toMatch(/" c" +\d+\.\d+ {2}".*" \d+\.\d%/);
  expect((await trainer(["score", "one", "--text", "the cat", "--top-k", "1"])).stdout).toMatch(/\n1 +".*" \d/);
  expect((await trainer(["score", "one", "--path", shared.corpus])).stdout).not.toContain("TOKEN");
  expect((await trainer(["score", "one", "--text", "the cat", "--detail-level", "per_char"])).stdout).toMatch(/BITS\n/);
});

test("runs are listed, shown and removed", async () => {
  await mkdir(join(shared.home, "models", "broken"), { recursive: true });
  const list = await trainer(["runs"]);
  expect(list.stdout).toMatch(/^RUN +STATUS/);
  expect(list.stdout).toMatch(/\none +completed +[\d-]+ [\d:]+ +corpus\.txt +6 /);
  expect(list.stdout).toMatch(/\nbroken +damaged +- /);
  expect((await json(["runs", "list"])).last).toMatchObject({
    runs: withItem(withFields({ run_id: "one" })),
  });

  const show = await trainer(["runs", "show", "one"]);
  expect(show.stdout).toContain("status      completed");
  expect(show.stdout).toContain("┤");
  expect((await json(["runs", "show", "one"])).last).toMatchObject({ run_id: "one", manifest: { steps: 6 } });
  expect((await trainer(["runs", "show", "broken"])).stdout).toContain("damaged: ");
  const outside = await trainer(["runs", "show", join(shared.folder, "elsewhere")]);
  expect(outside).toMatchObject({ code: 2, stderr: containing("outside") });

  const removed = await trainer(["runs", "rm", "two", "broken"]);
  expect(removed.stdout).toMatch(/^removed two, broken: .* freed\n$/);
  const unknown = await trainer(["runs", "rm", "onee"]);
  expect(unknown).toMatchObject({ code: 1, stderr: containing("did you mean one") });
});

test("a run that failed or has just begun is shown with what is known of it", async () => {
  const dir = join(shared.home, "models", "one");
  const manifest = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(await readFile(join(dir, "manifest.json"), "utf8")));
  const copy = join(shared.home, "models", "early");
  await mkdir(copy);
  const early = {
    ...manifest,
    run_id: "early",
    status: "failed",
    error: "the disk is full",
    steps: 1,
    total_steps: 9,
    parameters: null,
    vocab_size: null,
    duration_seconds: null,
  };
  await writeFile(join(copy, "manifest.json"), JSON.stringify(early));
  const { stdout } = await trainer(["runs", "show", "early"]);
  expect(stdout).toContain("error       the disk is full");
  expect(stdout).toContain("progress    1 of 9 steps");
  expect((await trainer(["runs"])).stdout).toMatch(/\nearly +failed .* 1\/9 +- /);
  await writeFile(join(copy, "manifest.json"), JSON.stringify({ ...early, total_steps: null, error: null }));
  expect((await trainer(["runs", "show", "early"])).stdout).toContain("1 of ? steps");
});

test("a home without runs says how to make one", async () => {
  const { code, stdout } = await trainer(["runs", "--home", join(shared.folder, "nowhere")]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `No runs in ${join(shared.folder, "nowhere")} yet. To make one: trainer train my-text.txt --home ${join(shared.folder, "nowhere")}\n`,
  });
});

test("an estimate tells a training's size, memory and time, warns of too little memory, and begins nothing", async () => {
  const home = join(shared.folder, "estimated");
  const line = ["train", shared.corpus, "--home", home, "--estimate", ...TINY];
  const { last } = await json([...line, "--threads", "1"]);
  expect(last).toMatchObject({ device: "cpu", precision: "fp32", threads: 1, sampled: false, reasons: {} });
  const figures = z.object({
    parameters: z.number(),
    tokens: z.number(),
    steps: z.number(),
    memory_bytes: z.number(),
    seconds: z.number(),
  });
  expect(Math.min(...Object.values(figures.parse(last)))).toBeGreaterThan(0);
  const large = await trainer([
    "train",
    shared.corpus,
    "--home",
    home,
    "--estimate",
    "--n-layer",
    "500",
    "--n-embd",
    "4096",
  ]);
  expect(large.code).toBe(0);
  expect(large.stdout).toMatch(/memory +about [\d.,]+ [GT]iB of/);
  expect(large.stderr).toContain("This needs more memory than there is.");
  expect(await namesIn(shared.folder)).not.toContain("estimated");
  const both = await trainer([...line, "--resume", "--run-id", "a"]);
  expect(both).toMatchObject({ code: EXIT.usage, stderr: containing("leave out --resume and --upload") });
});

test("find-batch tells what fits, with and without a text", async () => {
  const small = ["--n-layer", "1", "--n-embd", "16", "--n-head", "2", "--max-seq-len", "16", "--max-batch-size", "8"];
  const { code, stdout, stderr } = await trainer(["find-batch", shared.corpus, ...small, "--threads", "2"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^largest batch: 8 sequences of 16 tokens \(cpu, fp32\) in .*iB\n\nbatch +memory +tokens\/s +fits\n/,
  );
  expect(stdout).toMatch(/\n8 +\d.* +- +yes\n\nthreads +tokens\/s\n[^]*fastest: --threads [12]\n$/);
  expect(stderr).toMatch(
    /a batch of 4 fits, .* tokens\/s\na batch of 8 fits\ntrying .*\n2 threads: .*\ntrying .*\n1 thread: /,
  );
  const { last } = await json(["find-batch", ...small, "--vocab-size", "300", "--threads", "1", "--quiet"]);
  expect(last).toMatchObject({
    status: "completed",
    batch_size: 8,
    thread_trials: [],
    batches: withItem(withFields({ peak_bytes: aNumber })),
  });
});

test("plan says what a time is worth, and the command that does it", async () => {
  const line = ["plan", shared.corpus, "--for", "20s", "--threads", "1", "--document", "line", "--batch-size", "4"];
  const { code, stdout, stderr } = await trainer(line);
  expect(code).toBe(0);
  expect(stderr).toContain("planning: a few steps are measured");
  expect(stdout).toMatch(/^model +LLaMA of .* parameters\n/);
  const command = stdout.trimEnd().split("\n").at(-1)?.trim() ?? "";
  expect(command).toMatch(/^trainer train .*corpus.txt .*--batch-size 4 .*--threads 1/);
  expect(command).not.toMatch(/null|--evaluate|--no-/); // what nobody typed and nobody planned
  const none = await trainer(["plan", shared.corpus, "--memory", "1kB"]);
  expect(none).toMatchObject({ code: 1, stderr: containing("does not fit into memory") });
}, 120_000);

test("sweep compares trials, and goes on with the best", async () => {
  const line = ["sweep", shared.corpus, ...TINY, "--max-steps", "6", "--no-evaluate", "--sweep-id", "sw"];
  const vary = ["--vary", "learning-rate=1e-4..1e-2", "--vary", "n-layer=1,2", "--trials", "3"];
  const { code, stdout, stderr } = await trainer([...line, ...vary]);
  expect(code).toBe(0);
  expect(stderr).toContain("3 trials ...");
  expect(stderr).toMatch(/sw-[123] after 33 %: \d\.\d/);
  expect(stdout).toMatch(/^ +run +learning-rate +n-layer +trained +bits per byte\no +sw-/);
  expect(stdout).toMatch(/\nThe best one, at \d\.\d{4}:\n {2}trainer runs show sw-/);
  const { last } = await json([...line, ...vary, "--quiet"]);
  expect(last).toMatchObject({ sweep_id: "sw", trials: [{ part: 1 }, { failure: null }, { failure: null }] });
  const twice = await trainer([...line, "--vary", "n-layer=1,2", "--vary", "n-layer=3"]);
  expect(twice).toMatchObject({ code: EXIT.usage, stderr: containing("an option is named twice") });
  const none = await trainer(line);
  expect(none).toMatchObject({ code: EXIT.usage, stderr: containing("say what to vary: ") });
}, 120_000);

test("find-lr draws the losses of its steps and proposes a rate", async () => {
  const line = ["find-lr", shared.corpus, ...TINY, "--steps", "12"];
  const { code, stdout, stderr } = await trainer(line);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\nlearning rate +[\d.e-]+ +\(\d+ sequences of \d+ tokens a batch, cpu, fp32\)\n/);
  expect(stderr).toContain("raising the rate: 100 %");
  const { last } = await json([...line, "--quiet"]);
  expect(last).toMatchObject({ learning_rate: aNumber, points: withItem(withFields({ step: 12, lr: 1 })) });
  const wrong = await trainer([...line, "--from", "0.1", "--to", "0.1"]);
  expect(wrong).toMatchObject({ code: EXIT.usage, stderr: containing("the rate must rise") });
}, 120_000);

test("export writes a folder that can be used in place of the run", async () => {
  const out = join(shared.folder, "exported");
  const { last } = await json(["export", "one", "--out", out]);
  expect(last).toMatchObject({
    path: out,
    files: withItem("model.safetensors"),
  });
  const line = ["--prompt", "the cat", "--max-new-tokens", "6", "--seed", "1"];
  expect((await trainer(["generate", out, ...line])).stdout).toBe((await trainer(["generate", "one", ...line])).stdout);
  const again = await trainer(["export", "one", "--out", out]);
  expect(again).toMatchObject({ code: 1, stderr: containing("not empty") });
  expect((await trainer(["export", "one", "--out", out, "--force"])).stdout).toContain("model.safetensors");
});

test("export --gguf writes a file that can be used in place of the run, and one for ollama", async () => {
  const out = join(shared.folder, "One.gguf");
  const beside = join(shared.folder, "One.Modelfile");
  const { last } = await json(["export", "one", "--gguf", "f32", "--out", out]);
  expect(last).toMatchObject({ path: out, files: [out, beside], notes: [], bytes: aNumber });
  expect(await readFile(beside, "utf8")).toContain("FROM ./One.gguf\n");
  const line = ["--prompt", "the cat", "--max-new-tokens", "6", "--seed", "1"];
  expect((await trainer(["generate", out, ...line])).stdout).toBe((await trainer(["generate", "one", ...line])).stdout);
  const text = ["--text", "the cat sat", "--json"];
  expect((await trainer(["score", out, ...text])).stdout).toBe((await trainer(["score", "one", ...text])).stdout);
  expect((await trainer(["eval", out, "--path", shared.corpus, "--no-samples"])).stdout).toContain("bits per byte");
  const again = await trainer(["export", "one", "--gguf", "f32", "--out", out]);
  expect(again).toMatchObject({ code: 1, stderr: containing("exists") });
  const { stdout } = await trainer(["export", "one", "--gguf", "q8_0", "--out", out, "--force"]);
  expect(stdout).toMatch(
    /One.gguf: .*\n +\S+One.Modelfile\n[^]*\nNext:\n +llama-completion .*\n +ollama create one -f .*\n/,
  );
  const wrong = await trainer(["export", "one", "--gguf", "q8_0", "--adapter", "--out", out]);
  expect(wrong).toMatchObject({ code: EXIT.usage, stderr: containing("--adapter and --gguf exclude each other") });
  const other = await trainer(["export", "one", "--gguf", "q4_0", "--out", out]);
  expect(other).toMatchObject({ code: EXIT.usage, stderr: containing("q8_0") });
});

test("an unknown run is told with those there are", async () => {
  const { code, stderr } = await trainer(["generate", "onne", "--prompt", "x"]);
  expect(code).toBe(1);
  expect(stderr).toContain("did you mean one");
});

test("how much memory a run takes is not guessed for weights that come from elsewhere", async () => {
  const further = await trainer(["train", shared.corpus, ...TINY.slice(2), "--pretrained", "one", "--max-steps", "1"]);
  expect(further.code).toBe(0);
  expect(further.stderr).not.toContain("memory  ");
  const adapting = ["--pretrained", "one", "--lora-rank", "2", "--lora-targets", "c_attn", "--lora-targets", "c_fc"];
  const tuned = await trainer([
    "train",
    shared.corpus,
    ...TINY.slice(2),
    ...adapting,
    "--max-steps",
    "1",
    "--run-id",
    "lora",
  ]);
  expect(tuned.stderr).toMatch(/weights +\S+ parameters \(\S+ trained\)/);
  const exported = await trainer(["export", "lora", "--adapter", "--out", join(shared.folder, "adapter")]);
  expect(exported.stdout).toMatch(
    /adapter_config.json\n +adapter_model.safetensors\n\nNext:\n.*\n.*PeftModel.from_pretrained/,
  );
});

test("texts that stop before their first character are empty, one after another", async () => {
  const stops = Array.from({ length: 95 }, (_, i) => ["--stop", String.fromCharCode(32 + i)]).flat();
  const line = [
    "generate",
    "one",
    "--prompt",
    "the",
    "--num-return-sequences",
    "3",
    "--stop",
    "\n",
    "--stop",
    "\uFFFD",
  ];
  const { last } = await json([...line, ...stops, "--max-new-tokens", "3", "--seed", "1"]);
  const { outputs } = z.object({ outputs: z.array(z.string()) }).parse(last);
  const { stdout } = await trainer([...line, ...stops, "--max-new-tokens", "3", "--seed", "1"]);
  expect(stdout.trimEnd()).toBe(outputs.join("\n\n").trimEnd());
});

test("without samples an evaluation says nothing of their lengths", async () => {
  const { stdout } = await trainer(["eval", "one", "--no-samples"]);
  expect(stdout).toContain("bits per byte");
  expect(stdout).not.toContain("samples");
});

test("a model without attention trains, and its card says nothing of heads", async () => {
  const small = ["--model", "char_lstm", "--embed-dim", "8", "--hidden-dim", "16", "--num-layers", "1"];
  const line = ["train", shared.corpus, ...small, "--max-seq-len", "32", "--batch-size", "4", "--max-steps", "1"];
  expect((await trainer([...line, "--run-id", "letters", "--threads", "1"])).code).toBe(0);
  const out = join(shared.folder, "exported-letters");
  expect((await trainer(["export", "letters", "--out", out])).code).toBe(0);
  expect(await readFile(join(out, "README.md"), "utf8")).not.toContain("heads");
});

test("somebody at a terminal is told that encode waits for text", async () => {
  const stdin = Object.assign(
    (async function* () {
      yield await Promise.resolve("the cat\n");
    })(),
    { isTTY: true },
  );
  const { stdout, stderr } = await trainer(["tokenizer", "encode", join(shared.home, "models", "one")], { stdin });
  expect(stderr).toContain("Ctrl-D");
  expect(stdout).toMatch(/^\d+( \d+)*\n$/);
});

test("doctor is content with this machine", async () => {
  const { code, last } = await json(["doctor"], { env: { PATH: "" } });
  expect(code).toBe(0);
  expect(last).toMatchObject({
    ok: true,
    checks: withItem(withFields({ name: "libtorch", status: "ok" })),
  });
  expect((await trainer(["doctor"], { env: {} })).stdout).toContain("Only `trainer ui` and `trainer serve` need it");
});

test("a doctor that finds the native parts broken fails, and says what to do", async () => {
  const io = testIo({ env: { PATH: "" } });
  const command = new Command("doctor")
    .option("--home <dir>", "the home", shared.home)
    .option("--plugin <name>", "a plugin", []);
  const broken = () => Promise.reject(new Error("libtorch.so is not there"));
  define(command, io, { torch: broken, tokenizers: broken, sentencePiece: broken });
  await expect(command.parseAsync([], { from: "user" })).rejects.toMatchObject({ code: "UNHEALTHY" });
  expect(io.stdout.text).toContain("NO  libtorch");
  expect(io.stdout.text).toContain("npm run bootstrap");
});

test("TRAINER_DEBUG adds where an error came from", async () => {
  const { stderr } = await trainer(["resume", "nope"], { env: { TRAINER_DEBUG: "1" } });
  expect(stderr).toMatch(/\n\s+at /);
});
