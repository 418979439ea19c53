import { expect, test } from "vitest";
import { zeros } from "./create.js";
import { cudaQueue, eagerQueue, type GraphOperators } from "./device-queue.js";
import { devices, memoryStats } from "./runtime.js";
import { keep } from "./scope.js";

/** Operators that note what is called. */
function scripted(calls: string[], failing?: string): GraphOperators {
  const note = (name: string) => {
    calls.push(name);
    if (name === failing) throw new Error(`${name} failed`);
  };
  return {
    graphBegin: () => (note("begin"), 7),
    graphCapture: (graph) => note(`capture ${graph}`),
    graphEnd: (graph) => note(`end ${graph}`),
    graphAbort: (graph) => note(`abort ${graph}`),
    graphReplay: (graph) => note(`replay ${graph}`),
    graphFree: (graph) => note(`free ${graph}`),
  };
}

test("work is run until libraries have chosen, recorded, replayed and freed", () => {
  const calls: string[] = [];
  const queue = cudaQueue(scripted(calls));
  const before = memoryStats().liveTensors;
  {
    using recording = queue.record(() => {
      zeros([2]);
      calls.push("work");
    });
    recording.replay();
    recording.replay();
  }
  expect(calls).toEqual(["begin", "work", "work", "capture 7", "work", "end 7", "replay 7", "replay 7", "free 7"]);
  expect(memoryStats().liveTensors).toBe(before);
});

test("work whose like was run already is only recorded", () => {
  const calls: string[] = [];
  using _recording = cudaQueue(scripted(calls)).record(() => void calls.push("work"), { warm: true });
  expect(calls).toEqual(["begin", "capture 7", "work", "end 7"]);
});

test.each(["capture 7", "end 7"])("where %s fails the graph is given up, and the first error is thrown", (failing) => {
  const calls: string[] = [];
  expect(() => cudaQueue(scripted(calls, failing)).record(() => undefined)).toThrow(`${failing} failed`);
  expect(calls.slice(-2)).toEqual([failing, "abort 7"]);
});

test.skipIf(devices().cuda.count > 0)("without a GPU nothing can be recorded", () => {
  expect(() => cudaQueue().record(() => undefined)).toThrow("trainer::graph_begin");
});

test("a queue that does everything at once repeats what is recorded, until it is disposed of", () => {
  const count = keep(zeros([2], { dtype: "int64" }));
  const recording = eagerQueue.record(() => {
    count.add_(1);
  });
  expect(count.toArray()).toEqual([0, 0]);
  recording.replay();
  recording.replay();
  const read = eagerQueue.read(count);
  recording.replay();
  expect([read(), count.toArray()]).toEqual([
    [2, 2],
    [3, 3],
  ]);
  recording[Symbol.dispose]();
  expect(() => recording.replay()).toThrow("has been disposed of");
  count.dispose();
});
