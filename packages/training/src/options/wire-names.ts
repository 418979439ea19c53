import { camel, snake } from "@trainer/disk";
import type { RunOptions, TrainOptions } from "./options.js";

/** Options by the names they have in requests and manifests: snake_case, `corpus_path` for the corpus. */
export function toConfig({
  corpus,
  userId,
  splitVersion: _rule, // has its own place in manifests
  ...options
}: TrainOptions & Pick<RunOptions, "splitVersion">): Record<string, unknown> {
  return {
    ...snakeKeys(options),
    corpus_path: corpus.join(":"),
    corpus_paths: corpus,
    user_id: String(userId), // a 64-bit id is no JSON number that JavaScript could read back
  };
}

/** Input of `parseTrainOptions`, from a manifest's `config`. */
export function fromConfig(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { corpus_path: _joined, corpus_paths: corpus, ...rest } = config;
  return { ...camelKeys(rest), corpus };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function mapKeys(object: object, rename: (key: string) => string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]: [string, unknown]) => [
      rename(key),
      isObject(value) ? mapKeys(value, rename) : value,
    ]),
  );
}

export const snakeKeys = (object: object) => mapKeys(object, snake);
const camelKeys = (object: object) => mapKeys(object, camel);
