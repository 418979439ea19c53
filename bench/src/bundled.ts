import { fileURLToPath } from "node:url";

/** The text that comes with the project: 1.1 MB. */
export const SHAKESPEARE = fileURLToPath(new URL("../../examples/corpus/tinyshakespeare.txt", import.meta.url));
