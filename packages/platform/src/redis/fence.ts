import type { Redis } from "ioredis";
import { AppError } from "../errors.js";
import { keys } from "../redis-keys.js";

/**
 * The number of a run's lease: only the latest holder may write. Later ones are greater, even after Redis has lost its
 * data.
 */
export type Fence = number;

export type Command = readonly [name: string, ...args: (string | number)[]];

const CLAIM = `
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local fence = math.max(now, tonumber(redis.call("GET", KEYS[1]) or "0") + 1, tonumber(ARGV[1]) + 1)
redis.call("SET", KEYS[1], string.format("%.0f", fence))
return string.format("%.0f", fence)`;

const WRITE = `
local held = tonumber(redis.call("GET", KEYS[1]) or "0")
local mine = tonumber(ARGV[1])
if held > mine then return 0 end
if held < mine then redis.call("SET", KEYS[1], ARGV[1]) end
for _, command in ipairs(cjson.decode(ARGV[2])) do redis.call(unpack(command)) end
return 1`;

/**
 * Takes the run: from now on earlier holders cannot write for it.
 * @param after a known earlier fence: after a loss of data and a clock set back, Redis alone would give a smaller one
 */
export async function claimRun(redis: Redis, runId: string, after: Fence): Promise<Fence> {
  return Number(await redis.eval(CLAIM, 1, keys.fence(runId), String(after)));
}

/**
 * Does several writes as one, if nobody has claimed the run since.
 * @throws AppError CONFLICT if somebody has
 */
export async function writeFenced(
  redis: Redis,
  runId: string,
  fence: Fence,
  commands: readonly Command[],
): Promise<void> {
  const args = JSON.stringify(commands.map((command) => command.map(String)));
  const written = await redis.eval(WRITE, 1, keys.fence(runId), String(fence), args);
  if (written === 1) return;
  throw new AppError("CONFLICT", `run ${runId} has been taken over by another worker`);
}
