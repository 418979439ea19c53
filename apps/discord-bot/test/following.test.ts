import { keys } from "@trainer/platform";
import { afterEach, expect, test } from "vitest";
import { botConfig } from "../src/config.js";
import { startBot } from "../src/start.js";
import { eventsOf } from "./events.js";
import { runStatus, TRAINING } from "./trainer.js";
import { field, OTHER, startWorld, USER, type World, type WorldOptions } from "./world.js";

const RUN = "gpt2-tiny-1";
const run = eventsOf(RUN, USER);

let world: World;
afterEach(() => world[Symbol.asyncDispose]());
const start = async (options?: WorldOptions) => (world = await startWorld(options));
const cards = () => world.discord.world.dms(USER).filter(({ embeds }) => embeds.length > 0);
const watch = (run_id: string) =>
  world.discord.invoke({ user: USER, command: "trainer", sub: "watch", options: { run_id } }).reply();
/** Lets time go by until a message is as it should be. */
const until = (is: (message: ReturnType<typeof cards>[number]) => boolean) =>
  world.discord.world.until(() => {
    world.clock.advance(5000);
    return cards().find(is);
  });
const titled = (title: string) => until(({ embeds }) => embeds[0]?.title === title);

const metrics = (...losses: number[]) => ({
  run_id: RUN,
  steps: losses.map((train_loss, i) => Object.assign({ step: i + 1, train_loss }, UNKNOWN)),
  evaluations: [],
  total_steps_logged: losses.length,
});
const UNKNOWN = {
  epoch: 0,
  tokens: 1,
  train_ppl: null,
  lr: null,
  grad_norm: null,
  tokens_per_sec: null,
  step_ms: null,
  eta_seconds: null,
  rss_bytes: null,
};

test("without an API what events say is told, to the end and after a restart", async () => {
  await start({ apiUrl: "" });
  await world.publish(run.queued, run.started, run.step(5));
  await titled("Training Training");
  await world.restart();
  await world.publish(run.step(9), run.jobCompleted, run.completed);
  const done = await titled("Training Completed");
  expect(field(done, "Progress")).toContain("Step: 9");
  expect(field(done, "Sample")).toBeUndefined();
});

test("a run that has failed gets its curve, and is not asked to write", async () => {
  await start();
  world.trainer.answer(`GET /runs/${RUN}/metrics`, metrics(3, 2));
  await world.publish(run.started, run.step(5), run.failed("no room"));
  await until(({ embeds, attachments }) => embeds[0]?.title === "Training Failed" && attachments.length === 1);
  expect(world.trainer.asked.filter(({ path }) => path.endsWith("/generate"))).toEqual([]);
});

test("a model that writes nothing, and a course too short for a curve, are left out", async () => {
  await start();
  world.trainer.answer(`GET /runs/${RUN}/metrics`, metrics(3));
  world.trainer.answer(`POST /runs/${RUN}/generate`, { request_id: "q", status: "queued" });
  world.trainer.answer(`GET /runs/${RUN}/generate/q`, { request_id: "q", status: "failed", outputs: null });
  await world.publish(run.started, run.completed, run.jobCompleted);
  const done = await titled("Training Completed");
  await world.discord.world.until(() => world.trainer.asked.some(({ path }) => path.endsWith("/generate/q")));
  await world.publish(eventsOf("other", USER).started);
  await titled("Training Starting");
  expect(done.attachments).toEqual([]);
  expect(field(done, "Sample")).toBeUndefined();
});

test("a run that is watched is shown as it stands, with its curve once there is one", async () => {
  await start();
  world.trainer.run(runStatus(RUN, { status: "running", training: TRAINING }));
  world.trainer.answer(`GET /runs/${RUN}/metrics`, metrics(3));
  await watch(RUN);
  expect((await titled("Training Training")).attachments).toEqual([]);
  world.trainer.answer(`GET /runs/${RUN}/metrics`, metrics(3, 2));
  world.clock.advance(20_000);
  await world.restart();
  await until(({ attachments }) => attachments.length === 1);
});

test("an API that fails when it is asked about a run is told of in the log, and harms no other", async () => {
  await start();
  world.trainer.run(runStatus(RUN, { status: "running", training: TRAINING }));
  world.trainer.answer(`GET /runs/${RUN}/metrics`, metrics(3, 2));
  await watch(RUN);
  await titled("Training Training");
  world.trainer.refuse(`GET /runs/${RUN}`, 500, "INTERNAL_ERROR", "oh");
  world.clock.advance(300_000); // when its course is summed up
  expect(JSON.parse(await world.logged("run_not_told"))).toMatchObject({ run_id: RUN });
  await world.publish(eventsOf("other", USER).started);
  await titled("Training Starting");
});

