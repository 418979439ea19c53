import { Readable } from "node:stream";

/** An answer's body; a stream without bytes where there is none. */
export const bodyOf = (answer: Response): Readable =>
  answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body);
