import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { readTextFile, readTextStream, textPieces } from "./read-whole-text.js";

async function* chunks(...parts: (Uint8Array | string)[]) {
  yield* await Promise.resolve(parts);
}

test("a file is one text to its last character: unzipped, of several members too, without its byte order mark", async () => {
  await using folder = await temporaryFolder();
  const plain = join(folder.path, "a.json");
  const zipped = join(folder.path, "a.txt.gz");
  await writeFile(plain, '\uFEFF["kept as it is"]\r\n');
  await writeFile(zipped, Buffer.concat([gzipSync("\uFEFFone\n"), gzipSync("zwei\u00fc\n")]));
  expect(await readTextFile(plain)).toMatchObject({ text: '["kept as it is"]\r\n', replaced: 0 });
  expect(await readTextFile(zipped)).toMatchObject({ text: "one\nzwei\u00fc\n", replaced: 0 });
});

test("what is not UTF-8 is replaced and told by its file", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.txt");
  await writeFile(path, Buffer.from("a d\u00e9j\u00e0 vu, after many other words", "latin1"));
  const { text, replaced, leftOut } = await readTextFile(path);
  expect(text).toBe("a d\uFFFDj\uFFFD vu, after many other words");
  expect(replaced).toBe(2);
  expect(leftOut.characters.files).toEqual([{ path, count: 2, share: 2 / 33 }]);
});

test("what is piped is read by the same rules, whatever its chunks are", async () => {
  const euro = Buffer.from("\uFEFF1 €\n");
  expect(await readTextStream(chunks(...Array.from(euro, (byte) => Buffer.of(byte))))).toMatchObject({
    text: "1 €\n",
    replaced: 0,
  });
  expect(await readTextStream(chunks("a", "b"))).toMatchObject({ text: "ab" });
  await expect(readTextStream(chunks(Buffer.of(97, 0)))).rejects.toThrow(
    /^the text from stdin is not text: there is a NUL/,
  );
  await expect(readTextStream(chunks("long text"), 4)).rejects.toThrow("has more than 4 bytes");
});

test("what is no text, no file or not there is refused", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.txt");
  await writeFile(path, Buffer.from("\uFEFFhello", "utf16le"));
  await expect(readTextFile(path)).rejects.toThrow(/looks like UTF-16/);
  await expect(readTextFile(folder.path)).rejects.toThrow(/is a folder/);
  await expect(readTextFile(join(folder.path, "none"))).rejects.toMatchObject({ code: "CORPUS_NOT_FOUND" });
});

test("a pipe that has a name is read to its end", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "pipe");
  execFileSync("mkfifo", [path]);
  const writer = spawn("sh", ["-c", 'printf "from a pipe" > "$0"', path]);
  expect((await readTextFile(path)).text).toBe("from a pipe");
  if (writer.exitCode === null) await once(writer, "exit");
});

test("pieces of a file or of a stream join to its text", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.txt");
  const text = "line €\n".repeat(100_000);
  await writeFile(path, text);
  for (const from of [path, chunks(text)]) {
    const pieces: string[] = [];
    for await (const piece of textPieces(from)) pieces.push(piece);
    expect(pieces.join("")).toBe(text);
  }
});
