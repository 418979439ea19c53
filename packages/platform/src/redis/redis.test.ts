import { once } from "node:events";
import { containing, type RedisServer, scratch, startRedis } from "@trainer/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { decodeEvent, type TrainerEvent } from "../events.js";
import { JOB_TIMEOUT_SECONDS } from "../queue.js";
import { EVENTS_CHANNEL, keys, runChannel } from "../redis-keys.js";
import type { RunProgress } from "../schemas/run.js";
import { TrainRequest } from "../schemas/train.js";
import { CHAT_TTL_SECONDS, ChatSessions } from "./chat-sessions.js";
import { openRedis } from "./open-redis.js";
import { ChatResult } from "../schemas/use.js";
import { queueProblem } from "./queue-problem.js";
import { Results } from "./results.js";
import { RunRecords } from "./run-records.js";
import { TokenizerRecords } from "./tokenizer-records.js";

let server: RedisServer;
let redis: ReturnType<typeof openRedis>;
let runs: RunRecords;

beforeAll(async () => {
  server = await startRedis();
  redis = openRedis(server.url);
  runs = new RunRecords(redis);
});
beforeEach(async () => void (await redis.flushall()));
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "abc" });
const training: RunProgress = {
  step: 3,
  total_steps: 10,
  epoch: 0,
  total_epochs: 1,
  train_loss: 2.5,
  lr: 1e-3,
  grad_norm: 1,
  tokens_per_sec: 100,
  eta_seconds: 7,
  val_loss: null,
  best_val_loss: null,
  test_loss: null,
  checkpoint_step: null,
  rss_bytes: 1e9,
};
const USER = 1234567890123456789n;

test("a run's record lies under the names and words that other readers know", async () => {
  await runs.create("r1", USER, request, new Date("2026-01-02T03:04:05.678Z"));
  expect(await redis.hgetall(keys.job("r1"))).toMatchObject({
    user_id: String(USER),
    status: "queued",
    progress: "0",
    message: "queued",
    created_at: "2026-01-02T03:04:05.678",
    updated_at: "2026-01-02T03:04:05.678",
    error: "",
    artifact_file_id: "",
  });
  const fence = await runs.claim("r1");
  await runs.update("r1", fence, { status: "running", progress: 30, message: "training", training });
  await runs.heartbeat("r1", fence, 1_700_000_000_123);
  expect(await redis.hget(keys.job("r1"), "status")).toBe("processing");
  expect(await redis.mget("runs:status:r1", "runs:message:r1", "runs:msg:r1", "runs:hb:r1")).toEqual([
    "running",
    "training",
    "training",
    "1700000000.123",
  ]);
  expect(await runs.get("r1")).toMatchObject({
    userId: USER,
    status: "running",
    progress: 30,
    message: "training",
    createdAt: "2026-01-02T03:04:05.678",
    heartbeat: 1_700_000_000.123,
    artifactFileId: null,
    error: null,
    training,
    request,
  });
});

test("who has been overtaken can no longer write, also after Redis has lost all it knew", async () => {
  await runs.create("r1", 0n, request);
  const first = await runs.claim("r1");
  const second = await runs.claim("r1");
  await expect(runs.update("r1", first, { message: "late" })).rejects.toMatchObject({ code: "CONFLICT" });
  await runs.update("r1", second, { message: "mine" });
  expect((await runs.get("r1"))?.message).toBe("mine");

  await redis.flushall();
  const third = await runs.claim("r1");
  await expect(runs.heartbeat("r1", second)).rejects.toMatchObject({ code: "CONFLICT" });
  await redis.flushall();
  await runs.heartbeat("r1", third); // nobody has claimed it since: it goes on, and keeps the others out again
  await expect(runs.heartbeat("r1", second)).rejects.toMatchObject({ code: "CONFLICT" });
});

test("a claim is later than one that is known of, also where Redis lost its data and its clock was set back", async () => {
  await runs.create("r1", 0n, request);
  const ahead = (Date.now() + 3_600_000) * 1000;
  expect(await runs.claim("r1", ahead)).toBe(ahead + 1);
  await expect(runs.heartbeat("r1", ahead)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await runs.claim("r1", 1)).toBe(ahead + 2);
});

