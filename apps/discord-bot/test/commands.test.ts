import { keys, TrainRequest, type RunStatus } from "@trainer/platform";
import { RunRecords } from "@trainer/platform/redis";
import type { Invoked } from "@trainer/testing/discord/invocation";
import type { Message } from "@trainer/testing/discord/message-body";
import { afterEach, expect, test } from "vitest";
import { runStatus, TRAINING } from "./trainer.js";
import { field, GUILD, OTHER, startWorld, USER, type World, type WorldOptions } from "./world.js";

let world: World;
afterEach(() => world[Symbol.asyncDispose]());
const start = async (options?: WorldOptions) => (world = await startWorld(options));

const use = (command: string, options: Invoked["options"] = {}, more: Partial<Invoked> = {}): Promise<Message> =>
  world.discord.invoke({ user: USER, command, options, ...more }).reply();
const trainer = (sub: string, options: Invoked["options"] = {}, more: Partial<Invoked> = {}): Promise<Message> =>
  use("trainer", options, { sub, ...more });
const requestIdIn = ({ embeds }: Message) => /^Request ID: ([0-9a-f]{8})$/.exec(embeds[0]?.footer?.text ?? "")?.[1];
const accepted = { run_id: "gpt2-small-1", job_id: "job-1" };
const EIGHT = {
  model_family: "gpt2",
  model_size: "small",
  max_seq_len: 128,
  num_epochs: 2,
  batch_size: 8,
  learning_rate: 0.001,
  corpus_path: "books/emma.txt",
  tokenizer_id: "tok-1",
};

test("/train_model sends its eight arguments with the user and a request id, and shows what was queued", async () => {
  await start();
  world.trainer.answer("POST /runs/train", accepted);
  const reply = await use("train_model", EIGHT);
  expect(reply.flags).toBe(64); // seen by the user alone
  expect(reply.embeds).toEqual([
    {
      title: "Training Job Queued",
      color: 0x5865f2,
      fields: [
        { name: "Run ID", value: "`gpt2-small-1`", inline: true },
        { name: "Job ID", value: "`job-1`", inline: true },
      ],
      footer: { text: `Request ID: ${requestIdIn(reply)}` },
    },
  ]);
  const [asked] = world.trainer.asked;
  expect(asked?.headers["x-request-id"]).toBe(requestIdIn(reply));
  expect(asked?.body).toEqual({ ...EIGHT, user_id: BigInt(USER) });
  expect((await world.titled(USER, "Training Queued")).embeds[0]?.description).toContain("**gpt2 small**");
});

test.each([
  ["/train", { command: "train" }],
  ["/trainer train", { command: "trainer", sub: "train" }],
] as const)("%s needs a corpus and a tokenizer, and leaves the rest to the API", async (_, invoked) => {
  await start();
  world.trainer.answer("POST /runs/train", accepted);
  const id = "a".repeat(64);
  const options = { corpus: id, tokenizer_id: "tok-1", optimizer: "sgd", freeze_embed: true, seed: 7 };
  await world.discord.invoke({ user: USER, options, ...invoked }).reply();
  expect(world.trainer.asked[0]?.body).toEqual({
    corpus_file_id: id,
    tokenizer_id: "tok-1",
    optimizer: "sgd",
    freeze_embed: true,
    seed: 7,
    user_id: BigInt(USER),
  });
  const typing = { user: USER, focused: "corpus", options: { corpus: "" }, ...invoked };
  expect(await world.discord.invoke(typing).completions()).toEqual([{ name: id, value: id }]);
  expect(await world.discord.invoke({ ...typing, user: OTHER }).completions()).toEqual([]);
});

test("a run's status is told with its last checkpoint and its ETA, and without paths", async () => {
  await start();
  const message = "reading /data/corpus/secret/a.txt";
  world.trainer.run(
    runStatus("r1", {
      status: "running",
      progress: 25,
      message,
      last_heartbeat_ts: 1_700_000_000.5,
      training: TRAINING,
    }),
  );
  const reply = await trainer("status", { run_id: "r1" });
  expect(reply.embeds[0]).toMatchObject({ title: "Run Status", description: "`r1`", color: 0x5865f2 });
  expect(field(reply, "Status")).toBe("running");
  expect(field(reply, "Progress")).toBe("25%");
  expect(field(reply, "Last Heartbeat")).toBe("<t:1700000000:R>");
  expect(field(reply, "Message")).toBe("reading \\[path\\]");
  expect(field(reply, "Training")?.split("\n")).toEqual([
    "Epoch 1/3, step 120/480",
    "#####---------------",
    "Train Loss: 2.5000",
    "Val Loss: 2.7500",
    "Best Val Loss: 2.7000",
    "Last Checkpoint: step 100",
    "ETA: 12 min",
  ]);
  world.trainer.run(
    runStatus("r2", {
      status: "failed",
      error: "",
      training: { ...TRAINING, total_steps: 0, checkpoint_step: null, eta_seconds: null },
    }),
  );
  const failed = await use("status", { run_id: "r2" }, { user: OTHER });
  expect(failed.embeds[0]?.color).toBe(0xed4245);
  expect(field(failed, "Message")).toBe("-");
  expect(field(failed, "Training")).toContain("Last Checkpoint: none yet");
});

