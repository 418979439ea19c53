import { z } from "zod";
import { ask } from "./ask.js";

const Nothing = z.undefined();

/** Exchanges the API's key for a cookie. @throws ApiError UNAUTHORIZED, RATE_LIMIT_EXCEEDED */
export const signIn = (key: string): Promise<undefined> =>
  ask(Nothing, "/session", { method: "POST", body: { key: key.trim() } });

export const signOut = (): Promise<undefined> => ask(Nothing, "/session", { method: "DELETE" });
