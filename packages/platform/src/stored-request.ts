import { z } from "zod";
import { parseJson, toJson } from "./json.js";
import { keptSettings, TrainSettings } from "./schemas/train.js";
import { UserIdText } from "./schemas/user-id.js";

/** The request of a run, with its user and time. */
export interface StoredRequest {
  readonly userId: bigint;
  /** ISO 8601, UTC, without a zone. */
  readonly createdAt: string;
  readonly request: TrainSettings;
}

const Stored = z.object({
  user_id: UserIdText,
  created_at: z.string(),
  request: TrainSettings,
});

/** The request in a run's folder. `decode` throws if it is malformed. */
export const storedRequest = {
  encode: ({ userId, createdAt, request }: StoredRequest): string =>
    toJson({ user_id: String(userId), created_at: createdAt, request: keptSettings(request) }),
  decode(text: string): StoredRequest {
    const { user_id: userId, created_at: createdAt, request } = Stored.parse(parseJson(text));
    return { userId, createdAt, request };
  },
};
