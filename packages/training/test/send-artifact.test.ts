import { createHash } from "node:crypto";
import { getEventListeners } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asSha256, containing, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import {
  archivedFileId,
  ensureRun,
  cleanRun,
  CleanupConfig,
  evaluate,
  exportRun,
  acquireRun,
  openHome,
  openModel,
  readManifest,
  RunManifest,
  runLogFiles,
  score,
  sendArtifact,
  train,
  type CleanupRecord,
  type DataBank,
  type FetchProgress,
  type TransferProgress,
} from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { lockForRemoval } from "../src/home/run-use.js";
import { gate, startBank, startTransfer, type Bank } from "./bank.js";

let root = "";
let bank: Bank;
let corpusId = "";
let home = openHome("none");
beforeAll(async () => {
  root = scratchPath("send-artifact");
  home = openHome(join(root, "home"));
  bank = await startBank(join(root, "bank"));
  const corpus = writeCorpus(join(root, "corpus.txt"));
  corpusId = (await bank.client().upload(corpus, "text/plain")).file_id;
  await train(
    { ...tiny, corpusFileId: corpusId, runId: "novel", maxSteps: 5 },
    { home: home.root, dataBank: bank.client() },
  );
});
afterAll(async () => {
  await bank[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

const cleanup = CleanupConfig.parse({});
const dir = (id = "novel") => join(home.models, id);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A folder like that of a run that has ended, with so many bytes of weights. */
function run(id: string, bytes = 1000, change: object = {}): string {
  const manifest = RunManifest.parse(JSON.parse(readFileSync(join(dir(), "manifest.json"), "utf8")));
  mkdirSync(dir(id), { recursive: true });
  const own = { ...manifest, artifact_file_id: null, run_id: id, ...change };
  writeFileSync(
    join(dir(id), "manifest.json"),
    `${JSON.stringify(own, null, 2)}
`,
  );
  writeFileSync(join(dir(id), "model.safetensors"), Buffer.alloc(bytes, id));
  return id;
}

test("a run is trained on a corpus that only the service has, and its manifest names that", async () => {
  const manifest = await readManifest(join(dir(), "manifest.json"));
  expect(manifest).toMatchObject({
    status: "completed",
    corpus_path: join(home.corpusCache, `${corpusId}.txt`),
    config: { corpus_file_id: corpusId },
  });
  expect(readdirSync(home.corpusCache)).toEqual([`${corpusId}.txt`]);
});

test("a run goes up and away; scores, evaluations and exports bring it back as it was", async () => {
  const dataBank = bank.client();
  const where = { home, dataBank };
  const novel = () => openModel("novel", { ...where, device: "cpu" });
  const surprisal = async () => {
    using opened = await novel();
    return (await score(opened, { text: "the king hath seen the crown", detailLevel: "per_char" })).surprisal;
  };
  const before = await surprisal();
  const logs = readFileSync(join(dir(), "logs.jsonl"), "utf8");
  const metrics = readFileSync(join(dir(), "metrics.jsonl"), "utf8");
  expect(await runLogFiles(home, "novel")).toEqual({
    logs: join(dir(), "logs.jsonl"),
    metrics: join(dir(), "metrics.jsonl"),
  });
  const sentSoFar: TransferProgress[] = [];
  const sent = await sendArtifact("novel", { ...where, cleanup, onProgress: (at) => sentSoFar.push(at) });
  expect(sent).toMatchObject({ runId: "novel", cleanup: { reason: null } });
  expect(sentSoFar.at(-1)).toEqual({ bytes: sent.bytes, totalBytes: sent.bytes });
  expect(await dataBank.info(asSha256(sent.fileId))).toMatchObject({
    size: sent.bytes,
    content_type: "application/gzip",
  });
  expect(existsSync(dir())).toBe(false);
  expect(readdirSync(join(home.cache, "sending"))).toEqual([]);

  const kept = await runLogFiles(home, "novel");
  expect(readFileSync(kept.logs ?? "", "utf8")).toBe(logs);
  expect(readFileSync(kept.metrics ?? "", "utf8")).toBe(metrics);
  expect(await sendArtifact("novel", { ...where, cleanup })).toEqual({
    runId: "novel",
    fileId: sent.fileId,
    bytes: null,
    cleanup: null,
  });
  await expect(openModel("novel", { home })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });

  const fetched: FetchProgress[] = [];
  {
    using run = await acquireRun("novel", { ...where, onFetch: (at) => fetched.push(at) });
    expect(run).toMatchObject({ id: "novel", dir: dir() });
    expect(await cleanRun(home, "novel", cleanup)).toMatchObject({ reason: "in_use" });
  }
  expect(fetched.at(-1)).toEqual({ what: "run", id: "novel", bytes: sent.bytes, totalBytes: sent.bytes });
  expect(readdirSync(join(home.cache, "archives"))).toEqual([]);
  expect(await surprisal()).toEqual(before);

  // Elsewhere there is neither the run nor its corpus, only what a cleanup has left.
  await cleanRun(home, "novel", cleanup);
  rmSync(home.corpusCache, { recursive: true });
  {
    using opened = await novel();
    const missing = evaluate(opened, { prompts: [] }, { home });
    await expect(missing).rejects.toMatchObject({
      code: "CORPUS_NOT_FOUND",
      message: containing("the corpus of run novel cannot be read"),
    });
    expect((await evaluate(opened, { prompts: [], out: join(root, "eval") }, where)).split).toBe("validation");
  }
  await cleanRun(home, "novel", cleanup);
  await exportRun("novel", join(root, "exported"), where);
  expect(readdirSync(join(root, "exported"))).toContain("model.safetensors");

  await cleanRun(home, "novel", cleanup);
  const next = { ...tiny, corpusFileId: corpusId, runId: "sequel", pretrainedRunId: "novel", maxSteps: 1 };
  await train({ ...next, vocabSize: null }, { home: home.root, dataBank });
  await cleanRun(home, "novel", cleanup);
  {
    using opened = await novel();
    await evaluate(opened, { prompts: [] }, where);
  }
  expect(await cleanRun(home, "novel", cleanup)).toMatchObject({ reason: "upload_not_verified" });
  const again = await sendArtifact("novel", { ...where, cleanup }); // with the evaluation
  expect(again.fileId).not.toBe(sent.fileId);
  expect(again.cleanup?.reason).toBe(null);
  using sequel = await openModel("sequel", { ...where, device: "cpu" });
  const against = evaluate(sequel, { prompts: [], against: "novel" }, where);
  expect((await against).comparison?.against).toBe("novel");
});

test("only what has ended is sent, and only runs of the home", async () => {
  const where = { home, dataBank: bank.client() };
  for (const status of ["running", "interrupted"]) {
    run("unfinished", 10, { status });
    await expect(sendArtifact("unfinished", where)).rejects.toMatchObject({
      code: "CONFLICT",
      message: containing(status === "running" ? "run unfinished has not ended" : "it is interrupted"),
    });
  }
  mkdirSync(dir("queued"));
  await expect(sendArtifact("queued", where)).rejects.toThrow("only queued");
  await expect(sendArtifact("none", where)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  await expect(sendArtifact(join(root, "exported"), where)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
});

test("what a service refuses, or cannot do now, leaves the run as it is, to be sent again", async () => {
  const id = run("refused");
  const stranger = sendArtifact(id, { home, dataBank: bank.client(bank.url, { apiKey: "wrong" }), cleanup });
  await expect(stranger).rejects.toMatchObject({ code: "ARTIFACT_UPLOAD_FAILED", failureClass: "FATAL" });
  const away = sendArtifact(id, { home, dataBank: bank.client("http://127.0.0.1:1"), cleanup });
  await expect(away).rejects.toMatchObject({ code: "ARTIFACT_UPLOAD_FAILED", failureClass: "TRANSIENT" });
  const reason = new Error("enough");
  const stop = new AbortController();
  const stopped = sendArtifact(id, {
    home,
    dataBank: bank.client(),
    cleanup,
    signal: stop.signal,
    onProgress: () => stop.abort(reason),
  });
  await expect(stopped).rejects.toBe(reason);
  const liar: DataBank = {
    download: () => Promise.reject(new Error("unasked")),
    upload: () => Promise.resolve({ size: 1, sha256: "b".repeat(64) }),
  };
  await expect(sendArtifact(id, { home, dataBank: liar, cleanup })).rejects.toMatchObject({
    code: "ARTIFACT_UPLOAD_FAILED",
    message: containing("1 bytes with the hash bbb"),
  });
  expect(await readManifest(join(dir(id), "manifest.json"))).toMatchObject({ artifact_file_id: null });
  expect(await sendArtifact(id, { home, dataBank: bank.client(), cleanup })).toMatchObject({
    cleanup: { reason: null },
  });
});

test("a cleanup that fails is told to the log alone: the run is sent", async () => {
  const id = run("stuck");
  const records: CleanupRecord[] = [];
  rmSync(home.archived, { recursive: true, force: true });
  writeFileSync(home.archived, "a file in the way");
  const sent = await sendArtifact(id, { home, dataBank: bank.client(), cleanup, log: (each) => records.push(each) });
  rmSync(home.archived);
  expect(sent.cleanup).toBe(null);
  expect(records).toMatchObject([{ event: "cleanup_failed", level: "ERROR", run_id: id }]);
  expect(await readManifest(join(dir(id), "manifest.json"))).toMatchObject({
    artifact_file_id: sent.fileId,
    status: "completed",
  });
});

test("killed in the middle of the upload, nothing is there, and the next process sends it whole", async () => {
  const id = run("killed", 6_000_000);
  await using slow = await gate(bank.url, { up: 2_000_000 });
  const child = startTransfer({ what: "send", url: slow.url, home: home.root, id });
  await slow.reached;
  await child.kill();
  expect(await readManifest(join(dir(id), "manifest.json"))).toMatchObject({ artifact_file_id: null });
  const { fileId, bytes } = await sendArtifact(id, { home, dataBank: bank.client(), cleanup });
  expect(await bank.client().info(asSha256(fileId))).toMatchObject({ size: bytes });
  expect(readdirSync(join(home.cache, "sending"))).toEqual([]);
  expect(await archivedFileId(home, id)).toBe(fileId);
});

test("sent by several processes at once, it is the same archive, and the run goes when the last has sent it", async () => {
  const id = run("popular", 2_000_000);
  const task = { what: "send", url: bank.url, home: home.root, id } as const;
  const here = sendArtifact(id, { home, dataBank: bank.client() });
  const said = await Promise.all([startTransfer(task).ended, startTransfer(task).ended]);
  const { fileId } = await here;
  expect(said).toEqual([fileId, fileId]);
});

test("brought back by processes at once, it is fetched once and whole; killed in the middle, the next goes on", async () => {
  const id = run("wanted", 6_000_000);
  const { fileId } = await sendArtifact(id, { home, dataBank: bank.client(), cleanup });
  {
    await using slow = await gate(bank.url, { down: 2_000_000 });
    const child = startTransfer({ what: "run", url: slow.url, home: home.root, id });
    await slow.reached;
    await child.kill();
  }
  expect(existsSync(dir(id))).toBe(false);
  const before = bank.asked("GET");
  const task = { what: "run", url: bank.url, home: home.root, id } as const;
  const here = Promise.all([1, 2].map(() => ensureRun(id, { home, dataBank: bank.client() })));
  const said = await Promise.all([startTransfer(task).ended, startTransfer(task).ended]);
  expect(said).toEqual([dir(id), dir(id)]);
  expect(await here).toEqual([
    { id, dir: dir(id) },
    { id, dir: dir(id) },
  ]);
  expect(bank.asked("GET") - before).toBe(1);
  expect(sha256(readFileSync(join(dir(id), "model.safetensors")))).toBe(sha256(Buffer.alloc(6_000_000, id)));
  expect(readdirSync(join(home.cache, "archives"))).toEqual([]);
  expect(await readManifest(join(dir(id), "manifest.json"))).toMatchObject({ artifact_file_id: fileId });
});

test("used while cleanups take it away again and again, it is brought back each time", async () => {
  const id = run("wavering");
  const dataBank = bank.client();
  await sendArtifact(id, { home, dataBank, cleanup });
  const over = new AbortController();
  const cleaning = (async () => {
    while (!over.signal.aborted) await cleanRun(home, id, cleanup).catch(() => {}); // it may go in the middle of a look
  })();
  for (let i = 0; i < 20; i++) {
    using held = await acquireRun(id, { home, dataBank });
    expect(readFileSync(join(held.dir, "model.safetensors"))).toHaveLength(1000);
  }
  over.abort();
  await cleaning;
});

test("whoever wants a run at the moment of its removal waits for it where it can come back", async () => {
  const id = run("leaving");
  const removal = lockForRemoval(dir(id));
  await expect(acquireRun(id, { home })).rejects.toMatchObject({ code: "RUN_NOT_FOUND", failureClass: "TRANSIENT" });
  const { signal } = new AbortController();
  const held = acquireRun(id, { home, dataBank: bank.client(), signal });
  await vi.waitUntil(() => getEventListeners(signal, "abort").length > 0, { interval: 1 }); // it waits
  removal?.[Symbol.dispose]();
  using _held = await held;
  using _elsewhere = await acquireRun(join(root, "exported"), { home });
});

test("an archive that the service has lost is told as such", async () => {
  const id = run("lost");
  const dataBank = bank.client();
  const { fileId } = await sendArtifact(id, { home, dataBank, cleanup });
  await dataBank.remove(asSha256(fileId));
  await expect(ensureRun(id, { home, dataBank })).rejects.toMatchObject({
    code: "ARTIFACT_DOWNLOAD_FAILED",
    failureClass: "FATAL",
    message: containing(`run lost cannot be brought back (file ${fileId})`),
  });
});

test("of a run without logs, and of no run at all, there are none", async () => {
  expect(await runLogFiles(home, run("mute"))).toEqual({ logs: null, metrics: null });
  expect(await runLogFiles(home, "../mute")).toEqual({ logs: null, metrics: null });
});
