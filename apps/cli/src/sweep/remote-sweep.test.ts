import { expect, test } from "vitest";
import { roomOf } from "./remote-sweep.js";

const presence = (trainings: number, gpus: number) => ({
  host: "h",
  pid: 1,
  started_at: "",
  seen_at: "",
  trainings,
  answers: 1,
  engine: {
    libtorch: "2",
    threads: 1,
    kernels: "",
    gpus: Array.from({ length: gpus }, () => ({ name: "g", memory_bytes: null, capability: null })),
    no_gpu: null,
  },
});
const worker = (told: ReturnType<typeof presence> | null, alive = true) => ({ name: "w", alive, presence: told });

test("a server has room for as many trials as its workers train at a time, and for one at the least", () => {
  expect(roomOf({ workers: null })).toEqual({ places: 1, hasGpu: false });
  expect(roomOf({ workers: [worker(presence(8, 1), false)] })).toEqual({ places: 1, hasGpu: false });
  expect(roomOf({ workers: [worker(null), worker(presence(2, 0))] })).toEqual({ places: 3, hasGpu: false });
  const untold = { ...presence(1, 0), engine: null };
  const workers = [{ ...worker(null), presence: untold }, worker(presence(2, 1))];
  expect(roomOf({ workers })).toEqual({ places: 3, hasGpu: true });
});
