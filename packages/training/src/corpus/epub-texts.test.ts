import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { assertTextFile, assertTextStart } from "./assert-text-file.js";
import { openCorpus, type OpenOptions } from "./corpus.js";
import { documentsOf } from "./document-batch.js";
import { openEpub } from "./epub-file.js";
import { EpubTexts } from "./epub-texts.js";
import { zipOf } from "../../test/zip.js";

const CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/a b.opf"/></rootfiles></container>';
const page = (text: string) => `<html><head><title>T</title></head><body><p>${text}</p></body></html>`;
const PACKAGE = `<opf:package xmlns:opf="x"><opf:manifest>
<opf:item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="scripted nav"/>
<opf:item id="2" href="../text/two%20.xhtml#part" media-type="application/xhtml+xml"/>
<opf:item id="1" href="one.htm" media-type="text/html"/>
<opf:item id="blank" href="blank.htm" media-type="text/html"/>
<opf:item id="cover" href="cover.svg" media-type="image/svg+xml"/></opf:manifest>
<opf:spine><opf:itemref idref="cover"/><opf:itemref idref="blank"/><opf:itemref idref="nav"/><opf:itemref idref="1"/>
<opf:itemref idref="2"/><opf:itemref idref="1"/></opf:spine></opf:package>`;
const BOOK: Readonly<Record<string, string | Buffer>> = {
  mimetype: "application/epub+zip",
  "META-INF/container.xml": CONTAINER,
  "OEBPS/a b.opf": PACKAGE,
  "OEBPS/nav.xhtml": page("contents"),
  "text/two .xhtml": page("Žluťoučký <i>kůň</i>"),
  "OEBPS/one.htm": Buffer.concat([Buffer.from(page("First").slice(0, -18)), Buffer.of(0xe9), Buffer.from("</p>")]),
  "OEBPS/blank.htm": page(" "),
};

async function read(path: string, options: Partial<OpenOptions> = {}) {
  const corpus = await openCorpus(path, { document: "file", ...options });
  const texts: string[] = [];
  let replaced = 0;
  let bytes = 0;
  const onRead = (progress: { bytes: number; losses: { replaced: readonly { characters: number }[] } }) => {
    bytes = progress.bytes;
    replaced = progress.losses.replaced.reduce((sum, { characters }) => sum + characters, 0);
  };
  for await (const batch of corpus.documents({ hash: true, onRead }))
    for (const text of documentsOf(batch)) texts.push(text.toString());
  return { corpus, texts, replaced, bytes };
}

test("an e-book is the main text of its chapters, each once, in the order of its spine", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.epub");
  await writeFile(path, zipOf(BOOK));
  const { corpus, texts, replaced, bytes } = await read(folder.path);
  expect(texts).toEqual(["First\ufffd\n\nŽluťoučký kůň\n"]);
  expect([replaced, bytes, corpus.files[0]?.format]).toEqual([1, corpus.totalBytes, "epub"]);
  const again = await openCorpus(path, { document: "file" });
  expect(await again.sha256()).toBe(await corpus.sha256());
  expect((await read(path, { document: "paragraph" })).texts).toHaveLength(2);
  const whole = new EpubTexts({ path, bytes: 0 });
  for await (const { texts: parts } of whole.read()) expect([...parts].length).toBeLessThan(3);
  expect(whole.bytes).toBe(
    page("First").length - 18 + 5 + page(" ").length + Buffer.byteLength(String(BOOK["text/two .xhtml"])),
  );
  assertTextStart("a.epub", Buffer.from("PK\u0003\u0004"));
  await assertTextFile(path, "b.epub");
});

async function whyNot(book: Buffer): Promise<string> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.epub");
  await writeFile(path, book);
  return await read(path).then(String, String);
}

const bookWith = (files: Readonly<Record<string, string>>) => zipOf({ ...BOOK, ...files });
const packageOf = (item: string, idref = "1") =>
  bookWith({ "OEBPS/a b.opf": `<package><item id="1" ${item}/><itemref idref="${idref}"/></package>` });
const PAGE = 'media-type="text/html"';

