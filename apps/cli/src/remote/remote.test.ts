import { createServer } from "node:http";
import {
  MetricsRow,
  type EvalMetrics,
  type EvaluateResponse,
  type RunStatus,
  type StepMetrics,
} from "@trainer/platform";
import { evalLine, stepLine } from "@trainer/training/files";
import { parseTrainOptions } from "@trainer/training/options";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { evaluationReport, runFailure, runOutcome } from "./outcome.js";
import { finished } from "./request.js";
import { rowEvent } from "./row-event.js";
import { facts } from "./runs.js";
import { evalEvent, stepEvent } from "../../test/events.js";
import { testIo } from "../../test/screen.js";
import { output } from "../display/output.js";
import { nameRemoteRun, serverAt } from "../services/server.js";
import { STATUS_COLUMNS } from "./status.js";
import { trainingRequest } from "./train.js";

const training = {
  step: 30,
  total_steps: 1200,
  epoch: 0,
  total_epochs: 3,
  train_loss: 2,
  lr: 0.1,
  grad_norm: 1,
  tokens_per_sec: 100,
  eta_seconds: 75,
  val_loss: 1.9,
  best_val_loss: 1.8,
  test_loss: null,
  checkpoint_step: null,
  rss_bytes: 1,
};
const status = (fields: Partial<RunStatus> = {}): RunStatus => ({
  run_id: "r",
  status: "running",
  last_heartbeat_ts: null,
  message: null,
  progress: 0,
  created_at: "",
  updated_at: "",
  error: null,
  model_family: null,
  model_size: null,
  artifact_file_id: null,
  training,
  ...fields,
});

test("figures that JSON could not hold are beyond all bounds, or none", () => {
  const bare = { step: 3, epoch: 1, tokens: 9, train_loss: null, train_ppl: null, lr: null, grad_norm: null };
  const row = MetricsRow.parse({ ...bare, tokens_per_sec: null, step_ms: null, eta_seconds: null, rss_bytes: null });
  expect(rowEvent(row, null, 1)).toMatchObject({
    type: "step",
    totalSteps: 3,
    epochs: 2,
    loss: Infinity,
    gradNorm: Infinity,
    lr: 0,
    tokensPerSec: 0,
    etaSeconds: 0,
  });
  expect(rowEvent(row, training, 1)).toMatchObject({ totalSteps: 1200, epochs: 3 });
  expect(rowEvent({ ...row, skipped_steps: 4 }, training, 1)).toMatchObject({ skippedSteps: 4 });
});

test("what a run tells of a step and of an evaluation comes back whole from its metrics, over the wire", () => {
  const wired = (line: object) => MetricsRow.parse(JSON.parse(JSON.stringify(line)));
  const step = {
    ...stepEvent(3, 2.5),
    totalSteps: 1200,
    samplesPerSec: 0,
    skippedSteps: 4,
    gpuPeakBytes: 5,
    alarms: ["spike"],
  };
  expect(rowEvent(wired(stepLine(step)), training, 1)).toEqual(step);
  const sources = [{ source: "own", loss: 2, ppl: 7.4, bitsPerByte: 1.5, tokens: 9 }];
  const evaluated = { ...evalEvent(3, 2.5, false), weightsStep: 2, seconds: 0, sources, alarms: ["memorising"] };
  expect(rowEvent(wired(evalLine(evaluated)), training, 1)).toEqual(evaluated);
  expectTypeOf<keyof ReturnType<typeof stepLine>>().toEqualTypeOf<keyof StepMetrics>();
  expectTypeOf<keyof ReturnType<typeof evalLine>>().toEqualTypeOf<keyof EvalMetrics>();
});

test("of validations the one with the least loss is the best, and no test is", () => {
  const row = (split: string, loss: number | null) =>
    MetricsRow.parse({ split, step: 3, epoch: 1, tokens: 9, loss, ppl: null, bits_per_byte: 1 });
  expect(rowEvent(row("validation", 0.9), null, 1)).toMatchObject({ type: "eval", best: true, ppl: Infinity });
  expect(rowEvent(row("validation", 1), null, 1)).toMatchObject({ best: false });
  expect(rowEvent(row("validation", null), null, 1)).toMatchObject({ loss: Infinity, best: false });
  expect(rowEvent(row("test", 0.9), null, 1)).toMatchObject({ best: false });
});

test("a run's row tells how far it is, what is left of it, or why it failed", () => {
  const at = new Date(2020, 0, 2);
  const row = (changes: Partial<RunStatus> = {}) =>
    STATUS_COLUMNS.map(({ cell }) => cell(status({ created_at: at.toISOString(), ...changes })));
  expect(row()).toEqual(["r", "running", "2020-01-02", "30/1,200", "1.8000", "-", "1 min 15 s", ""]);
  expect(row({ training: null })).toEqual(["r", "running", "2020-01-02", "-", "-", "-", "-", ""]);
  expect(row({ training: { ...training, eta_seconds: null } }).at(6)).toBe("-");
  expect(row({ status: "completed", message: "Training completed" }).slice(6)).toEqual(["-", ""]);
  expect(row({ status: "failed", message: "no room" }).at(-1)).toBe("no room");
  expect(row({ status: "failed" }).at(-1)).toBe("");
});

