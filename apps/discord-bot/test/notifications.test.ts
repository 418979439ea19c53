import { afterEach, expect, test } from "vitest";
import { eventsOf } from "./events.js";
import { runStatus, TRAINING } from "./trainer.js";
import { field, startWorld, USER, type World, type WorldOptions } from "./world.js";

let world: World;
afterEach(() => world[Symbol.asyncDispose]());
const start = async (options?: WorldOptions) => (world = await startWorld(options));

test("a whole training is told in one message, edited in place", async () => {
  await start();
  const { queued, started, config, step } = eventsOf("gpt2-tiny-1", USER);
  world.trainer.run(runStatus("gpt2-tiny-1", { status: "running", training: TRAINING }));
  await world.publish(queued);
  const first = await world.titled(USER, "Training Queued");
  expect(first.embeds[0]).toMatchObject({
    color: 0x5865f2,
    description: "Training **gpt2 tiny**\nQueue: `training`",
    footer: { text: "Request ID: gpt2-tiny-1" },
  });
  await world.publish(started, config);
  world.clock.advance(5000);
  const second = await world.titled(USER, "Training Starting");
  expect(second.id).toBe(first.id);
  expect(field(second, "Configuration")).toBe(
    "Family: gpt2\nSize: tiny\nEpochs: 3\nBatch Size: 4\nLearning Rate: 0.0005",
  );
  expect(field(second, "Resources")).toBe("CPU Cores: 2\nMemory: 4096 MB\nThreads: 2\nWorkers: 0");
  await world.publish(
    step(1),
    step(100, { val_loss: 3.5, val_ppl: 33.1155, samples_per_sec: 0, total_steps: 300, eta_seconds: 65 }),
  );
});
