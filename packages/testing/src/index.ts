// What most tests use and what loads fast; all else is imported by its file: @trainer/testing/system.
export { tiny, writeCorpus } from "./corpus.js";
export { foldersIn, importsIn, upward } from "./layers.js";
export { startLink, type Link } from "./link.js";
export { loggedLosses } from "./logged-losses.js";
export { aNumber, aString, containing, matching, near, withFields, withItem } from "./matching.js";
export { randomOf } from "./random.js";
export { findProgram, freePort, startRedis, type RedisServer } from "./redis-server.js";
export { isWritable, MEMORY, scratch, scratchPath, type Scratch } from "./scratch.js";
export { asSha256, sha256 } from "./sha256.js";
