import { DiscordAPIError } from "discord.js";
import { expect, test } from "vitest";
import { deliveryFailureOf } from "./delivery-failure.js";

const error = (status: number, code: number) =>
  new DiscordAPIError({ message: "m", code }, code, status, "POST", "/channels/1/messages", {});

test.each([
  [error(404, 10_008), "gone"],
  [error(403, 50_007), "closed"],
  [error(403, 50_001), "closed"], // whatever is forbidden with a user
  [error(400, 50_035), "refused"],
  [error(500, 0), "passing"],
  [new Error("connect ECONNREFUSED"), "passing"],
] as const)("%s is %s", (given, trouble) => {
  expect(deliveryFailureOf(given)).toBe(trouble);
});
