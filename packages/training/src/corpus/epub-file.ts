import type { Entry, ZipFile } from "yauzl";
import { CorpusError } from "./corpus-error.js";
import { RecordBytes } from "./records.js";
import type { XmlElement } from "./xml-elements.js";
import { unsound } from "./unreadable.js";
import { openZip, refuseOverlaps, zippedBytes } from "./zip-file.js";

/** An e-book whose table of parts was read. */
export interface Epub extends AsyncDisposable {
  /** The parts that have its text, in the order of reading, each once. */
  readonly chapters: readonly Entry[];
  /** The bytes of a part, unpacked. */
  read(part: Entry): AsyncGenerator<Buffer, void, undefined>;
}

const CONTAINER = "META-INF/container.xml";
const PAGES: ReadonlySet<string | undefined> = new Set(["application/xhtml+xml", "text/html"]);
/** Bytes of the container or the package, which are parsed in memory. */
const MOST_XML = 16 << 20;

/** @throws CorpusError CORPUS_UNREADABLE for what is no sound zip archive, or not one of an e-book */
export async function openEpub(path: string, mostXml = MOST_XML): Promise<Epub> {
  const { elementsOf } = await import("./xml-elements.js"); // here, or every command would load it
  const zip = await openZip(path, damaged);
  try {
    const parts = await partsOf(zip);
    const read = (part: Entry) => zippedBytes(zip, part, `${path}, ${part.fileName}`, damaged);
    const xml = async (name: string) =>
      elementsOf(await whole(read(partOf(parts, name)), `${path}, ${name}`, mostXml), name);
    const root = (await xml(CONTAINER)).find(({ name }) => name === "rootfile")?.attributes["full-path"];
    if (root === undefined) throw new Error(`${CONTAINER} names no package`);
    const chapters = chaptersOf(await xml(root), root).map((name) => partOf(parts, name));
    refuseOverlaps(zip, chapters);
    return { chapters, read, [Symbol.asyncDispose]: async () => zip.close() };
  } catch (error) {
    zip.close();
    throw error instanceof CorpusError ? error : damaged(path, error);
  }
}

async function partsOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const parts = new Map<string, Entry>();
  for await (const part of zip.eachEntry()) parts.set(part.fileName, part);
  return parts;
}

function partOf(parts: ReadonlyMap<string, Entry>, name: string): Entry {
  const part = parts.get(name);
  if (part === undefined) throw new Error(`there is no ${name} in it`);
  return part;
}

async function whole(chunks: AsyncIterable<Buffer>, where: string, most: number): Promise<string> {
  const held = new RecordBytes((bytes) => damaged(where, new Error(`it is longer than ${bytes} bytes`)), most);
  for await (const chunk of chunks) held.add(chunk);
  return held.take().toString();
}

/** The names of the pages in the order that the package at `root` gives them, but for its table of contents. */
function chaptersOf(elements: readonly XmlElement[], root: string): readonly string[] {
  const items = new Map(
    elements.flatMap(({ name, attributes: a }) => (name === "item" ? [[a["id"], a] as const] : [])),
  );
  const names = elements.flatMap(({ name, attributes }) => {
    if (name !== "itemref") return [];
    const item = items.get(attributes["idref"]);
    if (item === undefined) throw new Error(`${root} has ${JSON.stringify(attributes["idref"])} in its spine alone`);
    const isContents = item["properties"]?.split(/\s+/).includes("nav") === true;
    return PAGES.has(item["media-type"]) && !isContents ? [nameOf(item["href"], root)] : [];
  });
  return [...new Set(names)];
}

/** The name of a part by a reference to it from the package. */
function nameOf(href: string | undefined, root: string): string {
  if (href === undefined) throw new Error(`${root} names a part without its address`);
  const base = root.split("/").map(encodeURIComponent).join("/");
  try {
    return decodeURIComponent(new URL(href, `epub:///${base}`).pathname.slice(1));
  } catch (error) {
    throw new Error(`${root} names a part ${JSON.stringify(href)}, which is no address`, { cause: error });
  }
}

const damaged = (where: string, cause: unknown): CorpusError => unsound(where, "of no sound e-book", cause);
