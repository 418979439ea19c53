import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { unlessAbsent } from "@trainer/disk";
import type { Ignore } from "ignore";
import { CorpusError } from "./corpus-error.js";
import { unreadable } from "./unreadable.js";

const RULES = ".gitignore";
const MOST_BYTES = 1 << 20;

/** Files that programs write beside sources, of which there is nothing to learn. */
const LOCKFILES: ReadonlySet<string> = new Set([
  "package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "bun.lock",
  "bun.lockb",
  "deno.lock",
  "cargo.lock",
  "gemfile.lock",
  "poetry.lock",
  "pipfile.lock",
  "pdm.lock",
  "uv.lock",
  "composer.lock",
  "go.sum",
  "flake.lock",
  "mix.lock",
  "pubspec.lock",
  "podfile.lock",
  "packages.lock.json",
  "gradle.lockfile",
]);
const MINIFIED = /(?:\.min\.(?:js|mjs|cjs|css)|\.(?:js|mjs|cjs|css)\.map)$/i;

/** The rules of one folder, which hold for all below it. */
interface FolderRules {
  readonly folder: string;
  readonly rules: Ignore;
}

/** What of a folder of sources is none: by the rules of Git, as far as files below and above it have them, and by names. */
export class SourceRules {
  /** By folder: the rules that hold in it, the nearest first. */
  readonly #held = new Map<string, readonly FolderRules[]>();

  /** The rules for a folder, with those of the repository that it is in, unless these leave out the folder itself. */
  static async open(folder: string): Promise<SourceRules> {
    const rules = new SourceRules();
    const above = await repositoryAbove(resolve(folder));
    for (const each of above) await rules.enter(each);
    if (rules.#isIgnored(resolve(folder), true)) rules.#held.clear();
    return rules;
  }

  /** Reads the rules of a folder, after those of the one that it is in. */
  async enter(folder: string): Promise<void> {
    const at = resolve(folder);
    const above = this.#held.get(dirname(at)) ?? [];
    const patterns = `${await rulesIn(join(at, ".git", "info", "exclude"))}\n${await rulesIn(join(at, RULES))}`;
    const { default: ignore } = await import("ignore"); // here, or every command would load it
    const own = { folder: at, rules: ignore({ ignorecase: false }).add(patterns) };
    this.#held.set(at, patterns === "\n" ? above : [own, ...above]);
  }

  /** Why an entry is left out; null where it is read. */
  whyNot(path: string, isFolder: boolean): string | null {
    const name = basename(path).toLowerCase();
    if (isFolder && name === "node_modules") return "node_modules";
    if (!isFolder && LOCKFILES.has(name)) return "lockfile";
    if (!isFolder && MINIFIED.test(name)) return "minified";
    return this.#isIgnored(resolve(path), isFolder) ? "ignored by Git" : null;
  }

  #isIgnored(path: string, isFolder: boolean): boolean {
    for (const { folder, rules } of this.#held.get(dirname(path)) ?? []) {
      const { ignored, unignored } = rules.test(relative(folder, path).replaceAll(sep, "/") + (isFolder ? "/" : ""));
      if (ignored || unignored) return ignored;
    }
    return false;
  }
}

/** The folders above one, from the root of its repository down; none where it is in no repository, or its root. */
async function repositoryAbove(folder: string): Promise<readonly string[]> {
  const above: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if ((await unlessAbsent(stat(join(at, ".git")))) !== null) return above;
    if (at === dirname(at)) return [];
    above.unshift(dirname(at));
  }
}

async function rulesIn(path: string): Promise<string> {
  try {
    const rules = await unlessAbsent(readFile(path));
    if (rules === null) return "";
    if (rules.length <= MOST_BYTES) return rules.toString();
  } catch (error) {
    throw unreadable(path, error);
  }
  throw new CorpusError(
    "INVALID_INPUT",
    `${path} has more than ${MOST_BYTES} bytes: expected rules of what Git ignores`,
  );
}