test("an end that could not be told is told after a restart", async () => {
  await start();
  await world.publish(run.started);
  await titled("Training Starting");
  {
    using _ = world.discord.fault((method) => (method === "PATCH" ? "hang up" : null));
    await world.publish(run.failed("no room"));
    await world.discord.world.until(() => {
      world.clock.advance(5000);
      return world.log.some((line) => line.includes("discord_message_failed") && line.includes('"passing"'));
    });
    await expect.poll(async () => await world.redis.get(keys.toldRun(RUN))).toContain('"failed"');
    await world.restart();
  }
  await titled("Training Failed");
  expect(cards()).toHaveLength(1);
});

test("where what is followed cannot be read, the rest goes on", async () => {
  await start();
  await world.redis.set(keys.toldRuns, "no set");
  await world.restart();
  expect(await world.logged("catch_up_failed")).toContain("WRONGTYPE");
  await world.publish(run.started);
  await titled("Training Starting");
});

test("of hundreds of runs those that nobody waits for are let go, and found again", async () => {
  await start({ apiUrl: "" });
  const needed = eventsOf("needed", USER);
  await world.publish(needed.started, run.started, run.failed("no room"));
  const first = await titled("Training Failed");
  for (let i = 0; i < 205; i++) await world.publish(eventsOf(`stranger-${i}`, 0n).started);
  const last = eventsOf("last", USER);
  await world.publish(last.started);
  await until(({ embeds }) => embeds[0]?.footer?.text.includes("last") === true);
  await world.publish(run.started); // it is tried again
  const again = await until(({ id, embeds }) => id === first.id && embeds[0]?.title === "Training Starting");
  expect(again.edits).toBeGreaterThan(0);
});

test("what is over, or nobody waits for, is not asked about again", async () => {
  await start();
  await world.publish(eventsOf("stranger", 0n).started, run.started, run.failed("no room"));
  await titled("Training Failed");
  const asked = () => world.trainer.asked.filter(({ path }) => !path.endsWith("/metrics"));
  world.clock.advance(600_000);
  await world.publish(eventsOf("other", USER).started);
  await titled("Training Starting");
  expect(asked()).toEqual([]);
});

test("a run that two watch is watched until neither does", async () => {
  await start({ env: { MODEL_TRAINER_RATE_LIMIT: "9" } });
  world.trainer.run(runStatus(RUN));
  const use = (sub: string, user: string) =>
    world.discord.invoke({ user, command: "trainer", sub, options: { run_id: RUN } }).reply();
  for (const user of [USER, OTHER]) await use("watch", user);
  await use("unwatch", USER);
  expect(await world.redis.smembers(keys.watching)).toEqual([RUN]);
  await use("unwatch", OTHER);
  expect(await world.redis.smembers(keys.watching)).toEqual([]);
});

test("what cannot be kept while Redis is away is told of in the log", async () => {
  await start();
  await world.publish(run.started, run.step(1), run.step(2));
  await until((message) => field(message, "Progress")?.includes("Step: 2") === true);
  await world.publish(run.step(3), run.step(4), eventsOf("other", USER).started);
  await world.titled(USER, "Training Starting"); // by then both have been heard, and the second is not kept yet
  await world.redisServer.kill();
  world.clock.advance(5000);
  const isOf = (line: string) => line.includes('"run_not_saved"') && line.includes(RUN);
  await world.discord.world.until(() => world.log.find(isOf), "the log says so");
  expect(world.log.filter(isOf)).toHaveLength(1);
});

test("what is neither a command nor the typing of one is left alone", async () => {
  await start();
  const user = { id: USER, username: "u", discriminator: "0", avatar: null };
  const data = {
    id: "1100000000000000097",
    name: "Greet",
    type: 2,
    target_id: USER,
    resolved: { users: { [USER]: user } },
  };
  const about = { id: "1100000000000000099", application_id: "1100000000000000001", token: "t", version: 1 };
  const chosen = {
    ...about,
    type: 2,
    data,
    user,
    entitlements: [],
    locale: "en-US",
    context: 1,
    authorizing_integration_owners: {},
  };
  world.discord.gateway.dispatch("INTERACTION_CREATE", chosen);
  world.trainer.run(runStatus(RUN));
  const reply = await world.discord.invoke({ user: USER, command: "status", options: { run_id: RUN } }).reply();
  expect(reply.embeds).toHaveLength(1);
  expect(world.log.filter((line) => line.includes("interaction_failed"))).toEqual([]);
});

test("a bot does not start where Discord cannot be reached, and leaves nothing behind", async () => {
  await start();
  const env = { DISCORD_TOKEN: world.discord.token, DISCORD_API_URL: "http://127.0.0.1:1/api" };
  const started = startBot(botConfig({ ...env, REDIS_URL: world.redisServer.url }), { log: { write() {} } });
  await expect(started).rejects.toThrow(/ECONNREFUSED|connect/);
});
