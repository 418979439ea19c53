import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containing } from "@trainer/testing";
import { RunSync, Trackio } from "@trainer/trackers";
import { expect, test, vi } from "vitest";
import { TINY } from "./corpus.js";
import { FakeTrackio } from "./fake-trackio.js";
import { trackedHome } from "./tracked-home.js";

const { corpus, home, trainer, runOf, metricsOf, lossesOf } = await trackedHome();
const never = new AbortController().signal;

const syncOf = (fake: FakeTrackio, id: string) =>
  new RunSync(new Trackio({ url: fake.url, project: "p", writeToken: null }), home, id);

test("a run is sent as it is trained, and trained on, and sending it again leaves it as it is", async () => {
  await using fake = await FakeTrackio.start("se/cret");
  const env = { TRACKIO_SERVER_URL: `${fake.url}/?write_token=se%2Fcret`, TRACKIO_PROJECT: "poems" };
  const line = ["train", corpus, ...TINY, "--log-every", "2", "--run-id", "live", "--track", "trackio"];
  expect(await trainer([...line, "--max-steps", "6"], { env })).toMatchObject({ code: 0 });
  expect(fake.points("train/loss")).toEqual(lossesOf("live"));
  const [first] = fake.logs.values();
  expect(first).toMatchObject({
    project: "poems",
    run: "live",
    metrics: { epoch: 0 },
    config: { max_steps: 6, "model_config.n_embd": 32 },
  });

  const resume = ["resume", "live", "--max-steps", "10", "--track", "trackio"];
  expect(await trainer(resume, { env })).toMatchObject({ code: 0 });
  expect(fake.points("train/loss")).toEqual(lossesOf("live"));
  expect(fake.points("validation/best_loss").map(([step]) => step)).toEqual([6, 10]);
  const { size } = fake.logs;
  await trainer(["runs", "sync", "live", "--to", "trackio"], { env });
  expect(fake.logs.size).toBe(size);
});

test("a server of another version, one that fails or lies, and a missing token are named", async () => {
  await using fake = await FakeTrackio.start("secret");
  const failure = async () => await syncOf(fake, "one").send(never);
  await expect(failure()).rejects.toThrow(`trackio at ${fake.url} answers 400: A write_token is required`);
  fake.mode = "later";
  await expect(failure()).rejects.toThrow("has version 2 of its interface; 1 is what is known here");
  fake.mode = "fail";
  await expect(failure()).rejects.toThrow(/answers 500$/);
  fake.mode = "lie";
  await expect(failure()).rejects.toThrow("answers version with what trackio would not say");
  expect(fake.logs.size).toBe(0);
});

test("an answer that was lost on its way leads to no figure twice", async () => {
  await using fake = await FakeTrackio.start();
  fake.mode = "lose";
  const sync = syncOf(fake, "one");
  await expect(sync.send(never)).rejects.toThrow("does not answer");
  fake.mode = "ok";
  await sync.send(never);
  expect(fake.points("train/loss")).toEqual(lossesOf("one"));
});

test("a long run is sent a thousand rows at a time", async () => {
  await using fake = await FakeTrackio.start();
  mkdirSync(runOf("long"));
  const manifest = readFileSync(join(runOf("one"), "manifest.json"), "utf8");
  writeFileSync(join(runOf("long"), "manifest.json"), manifest);
  const lines = Array.from({ length: 1500 }, (_, i) => `{"step":${i + 1},"tokens":1,"lr":1}\n`);
  writeFileSync(metricsOf("long"), lines.join("")); // in one piece: fewer than 64 KiB
  await syncOf(fake, "long").send(never);
  expect(fake.points("train/lr")).toHaveLength(1500);
  expect(fake.requests).toBe(3); // the last has what the run came to
});

test.each([
  [{}, "TRACKIO_SERVER_URL is not set"],
  [{ TRACKIO_SERVER_URL: "ftp://x" }, "and is ftp:"],
])("settings that name no server are refused: %j", async (env, message) => {
  const { code, stderr } = await trainer(["runs", "sync", "one", "--to", "trackio"], { env });
  expect([code, stderr]).toEqual([2, containing(message)]);
});

test("a token that goes to another machine unencrypted is warned of, and one that goes to this one is not", async () => {
  await using fake = await FakeTrackio.start("secret");
  const to = async (tracker: string, env: Record<string, string>) =>
    (await trainer(["runs", "sync", "one", "--to", tracker], { env })).stderr;
  const warning = "The token or password goes to http://192.0.2.1:1 unencrypted";
  const away = { TRACKIO_SERVER_URL: "http://192.0.2.1:1", MLFLOW_TRACKING_URI: "http://192.0.2.1:1" };
  const ask = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("no network in tests"));
  try {
    expect(await to("trackio", { ...away, TRACKIO_WRITE_TOKEN: "secret" })).toContain(warning);
    expect(await to("mlflow", { ...away, MLFLOW_TRACKING_TOKEN: "secret" })).toContain(warning);
    expect(await to("mlflow", away)).not.toContain("unencrypted");
    expect(await to("trackio", away)).not.toContain("unencrypted");
  } finally {
    ask.mockRestore();
  }
  const here = await to("trackio", { TRACKIO_SERVER_URL: fake.url, TRACKIO_WRITE_TOKEN: "secret" });
  expect(here).toBe("");
});
