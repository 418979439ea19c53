import { createHash } from "node:crypto";
import { AppError, keys, parseJson, RESULT_TTL_SECONDS, toWireJson } from "@trainer/platform";
import type { Redis } from "ioredis";
import { z } from "zod";

const Held = z.object({ request: z.string(), id: z.string() });

/**
 * The id that goes with a client's idempotency key: the one proposed, or the one that an earlier request with the same
 * key got, within a day.
 * @throws AppError CONFLICT where that request was another
 */
export async function idempotent(redis: Redis, key: string, request: object, proposed: string): Promise<string> {
  const place = keys.idempotency(digest(key));
  const mine = { request: digest(toWireJson(request)), id: proposed };
  await redis.set(place, toWireJson(mine), "EX", RESULT_TTL_SECONDS, "NX");
  const held = Held.parse(parseJson(String(await redis.get(place))));
  if (held.request === mine.request) return held.id;
  throw new AppError("CONFLICT", "this Idempotency-Key was used for another request; take a new one");
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
