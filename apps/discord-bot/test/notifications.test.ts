import { keys, TrainRequest, type TrainerEvent } from "@trainer/platform";
import { RunRecords } from "@trainer/platform/redis";
import { limited } from "@trainer/testing/discord/buckets";
import { Refusal } from "@trainer/testing/discord/refusal";
import { afterEach, expect, test } from "vitest";
import { eventsOf } from "./events.js";
import { runStatus, TRAINING } from "./trainer.js";
import { field, OTHER, startWorld, USER, type World, type WorldOptions } from "./world.js";

const RUN = "gpt2-tiny-1";
const run = eventsOf(RUN, USER);
const FILE = "f".repeat(64);

let world: World;
afterEach(() => world[Symbol.asyncDispose]());
const start = async (options?: WorldOptions) => (world = await startWorld(options));
const dms = (user = USER) => world.discord.world.dms(user);
const [card, alerts] = [
  () => dms().filter(({ embeds }) => embeds.length > 0),
  () => dms().filter(({ content }) => content !== ""),
];
const alerted = (text: string) => world.dm(USER, `an alert says ${text}`, ({ content }) => content.includes(text));
const shows = (name: string, text: string) =>
  world.dm(USER, `${name} shows ${text}`, (message) => field(message, name)?.includes(text) === true);

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
const history = (losses: readonly number[]) => ({
  run_id: RUN,
  steps: losses.map((train_loss, i) => Object.assign({ ...UNKNOWN }, { step: 10 * i + 1, train_loss })),
  evaluations: [
    { step: 20, epoch: 0, tokens: 1, split: "validation", loss: 3, ppl: null, bits_per_byte: null },
    { step: 20, epoch: 0, tokens: 1, split: "test", loss: 9, ppl: null, bits_per_byte: null },
  ],
  total_steps_logged: losses.length,
});

test("a whole training is told in one message, edited in place, and at its end with results, a curve and a sample", async () => {
  await start();
  world.trainer.answer(`GET /runs/${RUN}/metrics`, history([4, 3.5, 3]));
  world.trainer.answer(`POST /runs/${RUN}/generate`, { request_id: "q", status: "queued" });
  world.trainer.answer(`GET /runs/${RUN}/generate/q`, { request_id: "q", status: "completed", outputs: ["It was"] });
  await world.publish(run.queued);
  const first = await world.titled(USER, "Training Queued");
  expect(first.embeds[0]).toMatchObject({
    color: 0x5865f2,
    description: "Training **gpt2 tiny**\nQueue: `training`",
    footer: { text: `Request ID: ${RUN}` },
  });
  await world.publish(run.started, run.config);
  const second = await world.retitled(USER, "Training Starting");
  expect(second.embeds[0]?.description).toBe("Training **gpt2 tiny**\nQueue: `trainer`");
  expect(field(second, "Configuration")).toBe(
    "Family: gpt2\nSize: tiny\nEpochs: 3\nBatch Size: 4\nLearning Rate: 0.0005",
  );
  expect(field(second, "Resources")).toBe("CPU Cores: 2\nMemory: 4096 MB\nThreads: 2\nWorkers: 0");

  await world.publish(run.step(1));
  expect(field(await world.retitled(USER, "Training Training"), "Progress")?.split("\n")).toEqual([
    "Epoch 1/3 (0%)",
    "`--------------------`",
    "Step: 1",
    "Speed: 88.0 samples/sec",
    "Train Loss: 4.2000",
    "Train PPL: 66.69",
    "Grad Norm: 1.1000",
  ]);
  await world.publish(
    run.step(150, { val_loss: 3.5, val_ppl: Infinity, samples_per_sec: 0, total_steps: 300, eta_seconds: 65 }),
  );
  world.clock.advance(5000);
  expect(field(await shows("Progress", "Step: 150/300"), "Progress")?.split("\n")).toEqual([
    "Epoch 2/3 (50%)",
    "`##########----------`",
    "Step: 150/300",
    "Speed: 88.0 samples/sec",
    "Train Loss: 4.2000",
    "Train PPL: 66.69",
    "Grad Norm: 1.1000",
    "Val Loss: 3.5000",
    "Val PPL: ∞",
    "ETA: 1 min",
  ]);

  await world.publish(run.jobCompleted, run.completed);
  const done = await world.edited(USER, "the artifact is shown beside the loss", (message) =>
    ["Test Loss", FILE].every((part) => field(message, "Results")?.includes(part)),
  );
  expect(done.embeds[0]?.title).toBe("Training Completed");
  expect(done.embeds[0]?.color).toBe(0x57f287);
  expect(field(done, "Results")).toBe(`Test Loss: 3.0000\nTest PPL: 20.09\nArtifact: \`${FILE}\` (3.1 MiB)`);
  await world.discord.world.until(() => world.trainer.asked.some(({ path }) => path.endsWith("/generate/q")));
  await world.discord.world.until(() => (world.clock.advance(5000), card()[0]?.attachments.length === 1));
  const last = await world.discord.world.until(() => {
    world.clock.advance(5000);
    return card().find((message) => field(message, "Sample") !== undefined);
  });
  expect(field(last, "Sample")).toBe("```\nIt was\n```");
  expect(last.attachments[0]?.filename).toBe("loss.png");
  expect(last.embeds[0]?.image?.url).toContain("/loss.png");
  expect(
    Buffer.from(last.attachments[0]?.bytes ?? [])
      .subarray(1, 4)
      .toString(),
  ).toBe("PNG");
  expect(card().map(({ id }) => id)).toEqual([first.id]);
});

