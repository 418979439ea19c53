import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pythonProgram } from "@trainer/testing/python-program";
import { startSystem, type System } from "@trainer/testing/api";
import { expect, test } from "vitest";
import { keys } from "@trainer/platform";
import { openApiPath } from "../src/index.js";

/** Requests of each kind and operation; more take longer, and find more. */
const EXAMPLES = process.env["FUZZ_EXAMPLES"] ?? "4";

/** The program makes of tuples what they were in older drafts of JSON Schema, and then refuses that. */
const TUPLE = /"prefixItems": \[[^\]]*\],\s*"items": false/g;

const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "unsupported_method",
  "allow_header_conformance",
  "ignored_auth",
];

test(
  "whatever is sent, nothing fails, nothing is answered that is not in the document, and errors have their one shape",
  { timeout: 30 * 60_000 },
  async ({ skip }) => {
    const program = await pythonProgram("schemathesis==4.32.5", "st");
    if ("missing" in program) return skip(program.missing);
    await using system = await startSystem({ apiKey: "key", requestsPerMinute: 0, wrongKeysPerMinute: 1e9 });
    await someData(system);
    await using _ending = endRuns(system);
    const document = join(system.root, "openapi.json");
    writeFileSync(document, readFileSync(openApiPath, "utf8").replace(TUPLE, '"items": {}'));
    // One worker: threads of Python 3.11 that parse sources at once can fail in the parser itself.
    const st = spawn(
      program.path,
      ["run", document, "--url", system.url, "--header", "X-API-Key: key", "--seed", "1", "--workers", "1"].concat(
        ["--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing", "--checks", CHECKS.join(",")],
        ["--generation-database", "none", "--no-shrink", "--continue-on-failure", "--request-timeout", "10"],
        ["--suppress-health-check", "all", "--warnings", "off"],
      ),
      { stdio: ["ignore", "pipe", "pipe"], cwd: system.root },
    );
    let output = "";
    for (const stream of [st.stdout, st.stderr]) stream.on("data", (text) => (output += String(text)));
    await once(st, "close");
    expect(st.exitCode === 0 ? "" : output).toBe("");
    expect(system.logs.filter((line) => line.includes('"event":"request_failed"'))).toEqual([]);
  },
);

/** Data, so that some requests find something. */
async function someData(system: System): Promise<void> {
  await system.redis.sadd(keys.workers, "a worker");
  writeFileSync(join(system.root, "corpus", "a.txt"), "a text");
  await system.ask("/runs/train", { headers: { "x-api-key": "key" }, body: { corpus_path: "a.txt" } });
}

/** Ends every run soon after it was queued, so that clients of its stream need not wait for a timeout. */
function endRuns({ runs }: System): AsyncDisposable {
  const stop = new AbortController();
  const over = (async () => {
    while (!stop.signal.aborted) {
      const queued = await runs.list(100, null, "queued");
      for (const { runId } of queued.runs) await runs.set(runId, { status: "failed", message: "nobody trains it" });
      await sleep(50, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await over;
    },
  };
}
