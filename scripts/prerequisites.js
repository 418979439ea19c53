import { readFileSync } from "node:fs";
import { exec } from "./exec.js";
import { SetupError } from "./say.js";

/** @typedef {{ what: string, why: string, found: string, debian: string, fedora: string, macos: string }} Missing */

/** Node itself, before anything newer than it is used. */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(
    `Node ${version} is too old: Model Trainer needs Node 20.19 or newer (22 and 24 work too).\n` +
      "  Install a newer one with your version manager (nvm install 24, fnm install 24, brew install node)\n" +
      "  or from the Node.js download page, then run the same command again.",
  );
}

const checks = {
  async python() {
    const { code, output } = await exec("python3", ["--version"]);
    return code === 0
      ? null
      : missing(
          "python3",
          "libtorch is fetched by pip",
          output,
          "python3 python3-pip",
          "python3 python3-pip",
          "brew install python",
        );
  },
  async pip() {
    if ((await exec("python3", ["--version"])).code !== 0) return null; // reported by python already
    const { code, output } = await exec("python3", ["-m", "pip", "--version"]);
    return code === 0
      ? null
      : missing(
          "pip for python3",
          "libtorch is fetched by it",
          output,
          "python3-pip",
          "python3-pip",
          "python3 -m ensurepip --upgrade",
        );
  },
  async compiler() {
    const program = process.env["CXX"] ?? "c++";
    const { code, stdout, output } = await exec(program, ["-std=c++20", "-x", "c++", "-E", "-dM", "/dev/null"]);
    const standard = Number(/__cplusplus (\d+)/.exec(stdout)?.[1] ?? 0);
    return code === 0 && standard > 201703
      ? null
      : missing(
          "a C++20 compiler (GCC 10 or Clang 14, or newer)",
          "the native parts are built here",
          `${program}: ${output}`,
          "g++ make",
          "gcc-c++ make",
          "xcode-select --install",
        );
  },
  async cmake() {
    const { code, stdout, output } = await exec("cmake", ["--version"]);
    const [major = 0, minor = 0] = (/version (\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number);
    return code === 0 && (major > 3 || (major === 3 && minor >= 20))
      ? null
      : missing(
          "CMake 3.20 or newer",
          "it drives the native build",
          output,
          "cmake make",
          "cmake make",
          "brew install cmake",
        );
  },
};

/**
 * Throws one error that names everything missing at once, with what to type.
 * @param {Iterable<keyof typeof checks>} names
 */
export async function requireTools(names) {
  const results = await Promise.all([...new Set(names)].map((name) => checks[name]()));
  const absent = results.filter((result) => result !== null);
  if (absent.length > 0) throw new SetupError(describe(absent));
}

/**
 * @param {string} what
 * @param {string} why
 * @param {string} output
 * @param {string} debian
 * @param {string} fedora
 * @param {string} macos
 * @returns {Missing}
 */
function missing(what, why, output, debian, fedora, macos) {
  return { what, why, found: output.trim().split("\n")[0] ?? "", debian, fedora, macos };
}

/** @param {Missing[]} absent */
function describe(absent) {
  /** @param {"debian" | "fedora"} system */
  const packages = (system) => [...new Set(absent.flatMap((one) => one[system].split(" ")))].join(" ");
  const commands = [
    {
      id: /debian|ubuntu/,
      name: "Debian, Ubuntu",
      line: `sudo apt-get update && sudo apt-get install -y ${packages("debian")}`,
    },
    { id: /fedora|rhel/, name: "Fedora", line: `sudo dnf install -y ${packages("fedora")}` },
    { id: /darwin/, name: "macOS", line: absent.map((one) => one.macos).join(" && ") },
  ];
  const here = systemId();
  return [
    "Model Trainer cannot be set up yet. Missing:",
    ...absent.map((one) => `  - ${one.what}: ${one.why} (${one.found || "not found"})`),
    "To get it:",
    ...commands.map((one) => `  ${one.id.test(here) ? "→" : " "} ${one.name}: ${one.line}`),
    "Then run the same command again; what is done already is kept.",
  ].join("\n");
}

function systemId() {
  if (process.platform !== "linux") return process.platform;
  try {
    return readFileSync("/etc/os-release", "utf8")
      .split("\n")
      .filter((line) => /^ID(_LIKE)?=/.test(line))
      .join(" ");
  } catch {
    return "linux";
  }
}
