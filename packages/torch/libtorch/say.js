// How the set-up talks: one line a step, the line of the running step rewritten in place on a terminal.

/** An error that a person can put right: shown as it is, without a stack trace. */
export class SetupError extends Error {
  /** @override */
  name = "SetupError";
}

const live = process.stdout.isTTY && !process.env["CI"];
let shown = false;

/** @param {string} line */
export function say(line) {
  clear();
  console.log(line);
}

const LOGGED_EVERY_MS = 20_000;
let logged = performance.now();

/**
 * Something that changes while a step runs. On a terminal it replaces itself; a log gets a line of it now and then.
 * @param {string} line
 */
export function progress(line) {
  if (!live) {
    if (performance.now() - logged < LOGGED_EVERY_MS) return;
    logged = performance.now();
    return console.log(line);
  }
  process.stdout.write(`\r\x1b[2K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
  shown = true;
}

function clear() {
  if (shown) process.stdout.write("\r\x1b[2K");
  shown = false;
}

/**
 * Runs one step and prints its duration.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function step(name, body) {
  const started = performance.now();
  if (live) progress(`… ${name}`);
  else say(`… ${name}`);
  const result = await body();
  say(`✓ ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}

/**
 * The end of every script: a SetupError is a message, anything else a bug with its stack.
 * @param {() => Promise<number | void>} main
 */
export async function run(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    clear();
    console.error(error instanceof SetupError ? `\n✗ ${error.message}\n` : error);
    process.exitCode = 1;
  }
}

/** @param {number} bytes */
export const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