test("what happened to a run is on both channels in the order it happened, with the record already changed", async () => {
  expect([EVENTS_CHANNEL, runChannel("r1")]).toEqual(["trainer:events", "runs:r1:events"]);
  await runs.create("r1", USER, request);
  const fence = await runs.claim("r1");
  const listener = openRedis(server.url);
  const heard: [string, TrainerEvent | null][] = [];
  listener.on("message", (channel, message) => heard.push([channel, decodeEvent(message)]));
  await listener.subscribe(EVENTS_CHANNEL, runChannel("r1"));
  const started = {
    type: "trainer.job.started.v1",
    domain: "trainer",
    job_id: "r1",
    user_id: USER,
    queue: "t",
  } as const;
  const queued = {
    type: "trainer.run.queued.v1",
    job_id: "r1",
    user_id: USER,
    model_family: "gpt2",
    model_size: "s",
  } as const;
  await runs.update("r1", fence, { status: "running" }, [started]);
  await runs.publish(queued);
  while (heard.length < 4) await once(listener, "message");
  expect(heard).toEqual([
    [EVENTS_CHANNEL, started],
    [runChannel("r1"), started],
    [EVENTS_CHANNEL, queued],
    [runChannel("r1"), queued],
  ]);
  listener.disconnect();
});

test("runs are listed from the newest on, page by page, none twice and none left out", async () => {
  const at = new Date();
  for (let i = 0; i < 7; i++) await runs.create(`r${i}`, 0n, request, at);
  await runs.create("newest", 0n, request, new Date(at.getTime() + 1000));
  const seen: string[] = [];
  let before: number | null = null;
  do {
    const page: Awaited<ReturnType<typeof runs.list>> = await runs.list(3, before);
    seen.push(...page.runs.map(({ runId }) => runId));
    before = page.next;
  } while (before !== null);
  expect(seen[0]).toBe("newest");
  expect(seen.sort()).toEqual(["newest", "r0", "r1", "r2", "r3", "r4", "r5", "r6"]);
  expect(await redis.zcard(keys.runs)).toBe(8);
});

test("runs of one state are found among all others, page by page", async () => {
  const at = Date.now();
  const create = (id: string, second: number) => runs.create(id, 0n, request, new Date(at + second * 1000));
  for (const [i, id] of ["f1", "q1", "f2", "f3", "q2"].entries()) await create(id, i);
  for (const id of ["f1", "f2", "f3"]) await runs.set(id, { status: "failed" });
  const idsOf = (page: { runs: readonly { runId: string }[] }) => page.runs.map(({ runId }) => runId);
  const first = await runs.list(2, null, "failed");
  expect(idsOf(first)).toEqual(["f3", "f2"]);
  const second = await runs.list(2, first.next, "failed");
  expect([idsOf(second), second.next]).toEqual([["f1"], null]);
  expect(idsOf(await runs.list(2, null, "queued"))).toEqual(["q2", "q1"]);
  expect(await runs.list(2, null, "completed")).toEqual({ runs: [], next: null });
});

test("open runs are found among any number that are over, and with them those that have no status word", async () => {
  expect(await runs.openIds()).toEqual([]);
  for (const [i, id] of ["a", "b", "c", "d"].entries()) await runs.create(id, USER, request, new Date(1e12 + i));
  await runs.set("a", { status: "completed" });
  await runs.set("b", { status: "running" });
  await runs.set("d", { status: "failed" });
  expect(await runs.openIds()).toEqual(["c", "b"]);
  await redis.del(keys.status("a"), keys.status("b")); // whoever reads their hashes sees it
  expect(await runs.openIds()).toEqual(["c", "b", "a"]);
});

test("unknown are runs without a record, and with one that cannot be read", async () => {
  for (const id of ["a", "b"]) await runs.create(id, USER, request);
  await redis.hset(keys.job("b"), "status", "odd");
  expect(await runs.unknown(["a", "b", "c"])).toEqual(["b", "c"]);
  expect(await runs.unknown([])).toEqual([]);
});

test("a change leaves alone what it does not name", async () => {
  await runs.create("r1", 7n, request);
  const fence = await runs.claim("r1");
  const all = { status: "running", progress: 30, message: "m", error: "e", artifactFileId: "a", training } as const;
  await runs.update("r1", fence, all);
  for (const change of [{ progress: 40 }, { message: "n" }, { error: "f" }, { artifactFileId: "b" }]) {
    const before = await runs.get("r1");
    await runs.update("r1", fence, change);
    const after = await runs.get("r1");
    expect(after).toEqual({ ...before, ...change, updatedAt: after?.updatedAt });
  }
  expect(await redis.get(keys.progress("r1"))).toContain('"step":3');
});

