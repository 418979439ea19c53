import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { containing, scratch } from "@trainer/testing";
import { openCorpus } from "@trainer/training";
import { pack } from "tar-stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";

const has = (program: string): boolean => {
  try {
    execFileSync(program, ["--help"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

async function read(path: string, most = Infinity): Promise<{ readonly text: string; readonly hash: string | null }> {
  const corpus = await openCorpus(path, { document: "file", most });
  const pieces: Buffer[] = [];
  for await (const { bytes } of corpus.documents({ hash: most === Infinity })) pieces.push(Buffer.from(bytes));
  return { text: Buffer.concat(pieces).toString(), hash: most === Infinity ? await corpus.sha256() : null };
}

describe.each([
  ["bzip2", ".bz2"],
  ["xz", ".xz"],
] as const)("%s", (program, ending) => {
  const packed = (text: string | Buffer) => execFileSync(program, ["-c1"], { input: text, maxBuffer: 1 << 24 });
  const lines = Array.from({ length: 40_000 }, (_, i) => `line ${i * i}\n`).join("");
  const isThere = has(program);

  test.skipIf(!isThere)(`a file of several streams is read whole, and hashed as it lies there`, async () => {
    await using folder = await scratch();
    const path = folder.join(`a.txt${ending}`);
    await writeFile(path, Buffer.concat([packed(lines), packed("the end\n")]));
    const { text, hash } = await read(path);
    expect(text).toBe(`${lines}the end\n`);
    expect(await (await openCorpus(path, { document: "file" })).sha256()).toBe(hash);
    const long = randomBytes(2_500_000).toString("base64");
    await writeFile(path, packed(long));
    expect((await read(path, 1000)).text.length).toBeLessThan(long.length);
    const archive = pack();
    archive.entry({ name: "a.txt" }, lines);
    archive.finalize();
    await writeFile(folder.join(`b.tar${ending}`), packed(await buffer(archive)));
    expect((await read(folder.join(`b.tar${ending}`))).text).toBe(lines);
  });

  test.skipIf(!isThere)(
    "what is cut short, damaged or none is refused with its name, and so is all without the program",
    async () => {
      await using folder = await scratch();
      const path = folder.join(`a.txt${ending}`);
      const sound = packed(lines);
      const refused = async (bytes: Buffer | string, reason: string) => {
        await writeFile(path, bytes);
        await expect(read(path)).rejects.toMatchObject({ code: "CORPUS_UNREADABLE", message: containing(reason) });
      };
      await refused(sound.subarray(0, -20), `a.txt${ending} is a ${program} file cut short`);
      const damaged = Buffer.from(sound);
      damaged.fill(0x55, 5000, 5050);
      await refused(damaged, `a.txt${ending} is not a sound ${program} file (`);
      await refused("a text of some length", `take the ${ending} off its name`);
      vi.stubEnv("PATH", folder.path);
      await refused(sound, `is unpacked by the program ${program}, which cannot be started here: install it`);
      vi.unstubAllEnvs();
    },
  );
});

test.skipIf(!has("bzip2"))("what follows the end of a packed text is a part of its file's hash", async () => {
  await using folder = await scratch();
  const path = folder.join("a.txt.bz2");
  const lies = Buffer.alloc(3 << 20, "no bzip2 ");
  await writeFile(path, Buffer.concat([execFileSync("bzip2", ["-c"], { input: "the text\n" }), lies]));
  const { text, hash } = await read(path);
  expect(text).toBe("the text\n");
  expect(await (await openCorpus(path, { document: "file" })).sha256()).toBe(hash);
});
