import { once } from "node:events";
import { createServer } from "node:net";
import { containing } from "@trainer/testing";
import { startSystem } from "@trainer/testing/api";
import { expect, test, vi } from "vitest";
import { z } from "zod";

test("a home that takes nothing is refused", async () => {
  await using system = await startSystem();
  await expect(system.start({ artifactsRoot: "/proc/none" })).rejects.toMatchObject({
    code: "CONFIG_ERROR",
    message: containing("nothing can be written in /proc/none (ENOENT"),
  });
});

test("a port that is taken leaves no connection behind, which would keep the process alive", async () => {
  await using system = await startSystem();
  const connections = async () =>
    String(await system.redis.client("LIST"))
      .trim()
      .split("\n").length;
  const before = await connections();
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = z.object({ port: z.int() }).parse(taken.address());
  await expect(system.start({ port })).rejects.toThrow("EADDRINUSE");
  await vi.waitFor(async () => expect(await connections()).toBe(before));
  taken.close();
});

test("a clock that is off Redis's is told in the log", async () => {
  await using system = await startSystem();
  const real = Date.now.bind(Date);
  const clock = vi.spyOn(Date, "now").mockImplementation(() => real() + 86_400_000);
  await using _api = await system.start();
  await vi.waitFor(() => expect(system.logs.join("")).toContain('"event":"clock_off"'));
  clock.mockRestore();
});