test("a record can be put back, and one that others made or broke is told apart", async () => {
  const record = {
    runId: "old",
    userId: 5n,
    status: "completed",
    progress: 100,
    message: "Training completed",
    createdAt: "2026-01-02T03:04:05.678",
    updatedAt: "2026-01-02T04:00:00.000",
    error: null,
    artifactFileId: "f".repeat(64),
    modelFamily: "llama",
    modelSize: "tiny",
  } as const;
  const end = { id: "j", max_steps: 9, num_epochs: null, seconds: null, completed: true };
  await runs.restore({ ...record, request, end, training });
  const nothing = {
    artifactFileId: null,
    request: null,
    end: null,
    training: null,
    modelFamily: null,
    modelSize: null,
  };
  await runs.restore({ ...record, runId: "older", ...nothing });
  expect(await runs.get("old")).toEqual({ ...record, request, end, heartbeat: null, training });
  expect(await runs.artifact("old")).toBe("f".repeat(64));
  expect(await runs.get("older")).toMatchObject(nothing);
  expect(await redis.exists(keys.artifact("older"), keys.request("older"), keys.progress("older"))).toBe(0);
  expect(await runs.get("none")).toBeNull();
  await redis.hset(keys.job("old"), "status", "cancelled");
  await expect(runs.get("old")).rejects.toMatchObject({ code: "DATABASE_ERROR" });
  expect((await runs.list(10)).runs.map(({ runId }) => runId)).toEqual(["older"]); // one hides no others
  await redis.set(keys.job("r1"), "no hash");
  await expect(runs.set("r1", { message: "m" })).rejects.toThrow("WRONGTYPE");
});

test("a run that has ended is queued once more by one of those who want it, with the end that this one gave", async () => {
  expect(await runs.requeue("none", "again", null)).toBeNull();
  expect(await runs.get("none")).toBeNull();
  await runs.create("r1", USER, request);
  expect(await runs.requeue("r1", "again", null)).toBe("queued");
  await runs.set("r1", { status: "completed", error: "e" });
  await runs.requestCancel("r1");
  const ends = [30, 40].map((max_steps) => ({
    id: `j${max_steps}`,
    max_steps,
    num_epochs: null,
    seconds: null,
    completed: true,
  }));
  const before = await Promise.all(ends.map((end) => runs.requeue("r1", "again", end)));
  expect(new Set(before)).toEqual(new Set(["completed", "queued"]));
  const end = ends[before.indexOf("completed")];
  expect(await runs.get("r1")).toMatchObject({ status: "queued", message: "again", error: null, end });
  expect(await runs.isCancelled("r1")).toBe(false);
  await runs.set("r1", { status: "running" });
  expect(await runs.requeue("r1", "again", null)).toBe("running");
  await runs.set("r1", { status: "failed" });
  expect(await runs.requeue("r1", "again", null)).toBe("failed");
  expect(await runs.get("r1")).toMatchObject({ status: "queued", end: null });
});

test("a failure keeps its reason, and a cancellation its flag until it is cleared", async () => {
  await runs.create("r1", 0n, request);
  await runs.set("r1", { status: "failed", error: "no room", message: null });
  expect(await runs.get("r1")).toMatchObject({ status: "failed", error: "no room", message: null });
  await runs.set("r1", { error: null });
  expect(await runs.get("r1")).toMatchObject({ error: null });
  await runs.requestCancel("r1");
  expect(await runs.isCancelled("r1")).toBe(true);
  await runs.clearCancel("r1");
  expect(await runs.isCancelled("r1")).toBe(false);
});

test("the wish to stop a run holds for as long as it waits or runs; of one that is over or unknown it goes by itself", async () => {
  const ttlOf = async (runId: string) => {
    await runs.requestCancel(runId);
    expect(await redis.get(`runs:${runId}:cancelled`)).toBe("1");
    return await redis.ttl(`runs:${runId}:cancelled`);
  };
  const NONE = -1;
  await runs.create("r1", 0n, request);
  expect(await ttlOf("r1")).toBe(NONE);
  await runs.set("r1", { status: "running" });
  expect(await ttlOf("r1")).toBe(NONE);
  await runs.set("r1", { status: "completed" });
  expect(await ttlOf("r1")).toBeGreaterThan(0);
  expect(await ttlOf("unknown")).toBeGreaterThan(0);
});

test("results are kept by run and request, and what cannot be read counts as not there", async () => {
  const results = new Results(redis, "/none");
  const slot = results.evaluation("r1");
  expect([await slot.get(), await slot.exists()]).toEqual([null, false]);
  await slot.set({ status: "completed", split: "test", loss: 2, ppl: Infinity, artifact: "/x" });
  expect(await redis.get("runs:eval:r1")).toBe(
    '{"status":"completed","split":"test","loss":2,"ppl":Infinity,"artifact":"/x"}',
  );
  expect(await slot.exists()).toBe(true);
  await redis.set(slot.key, '{"status":"running","split":"test"}');
  expect(await slot.get()).toEqual({ status: "running", split: "test", loss: null, ppl: null, artifact: null });
  await redis.set(slot.key, "{");
  expect(await slot.get()).toBeNull();
  await redis.set(slot.key, "3");
  expect(await slot.get()).toBeNull();
  expect(results.score("r", "q").key).toBe("runs:score:r:q");
  expect(results.generation("r", "q").key).toBe("runs:gen:r:q");
  expect(keys.stream(results.chat("r", "s", "q").key)).toBe("runs:chat:r:s:q:stream");
});

