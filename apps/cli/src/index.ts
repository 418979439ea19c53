export { EXIT, type ExitCode } from "./process/exit-codes.js";
export type { Io, Sink, Source } from "./process/io.js";
export { run } from "./program.js";
