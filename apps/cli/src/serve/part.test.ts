import { EventEmitter, once } from "node:events";
import { expect, test, vi } from "vitest";
import { startPart, type Pace, type PartSpec, type Place } from "./part.js";

const PACE: Pace = { firstMs: 1, longestMs: 4, settledMs: 60_000, lifeMs: 60_000 };
const UP = 'console.log("{}")';
const STAYS = `${UP}; setInterval(() => {}, 1000)`;
const quiet = () => new AbortController().signal;

/** A part that runs each of these scripts in turn, the last one again and again. */
function part(scripts: readonly string[], more: Partial<PartSpec> = {}): PartSpec {
  const left = [...scripts];
  return {
    name: "part",
    needed: true,
    launch: () => ({ args: ["-e", left.length > 1 ? String(left.shift()) : String(left[0])], env: {}, cwd: "/" }),
    place: (_, pid) => Promise.resolve({ pid }),
    graceMs: 60_000,
    ...more,
  };
}

/** Events of a part, one at a time. */
function watched(pace = PACE) {
  const events = new EventEmitter();
  const downs: [why: string, waitMs: number][] = [];
  const lines: string[] = [];
  return {
    downs,
    lines,
    next: (event: "up" | "down") => once(events, event),
    hooks: {
      pace,
      log: { write: (line: string) => void lines.push(line) },
      up: (_: string, place: Place) => void events.emit("up", place),
      down: (_: string, why: string, ms: number) => {
        downs.push([why, ms]);
        events.emit("down");
      },
    },
  };
}

const isAlive = (pid: number | undefined): boolean => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

test("a part that dies is started again, where it was, until it is stopped", async () => {
  const { hooks, next, downs } = watched();
  const befores: Place[] = [];
  const spec = part([STAYS]);
  const launch: PartSpec["launch"] = (before) => {
    befores.push(before);
    return spec.launch(before);
  };
  const kept = await startPart({ ...spec, launch }, hooks, quiet());
  const first = kept.place;
  const again = next("up");
  process.kill(Number(first.pid), "SIGKILL");
  await again;
  expect(befores).toEqual([{}, first]);
  expect(downs).toEqual([["it was ended by SIGKILL", 1]]);
  await new Promise(setImmediate);
  const second = kept.place;
  expect(second.pid).not.toBe(first.pid);
  await kept.stop(quiet());
  expect(isAlive(second.pid)).toBe(false);
  expect(downs).toHaveLength(1);
});

test("the waits double up to the longest, and begin anew once a part has lived for a while", async () => {
  const { hooks, next, downs } = watched();
  const kept = await startPart(part([`${UP}; process.exit(3)`]), hooks, quiet());
  while (downs.length < 5) await next("down");
  await kept.stop(quiet());
  expect(downs.slice(0, 5).map(([, ms]) => ms)).toEqual([1, 2, 4, 4, 4]);

  const settled = watched({ ...PACE, settledMs: 0 });
  const other = await startPart(part([`${UP}; process.exit(3)`]), settled.hooks, quiet());
  while (settled.downs.length < 3) await settled.next("down");
  await other.stop(quiet());
  expect(settled.downs.slice(0, 3).map(([, ms]) => ms)).toEqual([1, 1, 1]);
});

test("a part that does not come up says why, with its last words that are no log records", async () => {
  const { hooks, lines } = watched();
  const script = 'for (let i = 0; i < 20; i++) console.error("word " + i); console.error("{}"); process.exit(2)';
  const error = await startPart(part([script]), hooks, quiet()).catch((error: unknown) => error);
  expect(String(error)).toMatch(/^Error: it ended with code 2\n {4}word 11\n(.*\n){7} {4}word 19$/);
  expect(lines).toHaveLength(21);
});

test("a part that cannot be started, or does not answer, is told of", async () => {
  const { hooks } = watched();
  const none = part([STAYS], { launch: () => ({ args: [], env: {}, cwd: "/no/such/folder" }) });
  await expect(startPart(none, hooks, quiet())).rejects.toThrow("ENOENT");
  const deaf = part([STAYS], { place: () => Promise.reject(new Error("no answer")) });
  await expect(startPart(deaf, hooks, quiet())).rejects.toThrow("no answer");
});

test("one that dies while it is asked whether it is ready is not waited for", async () => {
  const { hooks } = watched();
  const place: PartSpec["place"] = (_, pid, signal) => {
    process.kill(pid, "SIGKILL");
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("too late"))));
  };
  await expect(startPart(part([STAYS], { place }), hooks, quiet())).rejects.toThrow("it was ended by SIGKILL");
});

