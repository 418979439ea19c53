import { z } from "zod";

const MAX = 2n ** 63n - 1n;

const isUserId = (value: unknown): value is number | bigint =>
  (typeof value === "bigint" || Number.isSafeInteger(value)) &&
  BigInt(String(value)) >= 0n &&
  BigInt(String(value)) <= MAX;

/** A Discord snowflake: 64 bits, a bare integer in JSON, a bigint here. 0 is nobody. */
export const UserId = z
  .custom<number | bigint>(isUserId, "must be an integer")
  .transform(BigInt)
  .meta({ type: "integer", format: "int64", minimum: 0 });

/** The same as decimal text, as it is stored. */
export const UserIdText = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);
