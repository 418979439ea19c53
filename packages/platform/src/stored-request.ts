import { z } from "zod";
import { parseJson, toJson } from "./json.js";
import { NewEnd } from "./schemas/new-end.js";
import { keptSettings, TrainSettings } from "./schemas/train.js";
import { UserIdText } from "./schemas/user-id.js";

/** The request of a run, with its user and time. */
export interface StoredRequest {
  readonly userId: bigint;
  /** ISO 8601, UTC, without a zone. */
  readonly createdAt: string;
  readonly request: TrainSettings;
  /** New end of a run that is to be trained on. */
  readonly end?: NewEnd | undefined;
}

const Stored = z.object({
  user_id: UserIdText,
  created_at: z.string(),
  request: TrainSettings,
  end: NewEnd.optional(),
});

/** The request in a run's folder. `decode` throws if it is malformed. */
export const storedRequest = {
  encode: ({ userId, createdAt, request, end }: StoredRequest): string =>
    toJson({ user_id: String(userId), created_at: createdAt, request: keptSettings(request), end }),
  decode(text: string): StoredRequest {
    const { user_id: userId, created_at: createdAt, ...stored } = Stored.parse(parseJson(text));
    return { userId, createdAt, ...stored };
  },
};
