import { envField, readConfig, type Env } from "@trainer/platform";
import { tracingConfig } from "@trainer/platform/tracing";
import { z } from "zod";

const OPTIONS = 'must be a JSON object, as in {"name": "value"}';

const Schema = z
  .object({
    BIND_HOST: z.string().trim().default("127.0.0.1"),
    /** Further names that it is reached by, those that a proxy before it passes on. */
    PUBLIC_HOSTS: envField.list.default([]),
    /** 0: one that is free. */
    PORT: envField.count.default(8001),
    DATA_ROOT: z.string().default("/data/files"),
    API_UPLOAD_KEYS: envField.list.default([]),
    /** Unset: the upload keys. */
    API_READ_KEYS: envField.list.optional(),
    API_DELETE_KEYS: envField.list.optional(),
    /** Readiness checks this Redis, if there is one. */
    REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be redis://… or rediss://…" }).optional(),
    /** Room that uploads leave on the disk, in GiB. */
    MIN_FREE_GB: envField.amount.default(1),
    /** 0: no limit. */
    MAX_FILE_BYTES: envField.count.default(0),
    /** True if deleting a missing file is an error. */
    DELETE_STRICT_404: envField.flag.default(false),
    /** The kind of store. Unset: "s3" where there is a bucket, else "disk". */
    STORE: z.string().trim().optional(),
    /** Options of a plugin's store. */
    STORE_OPTIONS: z
      .string()
      .default("{}")
      .transform(parseJson)
      .pipe(z.record(z.string(), z.unknown(), OPTIONS)),
    /** A bucket of an S3-compatible store takes the place of the folder. */
    S3_BUCKET: z.string().trim().optional(),
    S3_ENDPOINT: z.url({ protocol: /^https?$/, error: "must be http://… or https://…" }).optional(),
    AWS_REGION: z.string().trim().default("us-east-1"),
    AWS_ACCESS_KEY_ID: z.string().trim().default(""),
    AWS_SECRET_ACCESS_KEY: z.string().trim().default(""),
    AWS_SESSION_TOKEN: z.string().trim().optional(),
    LOG_LEVEL: envField.logLevel.default("info"),
  })
  .refine((env) => env.S3_BUCKET === undefined || (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY), {
    path: ["S3_BUCKET"],
    message: "needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY too",
  })
  .transform((env) => ({
    host: env.BIND_HOST,
    publicHosts: env.PUBLIC_HOSTS,
    port: env.PORT,
    store: { name: env.STORE ?? (env.S3_BUCKET === undefined ? "disk" : "s3"), options: env.STORE_OPTIONS },
    root: env.DATA_ROOT,
    keys: {
      upload: env.API_UPLOAD_KEYS,
      read: env.API_READ_KEYS ?? env.API_UPLOAD_KEYS,
      delete: env.API_DELETE_KEYS ?? env.API_UPLOAD_KEYS,
    },
    s3:
      env.S3_BUCKET === undefined
        ? null
        : {
            bucket: env.S3_BUCKET,
            endpoint: env.S3_ENDPOINT ?? `https://s3.${env.AWS_REGION}.amazonaws.com`,
            region: env.AWS_REGION,
            accessKeyId: env.AWS_ACCESS_KEY_ID,
            secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
            sessionToken: env.AWS_SESSION_TOKEN,
          },
    redisUrl: env.REDIS_URL ?? null,
    minFreeBytes: env.MIN_FREE_GB * 2 ** 30,
    maxFileBytes: env.MAX_FILE_BYTES === 0 ? Infinity : env.MAX_FILE_BYTES,
    strictDelete: env.DELETE_STRICT_404,
    logLevel: env.LOG_LEVEL,
  }));

/** `tracing`: null where nothing is traced. */
export type DataBankConfig = z.output<typeof Schema> & { readonly tracing: ReturnType<typeof tracingConfig> };

/** @throws AppError CONFIG_ERROR, which names every variable that is wrong */
export const dataBankConfig = (env: Env): DataBankConfig => ({
  ...readConfig(Schema, env),
  tracing: tracingConfig(env),
});

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
