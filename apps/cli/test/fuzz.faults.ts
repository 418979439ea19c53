import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { scratchPath } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { mutantOf } from "./fuzz-mutant.js";
import { READ, Reader, REFUSED } from "./fuzz-reader.js";
import { SOURCES } from "./fuzz-sources.js";
import { build } from "./serving.js";

const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? 15);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const MOST_FAULTS = 20;
const GPT2 = fileURLToPath(new URL("../../../packages/models/test/fixtures/gpt2", import.meta.url));

beforeAll(build, 300_000);

test.each(Object.entries(SOURCES))(
  `%s: whatever it holds is read or refused in words (mutants of ${SECONDS} s, seeds from ${SEED})`,
  { timeout: SECONDS * 1000 + 300_000 },
  async (kind, sourcesOf) => {
    const sources = await sourcesOf();
    const folder = scratchPath("mutant");
    await using reader = new Reader(kind, GPT2, scratchPath("read"));
    const sound = new Set<unknown>();
    for (const { files } of sources) sound.add(await reader.read(write(folder, files)));
    expect([...sound]).toEqual([READ]);
    const faults: string[] = [];
    const end = performance.now() + SECONDS * 1000;
    let [seed, read] = [SEED, 0];
    do {
      const { files, description } = mutantOf(seed, sources);
      const outcome = await reader.read(write(folder, files));
      if (outcome === READ) read += 1;
      else if (outcome !== REFUSED) faults.push(`seed ${seed}, ${description}: ${outcome.fault}`);
      seed += 1;
    } while (performance.now() < end && faults.length < MOST_FAULTS);
    console.log(`${kind}: ${seed - SEED} mutants, seeds ${SEED} to ${seed - 1}; ${read} were read, the others refused`);
    expect(faults).toEqual([]);
  },
);

function write(folder: string, files: ReadonlyMap<string, Buffer>): string {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  for (const [name, bytes] of files) {
    const packed = name === "run.tar";
    writeFileSync(join(folder, packed ? "run.tar.gz" : name), packed ? gzipSync(bytes, { level: 1 }) : bytes);
  }
  return folder;
}
