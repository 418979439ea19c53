import { DiscordAPIError, RESTJSONErrorCodes } from "discord.js";

/**
 * What stands between the bot and a user: nothing can be sent to them (`closed`), the message is not there any more
 * (`gone`), Discord will never take it (`refused`), or it may well go through later (`passing`).
 */
export type Trouble = "closed" | "gone" | "refused" | "passing";

const CODES: Readonly<Record<string, Trouble>> = {
  [RESTJSONErrorCodes.UnknownMessage]: "gone",
  [RESTJSONErrorCodes.UnknownChannel]: "gone",
  [RESTJSONErrorCodes.CannotEditMessageAuthoredByAnotherUser]: "gone",
  [RESTJSONErrorCodes.UnknownUser]: "closed",
  [RESTJSONErrorCodes.CannotSendMessagesToThisUser]: "closed",
  [RESTJSONErrorCodes.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds]: "closed",
  [RESTJSONErrorCodes.InvalidRecipients]: "closed",
};

export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof DiscordAPIError)) return "passing";
  const known = CODES[error.code];
  if (known !== undefined) return known;
  if (error.status === 403) return "closed";
  return error.status >= 400 && error.status < 500 ? "refused" : "passing";
}
