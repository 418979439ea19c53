import { expect, test } from "vitest";
import { EXIT } from "../process/exit-codes.js";
import { Stopped } from "../process/interrupts.js";
import { tellStop } from "./tell-stop.js";

test("work that a signal stops says that nothing is kept, and nothing else does", async () => {
  const lines: string[] = [];
  const out = { warn: (line: string) => void lines.push(line) };
  await expect(tellStop(out, Promise.resolve(7))).resolves.toBe(7);
  for (const error of [new Error("no"), new Stopped("EPIPE", EXIT.readerGone), new Stopped("SIGTERM", EXIT.terminated)])
    await expect(tellStop(out, Promise.reject(error))).rejects.toBe(error);
  expect(lines).toEqual(["Stopped by SIGTERM; nothing is kept."]);
});
