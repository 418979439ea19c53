/** Whether If-None-Match (RFC 9110 §13.1.2) names what the client has already. Quotes and W/ may be left out. */
export const noneMatch = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(",").some((each) => each.trim() === "*" || opaque(each) === etag);

/**
 * Whether a Range counts: without If-Range always, else only if that names this very content (RFC 9110 §13.1.5). A date
 * never does: content under an id cannot change, so that we tell no date of modification.
 */
export const ifRange = (header: string | undefined, etag: string): boolean =>
  header === undefined || opaque(header) === etag;

const opaque = (tag: string) =>
  tag
    .trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
