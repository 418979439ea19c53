import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { exec } from "../exec.js";

/**
 * Serves tarballs as a package registry does, for npm to install them by their names.
 * @param {string} folder
 * @returns {Promise<{ url: string, fileOf: (name: string) => string, close: () => void }>}
 */
export async function serveTarballs(folder) {
  /** @type {Map<string, { manifest: { name: string, version: string }, bytes: Buffer, file: string }>} */
  const packages = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".tgz"))) {
    const { stdout } = await exec("tar", ["-xzOf", join(folder, file), "package/package.json"]);
    const manifest = JSON.parse(stdout);
    packages.set(manifest.name, { manifest, bytes: readFileSync(join(folder, file)), file });
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "").slice(1));
    const found = packages.get(path) ?? [...packages.values()].find(({ file }) => file === path);
    if (found === undefined) return void response.writeHead(404).end("{}");
    if (found.file === path) return void response.end(found.bytes);
    const { name, version } = found.manifest;
    const integrity = `sha512-${createHash("sha512").update(found.bytes).digest("base64")}`;
    const dist = { tarball: `${url}${found.file}`, integrity };
    const versions = { [version]: { ...found.manifest, dist } };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
  return {
    url,
    fileOf: (name) => packages.get(name)?.file ?? "",
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
