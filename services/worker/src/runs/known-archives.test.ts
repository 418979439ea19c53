import { RunId, TrainRequest } from "@trainer/platform";
import { openRedis, RunRecords } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { knownArchives } from "./known-archives.js";

test("the archive of a run is the one in its record, where that names one", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  const runs = new RunRecords(redis);
  const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "abc" });
  for (const id of ["sent", "odd", "none"]) await runs.create(id, 0n, request);
  const fileId = "f".repeat(64);
  await runs.set("sent", { artifactFileId: fileId });
  await runs.set("odd", { artifactFileId: "../keys.json" });
  const known = async (id: string | null) => [...(await knownArchives(runs, id === null ? null : RunId.parse(id)))];
  expect(await known("sent")).toEqual([["sent", fileId]]);
  for (const id of ["odd", "none", "unknown", null]) expect(await known(id)).toEqual([]);
  redis.disconnect();
});
