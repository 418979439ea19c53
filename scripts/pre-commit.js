// The commit hook: formatter and linter over what is staged, nothing else, so that it takes a second or two.
import { existsSync } from "node:fs";
import { exec } from "./exec.js";
import { format } from "./format.js";
import { at } from "./paths.js";
import { run, say } from "./say.js";

await run(async () => {
  if (!existsSync(at("node_modules/.package-lock.json"))) {
    say("pre-commit: the packages are not installed yet (npm run bootstrap), so nothing is checked.");
    return 0;
  }
  const { stdout } = await exec("git", ["diff", "--cached", "--name-only", "--diff-filter=ACMR", "-z"]);
  const files = stdout.split("\0").filter((file) => file !== "" && existsSync(at(file)));
  const sources = files.filter((file) => /\.(ts|tsx|js)$/.test(file));
  const oxlint = at("node_modules/oxlint/bin/oxlint");
  const [formatted, linted] = await Promise.all([
    format({ files }),
    sources.length > 0
      ? exec(process.execPath, [oxlint, "--type-aware", "--deny-warnings", "--quiet", ...sources])
      : { code: 0, output: "" },
  ]);
  if (formatted.code === 0 && linted.code === 0) return 0;
  process.stderr.write(formatted.output + (linted.code === 0 ? "" : linted.output));
  say("✗ Not committed: npm run fix puts the format right; then stage and commit again.");
  return 1;
});
