import { CommanderError } from "commander";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { OutputLost, Stopped } from "./interrupts.js";

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "USAGE";
}

/** A run that ended by failing: the error, with what is known of the run. */
export class RunFailed extends Error {
  override readonly name = "RunFailed";
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string | null,
    /** Fields beside the error in `--json`. */
    readonly details: Readonly<Record<string, unknown>>,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error as people at a terminal, and scripts that read `--json`, get it. */
export interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly exitCode: ExitCode;
  /** Further fields for `--json`. */
  readonly details?: object;
}

/** Advice on errors of the system. */
const SYSTEM: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOENT: ["no such file or folder", "Check the path; relative ones start from the folder you are in."],
  EACCES: ["permission denied", "Choose a file or folder that you may read and write, or change its permissions."],
  EPERM: ["not permitted", "Choose a file or folder that you may read and write, or change its permissions."],
  EISDIR: ["is a folder, but a file is needed", "Name a file inside it."],
  ENOTDIR: ["a part of the path is a file, not a folder", "Check the path."],
  EROFS: ["the file system is read-only", "Choose another place with --home DIR or --out DIR."],
  ENOSPC: ["no space left on the disk", "Free some space, or choose another disk with --home DIR."],
  EMFILE: ["too many open files", "Raise the limit with `ulimit -n 4096`."],
};

/** Advice on errors of our packages, where their message has none. */
const HINTS: Readonly<Record<string, string>> = {
  CORPUS_NOT_FOUND: "Check the path; relative ones start from the folder you are in.",
  OUT_OF_MEMORY: "Try a smaller --batch-size (with --grad-accum-steps), --max-seq-len or --size.",
  EADDRINUSE: "Choose another port with --port N; 0 takes one that is free.",
  STORE_DAMAGED:
    "With --repair it is put aside in the folder's quarantine/, and nothing is deleted. Uploading a file again mends it.",
  UNAVAILABLE: "See what this machine has with `trainer doctor`.",
  ERR_DLOPEN_FAILED:
    "The native part cannot be loaded: run `trainer doctor`, then `trainer setup`, or in a checkout `npm run bootstrap`.",
  ERR_MODULE_NOT_FOUND: "A part is missing: install model-trainer again, or in a checkout run `npm run bootstrap`.",
};

/** Advice on errors of a service, or its absence, by service. */
const SERVICE_HINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  trainer: {
    UNREACHABLE: "Does it run? `trainer serve` starts one on this machine; --server URL says where it is.",
    UNAUTHORIZED:
      "The server wants its key: set TRAINER_API_KEY, or name the --home that `trainer serve` runs with here, and " +
      "the address that its serve.json has.",
  },
  hub: {
    UNREACHABLE:
      "Is the hub there? --mirror or HF_ENDPOINT says where it is. What has come is kept: the same command goes on.",
    TIMEOUT: "What has come is kept: the same command goes on.",
  },
  "data-bank": {
    UNREACHABLE:
      "Is the file service there? `trainer data-bank start` starts one; --url or APP__DATA_BANK_API_URL says where it is.",
    UNAUTHORIZED:
      "The file service wants a key: set APP__DATA_BANK_API_KEY, and APP__DATA_BANK_API_URL to the address it is for.",
  },
};

export function explain(error: unknown): Explanation {
  if (error instanceof OutputLost) {
    const { code, message, hint } = explain(error.cause);
    return { code, message: `stdout cannot be written to: ${message}`, hint, exitCode: error.exitCode };
  }
  if (error instanceof Stopped) {
    return { code: "INTERRUPTED", message: error.message, hint: null, exitCode: error.exitCode };
  }
  if (error instanceof CommanderError) {
    return { code: "USAGE", message: error.message.replace(/^error: /, ""), hint: null, exitCode: EXIT.usage };
  }
  if (!(error instanceof Error)) {
    return { code: "FAILED", message: String(error), hint: null, exitCode: EXIT.failed };
  }
  const code = codeOf(error);
  const exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
  if (error instanceof RunFailed)
    return { code, message: error.message, hint: error.hint, exitCode, details: error.details };
  const listening = listenProblem(error, code);
  if (listening !== null) return { code, exitCode, ...listening };
  const system = SYSTEM[code];
  if (system !== undefined && "syscall" in error) {
    const where = "path" in error ? `${String(error.path)}: ` : "";
    return { code, message: where + system[0], hint: system[1], exitCode };
  }
  const service = "service" in error ? String(error.service) : "";
  return { code, message: error.message, hint: SERVICE_HINTS[service]?.[code] ?? HINTS[code] ?? null, exitCode };
}

/** An address that nobody can listen on, where it is not for somebody else who does. */
function listenProblem(error: Error, code: string): Pick<Explanation, "message" | "hint"> | null {
  if (!("syscall" in error) || !("address" in error) || error.syscall !== "listen") return null;
  const address = String(error.address);
  if (code === "EACCES" && "port" in error)
    return {
      message: `port ${String(error.port)} of ${address} is kept from this user: permission denied`,
      hint: "Choose one from 1024 on with --port N or PORT.",
    };
  if (code === "EADDRNOTAVAIL")
    return {
      message: `this machine has no address ${address}, which it was to listen on`,
      hint: "Choose one of its own with --host or BIND_HOST; 0.0.0.0 is all of them.",
    };
  return null;
}

const codeOf = (error: Error): string => ("code" in error ? String(error.code) : "FAILED");