test("a message is edited at most once in 5 seconds, however much happens, and shows the newest then", async () => {
  await start();
  await world.publish(run.started);
  const first = await world.titled(USER, "Training Starting");
  for (let step = 1; step <= 50; step++) await world.publish(run.step(step));
  await world.publish(eventsOf("another", USER).started); // its message comes when all the others have been heard
  await world.discord.world.until(() => card().length === 2);
  expect(card()[0]?.edits).toBe(0);
  world.clock.advance(5000);
  const second = await shows("Progress", "Step: 50");
  expect(second).toMatchObject({ id: first.id, edits: 1 });
});

test("what happens is said in alerts, many in one message, a newer one in the place of an older", async () => {
  await start();
  await world.publish(
    run.started,
    run.checkpoint(100),
    run.evaluated,
    run.checkpoint(200),
    run.checkpoint(200),
    run.evaluated,
  );
  const other = eventsOf("another", USER);
  await world.publish(other.started);
  await world.discord.world.until(() => card().length === 2);
  expect(alerts()).toEqual([]);
  world.clock.advance(2000);
  const first = await alerted("has started");
  expect(first.content.split("\n").sort()).toEqual([
    "`another` has started",
    `\`${RUN}\` has started`,
    `\`${RUN}\` saved a checkpoint at step 200`,
    `\`${RUN}\` was evaluated (validation): loss 3.1000, perplexity 22.20`,
  ]);
  await world.publish(run.jobCompleted, run.completed, other.failed("no /data/corpus/mine.txt"));
  await world.publish(eventsOf("third", USER).failed("Training cancelled"));
  await world.discord.world.until(() => card().length === 3);
  world.clock.advance(29_000);
  expect(alerts()).toHaveLength(1);
  world.clock.advance(1000);
  const second = await alerted("is completed");
  expect(second.content.split("\n")).toEqual([
    `\`${RUN}\` **is completed**: test loss 3.0000, perplexity 20.09`,
    "`another` **has failed**: no \\[path\\]",
    "`third` was canceled",
  ]);
});

test("more alerts than fit into a message are cut to the newest, and the rest is counted", async () => {
  await start();
  const runs = Array.from({ length: 40 }, (_, i) => eventsOf(`run-${i}-${"x".repeat(80)}`, USER));
  for (const each of runs) await world.publish(each.started);
  await world.discord.world.until(() => card().length === 40);
  world.clock.advance(2000);
  const { content } = await alerted("run-39");
  expect(content).toMatch(/^… and \d+ more before\n/);
  expect(content.length).toBeLessThanOrEqual(2000);
});

test.each([
  ["user", "model_size nano is not one of tiny, small", "Configuration Issue", "Choose a family and a size"],
  ["user", "nothing to learn", "Configuration Issue", "Change what was asked for"],
  ["system", "CUDA out of memory", "System Error", "smaller `batch_size`"],
  ["system", "loss is NaN at step 3", "System Error", "lower `learning_rate`"],
  ["system", "it broke", "System Error", "trainer logs RUN"],
] as const)("a failure of kind %s tells its reason (%s) and what to do", async (kind, reason, name, todo) => {
  await start();
  await world.publish(run.started, run.failed(reason, kind));
  const message = await world.retitled(USER, "Training Failed");
  expect(message.embeds[0]?.color).toBe(0xed4245);
  expect(field(message, name)?.replaceAll("\\", "")).toBe(kind === "user" ? reason : `\`\`\`\n${reason}\n\`\`\``);
  expect(field(message, "Next Steps")).toContain(todo);
});

