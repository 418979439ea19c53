import { randomBytes } from "node:crypto";

/** Eight hexadecimal digits, by which a command is found in the logs of the bot and of the API. */
export const requestId = (): string => randomBytes(4).toString("hex");
