// Preloaded into a process (node --import): after every sync keeps the part of POWER_CUT_ROOT that would survive a
// power cut, for power-cut.faults.ts, in POWER_CUT/<n>. Only synced data is left: of a file its bytes at its last sync,
// of a folder its names at its own; a file that was never synced is empty. `names.json` lists what was visible.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join, resolve } from "node:path";
import { onSync } from "./on-sync.mjs";

const [cuts, root] = [String(process.env.POWER_CUT), resolve(String(process.env.POWER_CUT_ROOT))];
const { readFileSync, readdirSync, statSync, mkdirSync, writeFileSync, existsSync } = fs;
const files = new Map(); // inode -> its bytes on the disk
const folders = new Map(); // inode -> the names in it on the disk, with their kinds and inodes
const inside = (path) => path === root || path.startsWith(`${root}/`);

const namesIn = (path) =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    try {
      const { ino } = statSync(join(path, entry.name));
      return [{ name: entry.name, isFolder: entry.isDirectory(), ino }];
    } catch {
      return []; // it has just gone
    }
  });

function keep(path) {
  const stat = statSync(path);
  if (stat.isDirectory()) folders.set(stat.ino, namesIn(path));
  else files.set(stat.ino, readFileSync(path));
}

/** What was there before is on the disk. */
function keepAll(path) {
  keep(path);
  if (statSync(path).isDirectory()) for (const { name } of namesIn(path)) keepAll(join(path, name));
}
if (existsSync(root)) keepAll(root);

function restore(ino, to) {
  mkdirSync(to);
  for (const { name, isFolder, ino: at } of folders.get(ino) ?? []) {
    if (isFolder) restore(at, join(to, name));
    else writeFileSync(join(to, name), files.get(at) ?? "");
  }
}

let count = readdirSync(cuts).length;
function synced(path) {
  const at = resolve(String(path));
  if (!inside(at) || !existsSync(at)) return;
  keep(at);
  const cut = join(cuts, String(count++).padStart(4, "0"));
  mkdirSync(cut);
  restore(statSync(root).ino, join(cut, "home"));
  writeFileSync(join(cut, "names.json"), JSON.stringify(readdirSync(root, { recursive: true })));
}

onSync(synced);
syncBuiltinESMExports();
