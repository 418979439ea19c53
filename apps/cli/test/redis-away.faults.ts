import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startApi } from "@trainer/api";
import { listen, startSystem } from "@trainer/testing/system";
import { readManifest } from "@trainer/training";
import { createParser } from "eventsource-parser";
import { expect, test, vi } from "vitest";
import { z } from "zod";

const AWAY_SEC = 60;
/** A run of a minute or two on a machine that does other things. */
const REQUEST = { num_epochs: 60, early_stopping_patience: 60 };
const WRITING = { prompt_text: "the ", max_new_tokens: 1024, num_return_sequences: 16, stop_on_eos: false, seed: 3 };

/** The figures without time and pace. */
const loss = z.number().optional();
const Row = z.object({ step: z.int(), tokens: z.int(), split: z.string().optional(), train_loss: loss, loss });
const Written = z.object({ status: z.literal("completed"), outputs: z.array(z.string()) });

test(
  `with Redis away for ${AWAY_SEC} s a run and an answer come to the same end as undisturbed ones, each by one process`,
  { timeout: 900_000 },
  async () => {
    await using system = await startSystem();
    const { root, redisServer } = system;
    await using api = await startApi({
      port: 0,
      redisUrl: redisServer.url,
      artifactsRoot: root,
      dataRoot: root,
      logLevel: "silent",
    });
    const logs: string[] = [];
    const log = { write: (line: string) => logs.push(line) };
    await using first = await system.startWorker({ logLevel: "warn" }, { log });
    await using second = await system.startWorker({ logLevel: "warn" }, { log });
    const children = () => [...first.children, ...second.children].toSorted((a, b) => a - b);
    const manifestOf = async (runId: string) => {
      const paths = [join(root, "archived", `${runId}.json`), join(root, "models", runId, "manifest.json")];
      const manifest = await readManifest(paths.find((path) => existsSync(path)) ?? "");
      return { loss: manifest?.loss, best: manifest?.best_val_loss, test: manifest?.test_loss, steps: manifest?.steps };
    };

    /** Events of a stream, to its end. @param onEvent called with each */
    async function eventsOf(path: string, init: RequestInit, onEvent = (_name: string | undefined) => {}) {
      const answer = await fetch(api.url + path, init);
      const events: { readonly name: string | undefined; readonly data: unknown }[] = [];
      const parser = createParser({
        onEvent({ event: name, data }) {
          onEvent(name);
          events.push({ name, data: JSON.parse(data) });
        },
      });
      for await (const chunk of z.instanceof(ReadableStream).parse(answer.body).pipeThrough(new TextDecoderStream()))
        parser.feed(z.string().parse(chunk));
      return events;
    }

    /** Outcome of an answer. @param onText called with each of its pieces */
    async function written(onText = () => {}) {
      const headers = { accept: "text/event-stream", "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(WRITING) };
      const events = await eventsOf("/runs/undisturbed/generate", init, (name) => name === "text" && onText());
      return events.filter(({ name }) => name === "result").map(({ data }) => Written.parse(data));
    }

    /** Steps and evaluations of a run as a client gets them that follows it from beginning to end. */
    const followed = async (runId: string) =>
      (await eventsOf(`/runs/${runId}/metrics/stream`, {})).map(({ data }) => Row.parse(data));

    /** The processes that were at work all the time. */
    async function redisAway() {
      const atWork = children();
      await redisServer.kill();
      await setTimeout(AWAY_SEC * 1000); // what is waited for is that a time passes
      const over = children();
      await redisServer.start();
      expect([over, logs.filter((line) => line.includes("child_"))]).toEqual([atWork, []]);
      return atWork;
    }

    await system.train("undisturbed", REQUEST);
    await system.ended("undisturbed");
    const whole = await manifestOf("undisturbed");
    const answer = await written();
    expect(answer).toHaveLength(1);

    using events = await listen(redisServer.url, "disturbed");
    await system.train("disturbed", REQUEST);
    await system.until("disturbed", ({ training }) => (training?.step ?? 0) >= 50);
    const following = followed("disturbed");
    const away: Promise<readonly number[]>[] = [];
    const during = await written(() => {
      if (away.length === 0) away.push(redisAway());
    });
    const [atWork = []] = await Promise.all(away);
    expect(atWork.length).toBeGreaterThanOrEqual(2);
    expect(during).toEqual(answer);
    expect(children().filter((pid) => !atWork.includes(pid))).toEqual([]); // nobody has taken anything over

    const record = await system.ended("disturbed");
    expect(record).toMatchObject({ status: "completed", error: null });
    expect(await manifestOf("disturbed")).toEqual(whole);
    await events.until(({ type }) => type === "trainer.metrics.completed.v1");
    const types = events.own.map(({ type }) => type);
    for (const once of ["trainer.job.started.v1", "trainer.job.completed.v1", "trainer.metrics.completed.v1"])
      expect(types.filter((type) => type === once)).toEqual([once]);
    const steps = events.own.flatMap((event) => (event.type === "trainer.metrics.progress.v1" ? [event.step] : []));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(await following).toEqual(await followed("undisturbed"));
    const counts = () => system.queues.trainer.getJobCounts("active", "waiting", "delayed");
    await vi.waitFor(async () => expect(await counts()).toEqual({ active: 0, waiting: 0, delayed: 0 }), 60_000);
  },
);
