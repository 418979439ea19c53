import { spawn } from "node:child_process";

/**
 * Runs a program to its end and keeps what it wrote. Never throws for a non-zero code: the caller knows what it means.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, input?: string | undefined, onLine?: (line: string) => void }} [options] input: what the program reads; nothing without
 * @returns {Promise<{ code: number, stdout: string, output: string }>} code 127: no such program; 128 + n: ended by signal n
 */
export function exec(program, args, { cwd, env = process.env, show = false, input, onLine } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: [input === undefined ? "ignore" : "pipe", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
    });
    child.stdin?.end(input);
    // Ctrl-C reaches the program too: wait for it to clean up, and then clean up here.
    const wait = () => {};
    const forward = () => child.kill("SIGTERM");
    process.on("SIGINT", wait).on("SIGTERM", forward);
    /** @param {{ code: number, stdout: string, output: string }} result */
    const end = (result) => {
      process.off("SIGINT", wait).off("SIGTERM", forward);
      resolve(result);
    };
    let stdout = "";
    let output = "";
    let rest = "";
    /** @param {string} chunk */
    const take = (chunk) => {
      output += chunk;
      if (!onLine) return;
      const lines = (rest + chunk).split(/\r|\n/);
      rest = lines.pop() ?? "";
      lines.forEach(onLine);
    };
    child.stdout?.setEncoding("utf8").on("data", (chunk) => {
      stdout += chunk;
      take(chunk);
    });
    child.stderr?.setEncoding("utf8").on("data", take);
    child.on("error", (error) => end({ code: 127, stdout, output: output + error.message }));
    child.on("close", (code, signal) => end({ code: code ?? (signal === "SIGINT" ? 130 : 143), stdout, output }));
  });
}
