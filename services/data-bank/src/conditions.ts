/** True if If-None-Match (RFC 9110 §13.1.2) names the client's version. Quotes and W/ are optional. */
export const noneMatch = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(",").some((each) => each.trim() === "*" || opaque(each) === etag);

/**
 * True if a Range applies: without If-Range always, else only if that names this content (RFC 9110 §13.1.5). A date
 * never does: content under an id cannot change, so there is no date of modification.
 */
export const ifRange = (header: string | undefined, etag: string): boolean =>
  header === undefined || opaque(header) === etag;

const opaque = (tag: string) =>
  tag
    .trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