test("what the API refuses is passed on in its words, and what is out of reach is said so", async () => {
  await start({ env: { MODEL_TRAINER_RATE_LIMIT: "10" } });
  expect(await use("status", { run_id: "none" })).toMatchObject({ content: "API error: run not found", embeds: [] });
  world.trainer.refuse("POST /runs/train", 400, "CORPUS_NOT_FOUND", "no such corpus: /data/corpus/a/b.txt");
  expect((await use("train_model", EIGHT)).content).toBe(String.raw`API error: no such corpus: \[path\]`);
  world.trainer.answer("GET /runs/r1", { none: "of a run" });
  expect((await use("status", { run_id: "r1" })).content).toBe(
    String.raw`API error: the answer to \[path\] is none of a trainer's API`,
  );
  await world.trainer[Symbol.asyncDispose]();
  expect((await use("status", { run_id: "r1" })).content).toContain("API error: the trainer cannot be reached");
  await world.trainer.listen();
});

test("without an API, commands say that there is none", async () => {
  await start({ env: { API_BASE_URL: "" } });
  expect((await use("train_model", EIGHT)).content).toBe("Model Trainer API is not configured");
  const typing = { user: USER, command: "status", focused: "run_id", options: { run_id: "" } };
  expect(await world.discord.invoke(typing).completions()).toEqual([]);
});

test("what goes wrong within the bot is not shown, but logged under the request id", async () => {
  await start();
  world.trainer.answer("POST /runs/train", accepted);
  await world.redisServer.kill();
  expect((await use("train_model", EIGHT)).content).toBe("An error occurred. Please try again later.");
  expect(await world.logged("command")).toContain('"request_id":"');
});

test("a user uses a command once in 10 seconds, by whatever name; others are not held up", async () => {
  await start();
  world.trainer.answer("GET /runs", { runs: [], next: null });
  world.trainer.run(runStatus("r1"));
  await use("status", { run_id: "r1" });
  world.clock.advance(1500);
  const limited = await trainer("status", { run_id: "r1" });
  expect(limited).toMatchObject({ content: "Please wait 9 seconds before using this command again", flags: 64 });
  expect((await trainer("runs")).embeds[0]?.description).toContain("None yet");
  expect((await trainer("status", { run_id: "r1" }, { user: OTHER })).embeds[0]?.title).toBe("Run Status");
  world.clock.advance(8500);
  expect((await use("status", { run_id: "r1" })).embeds[0]?.title).toBe("Run Status");
});

test("the newest runs are listed, a line each", async () => {
  await start();
  const runs: RunStatus[] = [
    runStatus("r3", { created_at: "2026-01-01T00:00:00+00:00" }),
    runStatus("r2", { status: "running", progress: 40, training: TRAINING }),
    runStatus("r1", { status: "completed", training: { ...TRAINING, train_loss: null } }),
  ];
  world.trainer.answer("GET /runs", { runs, next: null });
  const reply = await trainer("runs", { limit: 3 });
  expect(reply.embeds[0]?.description).toBe(
    "`r3` queued · <t:1767225600:R>\n`r2` running 40% · loss 2.5000 · <t:1767225600:R>\n`r1` completed · <t:1767225600:R>",
  );
});

test("a run is cancelled by whoever started it alone", async () => {
  await start();
  const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "abc" });
  await new RunRecords(world.redis).create("r1", BigInt(USER), request);
  world.trainer.run(runStatus("r1", { status: "running" }));
  world.trainer.answer("POST /runs/r1/cancel", { status: "cancellation-requested" });
  const refused = await use("cancel", { run_id: "r1" }, { user: OTHER });
  expect(refused.content).toBe("Only the user who started this run can cancel it");
  const done = await trainer("cancel", { run_id: "r1" });
  expect(done.embeds[0]).toMatchObject({ title: "Cancellation Requested", color: 0xfaa61a });
  expect(world.trainer.asked.filter(({ method }) => method === "POST")).toHaveLength(1);
  world.clock.advance(10_000);
  expect((await use("cancel", { run_id: "none" })).content).toBe("API error: run not found");
});

