import { AppError } from "@trainer/platform";
import { expect, test } from "vitest";
import { WriteQueue } from "./write-queue.js";

/** A queue whose writes fail so often, and so, as is given. */
function queue(failures: Error[] = []) {
  const done: string[] = [];
  const errors: unknown[] = [];
  let lost = 0;
  const made = new WriteQueue(
    () => (lost += 1),
    (error) => errors.push(error),
  );
  const run = (name: string) => () => {
    const failure = failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    done.push(name);
    return Promise.resolve();
  };
  const write = (name: string, passing = false) => made.add({ passing, run: run(name) });
  return { made, write, done, errors, lost: () => lost };
}

test("what lasts is written in order; of what passes and has piled up only the last is", async () => {
  const { write, done } = queue();
  await Promise.all([write("a"), write("1", true), write("b"), write("2", true), write("3", true), write("c")]);
  expect(done).toEqual(["a", "b", "3", "c"]);
});

test("a queue that had nothing more to write goes on with what comes later", async () => {
  const { write, done } = queue();
  await write("a");
  await write("b", true);
  await write("c");
  expect(done).toEqual(["a", "b", "c"]);
});

test("a write that fails is tried again until it goes through, and those behind it wait", async () => {
  const { write, done, errors } = queue([new Error("away"), new AppError("SERVICE_UNAVAILABLE", "still away")]);
  await Promise.all([write("a"), write("b")]);
  expect(done).toEqual(["a", "b"]);
  expect(errors.map(String)).toEqual(["Error: away", "AppError: still away"]);
});

test("once another may write in our place, nothing is written any more, and nobody waits for it", async () => {
  const { made, write, done, lost } = queue([new AppError("CONFLICT", "claimed")]);
  await Promise.all([write("a"), write("b")]);
  await write("c");
  made.end();
  expect([done, lost()]).toEqual([[], 1]);
});
