import { once } from "node:events";
import { createServer } from "node:net";
import { startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { dataBankConfig } from "../src/config.js";
import { startDataBank } from "../src/start.js";
import { scratch } from "./bank.js";

const start = (env: Record<string, string>) =>
  startDataBank(dataBankConfig({ PORT: "0", ...env }), { log: { write: () => {} } });

test("a folder that takes nothing is refused", async () => {
  await expect(start({ DATA_ROOT: "/proc/none" })).rejects.toThrow(
    /^nothing can be written in \/proc\/none \(.*\), which DATA_ROOT or --root names: let this user write there/,
  );
});

test("a port that is taken is refused, with a Redis and without", async () => {
  await using redis = await startRedis();
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = z.object({ port: z.int() }).parse(taken.address());
  for (const more of [{}, { REDIS_URL: redis.url }])
    await expect(start({ DATA_ROOT: scratch(), PORT: String(port), ...more })).rejects.toThrow("EADDRINUSE");
  taken.close();
});
