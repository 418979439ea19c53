import { Failure, TrainingError } from "../errors.js";
import { serveOne, type Channel as ChannelOf } from "./in-process.js";
import { search } from "./search.js";
import { SearchRequest, type SearchEvent } from "./search-request.js";

export type Channel = ChannelOf<SearchEvent>;

/** Waits for one request, answers with the events of its search, and ends. */
export const serve = (channel: Channel = process): Promise<void> =>
  serveOne(channel, async (request, emit) => {
    try {
      await search(SearchRequest.parse(request), emit);
    } catch (error) {
      emit({ type: "failed", failure: Failure.parse(TrainingError.from(error)) });
    }
  });
