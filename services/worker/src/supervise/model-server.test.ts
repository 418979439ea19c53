import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunId, ScoreRequest } from "@trainer/platform";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import type { Piece } from "../child/messages.js";
import { WorkerConfig } from "../config.js";
import { Child } from "./child.js";
import { ModelServer } from "./model-server.js";

test("of an answer whose process dies on its way, the next process's is passed on from there", async () => {
  const dir = scratchPath("model-server");
  const [module, again] = [join(dir, "child.mjs"), join(dir, "again")];
  writeFileSync(
    module,
    `import { existsSync } from "node:fs";
     const pieces = existsSync(${JSON.stringify(again)}) ? ["the", " king hath", " seen"] : ["the ki", "ng"];
     process.on("message", ({ type, id }) => {
       if (type === "stop") process.send({ type: "stopped" });
       if (type !== "ask") return;
       for (const text of pieces) process.send({ type: "piece", id, piece: { sequence: 0, text } });
       if (pieces.length === 3) process.send({ type: "answer", id, answer: "all" });
     });`,
  );
  const config = WorkerConfig.parse({ redisUrl: "", artifactsRoot: "a", dataRoot: "b" });
  const children: Child[] = [];
  const crashes: string[] = [];
  await using server = new ModelServer(
    (onMessage) => {
      const child = new Child({ module, execArgv: [] }, config);
      child.employ(onMessage);
      children.push(child);
      return child;
    },
    ({ message }) => crashes.push(message),
  );
  const passed: string[] = [];
  const onPiece = ({ text }: Piece) => {
    passed.push(text);
    if (text !== "ng") return;
    writeFileSync(again, "");
    process.kill(Number(children[0]?.pid), "SIGKILL");
  };
  const request = ScoreRequest.parse({ text: "the" });
  const question = { kind: "score", run_id: RunId.parse("r"), request_id: "q", request } as const;
  const asked = server.ask({ question, archives: new Map() }, onPiece, new AbortController().signal, () => {});
  expect(await asked).toBe("all");
  expect(passed).toEqual(["the ki", "ng", " hath", " seen"]);
  expect(existsSync(again)).toBe(true);
  expect(crashes).toEqual(["the process that answers questions was killed by SIGKILL"]);
});
