/** Where files lie: a Unix path of two parts or more, a Windows path, a path from somebody's home. */
const PATHS = /(?<![\w/:])(?:file:\/\/)?(?:~|\.{1,2})?(?:\/[^\s/"'`<>|:,;()]+){2,}\/?|\b[A-Za-z]:\\[^\s"'`<>|]+/g;

/** What is quoted and long enough to be a piece of somebody's text. */
const QUOTED = /(?<!\\)"(?:[^"\\\n]|\\.){32,}"|“[^“”]{32,}”|(?<!\\)'(?:[^'\\\n]|\\.){48,}'/g;

/** Takes out of a message what a chat should not show: where files lie, and pieces of a corpus. */
export const redact = (message: string): string => message.replace(QUOTED, '"[text]"').replace(PATHS, "[path]");
