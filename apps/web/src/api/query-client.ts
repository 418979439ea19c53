import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./ask.js";

/** What the pages have read. A read is tried again where nothing answered or the service failed, and not where it refused. */
export const newQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 1000,
        networkMode: "always", // the service is mostly on this machine, whatever the browser thinks of the network
        retry: (count, error) => count < 2 && error instanceof ApiError && error.isPassing,
        retryDelay: (count) => Math.min(500 * 2 ** count, 5000),
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
