import { z } from "zod";

const MAX = 2n ** 63n - 1n;

const isInteger = (value: unknown): value is number | bigint =>
  typeof value === "bigint" || Number.isSafeInteger(value);
const isUserId = (value: unknown): value is number | bigint => isInteger(value) && value >= 0 && value <= MAX;

function words({ input }: { readonly input?: unknown }): string {
  if (!isInteger(input)) return "must be an integer";
  return input < 0 ? "must be >= 0" : `must be <= ${MAX}`;
}

/** A Discord snowflake: 64 bits, a bare integer in JSON, a bigint here. 0 is nobody. */
export const UserId = z
  .custom<number | bigint>(isUserId, { error: words })
  .transform(BigInt)
  .meta({ type: "integer", format: "int64", minimum: 0 });

/** The same as decimal text, as it is stored. */
export const UserIdText = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);
