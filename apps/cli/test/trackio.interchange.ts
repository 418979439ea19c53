import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort, loggedLosses } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";
import { corpusFolder, TINY } from "./corpus.js";

const run = promisify(execFile);
const Values = z.object({ values: z.array(z.object({ step: z.int(), value: z.number() })) });
const Runs = z.object({ runs: z.array(z.string()) });

test("a real server of trackio's has a run as it is trained, trained on, and sent anew: each figure once", async (context) => {
  const trackio = await pythonProgram("trackio==0.43.0", "trackio");
  if ("missing" in trackio) return context.skip(trackio.missing);
  const { folder, corpus } = await corpusFolder();
  const home = join(folder, "home");
  const { trainer } = commandLine(() => home);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const own = { ...process.env, TRACKIO_DIR: folder, HF_HUB_OFFLINE: "1", BROWSER: "true" };
  const server = spawn(trackio.path, ["show"], {
    stdio: "ignore",
    env: { ...own, TRACKIO_WRITE_TOKEN: "secret", GRADIO_SERVER_PORT: String(port) },
  });
  try {
    for (let tries = 0; tries < 300 && !(await fetch(`${url}/version`).catch(() => null))?.ok; tries++)
      await setTimeout(200);
    const env = { TRACKIO_SERVER_URL: `${url}/?write_token=secret` };
    const ask = async <T>(schema: z.ZodType<T>, ...line: readonly string[]) =>
      schema.parse(JSON.parse((await run(trackio.path, [...line, "--json"], { env: own })).stdout));
    const expectAll = async () => {
      expect((await ask(Runs, "list", "runs", "--project", "model-trainer")).runs).toEqual(["one"]);
      const at = ["--project", "model-trainer", "--run", "one", "--metric", "train/loss"];
      const { values } = await ask(Values, "get", "metric", ...at);
      const losses = loggedLosses(join(home, "models", "one", "metrics.jsonl"));
      expect(values.map(({ step, value }) => [step, value])).toEqual(losses.map(({ step, loss }) => [step, loss]));
    };
    const line = ["train", corpus, ...TINY, "--log-every", "2", "--max-steps", "20", "--run-id", "one"];
    expect(await trainer([...line, "--track", "trackio"], { env })).toMatchObject({ code: 0 });
    await expectAll();
    const further = await trainer(["resume", "one", "--max-steps", "30", "--track", "trackio"], { env });
    expect(further).toMatchObject({ code: 0 });
    expect(await trainer(["runs", "sync", "one", "--to", "trackio"], { env })).toMatchObject({ code: 0 });
    await expectAll();
  } finally {
    server.kill("SIGKILL");
    await once(server, "close");
  }
});
