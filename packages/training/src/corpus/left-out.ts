import { at } from "@trainer/disk";
import { z } from "zod";
import type { LeftOut, LeftOutCopies } from "../home/text-losses.js";
import type { Amount } from "./amount.js";
import { isUsual, quoted } from "./text-field.js";

const count = z.int().min(0);

/** A file that was not read, and why. */
export interface SkippedFile {
  readonly path: string;
  /** Its extension, or what else it is: "hidden", "link to a folder". */
  readonly kind: string;
}

const amount = z.strictObject({ documents: count, bytes: count });
const place = z.strictObject({ file: count, number: count, start: z.string() });

/** Copies in a corpus that were left out, or that stay together. */
export const CopyLosses = z.strictObject({
  exact: amount,
  near: amount,
  together: z.strictObject({ documents: count, groups: count }),
  examples: z.array(z.strictObject({ similarity: z.number(), kept: place, removed: place })),
});
export type CopyLosses = z.infer<typeof CopyLosses>;

/** Losses found while a corpus was read; files by their index, wherever they are. */
export const TextLosses = z.strictObject({
  replaced: z.array(z.strictObject({ file: count, characters: count, bytes: count })),
  separators: z.record(z.string(), count),
  copies: CopyLosses.optional(),
});
export type TextLosses = z.infer<typeof TextLosses>;

/** Notes what was not UTF-8 in a file once it was read. */
export function noteReplaced(
  { replaced }: TextLosses,
  file: number,
  { replaced: characters, bytes }: { readonly replaced: number; readonly bytes: number },
): void {
  if (characters > 0) replaced.push({ file, characters, bytes });
}

export const noLosses: TextLosses = { replaced: [], separators: {} };

/** The same of two corpora that were looked through together. */
export const copiesOfBoth = <Example>(a: CopiesTold<Example>, b: CopiesTold<Example>): CopiesTold<Example> => ({
  exact: amountOfBoth(a.exact, b.exact),
  near: amountOfBoth(a.near, b.near),
  together: {
    documents: a.together.documents + b.together.documents,
    groups: a.together.groups + b.together.groups,
  },
  examples: [...a.examples, ...b.examples],
});

type CopiesTold<Example> = Omit<CopyLosses, "examples"> & { examples: Example[] };

const amountOfBoth = (a: Amount, b: Amount): Amount => ({
  documents: a.documents + b.documents,
  bytes: a.bytes + b.bytes,
});

const NAMED = 5;
const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);

/** A file that was read, and the field that its text is from, if it has fields. */
interface ReadFile {
  readonly path: string;
  readonly field?: string | null;
}

/** @param all files of all texts that copies were looked for in, where these are but one of them */
export function leftOut(
  { files, skipped }: { readonly files: readonly ReadFile[]; readonly skipped: readonly SkippedFile[] },
  { replaced, separators, copies }: TextLosses,
  all: readonly ReadFile[] = files,
): LeftOut {
  const most = replaced.toSorted((a, b) => b.characters - a.characters).slice(0, NAMED);
  return {
    files: {
      count: skipped.length,
      kinds: Object.fromEntries(kindsOf(skipped)),
      names: skipped.slice(0, NAMED).map(({ path }) => path),
    },
    characters: {
      count: sum(replaced.map(({ characters }) => characters)),
      files: most.map(({ file, characters, bytes }) => {
        return { path: at(files, file).path, count: characters, share: characters / bytes };
      }),
    },
    separators: { count: sum(Object.values(separators)), lines: { ...separators } },
    fields: Object.fromEntries(counted(files.flatMap(({ field = null }) => (isUsual(field) ? [] : [String(field)])))),
    ...(copies === undefined ? {} : { copies: { ...copies, examples: copies.examples.map(shownIn(all)) } }),
  };
}

/** Examples by the paths of their files. */
function shownIn(files: readonly ReadFile[]) {
  const placed = ({ file, ...shown }: z.infer<typeof place>) => ({ path: at(files, file).path, ...shown });
  return ({ similarity, kept, removed }: CopyLosses["examples"][number]): LeftOutCopies["examples"][number] => ({
    similarity,
    kept: placed(kept),
    removed: placed(removed),
  });
}