test("a large answer that lies in another home has failed for who asks for it, who would wait for it for ever", async () => {
  await using home = await scratch();
  const written = { status: "completed", lines: "x".repeat(1 << 18) } as const;
  const slot = new Results(redis, home.path).openAi("m", "large");
  await slot.set(written);
  expect(await slot.get()).toEqual(written);
  expect(await new Results(redis, "/none").openAi("m", "large").get()).toMatchObject({
    status: "failed",
    message: containing("not in this home"),
  });
});

test("what nobody waits for any more is marked, until a client polls for it again", async () => {
  const slot = new Results(redis, "/none").score("r", "q");
  expect(await slot.isAbandoned()).toBe(false);
  await slot.abandon();
  expect(await slot.isAbandoned()).toBe(true);
  expect(await redis.ttl(keys.abandoned(slot.key))).toBeGreaterThan(3600);
  expect(await new Results(redis, "/none").score("r", "other").isAbandoned()).toBe(false);
  await slot.reclaim();
  expect(await slot.isAbandoned()).toBe(false);
});

test("the queue is ready where Redis answers and there is a worker, and else says what is missing", async () => {
  await using own = await startRedis();
  const link = openRedis(own.url, { commandTimeoutMs: 200, onError: () => {} });
  expect(await queueProblem(link)).toBe("no-worker");
  await link.sadd(keys.workers, "one");
  expect(await queueProblem(link)).toBeNull();
  await own.kill();
  expect(await queueProblem(link)).toBe("redis error");
  link.disconnect();
});

test("a conversation is kept for a while after each turn, and can be ended", async () => {
  const sessions = new ChatSessions(redis);
  expect(await sessions.history("r", "s")).toBeNull();
  await sessions.begin("r", "s", "hi", new Date("2026-01-02T03:04:05.678Z"));
  const turns = [{ role: "user", content: "hi" } as const, { role: "assistant", content: "hé" } as const];
  const slot = new Results(redis, "/none").chat("r", "s", "q");
  await sessions.keep("r", "s", turns, slot, ChatResult.parse({ status: "completed", response: "hé" }));
  expect(await slot.get()).toMatchObject({ response: "hé" });
  expect(await sessions.history("r", "s")).toEqual({
    run_id: "r",
    session_id: "s",
    messages: turns,
    created_at: "2026-01-02T03:04:05.678+00:00",
  });
  for (const key of [
    keys.conversation("r", "s"),
    keys.conversationMeta("r", "s"),
    keys.conversationSummary("r", "s"),
    keys.conversations("r"),
  ]) {
    expect(await redis.ttl(key)).toBeGreaterThan(CHAT_TTL_SECONDS - 60);
  }
  await sessions.end("r", "s");
  expect(await sessions.turns("r", "s")).toEqual([]);
  expect(await redis.keys("runs:conv*")).toEqual([]);
});

test("conversations of a run are listed by their last turn, as long as they are kept", async () => {
  const sessions = new ChatSessions(redis);
  const say = async (session: string, ...contents: string[]) => {
    const turns = contents.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content }) as const);
    const slot = new Results(redis, "/none").chat("r", session, "q");
    await sessions.keep("r", session, turns, slot, ChatResult.parse({ status: "completed", response: "" }));
  };
  const listed = async () => (await sessions.list("r")).map(({ session_id: id }) => id);
  expect(await sessions.list("r")).toEqual([]);
  const earlier = (seconds: number) => new Date(Date.now() - seconds * 1000);
  const at = earlier(60);
  await sessions.begin("r", "new", "  What\nis it? ", at);
  await sessions.begin("r", "old", "First", earlier(600));
  await sessions.begin("other", "s", "Elsewhere");
  const last_turn_at = at.toISOString().replace("Z", "+00:00");
  expect((await sessions.list("r"))[0]).toEqual({
    session_id: "new",
    title: "What is it?",
    message_count: 0,
    last_turn_at,
  });
  await say("old", "First", "Yes.", "And?", "No.");
  expect(await listed()).toEqual(["old", "new"]);
  expect((await sessions.list("r"))[0]).toMatchObject({ title: "First", message_count: 4 });
  await say("old");
  expect((await sessions.list("r"))[0]).toMatchObject({ title: "", message_count: 0 });
  // Answers of a session that a client made up, and of one that was ended meanwhile.
  await sessions.end("r", "new");
  await say("new", "What is it?", "I know.");
  await say("made-up", "Hello", "Hello.");
  expect(await listed()).toEqual(["old"]);
  // What has expired is not listed, and its place in the list goes with the next that begins.
  await redis.zadd(keys.conversations("r"), earlier(CHAT_TTL_SECONDS + 1).getTime(), "expired");
  expect(await listed()).toEqual(["old"]);
  await sessions.begin("r", "third", "Third");
  expect(await redis.zrange(keys.conversations("r"), "0", "-1")).toEqual(["old", "third"]);
});