test("a failure's reason is shown without paths and text, and fits, however long it is", async () => {
  await start();
  const text = '"It was the best of times, it was the worst of times"';
  await world.publish(run.started, run.failed(`in /data/corpus/my/book.txt: ${text} ${"``` y".repeat(1000)}`));
  const shown = field(await world.retitled(USER, "Training Failed"), "System Error") ?? "";
  expect(shown.length).toBeLessThanOrEqual(1024);
  expect(shown).toMatch(/^```\nin \[path\]: "\[text\]" ``​` y/);
  await world.publish(eventsOf("r2", USER).failed("*".repeat(3000), "user"));
  const issue = await world.dm(
    USER,
    "the other is shown",
    (message) => field(message, "Configuration Issue") !== undefined,
  );
  expect(field(issue, "Configuration Issue")?.length).toBe(1024);
  await world.publish(eventsOf("r3", USER).failed("", "user"));
  await shows("Configuration Issue", "no reason was given");
});

test("a cancelled run is shown so", async () => {
  await start();
  await world.publish(run.started, run.failed("Training cancelled"));
  const message = await world.retitled(USER, "Training Canceled");
  expect(message.embeds[0]?.color).toBe(0xfaa61a);
  expect(field(message, "Canceled")).toContain("stopped as asked");
});

test("a bot that comes late says of a run what it knows", async () => {
  await start();
  await world.publish(run.step(7), run.step(3), run.completed);
  const message = await world.retitled(USER, "Training Completed");
  expect(message.embeds[0]?.description).toBe("Training **unknown unknown**\nQueue: `training`");
  expect(field(message, "Progress")).toContain("Step: 7");
  expect(field(message, "Configuration")).toBe("Family: unknown\nSize: unknown\nEpochs: 3");
  await world.publish(run.jobCompleted, run.step(8), run.failed("too late"), run.config);
  world.clock.advance(5000);
  await shows("Results", FILE);
  await world.publish(run.started); // it is trained again
  await world.retitled(USER, "Training Starting");
});

const keptSteps = async () => (await world.redis.get(keys.toldRun(RUN)))?.includes('"step":10') === true;

test("after a restart the same message is edited, and missed events are made up for from the API", async () => {
  await start();
  await world.publish(run.started, run.config, run.step(10));
  world.clock.advance(5000);
  const before = await shows("Progress", "Step: 10");
  await expect.poll(keptSteps).toBe(true);
  const training = { ...TRAINING, step: 480, test_loss: 2, train_loss: null };
  world.trainer.run(runStatus(RUN, { status: "completed", training, artifact_file_id: FILE }));
  await world.restart();
  const after = await world.retitled(USER, "Training Completed");
  expect(after.id).toBe(before.id);
  expect(field(after, "Configuration")).toContain("Batch Size: 4");
  expect(field(after, "Results")).toBe(`Test Loss: 2.0000\nTest PPL: 7.39\nArtifact: \`${FILE}\``);
  world.clock.advance(5000);
  await alerted("is completed");
  await expect.poll(() => world.redis.smembers(keys.toldRuns)).toEqual([]);
});

test("a run that failed meanwhile, and one that is no more", async () => {
  await start();
  const lost = eventsOf("lost", USER);
  await world.publish(run.started, lost.started, eventsOf("gone", USER).started);
  await expect.poll(async () => (await world.redis.smembers(keys.toldRuns)).length).toBe(3);
  world.trainer.run(runStatus(RUN, { status: "failed", error: "out of memory" }));
  world.trainer.run(runStatus("lost", { status: "failed", message: "Training cancelled" }));
  await world.restart();
  await world.retitled(USER, "Training Failed");
  await world.retitled(USER, "Training Canceled");
  await expect.poll(() => world.redis.sismember(keys.toldRuns, "gone")).toBe(0);
});

test("when Redis was away, the bot comes back with it and asks what it missed", async () => {
  await start();
  await world.publish(run.started);
  await world.titled(USER, "Training Starting");
  await expect.poll(() => world.redis.sismember(keys.toldRuns, RUN)).toBe(1);
  await world.redisServer.kill();
  world.trainer.run(
    runStatus(RUN, { status: "running", model_family: "gpt2", model_size: "tiny", training: TRAINING }),
  );
  await world.redisServer.start();
  await world.discord.world.until(() => {
    world.clock.advance(5000);
    return card().some((message) => field(message, "Progress")?.includes("Step: 120/480") === true);
  });
  await world.publish(run.step(200));
  await world.discord.world.until(() => {
    world.clock.advance(5000);
    return card().some((message) => field(message, "Progress")?.includes("Step: 200/480") === true);
  });
});

test("when the gateway was away, messages went on, and commands are answered again after", async () => {
  await start({ discord: { heartbeatMs: 200 } });
  world.discord.gateway.down = true;
  world.discord.gateway.drop(4000);
  await world.discord.world.until(() => world.discord.gateway.connected === 0);
  await world.publish(run.started);
  await world.titled(USER, "Training Starting");
  world.trainer.run(runStatus(RUN));
  const asked = world.discord.invoke({ user: USER, command: "status", options: { run_id: RUN } });
  world.discord.gateway.down = false;
  expect((await asked.reply()).embeds[0]?.title).toBe("Run Status");
  expect(world.discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
  expect(await world.logged("gateway_back")).toBeDefined();
});

test("nobody hears of a run that nobody on Discord started", async () => {
  await start();
  await world.publish(eventsOf("r0", 0n).started, run.started);
  await world.titled(USER, "Training Starting");
  expect(world.discord.world.messages.size).toBe(1);
  expect(await world.redis.keys("discord:*r0*")).toEqual([]);
});

test("closed direct messages hold up nobody else, and are tried again once their user is back", async () => {
  await start({ env: { MODEL_TRAINER_RATE_LIMIT: "9" } });
  world.discord.world.closedDms.add(USER);
  await world.publish(run.started, eventsOf("r2", OTHER).started);
  await world.titled(OTHER, "Training Starting");
  const line = await world.logged("discord_message_failed");
  expect(JSON.parse(line)).toMatchObject({ reason: "closed", user: USER });
  world.clock.advance(40_000);
  await world.publish(run.step(1), run.checkpoint(1));
  world.discord.world.closedDms.delete(USER);
  world.trainer.run(runStatus(RUN));
  await world.discord.invoke({ user: USER, command: "status", options: { run_id: RUN } }).reply();
  await world.publish(run.step(2));
  world.clock.advance(5000);
  await shows("Progress", "Step: 2");
  await world.publish(run.checkpoint(2));
  await world.discord.world.until(() => (world.clock.advance(5000), alerts().length === 1));
  expect(alerts()[0]?.content).not.toContain("step 1"); // there was nobody to notify
});

test("a message that was deleted is written anew", async () => {
  await start();
  await world.publish(run.started);
  const first = await world.titled(USER, "Training Starting");
  world.discord.world.messages.delete(first.id);
  await world.publish(run.step(1));
  await world.discord.world.until(() => {
    world.clock.advance(5000);
    return card().length === 1;
  });
  expect(card()[0]?.id).not.toBe(first.id);
});

test("what Discord refuses is dropped, what passes is tried again, and a limit is waited for", async () => {
  await start();
  {
    using _fault = world.discord.fault((method, path) =>
      method === "POST" && path.endsWith("/messages") ? new Refusal(400, 50035, "Invalid Form Body") : null,
    );
    await world.publish(run.started);
    expect(JSON.parse(await world.logged("discord_message_failed"))).toMatchObject({ reason: "refused" });
  }
  let failures = 0;
  {
    using _fault = world.discord.fault((method, path) =>
      method === "POST" && path.endsWith("/messages") && failures++ < 4
        ? new Refusal(503, 0, "Service Unavailable")
        : null,
    );
    await world.publish(eventsOf("r2", USER).started);
    await world.discord.world.until(() => {
      world.clock.advance(5000);
      return card().length === 1;
    });
  }
  let limits = 0;
  using _fault = world.discord.fault((method) => (method === "PATCH" && limits++ < 2 ? limited(100) : null));
  await world.publish(eventsOf("r2", USER).step(5));
  world.clock.advance(5000);
  await shows("Progress", "Step: 5");
  expect(world.discord.heard.filter(({ status }) => status === 429)).toHaveLength(2);
});

test("every 5 minutes the course of a run is summed up, with a curve", async () => {
  await start();
  await world.publish(run.started, run.config, run.step(10));
  world.clock.advance(5000);
  await shows("Progress", "Step: 10");
  world.trainer.answer(`GET /runs/${RUN}/metrics`, history([4, 3.5, 3]));
  world.trainer.run(runStatus(RUN, { status: "running", training: TRAINING }));
  world.clock.advance(295_000);
  await world.discord.world.until(() => {
    world.clock.advance(5000);
    return card().some((message) => field(message, "Summary") !== undefined);
  });
  const [message] = card();
  expect(message && field(message, "Summary")).toMatch(/^Step 120\/480, epoch 1\/3, ETA 12 min · <t:\d+:R>$/);
  expect(message?.attachments).toHaveLength(1);
  await world.publish(run.step(130, { total_steps: 480 }));
  await world.discord.world.until(() => {
    world.clock.advance(5000);
    return card().some((each) => field(each, "Progress")?.includes("Step: 130/480") === true);
  });
  expect(card()[0]?.attachments[0]?.id).toBe(message?.attachments[0]?.id); // sent once
});

test("whoever watches a run hears of it, also after a restart, until it is unwatched", async () => {
  await start();
  world.trainer.run(runStatus(RUN, { status: "running", training: TRAINING }));
  const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "abc" });
  await new RunRecords(world.redis).create(RUN, BigInt(USER), request);
  const watch = (sub: string, user: string) =>
    world.discord.invoke({ user, command: "trainer", sub, options: { run_id: RUN } }).reply();
  await watch("watch", OTHER);
  await world.titled(OTHER, "Training Queued");
  await world.retitled(OTHER, "Training Training");
  await expect.poll(() => world.redis.hgetall(keys.runMessages(RUN))).toHaveProperty(OTHER);
  await world.restart();
  await world.publish(run.step(300));
  await world.discord.world.until(() => {
    world.clock.advance(5000);
    return dms(OTHER).some((message) => field(message, "Progress")?.includes("Step: 300") === true);
  });
  expect(dms(OTHER).filter(({ embeds }) => embeds.length > 0)).toHaveLength(1);
  await watch("unwatch", OTHER);
  await watch("unwatch", USER);
  const told = world.discord.heard.length;
  await world.publish(run.step(400), eventsOf("r9", USER).started);
  world.clock.advance(5000);
  await world.dm(USER, "another run is told", ({ embeds }) => embeds[0]?.footer?.text.includes("r9") === true);
  expect(world.discord.heard.slice(told).filter(({ method }) => method === "PATCH")).toEqual([]);
  expect(await world.redis.smembers(keys.watching)).toEqual([]);
});

test("an owner hears of own and watched runs alone, and what was watched without a name is theirs", async () => {
  await start({ env: { DISCORD_OWNER_ID: USER } });
  await world.redis.sadd(keys.watching, "r2");
  world.trainer.run(runStatus("r2", { status: "running", training: TRAINING }));
  await world.restart();
  await world.titled(USER, "Training Training");
  await world.publish(eventsOf("r3", OTHER).started, eventsOf("r2", OTHER).completed, run.started);
  await world.dm(USER, "the own run is told", ({ embeds }) => embeds[0]?.footer?.text.includes(RUN) === true);
  expect(dms(OTHER)).toEqual([]);
  expect(card()).toHaveLength(2);
});

test("what others publish, or Redis holds, and is none of ours does no harm", async () => {
  await start();
  await world.redis.publish("trainer:events", "no json");
  await world.redis.publish("trainer:events", '{"type":"trainer.new.v1"}');
  await world.redis.set(keys.toldRun(RUN), '{"runId":1}');
  await world.redis.hset(keys.runMessages(RUN), { [USER]: "nonsense", who: "1/2" });
  await world.redis.hset(keys.watchers(RUN), { who: "on", [OTHER]: "on" });
  await world.redis.set(keys.job(RUN), "no hash");
  await world.publish(eventsOf(RUN, 0n).started);
  await world.titled(OTHER, "Training Starting");
  await world.publish({ ...run.step(1), type: "trainer.metrics.progress.v1" } satisfies TrainerEvent);
  await world.titled(USER, "Training Training");
  await world.redis.set(keys.watchers("r5"), "no hash");
  await world.publish(eventsOf("r5", USER).started);
  expect(JSON.parse(await world.logged("run_not_told"))).toMatchObject({ run_id: "r5" });
});

test("an owner who cannot be written to is told of in the log", async () => {
  const discord = { token: "MTEwMDAwMDAwMDAwMDAwMDAwMQ.owner.unreachable0000" };
  await start({ env: { DISCORD_OWNER_ID: "1100000000000000001" }, discord }); // the bot itself
  expect(await world.logged("owner_unreachable")).toContain("DISCORD_OWNER_ID");
});
