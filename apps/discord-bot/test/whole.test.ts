import { startApi } from "@trainer/api";
import { startSystem, TOKENIZER, type System } from "@trainer/testing/system";
import type { Message } from "@trainer/testing/discord/message-body";
import { afterEach, expect, test } from "vitest";
import { field, OTHER, startWorld, USER, type World } from "./world.js";

/** Resources to close, in reverse order. */
let closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.toReversed()) await each[Symbol.asyncDispose]();
  closing = [];
});

/** Discord's stand-in and the bot, before the real API, worker, file service and Redis. */
async function startAll(): Promise<{ world: World; system: System }> {
  const system = await startSystem();
  closing.push(system);
  const { root, redisServer } = system;
  const dataBank = { url: system.bank.url, apiKey: "key" };
  const config = { port: 0, redisUrl: redisServer.url, artifactsRoot: root, dataRoot: root, dataBank, pollMs: 20 };
  const api = await startApi(config, { log: { write() {} } });
  const worker = await system.startWorker({}, { pace: { cancel: 100 } });
  const world = await startWorld({ redis: redisServer, apiUrl: api.url, env: { MODEL_TRAINER_RATE_LIMIT: "99" } });
  closing.push(world, api, worker);
  return { world, system };
}

/** Lets the bot's time go by until a message to a user is as it should be. */
async function until(world: World, user: string, is: (message: Message) => boolean): Promise<void> {
  const look = () => {
    world.clock.advance(5000);
    return world.discord.world.dms(user).find(is);
  };
  await expect.poll(look, { interval: 20 }).toBeDefined();
}
const titled = (world: World, user: string, title: string) =>
  until(world, user, ({ embeds }) => embeds[0]?.title === title);

const use = (world: World, sub: string, options: Record<string, string | number>, user = USER) =>
  world.discord.invoke({ user, command: "trainer", sub, options }).reply();

/** A model of a second, on the corpus and the tokenizer that there are. */
const MODEL = { corpus: "corpus.txt", tokenizer_id: TOKENIZER, model_family: "char_lstm", model_size: "tiny" };
const TINY = {
  ...MODEL,
  max_seq_len: 32,
  batch_size: 8,
  learning_rate: 3e-3,
  holdout_fraction: 0.1,
  test_split_ratio: 0.1,
};
const ENDLESS = { ...TINY, num_epochs: 100_000, early_stopping_patience: 100_000 };

const runOf = ({ embeds }: Awaited<ReturnType<typeof use>>) =>
  /`(.+)`/.exec(embeds[0]?.fields.find(({ name }) => name === "Run ID")?.value ?? "")?.[1] ?? "";

test(
  "a model is trained, looked at, asked and scored from Discord, by the real system",
  { timeout: 90_000 },
  async () => {
    const { world, system } = await startAll();
    const typing = { user: USER, command: "trainer", sub: "train", focused: "model_family" };
    const families = await world.discord.invoke({ ...typing, options: { model_family: "char" } }).completions();
    expect(families.map(({ value }) => value)).toEqual(["char_lstm"]);
    const run = runOf(await use(world, "train", { ...TINY, num_epochs: 2 }));
    expect(run).toMatch(/^char_lstm-tiny-/);
    await titled(world, USER, "Training Completed");
    await until(world, USER, (message) => field(message, "Sample") !== undefined && message.attachments.length === 1);
    const cards = world.discord.world.dms(USER).filter(({ embeds }) => embeds.length > 0);
    expect(cards).toHaveLength(1); // one message, edited in place
    const record = await system.runs.get(run);
    expect(record).toMatchObject({ status: "completed", userId: BigInt(USER) });
    const [card] = cards;
    const results = card === undefined ? "" : (field(card, "Results") ?? "");
    expect(results).toContain(`Test Loss: ${record?.training?.test_loss?.toFixed(4)}`);
    expect(results).toContain(String(record?.artifactFileId));

    expect((await use(world, "status", { run_id: run })).embeds[0]?.title).toContain("Status");
    const written = await use(world, "generate", { run_id: run, prompt: "the ", max_new_tokens: 8, seed: 1 });
    expect(JSON.stringify(written.embeds)).toContain("the ");
    expect(JSON.stringify((await use(world, "score", { run_id: run, text: "the king" })).embeds)).toContain("Loss");
    expect((await use(world, "runs", {})).embeds[0]?.description).toContain(run);
  },
);

test(
  "a run is watched by another, outlives a restart of the bot, and is cancelled by whoever started it",
  { timeout: 90_000 },
  async () => {
    const { world, system } = await startAll();
    const run = runOf(await use(world, "train", ENDLESS));
    await use(world, "watch", { run_id: run }, OTHER);
    for (const user of [USER, OTHER]) await titled(world, user, "Training Training");
    const before = world.discord.world.dms(USER).find(({ embeds }) => embeds.length > 0)?.id;
    await world.restart();
    const step = (await system.runs.get(run))?.training?.step ?? 0;
    await system.until(run, ({ training }) => (training?.step ?? 0) > step + 50);
    await until(world, USER, (message) => Number(/Step: (\d+)/.exec(field(message, "Progress") ?? "")?.[1]) > step);
    expect((await use(world, "cancel", { run_id: run }, OTHER)).embeds[0]?.title).not.toBe("Cancellation Requested");
    expect((await use(world, "cancel", { run_id: run })).embeds[0]?.title).toBe("Cancellation Requested");
    for (const user of [USER, OTHER]) await titled(world, user, "Training Canceled");
    expect(await system.ended(run)).toMatchObject({ status: "failed", message: "Training cancelled" });
    expect(world.discord.world.dms(USER).find(({ embeds }) => embeds.length > 0)?.id).toBe(before);
  },
);

test("what cannot be trained says why, without showing where files lie", { timeout: 90_000 }, async () => {
  const { world, system } = await startAll();
  const { content } = await use(world, "train", { ...TINY, corpus: "none.txt" });
  expect(content).toContain(String.raw`API error: corpus\_path "none.txt" leads to no text`);
  await use(world, "train", { ...TINY, tokenizer_id: "tok-none" });
  await titled(world, USER, "Training Failed");
  const said = JSON.stringify(world.discord.world.dms(USER));
  expect(said).toContain("tok-none");
  expect(said).not.toContain(system.root);
});