test("text is generated, and what is too long for an embed is attached", async () => {
  await start();
  const queued = { request_id: "q1", status: "queued" };
  world.trainer.answer("POST /runs/r1/generate", queued);
  const outputs = ["upon a ```time", "y".repeat(5000)];
  world.trainer.answer("GET /runs/r1/generate/q1", { request_id: "q1", status: "completed", outputs, steps: 30 });
  const settings = { temperature: 0.5, min_p: 0.1, repetition_penalty: 1.3, num_return_sequences: 2 };
  const options = { run_id: "r1", prompt: "Once ", ...settings };
  const reply = await trainer("generate", options);
  expect(world.trainer.asked[0]?.body).toEqual({ prompt_text: "Once ", ...settings });
  expect(reply.embeds[0]?.description).toContain("```\nOnce upon a ``\u200b`time\n```");
  expect(field(reply, "Tokens")).toBe("30");
  const [file] = reply.attachments;
  expect(Buffer.from(file?.bytes ?? []).toString()).toBe(`Once ${outputs[0]}\n\n---\n\nOnce ${outputs[1]}`);

  world.clock.advance(10_000);
  world.trainer.answer("GET /runs/r1/generate/q1", { request_id: "q1", status: "completed", outputs: ["short"] });
  const short = await trainer("generate", { run_id: "r1", prompt: "a" });
  expect(short.attachments).toEqual([]);
  world.clock.advance(10_000);
  world.trainer.answer("GET /runs/r1/generate/q1", { request_id: "q1", status: "failed", message: "no /a/b/c here" });
  expect((await trainer("generate", { run_id: "r1", prompt: "a" })).content).toBe(
    String.raw`API error: no \[path\] here`,
  );
  world.clock.advance(10_000);
  world.trainer.answer("GET /runs/r1/generate/q1", { request_id: "q1", status: "failed" });
  expect((await trainer("generate", { run_id: "r1", prompt: "a" })).content).toContain("could not be made");
});

test("a text is scored, with the tokens that surprise most", async () => {
  await start({ env: { MODEL_TRAINER_RATE_LIMIT: "10" } });
  world.trainer.answer("POST /runs/r1/score", { request_id: "q1", status: "queued" });
  const result = { request_id: "q1", status: "completed", loss: Math.LN2, perplexity: 2 };
  const detail = { surprisal: [0.5, 1.5], tokens: ["a", "b", "\n"] };
  world.trainer.answer("GET /runs/r1/score/q1", { ...result, ...detail });
  const reply = await trainer("score", { run_id: "r1", text: "ab\n", detail: true });
  expect(world.trainer.asked[0]?.body).toEqual({ text: "ab\n", detail_level: "per_char" });
  expect(field(reply, "Loss")).toBe("0.6931 nats per token");
  expect(field(reply, "Perplexity")).toBe("2.00");
  expect(field(reply, "Bits per Token")).toBe("1.000");
  expect(field(reply, "Most Surprising")).toBe('```\n  1.50 bits  "\\n"\n  0.50 bits  "b"\n```');
  world.trainer.answer("GET /runs/r1/score/q1", { ...result, surprisal: [], tokens: ["a"] });
  expect(field(await trainer("score", { run_id: "r1", text: "a" }), "Most Surprising")).toBeUndefined();
  world.trainer.answer("GET /runs/r1/score/q1", { request_id: "q1", status: "failed" });
  expect((await trainer("score", { run_id: "r1", text: "a" })).content).toContain("could not be scored");
  world.trainer.answer("GET /runs/r1/score/q1", { request_id: "q1", status: "failed", message: "too long" });
  expect((await trainer("score", { run_id: "r1", text: "a" })).content).toBe("API error: too long");
});

test("options complete themselves from the API, and stay empty where it cannot say", async () => {
  await start();
  const complete = async (focused: string, options: Invoked["options"] = {}) => {
    const typing = { user: USER, command: "train", focused, options: { [focused]: "", ...options } };
    return (await world.discord.invoke(typing).completions()).map(({ name }) => name);
  };
  expect(await complete("model_family")).toEqual([]); // it answers 404
  const family = (name: string, sizes: string[]) => ({
    name,
    title: name,
    sizes,
    precisions: [],
    tokenizer_method: "bpe",
  });
  world.trainer.answer("GET /capabilities", {
    model_families: [family("gpt2", ["tiny", "small"]), family("llama", ["7b"])],
    tokenizer_methods: [],
    devices: [],
    optimizers: ["adamw", "lion"],
  });
  const info = { artifact_path: "/x", coverage: null, oov_rate: null, token_count: null, char_coverage: null };
  const tokenizer = (tokenizer_id: string) => ({ ...info, tokenizer_id, status: "completed" });
  const tokenizers = ["tok-1", "a-tok", "x".repeat(101)].map(tokenizer);
  world.trainer.answer("GET /tokenizers", { tokenizers });
  const runs = Array.from({ length: 30 }, (_, i) => runStatus(`run-${i}`));
  world.trainer.answer("GET /runs", { runs, next: null });
  expect(await complete("model_family")).toEqual(["gpt2", "llama"]);
  expect(await complete("model_family", { model_family: "LL" })).toEqual(["llama"]);
  expect(await complete("optimizer", { optimizer: "l" })).toEqual(["lion"]);
  expect(await complete("model_size")).toEqual(["tiny", "small"]);
  expect(await complete("model_size", { model_family: "llama" })).toEqual(["7b"]);
  expect(await complete("model_size", { model_family: "none" })).toEqual([]);
  expect(await complete("tokenizer_id", { tokenizer_id: "tok" })).toEqual(["tok-1 (completed)", "a-tok (completed)"]);
  expect(await complete("pretrained_run_id")).toHaveLength(25);
  expect(await complete("pretrained_run_id", { pretrained_run_id: "29" })).toEqual(["run-29 (queued)"]);
  expect(world.trainer.asked.filter(({ path }) => path === "/runs")).toHaveLength(1);
  const typing = { user: USER, command: "status", focused: "run_id", options: { run_id: "run-7" } };
  expect((await world.discord.invoke(typing).completions()).map(({ value }) => value)).toEqual(["run-7"]);
  world.clock.advance(10_001);
  await complete("pretrained_run_id");
  expect(world.trainer.asked.filter(({ path }) => path === "/runs")).toHaveLength(2);
});

