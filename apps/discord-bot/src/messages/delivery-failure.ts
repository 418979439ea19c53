import { DiscordAPIError, RESTJSONErrorCodes } from "discord.js";

/**
 * Kinds of delivery failures: the user takes no messages (`closed`), the message was deleted (`gone`), Discord rejects
 * the content (`refused`), or a retry may succeed (`passing`).
 */
export type DeliveryFailure = "closed" | "gone" | "refused" | "passing";

const CODES: Readonly<Record<string, DeliveryFailure>> = {
  [RESTJSONErrorCodes.UnknownMessage]: "gone",
  [RESTJSONErrorCodes.UnknownChannel]: "gone",
  [RESTJSONErrorCodes.CannotEditMessageAuthoredByAnotherUser]: "gone",
  [RESTJSONErrorCodes.UnknownUser]: "closed",
  [RESTJSONErrorCodes.CannotSendMessagesToThisUser]: "closed",
  [RESTJSONErrorCodes.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds]: "closed",
  [RESTJSONErrorCodes.InvalidRecipients]: "closed",
};

export function deliveryFailureOf(error: unknown): DeliveryFailure {
  if (!(error instanceof DiscordAPIError)) return "passing";
  const known = CODES[error.code];
  if (known !== undefined) return known;
  if (error.status === 403) return "closed";
  return error.status >= 400 && error.status < 500 ? "refused" : "passing";
}
