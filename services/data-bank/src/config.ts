import { envField, readConfig, type Env } from "@trainer/platform";
import { z } from "zod";

const Schema = z
  .object({
    BIND_HOST: z.string().trim().default("127.0.0.1"),
    /** 0: one that is free. */
    PORT: envField.count.default(8001),
    DATA_ROOT: z.string().default("/data/files"),
    API_UPLOAD_KEYS: envField.list.default([]),
    /** Unset: the upload keys. */
    API_READ_KEYS: envField.list.optional(),
    API_DELETE_KEYS: envField.list.optional(),
    /** Readiness asks this Redis, where there is one. */
    REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be redis://… or rediss://…" }).optional(),
    /** Room that uploads leave on the disk, in GiB. */
    MIN_FREE_GB: envField.amount.default(1),
    /** 0: no limit. */
    MAX_FILE_BYTES: envField.count.default(0),
    /** Whether deleting what is not there is an error. */
    DELETE_STRICT_404: envField.flag.default(false),
    LOG_LEVEL: z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(["debug", "info", "warn", "error", "fatal"]))
      .catch("info"),
  })
  .transform((env) => ({
    host: env.BIND_HOST,
    port: env.PORT,
    root: env.DATA_ROOT,
    keys: {
      upload: env.API_UPLOAD_KEYS,
      read: env.API_READ_KEYS ?? env.API_UPLOAD_KEYS,
      delete: env.API_DELETE_KEYS ?? env.API_UPLOAD_KEYS,
    },
    redisUrl: env.REDIS_URL ?? null,
    minFreeBytes: env.MIN_FREE_GB * 2 ** 30,
    maxFileBytes: env.MAX_FILE_BYTES === 0 ? Infinity : env.MAX_FILE_BYTES,
    strictDelete: env.DELETE_STRICT_404,
    logLevel: env.LOG_LEVEL,
  }));

export type DataBankConfig = z.output<typeof Schema>;

/** @throws AppError CONFIG_ERROR, which names every variable that is wrong */
export const dataBankConfig = (env: Env): DataBankConfig => readConfig(Schema, env);