test("with an owner the bot obeys nobody else, and nobody in a server", async () => {
  await start({ env: { DISCORD_OWNER_ID: USER, MODEL_TRAINER_RATE_LIMIT: "10" } });
  world.trainer.run(runStatus("r1", { status: "running" }));
  world.trainer.answer("POST /runs/r1/cancel", { status: "cancellation-requested" });
  const refusal = "I answer only to my owner, in direct messages.";
  expect((await use("status", { run_id: "r1" }, { user: OTHER })).content).toBe(refusal);
  expect((await use("status", { run_id: "r1" }, { guild: GUILD })).content).toBe(refusal);
  const typing = { user: OTHER, command: "status", focused: "run_id", options: { run_id: "" } };
  expect(await world.discord.invoke(typing).completions()).toEqual([]);
  expect((await use("cancel", { run_id: "r1" })).embeds[0]?.title).toBe("Cancellation Requested");
  expect(world.discord.world.globalCommands.map(({ name, contexts }) => [name, contexts])).toContainEqual([
    "trainer",
    [1],
  ]);
});

test("commands are registered in the named servers alone, unless they should be everywhere too", async () => {
  await start({ env: { DISCORD_GUILD_IDS: GUILD } });
  const names = ["trainer", "train", "train_model", "status", "cancel"];
  expect(world.discord.world.guildCommands.get(GUILD)?.map(({ name }) => name)).toEqual(names);
  expect(world.discord.world.globalCommands).toEqual([]);
  expect((await use("status", { run_id: "none" }, { guild: GUILD })).content).toBe("API error: run not found");
  await world[Symbol.asyncDispose]();
  await start({ env: { DISCORD_GUILD_ID: GUILD, COMMANDS_SYNC_GLOBAL: "true" } });
  expect(world.discord.world.globalCommands.map(({ name }) => name)).toEqual(names);
});

test("a command that Discord still shows but the bot no longer has, and an answer that comes too late", async () => {
  await start();
  world.discord.world.globalCommands = [{ name: "old", description: "x", type: 1, options: [] }];
  expect((await use("old")).content).toContain("not mine any more");
  const invocation = world.discord.invoke({ user: USER, command: "old" });
  world.discord.world.invocations.delete(invocation.token);
  expect(await world.logged("interaction_failed")).toContain("Unknown interaction");
});

test("what is watched is kept under discord:watching, and told to the watcher until it is unwatched", async () => {
  await start();
  world.trainer.run(runStatus("r1", { status: "running", training: TRAINING }));
  expect((await trainer("watch", { run_id: "none" })).content).toBe("API error: run not found");
  world.clock.advance(10_000);
  expect((await trainer("watch", { run_id: "r1" })).embeds[0]?.title).toBe("Watching");
  expect(await world.redis.smembers(keys.watching)).toEqual(["r1"]);
  await world.titled(USER, "Training Queued");
  expect((await trainer("unwatch", { run_id: "r1" })).embeds[0]?.title).toBe("No Longer Watching");
  expect(await world.redis.smembers(keys.watching)).toEqual([]);
});

test("a run is queued also where what is told of it cannot be kept", async () => {
  await start();
  world.trainer.answer("POST /runs/train", accepted);
  await world.redis.set(keys.watchers(accepted.run_id), "no hash");
  expect((await use("train_model", EIGHT)).embeds[0]?.title).toBe("Training Job Queued");
  expect(JSON.parse(await world.logged("run_not_told"))).toMatchObject({ run_id: accepted.run_id });
});
