import { queryOptions } from "@tanstack/react-query";
import { CleanupReport, SystemInfo, type CleanupRequest } from "@trainer/platform/browser";
import { z } from "zod";
import { ApiError, ask } from "./ask.js";

const EVERY_MS = 5000;

const Ready = z.object({ status: z.literal("ready") });

/** What keeps the service from doing work, in its own short words; null where nothing does. */
export const problemQuery = queryOptions({
  queryKey: ["problem"],
  queryFn: async ({ signal }) => {
    try {
      await ask(Ready, "/readyz", { signal });
      return null;
    } catch (error) {
      if (error instanceof ApiError && error.status === 503) return error.message;
      throw error;
    }
  },
  refetchInterval: EVERY_MS,
});

/** The machine and what works on it, read again and again. */
export const systemQuery = queryOptions({
  queryKey: ["system"],
  queryFn: ({ signal }) => ask(SystemInfo, "/system", { signal }),
  refetchInterval: EVERY_MS,
});

/** Removes what nobody needs, or says what would go. */
export const cleanUp = (request: CleanupRequest): Promise<CleanupReport> =>
  ask(CleanupReport, "/system/cleanup", { method: "POST", body: request });
