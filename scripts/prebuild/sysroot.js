import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { exec } from "../exec.js";
import { SetupError, step } from "../say.js";
import { SUITE } from "./targets.js";

const PACKAGES = "libc6-dev,linux-libc-dev,libstdc++6,libgcc-s1";

/**
 * A folder with the C library and headers of the claimed release, made by mmdebstrap once; nothing of it is run, so that
 * it can be of another processor.
 * @param {string} folder
 * @param {string} architecture in Debian
 */
export async function makeSysroot(folder, architecture) {
  if (existsSync(folder)) return;
  const tmp = `${folder}.tmp`;
  rmSync(tmp, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  await step(`${SUITE} (${architecture}) unpacked`, async () => {
    const args = [
      "--variant=extract",
      `--architectures=${architecture}`,
      `--include=${PACKAGES}`,
      SUITE,
      tmp,
      await mirror(),
    ];
    const { code, output } = await exec("mmdebstrap", args);
    if (code === 127)
      throw new SetupError("There is no mmdebstrap here, which unpacks an old C library: apt-get install mmdebstrap");
    if (code !== 0) throw new SetupError(`mmdebstrap failed:\n${output.trim().split("\n").slice(-8).join("\n")}`);
    for (const path of links(tmp)) stayInside(path, tmp);
    renameSync(tmp, folder);
  });
}

/**
 * The mirror of Debian that this machine is set up with. Named, for mmdebstrap itself would add that of security updates,
 * which an old release may have no more.
 */
async function mirror() {
  if (process.env["DEBIAN_MIRROR"]) return process.env["DEBIAN_MIRROR"];
  const format = ["--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"];
  const { stdout } = await exec("apt-get", ["indextargets", ...format]);
  const found = /^Debian (?!.*security)(\S+)$/m.exec(stdout)?.[1];
  if (found !== undefined) return found;
  throw new SetupError("apt knows no mirror of Debian here: set DEBIAN_MIRROR to the address of one.");
}

/**
 * A link to an absolute path would lead out of the folder.
 * @param {string} path
 * @param {string} root
 */
function stayInside(path, root) {
  const target = readlinkSync(path);
  if (!isAbsolute(target)) return;
  rmSync(path);
  symlinkSync(relative(dirname(path), join(root, target)), path);
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
const links = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) return [path];
    return entry.isDirectory() ? links(path) : [];
  });