/** The same of two corpora that are read one after another. */
export function leftOutOfBoth(a: LeftOut, b: LeftOut): LeftOut {
  const all = (x: Readonly<Record<string, number>>, y: Readonly<Record<string, number>>) =>
    Object.fromEntries([...new Set([...Object.keys(x), ...Object.keys(y)])].map((k) => [k, (x[k] ?? 0) + (y[k] ?? 0)]));
  return {
    files: {
      count: a.files.count + b.files.count,
      kinds: all(a.files.kinds, b.files.kinds),
      names: [...a.files.names, ...b.files.names].slice(0, NAMED),
    },
    characters: {
      count: a.characters.count + b.characters.count,
      files: [...a.characters.files, ...b.characters.files].toSorted((x, y) => y.count - x.count).slice(0, NAMED),
    },
    separators: { count: a.separators.count + b.separators.count, lines: all(a.separators.lines, b.separators.lines) },
    fields: all(a.fields, b.fields),
    ...(a.copies === undefined || b.copies === undefined ? {} : { copies: copiesOfBoth(a.copies, b.copies) }),
  };
}

/** How many there are of each, the most first. */
export function counted(names: readonly string[]): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

const kindsOf = (skipped: readonly SkippedFile[]) => counted(skipped.map(({ kind }) => kind));

/** "4 .pdf, 1 hidden" */
export const byKind = (skipped: readonly SkippedFile[]): string => listed(kindsOf(skipped));

const listed = (kinds: readonly (readonly [kind: string, count: number])[]) =>
  kinds.map(([kind, n]) => `${n} ${kind}`).join(", ");

/** The same in sentences, one for each kind of loss; none where nothing is left out. */
export function leftOutSentences({ files, characters, separators, fields, copies }: LeftOut): string[] {
  return [
    ...(files.count === 0 ? [] : [filesSentence(files)]),
    ...(characters.count === 0 ? [] : [charactersSentence(characters)]),
    ...(separators.count === 0 ? [] : [separatorsSentence(separators)]),
    ...Object.entries(fields).map(([field, count]) => fieldSentence(field, count)),
    ...(copies === undefined ? [] : copySentences(copies)),
  ];
}

function filesSentence({ count, kinds, names }: LeftOut["files"]): string {
  const more = count > names.length ? ` and ${count - names.length} more` : "";
  return `${files(count)} not read (${listed(Object.entries(kinds))}): ${names.join(", ")}${more}`;
}

function charactersSentence({ count, files }: LeftOut["characters"]): string {
  const each = files.map(({ path, count, share }) => `${count} in ${path} (${percent(share)} of its bytes)`);
  return `${count} ${count === 1 ? "character is" : "characters are"} not UTF-8 and became U+FFFD: ${each.join(", ")}`;
}

function separatorsSentence({ count, lines }: LeftOut["separators"]): string {
  const each = Object.keys(lines).map((line) => `\`${line}\``);
  return `${count} ${count === 1 ? "line" : "lines"} of ${each.join(", ")} taken for the end of a document, and for no text`;
}

const fieldSentence = (field: string, count: number) =>
  `the text of ${count} ${count === 1 ? "file" : "files"} is the field ${quoted(field)} alone`;

function copySentences({ exact, near, together, examples }: LeftOutCopies): string[] {
  const documents = exact.documents + near.documents;
  const [first] = examples;
  const like =
    first === undefined
      ? ""
      : `: document ${first.removed.number} of ${first.removed.path}, ${quoted(first.removed.start)}, is ` +
        `document ${first.kept.number} of ${first.kept.path} again`;
  return [
    ...(documents === 0
      ? []
      : [
          `${documents} ${documents === 1 ? "document is" : "documents are"} left out as copies, ${exact.documents} equal and ${near.documents} near, ` +
            `${exact.bytes + near.bytes} bytes${like}`,
        ]),
    ...(together.documents === 0
      ? []
      : [
          `${together.documents} documents are nearly alike, in ${together.groups} groups, each on one side of the split`,
        ]),
  ];
}

const files = (count: number) => `${count} ${count === 1 ? "file was" : "files were"}`;
const percent = (share: number) => `${share < 0.001 ? "under 0.1" : (100 * share).toFixed(1)} %`;
