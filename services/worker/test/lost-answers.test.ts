import { ChatRequest, EvaluateRequest, keys, RunId } from "@trainer/platform";
import { matching } from "@trainer/testing";
import { listen, startSystem, type System } from "@trainer/testing/system";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { pace, scripted } from "./scripted.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

test("an answer that makes no sense or cannot be kept fails, and says that it is not the question's fault", async () => {
  const nonsense = scripted(
    system,
    "nonsense",
    'process.on("message", ({ type, id }) => { if (type === "ask") process.send({ type: "answer", id, answer: "yes" }); });',
  );
  await using _worker = await system.startWorker({}, { pace, child: nonsense });
  const chat = ChatRequest.parse({ message: "who?", session_id: "s" });
  await system.sessions.begin("nobody", "s");
  await system.add("trainer-inference", "chat", {
    run_id: RunId.parse("nobody"),
    session_id: "s",
    request_id: "q",
    request: chat,
  });
  const slot = system.results.chat("nobody", "s", "q");
  await vi.waitFor(async () =>
    expect(await slot.get()).toMatchObject({ status: "failed", message: matching(/could not be kept/) }),
  );
});

test("an evaluation of a run that has no record any more is kept, and told to nobody", async () => {
  await using _worker = await system.startWorker({}, { pace });
  await system.train("nobody", { num_epochs: 1 });
  await system.ended("nobody");
  const slot = system.results.evaluation("nobody");
  const evaluated = async () => {
    await system.redis.del(slot.key);
    await system.add("trainer-inference", "eval", {
      run_id: RunId.parse("nobody"),
      request: EvaluateRequest.parse({}),
    });
    const isDone = async () => expect(await slot.get()).toMatchObject({ status: "completed" });
    await vi.waitFor(isDone, { interval: 20 });
  };
  using events = await listen(system.redisServer.url, "nobody");
  await evaluated();
  await events.until(({ type }) => type === "trainer.run.evaluated.v1");
  await system.redis.del(keys.job("nobody"));
  await evaluated();
  expect(events.own).toHaveLength(1);
});
