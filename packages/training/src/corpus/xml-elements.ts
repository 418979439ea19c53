import { Parser } from "htmlparser2";

/** Elements within each other at most. */
const DEEPEST = 64;

export interface XmlElement {
  /** Without a prefix. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** Elements of a document in the order of their tags. `name` is for errors. */
export function elementsOf(xml: string, name: string): readonly XmlElement[] {
  const found: XmlElement[] = [];
  let depth = 0;
  const parser = new Parser(
    {
      onopentag: (tag, attributes) => {
        found.push({ name: tag.replace(/^.*:/, ""), attributes });
        depth += 1;
        if (depth > DEEPEST) throw new Error(`more than ${DEEPEST} elements are open within each other in ${name}`);
      },
      onclosetag: () => (depth -= 1),
    },
    { xmlMode: true },
  );
  parser.end(xml);
  return found;
}
