import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort, loggedLosses } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";
import { corpusFolder, TINY } from "./corpus.js";

const Run = z.object({
  info: z.object({ run_id: z.string(), run_name: z.string(), status: z.string(), end_time: z.int().optional() }),
  data: z.object({
    metrics: z.array(z.object({ key: z.string(), value: z.number(), step: z.int() })),
    params: z.array(z.object({ key: z.string(), value: z.string() })),
  }),
});
const Runs = z.object({ runs: z.array(Run).default([]) });
const History = z.object({ metrics: z.array(z.object({ value: z.number(), step: z.int(), timestamp: z.int() })) });

/** An MLflow server of its own. */
async function startMlflow(python: string, folder: string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const at = ["--host", "127.0.0.1", "--port", String(port), "--workers", "1"];
  const store = ["--backend-store-uri", `sqlite:///${folder}/mlflow.db`, "--artifacts-destination", folder];
  const child = spawn(python, ["-m", "mlflow", "server", ...at, ...store], {
    stdio: "ignore",
    cwd: folder,
    detached: true,
  });
  const stop = async () => {
    const ended = once(child, "exit");
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL"); // its workers too
    await ended;
  };
  for (let tries = 0; tries < 600; tries++) {
    const health = await fetch(`${url}/health`).catch(() => null);
    if (health?.ok) break;
    await setTimeout(200);
  }
  return { url, [Symbol.asyncDispose]: stop };
}

test("a real MLflow server gets a run as it is trained, trained on, and sent anew: each figure once", async (context) => {
  const python = await pythonProgram("mlflow==3.17.2", "python");
  if ("missing" in python) return context.skip(python.missing);
  const { folder, corpus } = await corpusFolder();
  const home = join(folder, "home");
  const { trainer, json } = commandLine(() => home);
  await using mlflow = await startMlflow(python.path, folder);
  const env = { MLFLOW_TRACKING_URI: mlflow.url, MLFLOW_EXPERIMENT_NAME: "poems & co" };
  const ask = async <T>(path: string, schema: z.ZodType<T>, body?: object) => {
    const init = body && {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    };
    const answer = await fetch(`${mlflow.url}/api/2.0/mlflow/${path}`, init);
    return schema.parse(await answer.json());
  };
  const runs = async () => (await ask("runs/search", Runs, { experiment_ids: ["1"] })).runs;
  const expectAll = async (status: string) => {
    const [run, ...others] = await runs();
    expect(others).toEqual([]);
    expect(run?.info).toMatchObject({ run_name: "one", status });
    const losses = loggedLosses(join(home, "models", "one", "metrics.jsonl"));
    const id = run?.info.run_id ?? "";
    const { metrics } = await ask(`metrics/get-history?run_id=${id}&metric_key=train/loss`, History);
    expect(metrics.map(({ step, value }) => [step, value])).toEqual(losses.map(({ step, loss }) => [step, loss]));
    expect(Math.abs((metrics.at(-1)?.timestamp ?? 0) - Date.now())).toBeLessThan(600_000);
    return run;
  };

  const line = ["train", corpus, ...TINY, "--log-every", "2", "--max-steps", "20", "--run-id", "one"];
  expect(await trainer([...line, "--track", "mlflow"], { env })).toMatchObject({ code: 0 });
  const first = await expectAll("FINISHED");
  expect(first?.data.params).toContainEqual({ key: "model_config.n_embd", value: "32" });
  expect(first?.data.metrics.map(({ key }) => key)).toContain("validation/best_loss");
  expect((await json(["runs", "sync", "one"], { env })).last).toEqual({ run_id: "one", figures: 0 });

  const further = await trainer(["resume", "one", "--max-steps", "30", "--track", "mlflow"], { env });
  expect(further).toMatchObject({ code: 0 });
  await expectAll("FINISHED");
}, 300_000);
