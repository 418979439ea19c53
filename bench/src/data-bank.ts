import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { Agent, request } from "node:http";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { median, type Benchmark, type Side } from "./report.js";
import { temporaryFolder } from "./token-file.js";

const MB = 1e6;
const CHUNK = Buffer.alloc(1 << 20, "a line of a corpus\n");
const FILE_BYTES = 1024 * CHUNK.length;
const MANY = 100;
const MANY_BYTES = 64 * CHUNK.length;
const ASKED = 5000;

const Memory = z.object({ peakBytes: z.number(), libraryBytes: z.number() });

/** The file service against what it is made of: SHA-256, and writing to and reading from the same disk. */
export const dataBank: Benchmark = async ({ rounds, log }) => {
  const found = new Map<string, number[]>();
  const note = (name: string, value: number) => found.set(name, [...(found.get(name) ?? []), value]);
  let many: z.infer<typeof Memory> = { peakBytes: 0, libraryBytes: 0 };
  const latencies: number[] = [];
  for (let round = 0; round < rounds; round++) {
    using folder = temporaryFolder();
    const rate = async (name: string, bytes: number, work: () => Promise<unknown>) => {
      const began = performance.now();
      await work();
      const value = bytes / MB / ((performance.now() - began) / 1000);
      note(name, value);
      log(`round ${round + 1} of ${rounds}: ${name} ${value.toFixed(0)} MB/s`);
    };
    const plain = join(folder.path, "plain");
    await rate("SHA-256", FILE_BYTES, async () => hashAll(FILE_BYTES));
    await rate("write and sync", FILE_BYTES, () => writeAll(plain, FILE_BYTES));
    await rate("read", FILE_BYTES, () => readAll(plain));
    rmSync(plain);
    const service = await start(join(folder.path, "files"));
    let id = "";
    await rate("upload", FILE_BYTES, async () => (id = await upload(service.url, FILE_BYTES)));
    await rate("download", FILE_BYTES, () => download(`${service.url}/files/${id}`));
    for (let i = 0; i < ASKED; i++) {
      const began = performance.now();
      await download(`${service.url}/files/${id}/info`);
      latencies.push(performance.now() - began);
    }
    await service.stop();
    rmSync(join(folder.path, "files"), { recursive: true });
    const loaded = await start(join(folder.path, "many"));
    await rate("many", MANY * MANY_BYTES, () =>
      Promise.all(Array.from({ length: MANY }, (_, i) => upload(loaded.url, MANY_BYTES, i))),
    );
    many = await loaded.stop();
    await onCoresOfTheirOwn(folder.path, rate);
  }
  const side = (name: string, of: string, more: Partial<Side> = {}): Side => ({
    name,
    rounds: found.get(of) ?? [],
    ...more,
  });
  const gigabyte = `${(FILE_BYTES / 1e9).toFixed(2)} GB`;
  const sorted = latencies.sort((a, b) => a - b);
  const percentile = (p: number) => sorted[Math.floor((sorted.length - 1) * p)] ?? 0;
  return {
    benchmark: "data-bank",
    unit: "MB/s",
    better: "higher",
    works: [
      {
        name: `upload of ${gigabyte}`,
        sides: [
          side("data-bank", "upload"),
          side("SHA-256 alone", "SHA-256"),
          side("write and sync alone", "write and sync"),
        ],
      },
      {
        name: `upload of ${gigabyte}, client and service on a core each`,
        sides: [
          side("data-bank, in memory", "upload to memory, cores apart"),
          side("SHA-256 alone", "SHA-256 on a core"),
          side("data-bank, on the disk", "upload, cores apart"),
        ],
      },
      {
        name: `download of ${gigabyte}, in the page cache`,
        sides: [side("data-bank", "download"), side("SHA-256 alone", "SHA-256"), side("read alone", "read")],
      },
      {
        name: `${MANY} uploads of ${MANY_BYTES / CHUNK.length} MiB at once`,
        sides: [side("data-bank", "many", many), side("one upload", "upload")],
      },
      {
        name: `${ASKED} times /info, one after the other`,
        unit: "ms",
        sides: [{ name: "data-bank", rounds: [median(sorted)], evidence: `p99 ${percentile(0.99).toFixed(2)} ms` }],
      },
    ],
  };
};

type Rate = (name: string, bytes: number, work: () => Promise<unknown>) => Promise<void>;

/** Uploads where client and service do not take each other's time; in memory too, where no disk holds them up. */
async function onCoresOfTheirOwn(folder: string, rate: Rate): Promise<void> {
  if (availableParallelism() < 2) return;
  pinSelf("1");
  await rate("SHA-256 on a core", FILE_BYTES, async () => hashAll(FILE_BYTES));
  const memory = mkdtempSync("/dev/shm/trainer-bench-");
  for (const [name, root] of [
    ["upload, cores apart", join(folder, "apart")],
    ["upload to memory, cores apart", memory],
  ] as const) {
    const service = await start(root, "0");
    await rate(name, FILE_BYTES, () => upload(service.url, FILE_BYTES));
    await service.stop();
    rmSync(root, { recursive: true });
  }
  pinSelf(`0-${availableParallelism() - 1}`);
}

const pinSelf = (cores: string) => execFileSync("taskset", ["-apc", cores, String(process.pid)], { stdio: "ignore" });

function hashAll(bytes: number): void {
  const hash = createHash("sha256");
  for (let done = 0; done < bytes; done += CHUNK.length) hash.update(CHUNK);
  hash.digest();
}

async function writeAll(path: string, bytes: number): Promise<void> {
  await using file = await open(path, "w");
  for (let done = 0; done < bytes; done += CHUNK.length) await file.write(CHUNK);
  await file.sync();
}

async function readAll(path: string): Promise<void> {
  await using file = await open(path);
  const buffer = Buffer.alloc(CHUNK.length);
  while ((await file.read(buffer, 0, buffer.length)).bytesRead > 0);
}

const agent = new Agent({ keepAlive: true, maxSockets: MANY });

/** @param nth makes its content its own */
function upload(url: string, bytes: number, nth = 0): Promise<string> {
  const boundary = "a-boundary-of-a-form";
  const before = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${nth} `,
  );
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  function* form() {
    yield before;
    for (let done = 0; done < bytes; done += CHUNK.length) yield CHUNK;
    yield after;
  }
  const headers = {
    "content-type": `multipart/form-data; boundary=${boundary}`,
    "content-length": before.length + bytes + after.length,
  };
  return new Promise((resolve, reject) => {
    const req = request(`${url}/files`, { method: "POST", headers, agent }, (answer) => {
      const id = text(answer).then((body) => z.object({ file_id: z.string() }).parse(JSON.parse(body)).file_id);
      id.then(resolve, reject);
    });
    pipeline(Readable.from(form()), req).catch(reject);
  });
}

function download(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const req = request(url, { agent }, (answer) => answer.resume().once("end", resolve).once("error", reject));
    req.once("error", reject).end();
  });
}

async function start(root: string, core?: string) {
  const script = fileURLToPath(new URL("data-bank-ours.js", import.meta.url));
  const own = [process.execPath, script, root];
  const [program, ...args] = core === undefined ? own : ["taskset", "-c", core, ...own];
  const child = spawn(String(program), args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
  const { url } = z.object({ url: z.string() }).parse(await next());
  return {
    url,
    async stop() {
      child.stdin.end();
      return Memory.parse(await next());
    },
  };
}