test.each([
  [
    "no archive",
    Buffer.from("PK but words"),
    /a\.epub is of no sound e-book \(.*\): is it cut short\? Copy or download/,
  ],
  ["empty", Buffer.alloc(0), /a\.epub is of no sound e-book/],
  ["cut short", zipOf(BOOK).subarray(0, -200), /a\.epub is of no sound e-book/],
  ["another archive", zipOf({ "word/document.xml": "" }), /\(there is no META-INF\/container\.xml in it\)/],
  [
    "without a package",
    bookWith({ "META-INF/container.xml": "<a/>" }),
    /\(META-INF\/container\.xml names no package\)/,
  ],
  ["without chapters", bookWith({ "OEBPS/a b.opf": "<package/>" }), /there is no text in .*a\.epub/],
  ["of a lost item", packageOf(`${PAGE} href="a.htm"`, "2"), /\(OEBPS\/a b\.opf has "2" in its spine alone\)/],
  ["of a lost chapter", packageOf(`${PAGE} href="a.htm"`), /\(there is no OEBPS\/a\.htm in it\)/],
  ["of a chapter without a name", packageOf(PAGE), /names a part without its address/],
  ["of no address", packageOf(`${PAGE} href="%zz"`), /names a part "%zz", which is no address/],
  [
    "nested deep",
    bookWith({ "OEBPS/a b.opf": "<a>".repeat(100) }),
    /more than 64 elements are open within each other in OEBPS/,
  ],
  ["encrypted", zipOf(BOOK, { flags: 1 }), /a\.epub, META-INF\/container\.xml is of no sound e-book \(.*encrypted/],
])("what is %s is refused with the place and what was expected", async (_, book, message) => {
  expect(await whyNot(book)).toMatch(message);
});

test("a damaged or cut chapter is refused with its name, a file that hides others' text or holds too much before it is held", async () => {
  const sound = zipOf(BOOK);
  const damaged = Buffer.from(sound);
  damaged.writeUInt8(sound.readUInt8(sound.indexOf("OEBPS/one.htm") + 25) ^ 0x55, sound.indexOf("OEBPS/one.htm") + 25);
  expect(await whyNot(damaged)).toMatch(/a\.epub, OEBPS\/one\.htm is of no sound e-book \(.+\)/);
  const sum = Buffer.from(sound);
  const place = sound.lastIndexOf("OEBPS/one.htm") - 30;
  sum.writeUInt8(sound.readUInt8(place) ^ 1, place);
  expect(await whyNot(sum)).toMatch(/OEBPS\/one\.htm is of no sound e-book \(its checksum is another\)/);
  expect(await whyNot(bookWith({ "text/two .xhtml": "<p>one</p><scr" }))).toMatch(
    /a\.epub, text\/two \.xhtml, character 11: the file ends within a tag/,
  );
  expect(await whyNot(bookWith({ "text/two .xhtml": "a\0" }))).toMatch(/text\/two \.xhtml is not text: there is a NUL/);

  const items = Array.from(
    { length: 60 },
    (_, i) => `<item id="${i}" href="c${i || ""}.htm" ${PAGE}/><itemref idref="${i}"/>`,
  );
  const noise = Array.from({ length: 900 }, (_, i) => `${Math.imul(i + 1, 2_654_435_761)}`).join("");
  const bomb = zipOf(
    { "META-INF/container.xml": CONTAINER, "OEBPS/a b.opf": `<p>${items.join("")}</p>`, "OEBPS/c.htm": noise },
    { copies: 60 },
  );
  expect(await whyNot(bomb)).toMatch(/\(its parts lie over each other\)/);

  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.epub");
  await writeFile(path, sound);
  await expect(openEpub(path, 20)).rejects.toThrow(
    /a\.epub, META-INF\/container\.xml .* \(it is longer than 20 bytes\)/,
  );
  await expect(openEpub(join(folder.path, "none.epub"))).rejects.toMatchObject({ code: "CORPUS_NOT_FOUND" });
  await writeFile(`${path}.gz`, "");
  await expect(read(`${path}.gz`)).rejects.toThrow(/an e-book is compressed within: unpack it/);
});