test("whoever does not end in time, or when somebody hurries, is ended with all it has started", async () => {
  const stubborn = `
    const child = require("child_process").spawn("sleep", ["1000"]);
    process.on("SIGTERM", () => {});
    console.log(child.pid);
    setInterval(() => {}, 1000)`;
  const place: PartSpec["place"] = (told, pid) => Promise.resolve({ pid, url: String(told) });
  const { hooks } = watched();
  const slow = await startPart(part([stubborn], { place, graceMs: 20 }), hooks, quiet());
  await slow.stop(quiet());
  const hurried = await startPart(part([stubborn], { place }), hooks, quiet());
  const hurry = new AbortController();
  const stopped = hurried.stop(hurry.signal);
  hurry.abort();
  await stopped;
  const already = await startPart(part([stubborn], { place }), hooks, quiet());
  await already.stop(hurry.signal);
  for (const { place } of [slow, hurried, already]) {
    expect(isAlive(place.pid)).toBe(false);
    while (isAlive(Number(place.url))) await new Promise(setImmediate);
  }
});

test("a stop that comes while it starts, or while it waits to start again, ends it", async () => {
  const { hooks, next } = watched({ ...PACE, firstMs: 1_000_000 });
  const stop = new AbortController();
  const starting = startPart(part(["setInterval(() => {}, 1000)"]), hooks, stop.signal);
  stop.abort();
  await expect(starting).rejects.toThrow("it was ended by SIGTERM");
  await expect(startPart(part(["setInterval(() => {}, 1000)"]), hooks, stop.signal)).rejects.toThrow("SIG");

  const down = next("down");
  const waiting = await startPart(part([`${UP}; process.exit(1)`]), hooks, quiet());
  await down;
  await waiting.stop(quiet());

  const restarting = watched();
  const spec = part([`${UP}; process.exit(1)`, "setInterval(() => {}, 1000)"]);
  let launches = 0;
  const launch: PartSpec["launch"] = (before) => ((launches += 1), spec.launch(before));
  const part2 = await startPart({ ...spec, launch }, restarting.hooks, quiet());
  await vi.waitUntil(() => launches === 2); // it is in the midst of its second start
  await part2.stop(quiet());
});

test("what a part reads comes over stdin, and one that does not read it is none the worse", async () => {
  const { hooks } = watched();
  const reads = part([], {
    launch: () => ({
      args: [
        "-e",
        `process.stdin.on("data", (text) => console.log(JSON.stringify(String(text)))); setInterval(() => {}, 1000)`,
      ],
      env: {},
      cwd: "/",
      input: "hello",
    }),
    place: (told, pid) => Promise.resolve({ pid, url: String(told) }),
  });
  const kept = await startPart(reads, hooks, quiet());
  expect(kept.place.url).toBe("hello");
  await kept.stop(quiet());
  const gone = part([], {
    launch: () => ({ args: ["-e", "process.exit(4)"], env: {}, cwd: "/", input: "x".repeat(2 ** 20) }),
  });
  await expect(startPart(gone, hooks, quiet())).rejects.toThrow("code 4");
});

test("a part that is not needed may come up later, or be stopped before", async () => {
  const { hooks, next, downs } = watched();
  const up = next("up");
  const late = await startPart(part(["process.exit(5)", STAYS], { needed: false }), hooks, quiet());
  expect(late.place).toEqual({});
  await up;
  expect(downs).toEqual([["it ended with code 5", 1]]);
  await late.stop(quiet());
  const stop = new AbortController();
  const never = startPart(part(["setInterval(() => {}, 1000)"], { needed: false }), hooks, stop.signal);
  stop.abort();
  await expect(never).rejects.toThrow("it was ended by SIGTERM");
});

test("a part that hangs is ended and started again, whether it says by itself that it lives or is asked", async () => {
  const signs = `${UP}; setInterval(() => process.send("alive"), 10)`;
  const why = "it gave no sign of life any more, and was ended";
  const saying = watched({ ...PACE, lifeMs: 500 });
  const kept = await startPart(part([signs]), saying.hooks, quiet());
  const again = saying.next("up");
  process.kill(Number(kept.place.pid), "SIGSTOP");
  await again;
  await kept.stop(quiet());
  expect(saying.downs).toEqual([[why, 1]]);

  const asking = watched({ ...PACE, lifeMs: 50 });
  const asked: (number | undefined)[] = [];
  const ask = async ({ pid }: Place) => {
    asked.push(pid);
    if (asked.length > 2 && pid === asked[0]) throw new Error("no answer");
  };
  const other = await startPart(part([STAYS], { ask }), asking.hooks, quiet());
  const { pid } = other.place;
  await asking.next("up");
  await vi.waitUntil(() => new Set(asked).size === 2);
  await other.stop(quiet());
  expect(asking.downs).toEqual([[why, 1]]);
  expect(asked.filter((each) => each === pid).length).toBeGreaterThanOrEqual(5);
});
