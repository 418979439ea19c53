// npm run test:containers: builds the image of deploy/, starts deploy/compose.yaml, trains through it, kills each part,
// upgrades from an image of an earlier commit, and takes the power away. No part of npm test: it takes podman and about
// half an hour, most of it for the C++ in the image.
//   npm run test:containers -- [--before COMMIT] [--image NAME] [--image-before NAME]
// BUILD_OPTIONS: further options of `podman build`, such as where this machine's certificates and settings of npm are.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { baseImages, REDIS_IMAGE } from "./containers/base-images.js";
import { buildImage, sizeOf } from "./containers/build-image.js";
import { allThere, begin, end, killEach, openPages, prepare, same, underWay } from "./containers/scenario.js";
import { Stack } from "./containers/stack.js";
import { exec } from "./exec.js";
import { run, say, SetupError, step } from "./say.js";

const { values: given } = parseArgs({
  options: { before: { type: "string" }, image: { type: "string" }, "image-before": { type: "string" } },
});

await run(async () => {
  await requirePrograms();
  await baseImages();
  const image = given.image ?? (await buildImage("model-trainer:test"));
  const before = given["image-before"] ?? (await buildImage("model-trainer:test-before", given.before ?? "HEAD~10"));
  const folder = mkdtempSync(join(tmpdir(), "trainer-containers-"));
  const stack = await Stack.make(before);
  const removed = removedOnSignals(stack);
  try {
    const rows = await scenario(stack, folder, image);
    const sizes = await Promise.all(
      [image, before, REDIS_IMAGE].map(async (name) => [`image ${name}`, await sizeOf(name)]),
    );
    say(`\n${table([...sizes, ...rows])}\n\nNothing was lost.`);
  } catch (error) {
    say(await stack.logs());
    throw error;
  } finally {
    removed();
    await stack.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});

/**
 * @param {Stack} stack
 * @param {string} folder
 * @param {string} image
 */
async function scenario(stack, folder, image) {
  /** @type {string[][]} */
  const rows = [];
  const up = await step("the earlier image is up", () => started(stack));
  for (const [part, seconds] of Object.entries(up)) rows.push([`${part} well after`, `${seconds.toFixed(1)} s`]);
  await step("the pages open", () => openPages(stack));
  const text = await step("a text sent, a tokenizer trained", () => prepare(stack, folder));
  const undisturbed = await step("a model trained", async () => end(stack, await begin(stack, text)));
  const runs = [undisturbed.runId];
  await step("it writes", () => allThere(stack, runs));

  await step("upgraded while a model trains", async () => {
    const runId = await begin(stack, text);
    await underWay(stack, runId);
    stack.use(image);
    const from = performance.now();
    await stack.up();
    await stack.healthy();
    rows.push([
      "upgrade in a training",
      `${((performance.now() - from) / 1000).toFixed(1)} s; the run went on, and ended`,
    ]);
    await end(stack, runId);
    runs.push(runId);
    await allThere(stack, runs);
  });

  const reference = await step("a model trained by the new image", async () => end(stack, await begin(stack, text)));
  const killed = await killEach(stack, text, reference);
  rows.push(...killed.rows);
  runs.push(reference.runId, ...killed.runs);
  await step("all runs write", () => allThere(stack, runs));

  await step("all killed at once while a model trains, removed and started again", async () => {
    const runId = await begin(stack, text);
    await underWay(stack, runId);
    await Promise.all(/** @type {const} */ (["api", "worker", "data-bank", "redis"]).map((part) => stack.kill(part)));
    await stack.down();
    const from = performance.now();
    await stack.up();
    await stack.healthy();
    rows.push([
      "all killed at once, started anew",
      `${((performance.now() - from) / 1000).toFixed(1)} s; the run went on, and ended with the same loss`,
    ]);
    same(reference, await end(stack, runId));
    runs.push(runId);
    await allThere(stack, runs);
  });
  rows.push(["runs trained, all there", String(runs.length)]);
  return rows;
}

/** @param {Stack} stack */
async function started(stack) {
  await stack.up();
  return stack.healthy();
}

/**
 * Leaves no containers behind where the test is stopped.
 * @param {Stack} stack
 * @returns {() => void} takes the listeners away
 */
function removedOnSignals(stack) {
  const stop = () => {
    stack.remove().then(
      () => process.exit(130),
      () => process.exit(1),
    );
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  return () => process.off("SIGINT", stop).off("SIGTERM", stop);
}

async function requirePrograms() {
  const found = await Promise.all(
    ["podman", "podman-compose"].map(async (name) => ((await exec(name, ["--version"])).code === 0 ? [] : [name])),
  );
  const missing = found.flat();
  if (missing.length > 0)
    throw new SetupError(
      `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not installed: apt-get install podman buildah, and pip install podman-compose (1.1 or newer).`,
    );
}

/** @param {string[][]} rows */
function table(rows) {
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  return rows.map(([name = "", value = ""]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
