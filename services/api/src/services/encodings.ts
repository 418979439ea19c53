import { randomUUID } from "node:crypto";
import { AppError, TokenizerId, type EncodeRequest, type EncodeResponse } from "@trainer/platform";
import type { Results } from "@trainer/platform/redis";
import type { Channels } from "../live/channels.js";
import { ask, poll, type Accepted } from "./ask.js";
import type { Jobs } from "./jobs.js";

export interface EncodingsDeps {
  readonly results: Results;
  readonly jobs: Jobs;
  readonly channels: Channels;
}

/** Has texts encoded by tokenizers. */
export class Encodings {
  readonly #deps: EncodingsDeps;

  constructor(deps: EncodingsDeps) {
    this.#deps = deps;
  }

  /** @throws AppError TOKENIZER_NOT_FOUND for what is no id; existence is for the worker to see */
  async request(tokenizer: string, request: EncodeRequest, isFollowed: boolean): Promise<Accepted<EncodeResponse>> {
    const { data: tokenizer_id } = TokenizerId.safeParse(tokenizer);
    if (tokenizer_id === undefined) throw new AppError("TOKENIZER_NOT_FOUND", "tokenizer not found");
    const { results, jobs } = this.#deps;
    await jobs.assertRoom("encode");
    const ids = { tokenizer_id, request_id: randomUUID() };
    const slot = results.encoding(tokenizer_id, ids.request_id);
    return await ask(this.#deps, { slot, ids, kind: "encode", data: { ...ids, request } }, isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  result(tokenizer_id: string, request_id: string): Promise<EncodeResponse> {
    return poll(
      this.#deps.jobs,
      this.#deps.results.encoding(tokenizer_id, request_id),
      { tokenizer_id, request_id },
      "encode",
    );
  }
}
