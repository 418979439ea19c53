import { Failure, TrainingError } from "../errors.js";
import { search } from "./search.js";
import { SearchRequest, type SearchEvent } from "./search-request.js";

/** The end of a process's channel to its parent. */
export interface Channel {
  once(event: "message", listener: (message: unknown) => void): unknown;
  send?(message: SearchEvent): unknown;
  disconnect?(): void;
}

/** Waits for one request, answers with the events of its search, and ends. */
export function serve(channel: Channel = process): Promise<void> {
  return new Promise((resolve) => {
    channel.once("message", (message) => {
      search(SearchRequest.parse(message), (event) => channel.send?.(event))
        .catch((error: unknown) =>
          channel.send?.({ type: "failed", failure: Failure.parse(TrainingError.from(error)) }),
        )
        .finally(() => {
          channel.disconnect?.();
          resolve();
        });
    });
  });
}