test.each([
  ["", ""],
  ["words ".repeat(40), `${"words ".repeat(13)}wo …`],
  ["👑".repeat(81), `${"👑".repeat(80)} …`],
  ["a".repeat(80), "a".repeat(80)],
  [`${" \n".repeat(5000)}far`, "far"],
  ["half \ud83d", "half \ufffd"],
])("%#: the title of a conversation is the first words of its first message, on a line", async (message, title) => {
  const sessions = new ChatSessions(redis);
  await sessions.begin("titled", "s", message);
  expect(await sessions.list("titled")).toMatchObject([{ title }]);
});

test("of a run that is removed nothing stays but what keeps others from writing for it, for longer than a job may take", async () => {
  await runs.create("gone", USER, request);
  const fence = await runs.claim("gone");
  await runs.heartbeat("gone", fence);
  await runs.update("gone", fence, { status: "completed", message: "m", artifactFileId: "f", training });
  await runs.requestCancel("gone");
  await redis.set(keys.evaluation("gone"), "{}");
  await runs.create("other", USER, request);
  await runs.remove("gone");
  expect(await redis.keys("*gone*")).toEqual([keys.fence("gone")]);
  expect(await redis.ttl(keys.fence("gone"))).toBeGreaterThan(JOB_TIMEOUT_SECONDS);
  await expect(runs.update("gone", fence, { status: "running" })).rejects.toMatchObject({ code: "CONFLICT" });
  expect((await runs.list(10)).runs.map(({ runId }) => runId)).toEqual(["other"]);
});

test("tokenizers go from queued to completed with what was measured", async () => {
  const tokenizers = new TokenizerRecords(redis);
  expect(await tokenizers.get("t0")).toEqual({ tokenizerId: "t0", status: "unknown", stats: null, message: null });
  await tokenizers.create("t1", 1);
  await tokenizers.create("t2", 2);
  expect(await tokenizers.list(1)).toEqual([
    { tokenizerId: "t2", status: "queued", stats: null, message: null, createdAt: 2 },
  ]);
  await tokenizers.setStatus("t2", "running");
  await tokenizers.setProgress("t2", 40);
  expect(await tokenizers.get("t2")).toMatchObject({ status: "running", progress: 40 });
  await redis.set("tokenizer:t2:progress", "much");
  expect(await tokenizers.get("t2")).not.toHaveProperty("progress");
  await tokenizers.setProgress("t2", 60);
  await tokenizers.setStatus("t2", "running"); // once more, from the beginning
  expect(await tokenizers.get("t2")).not.toHaveProperty("progress");
  await tokenizers.setProgress("t2", 99);
  await tokenizers.fail("t2", "no text");
  const stats = { coverage: 1, oov_rate: 0, token_count: 10, char_coverage: 1 };
  await tokenizers.complete("t1", stats);
  expect(await tokenizers.list(10)).toEqual([
    { tokenizerId: "t2", status: "failed", stats: null, message: "no text", createdAt: 2 },
    { tokenizerId: "t1", status: "completed", stats, message: null, createdAt: 1 },
  ]);
});

test("a command fails in time where that was asked, and goes through when Redis is back where it was not", async () => {
  await using own = await startRedis();
  const errors: Error[] = [];
  const impatient = openRedis(own.url, { commandTimeoutMs: 50, onError: (error) => errors.push(error) });
  const patient = openRedis(own.url);
  await patient.set("a", "1");
  await impatient.get("a");
  await own.kill();
  await expect(impatient.get("a")).rejects.toThrow("timed out");
  const later = patient.get("a");
  await own.start();
  expect(await later).toBe("1");
  expect(errors.length).toBeGreaterThan(0);
  impatient.disconnect();
  patient.disconnect();
});
