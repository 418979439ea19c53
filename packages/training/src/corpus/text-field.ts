/** Names that the field with the text has among people, in order of preference: of records and of columns alike. */
const KNOWN = [
  "text",
  "content",
  "body",
  "document",
  "story",
  "article",
  "full_text",
  "raw_content",
  "page_content",
  "passage",
  "paragraph",
  "sentence",
  "transcript",
  "review",
  "comment",
  "message",
  "post",
  "tweet",
  "lyrics",
  "poem",
  "abstract",
];

/** True for the field that needs no mention, and for what has none. */
export const isUsual = (field: string | null): boolean => field === null || field === KNOWN[0];

/** Field of the text among `names`, fields that hold strings: a known name, else the only one; null where none is sure. */
export function chooseField(names: readonly string[]): string | null {
  const [only = null] = names;
  return knownField(names) ?? (names.length === 1 ? only : null);
}

/** The field with a name known for it, in whatever case; the very name comes first. */
export function knownField(names: readonly string[]): string | null {
  for (const known of KNOWN) {
    const found = names.includes(known) ? known : names.find((name) => name.toLowerCase() === known);
    if (found !== undefined) return found;
  }
  return null;
}

const SHOWN = 20;
const SHOWN_CHARACTERS = 40;

/** Fields by name and kind for a refusal: `"id" (number), "title" (string)`, with how to name one. */
export function fieldsThere(fields: readonly (readonly [name: string, kind: string])[]): string {
  if (fields.length === 0) return "it has no fields";
  const listed = fields.slice(0, SHOWN).map(([name, kind]) => `${quoted(name)} (${kind})`);
  const more = fields.length > SHOWN ? ` and ${fields.length - SHOWN} more` : "";
  return `its fields are ${listed.join(", ")}${more}; --text-field names the one with the text`;
}

/** The same of a table's columns, by their names. */
export function columnsThere(names: readonly string[]): string {
  const listed = names.slice(0, SHOWN).map(quoted);
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `its columns are ${listed.join(", ")}${more}; --text-field names the one with the text`;
}

export const quoted = (name: string): string =>
  JSON.stringify(name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name);
