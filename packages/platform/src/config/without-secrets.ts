import type { Env } from "./env.js";

const SECRET_NAME = /(key|token|secret|password|passwd|credential)s?$|^redis_+url$|^store_options$|^otel_\w+_headers$/i;
const WITH_PASSWORD = /\/\/[^/@\s]*@/;

/**
 * The environment of a process that needs no secret of it: files that it opens, and whoever takes it over, find neither
 * keys nor tokens, nor addresses with passwords.
 */
export const withoutSecrets = (env: Env): Env =>
  Object.fromEntries(
    Object.entries(env).filter(([name, value = ""]) => !SECRET_NAME.test(name) && !WITH_PASSWORD.test(value)),
  );
