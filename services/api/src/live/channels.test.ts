import { openRedis } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { Channels } from "./channels.js";

test("a channel that Redis refuses is not listened to", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url, { listens: true });
  using channels = new Channels(redis);
  await redis.call("ACL", "SETUSER", "default", "resetchannels");
  await expect(channels.open("runs:gen:a")).rejects.toThrow("NOPERM");
});