test("a run is shown by what is known of it, as one of this machine is", () => {
  expect(facts(status({ created_at: "2026-01-02" }))).toEqual([
    "run         r",
    "status      running",
    "asked       2026-01-02",
    "progress    30 of 1,200 steps",
    "validation  loss 1.8000",
  ]);
  const done = { ...training, test_loss: 2 };
  const whole = facts(status({ training: done, model_family: "gpt2", model_size: "tiny", artifact_file_id: "f" }));
  expect(whole.slice(2, 4)).toEqual(["archived    as file f", "model       gpt2 tiny"]);
  expect(whole.at(-1)).toBe("test        loss 2.0000  ppl 7.3891");
  expect(facts(status({ status: "failed", training: null, model_family: "m", message: "no room" })).slice(2)).toEqual([
    "model       m ?",
    "asked       ",
    "error       no room",
  ]);
  expect(facts(status({ status: "failed", training: null })).at(-1)).toBe("asked       ");
});

test("a run that is completed tells its figures and what next, on the server where it is", () => {
  const lines = runOutcome(status({ artifact_file_id: "f" }), " --server http://x");
  expect(lines).toEqual(expect.arrayContaining(["Done: 30 steps", "validation  loss 1.8000", "archive     f"]));
  expect(lines.join("\n")).toContain("trainer generate r --server http://x --prompt");
  expect(runOutcome(status({ training: null }), "").slice(0, 2)).toEqual(["Done", ""]);
  const tested = status({ training: { ...training, best_val_loss: null, test_loss: 2 } });
  expect(runOutcome(tested, "").slice(0, 3)).toEqual(["Done: 30 steps", "test        loss 2.0000", ""]);
});

test("a run that has failed says why, as far as anybody knows", () => {
  expect(runFailure(status({ error: "no room", message: "m" }), "").message).toBe("run r failed: no room");
  expect(runFailure(status({ message: "m" }), "").message).toBe("run r failed: m");
  expect(runFailure(status(), "").message).toBe("run r failed: the server gives no reason");
  expect(runFailure(status(), " --server http://x").hint).toContain("trainer resume r --server http://x");
});

test("what a server could not do says why, or how it stands", () => {
  expect(finished({ status: "completed" })).toEqual({ status: "completed" });
  expect(() => finished({ status: "failed", message: "no" })).toThrow("the server could not do it: no");
  expect(() => finished({ status: "queued", message: null })).toThrow("its status is queued");
});

test("an evaluation tells where it is kept, if it is", () => {
  const result: EvaluateResponse = {
    run_id: "r",
    split: "test",
    status: "completed",
    loss: 1,
    perplexity: 2,
    artifact_path: "p",
  };
  expect(evaluationReport(result).at(-1)).toBe("saved in       p on the server");
  expect(evaluationReport({ ...result, artifact_path: null }).at(-1)).toBe("perplexity     2.0000");
  const figures = { "rewards/accuracies": 0.75, "rewards/margins": 0.5 };
  expect(evaluationReport({ ...result, perplexity: null, figures }).slice(1, 4)).toEqual([
    "loss           1.0000 per pair",
    "accuracy       75.0 %: pairs whose chosen answer it prefers",
    "margin         0.5000 on average",
  ]);
});

function at(url: string) {
  const io = testIo({ env: { TRAINER_API_KEY: "k" } });
  return serverAt(url, { home: "nowhere", io, out: output(io, { json: false, quiet: false }) });
}

test("what cannot be a run's id is taken as it stands, and no server is asked for it", async () => {
  const server = at("http://127.0.0.1:1"); // nothing listens there
  expect(await nameRemoteRun(server, "../r")).toBe("../r");
});

test("what a server says of a run other than that there is none ends the search for it", async () => {
  const paths: unknown[] = [];
  const refusing = createServer(({ url }, response) => {
    paths.push(url);
    response.writeHead(401, { "content-type": "application/json" }).end('{"code":"UNAUTHORIZED","message":"no key"}');
  });
  await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = z.object({ port: z.int() }).parse(refusing.address());
    const server = at(`http://127.0.0.1:${port}`);
    await expect(nameRemoteRun(server, "latest")).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(paths).toHaveLength(1);
  } finally {
    refusing.close();
  }
});

test("a request says nothing new that nobody asks for: a server of an earlier version takes it", () => {
  const names = (options: object) =>
    Object.keys(trainingRequest(parseTrainOptions({ corpus: "a.txt", ...options }), "f".repeat(64), "text"));
  const first = names({});
  expect(first).toContain("learning_rate");
  expect(names({ lrSchedule: "wsd", warmupSteps: 3 }).filter((name) => !first.includes(name))).toEqual([
    "lr_schedule",
    "warmup_steps",
  ]);
});
