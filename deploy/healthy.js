// The health check of the image: ends with code 0 if the part that this container runs is well, else with 1 and the reason.
// Which part that is, the command line of the first process says: `tini -- trainer worker`.
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { keys } from "@trainer/platform";
import { openRedis } from "@trainer/platform/redis";

const WITHIN_MS = 5000;

const command = readFileSync("/proc/1/cmdline", "utf8").split("\0");
const part = command[command.findLastIndex((word) => /(^|\/)trainer(\.js)?$/.test(word)) + 1] ?? "";

try {
  if (part === "worker") await workerIsListed();
  else if (["api", "data-bank", "serve"].includes(part)) await answers(part === "data-bank" ? 8001 : 8000);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

/** @param {number} usual the port, where PORT does not say another */
async function answers(usual) {
  const url = `http://localhost:${process.env["PORT"] || usual}/healthz`;
  const { status } = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) });
  if (status !== 200) throw new Error(`${url} answers ${status}`);
}

/** A worker has no address: it is well if Redis knows it, which it does for 20 seconds after its last word. */
async function workerIsListed() {
  const redis = openRedis(process.env["REDIS__URL"] || process.env["REDIS_URL"] || "redis://redis:6379/0", {
    commandTimeoutMs: WITHIN_MS,
  });
  try {
    const ours = (await redis.smembers(keys.workers)).filter((name) =>
      name.startsWith(`rq:worker:${hostname().slice(0, 12)}-`),
    );
    if (ours.length === 0 || (await redis.exists(...ours)) === 0) throw new Error("Redis knows of no worker here");
  } finally {
    redis.disconnect();
  }
}
