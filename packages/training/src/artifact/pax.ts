import { refused } from "./refused.js";

/** What Python's tarfile says of every file: nothing of where it lies, what it is and how large. */
const HARMLESS = /^(mtime|atime|ctime|uid|gid|uname|gname|comment)$/;

/**
 * Refuses extended attributes of a POSIX tar that override where a file lies, what it is or how large it is, and those that
 * are not well formed: records of "length key=value\n", the length counting the whole record.
 */
export function checkExtension(bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const [, length = "", key = ""] = /^(\d{1,5}) ([^=\n]{1,100})=/.exec(bytes.toString("latin1", at, at + 128)) ?? [];
    const end = at + Number(length);
    if (key === "" || end > bytes.length || bytes[end - 1] !== 0x0a || end - at < length.length + key.length + 3) {
      throw refused("attributes that are not well formed");
    }
    if (!HARMLESS.test(key)) throw refused(`attributes that set the ${key} of what follows`);
    at = end;
  }
}
