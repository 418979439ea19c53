import { exec } from "../exec.js";
import { SetupError } from "../say.js";

/**
 * Runs a program that must succeed.
 * @param {string} program
 * @param {string[]} args
 * @param {Parameters<typeof exec>[2]} [options]
 */
export async function must(program, args, options) {
  const result = await exec(program, args, options);
  if (result.code === 0) return result;
  const said = result.output.trim().split("\n").slice(-20).join("\n");
  throw new SetupError(`${program} ${args.slice(0, 4).join(" ")} … failed (code ${result.code}):\n${said}`);
}
