import { expect, test } from "vitest";
import { testIo } from "../../test/screen.js";
import { EXIT } from "../process/exit-codes.js";
import { Stopped } from "../process/interrupts.js";
import { run } from "../program.js";
import { lineOf, report, trialsOf } from "./find-batch.js";

const small = { batchSize: 2, fits: true, peakBytes: 2 ** 30, tokensPerSec: 1500 };
const large = { batchSize: 4, fits: false, peakBytes: null, tokensPerSec: null };

test("what is tried is told as it is tried", () => {
  expect(lineOf({ type: "batch", ...small })).toMatch(/^a batch of 2 fits, 1\.50?k tokens\/s$/);
  expect(lineOf({ type: "batch", ...large })).toBe("a batch of 4 does not fit");
  expect(lineOf({ type: "trying", batchSize: 4, threads: 2 })).toBe("trying a batch of 4 on 2 threads ...");
  expect(lineOf({ type: "threads", threads: 1, tokensPerSec: 900 })).toBe("1 thread: 900 tokens/s");
  expect(lineOf({ type: "threads", threads: 2, tokensPerSec: 900 })).toBe("2 threads: 900 tokens/s");
});

test("a report has a row for each batch, and the threads where they matter", () => {
  const found = {
    batchSize: 2,
    threads: 2,
    device: "cpu",
    precision: "fp32",
    maxSeqLen: 128,
    memoryBytes: 2 ** 31,
    batches: [large, small],
    threadTrials: [{ threads: 2, tokensPerSec: 1500 }],
  } as const;
  const onCpu = report(found);
  expect(onCpu[0]).toBe("largest batch: 2 sequences of 128 tokens (cpu, fp32) in 2.00 GiB");
  expect(onCpu.filter((line) => / (yes|no)$/.test(line)).map((line) => line.split(/\s+/)[0])).toEqual(["2", "4"]);
  expect(onCpu.at(-1)).toBe("fastest: --threads 2");
  const onCuda = report({ ...found, device: "cuda", precision: "fp16", threadTrials: [] });
  expect(onCuda[0]).toBe("largest batch: 2 sequences of 128 tokens (cuda, fp16) in 2.00 GiB");
  expect(onCuda.join("\n")).not.toContain("threads");
});

test("what was tried is batches and numbers of threads, and a report of none of them has no table", () => {
  const thread = { threads: 2, tokensPerSec: 1500 };
  const events = [
    { type: "trying", batchSize: 2, threads: 2 },
    { type: "batch", ...small },
    { type: "threads", ...thread },
  ] as const;
  expect(trialsOf(events)).toEqual({
    batches: [{ type: "batch", ...small }],
    threadTrials: [{ type: "threads", ...thread }],
  });
  const none = { batches: [], threadTrials: [], batchSize: 1, threads: 1, device: "cpu", precision: "fp32" } as const;
  expect(report({ ...none, maxSeqLen: 128, memoryBytes: 2 ** 30 })).toHaveLength(1);
});

test("a search that is stopped ends with what it found so far", async () => {
  const small = "find-batch --n-layer 1 --n-embd 16 --n-head 2 --max-seq-len 16 --vocab-size 300 --threads 1".split(
    " ",
  );
  const stop = new AbortController();
  const io = testIo({ interruptible: (body) => body(stop.signal) });
  const write = io.stderr.write.bind(io.stderr);
  io.stderr.write = (text) => {
    if (text.includes("a batch of 1 fits")) stop.abort(new Stopped("SIGINT", EXIT.interrupted));
    return write(text);
  };
  expect(await run([...small, "--json"], io)).toBe(EXIT.interrupted);
  const [told = ""] = io.stdout.text.split("\n");
  expect(JSON.parse(told)).toMatchObject({
    status: "interrupted",
    batch_size: null,
    batches: [{ batch_size: 1, fits: true }],
    thread_trials: [],
  });
});
