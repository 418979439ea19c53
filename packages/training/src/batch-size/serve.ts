import { serveOne, type Channel as ChannelOf } from "./in-process.js";
import { search } from "./search.js";
import { SearchRequest, type SearchEvent } from "./search-request.js";

export type Channel = ChannelOf<SearchEvent>;

/** Waits for one request, answers with the events of its search, and ends. */
export const serve = (channel: Channel = process): Promise<void> =>
  serveOne<SearchEvent>(channel, async (request, emit) => search(SearchRequest.parse(request), emit));
