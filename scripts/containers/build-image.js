import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { existsSync } from "node:fs";
import { at, root } from "../paths.js";
import { progress, step } from "../say.js";
import { must } from "./must.js";

/**
 * Builds the image for processors; of an earlier commit, with this one's Dockerfile where it had none.
 * @param {string} tag
 * @param {string} [commit] left out: what is in the working folder
 */
export async function buildImage(tag, commit) {
  if (commit === undefined) {
    await step(`${tag} built`, () => build(tag, root));
    return tag;
  }
  const folder = mkdtempSync(join(tmpdir(), "trainer-before-"));
  try {
    await must("sh", ["-c", `git archive "${commit}" | tar -x -C "${folder}"`]);
    if (!existsSync(join(folder, "deploy/Dockerfile")))
      for (const path of [".dockerignore", "deploy"]) cpSync(at(path), join(folder, path), { recursive: true });
    await step(`${tag} of ${commit} built`, () => build(tag, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return tag;
}

/**
 * @param {string} tag
 * @param {string} context
 */
async function build(tag, context) {
  const options = (process.env["BUILD_OPTIONS"] ?? "").split(" ").filter((word) => word !== "");
  const args = ["build", "--format", "docker", "--layers", "--tag", tag, "--file", join(context, "deploy/Dockerfile")];
  await must("podman", [...args, ...options, context], { onLine: (line) => progress(`… ${tag}: ${line}`) });
}

/** @param {string} image */
export async function sizeOf(image) {
  const { stdout } = await must("podman", ["image", "inspect", "--format", "{{.Size}}", image]);
  return `${(Number(stdout) / 1e9).toFixed(2)} GB`;
}
