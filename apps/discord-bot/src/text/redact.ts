/** Paths: a Unix path of two parts or more, a Windows path, one from a home folder. */
const PATHS = /(?<![\w/:])(?:file:\/\/)?(?:~|\.{1,2})?(?:\/[^\s/"'`<>|:,;()]+){2,}\/?|\b[A-Za-z]:\\[^\s"'`<>|]+/g;

/** Quotations long enough to be a piece of somebody's text. */
const QUOTED = /(?<!\\)"(?:[^"\\\n]|\\.){32,}"|“[^“”]{32,}”|(?<!\\)'(?:[^'\\\n]|\\.){48,}'/g;

/** Redacts what a chat must not show: paths, and pieces of a corpus. */
export const redact = (message: string): string => message.replace(QUOTED, '"[text]"').replace(PATHS, "[path]");
