import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TokenizerId, TokenizerTrainRequest } from "@trainer/platform";
import type { System } from "@trainer/testing/system";
import { expect, vi } from "vitest";

const LATER = 60_000;

/** Settings of a worker that notices within a second what is amiss, and looks after nothing else meanwhile. */
export const pace = {
  lock: 1000,
  stalled: 500,
  heartbeat: 50,
  silent: 1200,
  cancel: 50,
  presence: LATER,
  reconcile: LATER,
  idle: LATER,
};

/** A child process that runs a module's text. */
export function scripted(system: System, name: string, text: string) {
  const module = join(system.root, `${name}.mjs`);
  writeFileSync(module, text);
  return { module, execArgv: [] };
}

/** Asks for a tokenizer, as the API does. */
export async function queueTokenizer(system: System, id: string, fields: object = {}): Promise<void> {
  await system.tokenizers.create(id);
  const asked = TokenizerTrainRequest.parse({ corpus_path: "corpus.txt", vocab_size: 300, ...fields });
  await system.add("trainer", "tokenizer", { tokenizer_id: TokenizerId.parse(id), request: asked });
}

export const tokenizerIs = (system: System, id: string, status: string) =>
  vi.waitFor(async () => expect((await system.tokenizers.get(id)).status).toBe(status), {
    interval: 20,
  });
