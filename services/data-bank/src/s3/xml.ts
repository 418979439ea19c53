/** The texts of all elements of one name, in their order. S3's answers are flat enough for no more than this. */
export const textsOf = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) => unescape(String(text)));

export const textOf = (xml: string, name: string): string => textsOf(xml, name)[0] ?? "";

/** Each element of one name, as XML. */
export const elementsOf = (xml: string, name: string): string[] =>
  xml.match(new RegExp(`<${name}>.*?</${name}>`, "gs")) ?? [];

const unescape = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
