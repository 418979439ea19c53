import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { containing, matching } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";

let home = "";
let url = "";
let bank: Awaited<ReturnType<typeof startDataBank>>;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "cli-files-"));
  const env = {
    PORT: "0",
    MIN_FREE_GB: "0",
    DATA_ROOT: join(home, "bank"),
    API_UPLOAD_KEYS: "key",
    LOG_LEVEL: "fatal",
  };
  bank = await startDataBank(dataBankConfig(env));
  ({ url } = bank);
});
afterAll(async () => {
  await bank[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});
const { trainer, json } = commandLine(() => home);
const env = () => ({ APP__DATA_BANK_API_URL: url, APP__DATA_BANK_API_KEY: "key" });

test("files go up, are told of, come back, and are removed", async () => {
  const path = join(home, "corpus.txt");
  writeFileSync(path, "some text\n");
  const id = createHash("sha256").update("some text\n").digest("hex");
  const put = await trainer(["files", "put", path, "--content-type", "text/plain"], { env: env() });
  expect(put).toEqual({ code: 0, stdout: `${id}\n`, stderr: containing("corpus.txt: 10 B sent") });
  expect(put.stderr).toContain("sending corpus.txt (10 B): 100 %");
  expect(await json(["files", "put", path, "--quiet"], { env: env() })).toMatchObject({
    code: 0,
    last: { path, file_id: id, size: 10, content_type: "application/octet-stream" },
    stderr: "",
  });

  const info = await trainer(["files", "info", id, "--url", url], { env: { APP__DATA_BANK_API_KEY: "key" } });
  expect(info.stdout).toMatch(new RegExp(`ID .*SIZE.*\\n${id} +10 B +application/octet-stream +20`));
  expect(await json(["files", "info", id], { env: env() })).toMatchObject({ last: { files: [{ file_id: id }] } });

  const out = join(home, "back.txt");
  const got = await trainer(["files", "get", id, "--out", out], { env: env(), tty: true });
  expect(got.stdout).toContain(`${out}: 10 B, application/octet-stream, hash as it should be`);
  expect(readFileSync(out, "utf8")).toBe("some text\n");

  expect(await trainer(["files", "rm", id], { env: env() })).toMatchObject({ code: 0, stdout: `removed ${id}\n` });
  expect(await trainer(["files", "info", id], { env: env() })).toMatchObject({
    code: 1,
    stderr: containing("file not found"),
  });
});

test("a gateway before the service is reached by its path", async () => {
  const { code, stderr } = await trainer(["files", "info", "abcd".repeat(16)], {
    env: { ...env(), API_GATEWAY_URL: url },
  });
  expect([code, stderr]).toEqual([1, containing("Not Found")]); // this service has no gateway's path
});

test("without a service it says where it looked, and what to do", async () => {
  const { code, stderr } = await trainer(["files", "info", "abcd".repeat(16), "--url", "http://127.0.0.1:1"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /127\.0\.0\.1:1\/files\/(abcd){16}\/info cannot be reached \(ECONNREFUSED\)\n.*trainer data-bank/,
  );
});

test.each(["get", "info", "rm"])("files %s asks no service for what is no id", async (what) => {
  const { code, stderr } = await trainer(["files", what, "../keys.json", "--url", "http://127.0.0.1:1"]);
  expect([code, stderr]).toEqual([2, containing('"../keys.json" is no id of a file: expected 64 hexadecimal digits')]);
});

test("unless told, it looks for the service of this machine, and for no key", async () => {
  const { stderr } = await trainer(["files", "rm", "abcd".repeat(16)]);
  expect(stderr).toEqual(matching(/127\.0\.0\.1:8001|not found|removed/));
});

test("a service that does not tell since when it has a file is no failure", async () => {
  const id = "a".repeat(64);
  const told = { file_id: id, size: 1, sha256: id, content_type: "text/plain" };
  const server = createServer((_, res) => void res.end(JSON.stringify(told))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const { stdout } = await trainer(["files", "info", id, "--url", `http://127.0.0.1:${port}`]);
  expect(stdout).toMatch(/1 B +text\/plain +-\n$/);
  server.closeAllConnections();
  server.close();
});

test("what is no address is refused", async () => {
  expect(await trainer(["files", "info", "abcd".repeat(16), "--url", "ftp://x"])).toMatchObject({
    code: 2,
    stderr: containing("must be http://"),
  });
});
