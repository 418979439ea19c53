import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { assertTextFile, assertTextStart } from "./assert-text-file.js";
import { openCorpus, type OpenOptions } from "./corpus.js";
import { CorpusError } from "./corpus-error.js";
import { documentsOf } from "./document-batch.js";
import { MboxMails } from "./mbox-mails.js";
import { MboxTexts } from "./mbox-texts.js";

const FROM = "From jana@example.org Mon Jan  1 00:00:00 2024\n";
const mail = (headers: string, body: string | Buffer) =>
  Buffer.concat([Buffer.from(`${FROM}Subject: not to be read\n${headers}\n`), Buffer.from(body), Buffer.from("\n")]);
const MAILBOX = Buffer.concat([
  Buffer.from("\n"),
  mail("", "Dear Jana,\n\nFrom here on\n>From me, 10:00\n>>From you\n> quoted\n"),
  mail("Content-Type: text/plain; charset=iso-8859-2\n", Buffer.from("Jana \xbelu\xbb\n", "latin1")),
  mail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n", "xb1sdcWl\n"),
  mail("Content-Type: text/html; charset=utf-8\n", "<p>A <b>page</b></p><script>x</script><!-- open\n"),
  mail(
    'Content-Type: multipart/mixed; boundary="b"\n',
    "--b\nContent-Type: text/plain\n\nwritten\n--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\n" +
      "hung on\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nforwarded\n--b--\n",
  ),
  mail("Content-Type: image/png\nContent-Transfer-Encoding: base64\n", "AAAA\n"),
  mail("Content-Type: text/plain; charset=utf-8\n", Buffer.of(0x61, 0xff, 0, 0x62)),
]);
const TEXTS = [
  "Dear Jana,\n\nFrom here on\nFrom me, 10:00\n>From you\n> quoted",
  "Jana žluť",
  "Žluť",
  "A page",
  "written",
  "a\ufffd\ufffdb",
];

async function read(path: string, options: Partial<OpenOptions> = {}) {
  const corpus = await openCorpus(path, { document: "file", ...options });
  const texts: string[] = [];
  for await (const batch of corpus.documents()) for (const text of documentsOf(batch)) texts.push(text.toString());
  return { corpus, texts };
}

test("each mail of a mailbox is a text: what was written, decoded, without headers and what hangs on it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.mbox");
  await writeFile(path, MAILBOX);
  expect((await read(path)).texts).toEqual(TEXTS);
  expect((await read(path, { document: "line" })).texts).toHaveLength(10);
  await writeFile(
    join(folder.path, "b.mbox.gz"),
    gzipSync(Buffer.from(MAILBOX.toString("latin1").replaceAll("\n", "\r\n"), "latin1")),
  );
  const { corpus, texts } = await read(folder.path);
  expect(texts.slice(6, 8).map((text) => text.replaceAll("\r", ""))).toEqual(TEXTS.slice(0, 2));
  expect(corpus.files.map(({ format }) => format)).toEqual(["mbox", "mbox"]);

  const one = new MboxTexts({ path, bytes: MAILBOX.length, compression: null });
  for await (const { texts: some, bytes } of one.read()) expect([...some].length + bytes).toBeGreaterThan(0);
  expect([one.replaced, one.bytes]).toEqual([2, MAILBOX.length]);
  assertTextStart("a.mbox", Buffer.alloc(100, 0xff));
  await assertTextFile(path, "b.mbox");
});

async function whyNot(content: string | Buffer): Promise<string> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.mbox");
  await writeFile(path, content);
  return await read(path).then(String, String);
}

test("what is no mailbox, or has no text, is refused with the place and what was expected", async () => {
  expect(await whyNot("Subject: one\n\nmail")).toMatch(
    /a\.mbox, mail 0: it does not begin with a mail; expected a mailbox \(mbox\), with a line `From … 00:00:00 2024`/,
  );
  expect(await whyNot(Buffer.alloc(100))).toMatch(/mail 0: it does not begin with a mail/);
  for (const nothing of ["", "\n\n", FROM, `${FROM}\n\n`]) expect(await whyNot(nothing)).toMatch(/there is no text in/);
  const headers = `X: ${"y".repeat(100)}\n`.repeat(30_000);
  expect(await whyNot(mail(headers, "text"))).toMatch(/a\.mbox, mail 1: .*header/i);
});

test("mails are found wherever chunks end, and a huge one is refused before it is held", () => {
  const cut = (box: Buffer, size: number, most?: number, mostLines?: number) => {
    const wrong = (what: string) => new CorpusError("INVALID_INPUT", `mail ${mails.mail}: ${what}`);
    const mails: MboxMails = new MboxMails(wrong, most, mostLines);
    const found: string[] = [];
    for (let at = 0; at < box.length; at += size)
      for (const each of mails.push(box.subarray(at, at + size))) found.push(each.toString("latin1"));
    for (const each of mails.end()) found.push(each.toString("latin1"));
    return found;
  };
  const whole = cut(MAILBOX, MAILBOX.length);
  expect(whole).toHaveLength(7);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (size) => {
      expect(cut(MAILBOX, size)).toEqual(whole);
    }),
  );
  const huge = mail("", "x".repeat(1000));
  expect(() => cut(huge, 64, 500)).toThrow(/^mail 1: it is longer than 500 bytes: take out what hangs on it/);
  expect(() => cut(mail("", "x\n".repeat(1000)), 64, 500)).toThrow(/^mail 1: it is longer than 500 bytes/);
  const short = mail("", "\n".repeat(20));
  expect(cut(Buffer.concat([short, short]), 64, 500, 30)).toHaveLength(2);
  expect(() => cut(Buffer.concat([short, short]), 64, 500, 20)).toThrow(/^mail 1: it has more than 20 lines: take out/);
  expect(cut(Buffer.from(`${FROM}a\nFrom b 10:00\n`), 9)).toEqual(["a\nFrom b 10:00\n"]); // no blank line before it
});
