export { EXIT, type ExitCode } from "./exit-codes.js";
export type { Io, Sink, Source } from "./io.js";
export { run } from "./program.js";
