import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeJson } from "@trainer/disk";
import { openSafetensors, writeSafetensors, type Tensor } from "@trainer/torch";
import { z } from "zod";
import { ModelError } from "./errors.js";
import { INDEX_FILE, WEIGHTS_FILE } from "./file-names.js";

const FileName = z.string().regex(/^[^/\\]+\.safetensors$/, "must be the name of a safetensors file beside the index");
const Index = z.object({ weight_map: z.record(z.string(), FileName) });

/** The names of the files that a folder's index lists, which lie beside it. */
export const shardFiles = async (dir: string): Promise<string[]> => filesOf(await readIndex(dir));

/** The tensors of all files that an index lists, as views of them. */
export async function readShards(dir: string): Promise<[string, Tensor][]> {
  const entries = await readIndex(dir);
  return filesOf(entries).flatMap((file) => {
    using stored = openSafetensors(join(dir, file));
    const names = entries.flatMap(([name, where]) => (where === file ? [name] : []));
    return names.map((name): [string, Tensor] => [name, stored.tensor(name)]);
  });
}

type Entries = readonly (readonly [tensor: string, file: string])[];

const filesOf = (entries: Entries): string[] => [...new Set(entries.map(([, file]) => file))];

async function readIndex(dir: string): Promise<Entries> {
  const path = join(dir, INDEX_FILE);
  const parsed = Index.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (!parsed.success) throw new ModelError("MODEL_LOAD_FAILED", `${path}: ${z.prettifyError(parsed.error)}`);
  return Object.entries(parsed.data.weight_map);
}

/** Writes tensors as one file, or as several of at most `maxShardBytes` with an index (a larger tensor has one alone). */
export async function writeShards(
  dir: string,
  tensors: Iterable<readonly [string, Tensor]>,
  maxShardBytes: number,
): Promise<void> {
  const shards = split(tensors, maxShardBytes);
  const format = { format: "pt" };
  if (shards.length === 1) {
    await writeSafetensors(join(dir, WEIGHTS_FILE), shards.flat(), format);
    await rm(join(dir, INDEX_FILE), { force: true });
    return;
  }
  const pad = (n: number) => String(n).padStart(5, "0");
  const map: Record<string, string> = {};
  let total = 0;
  for (const [i, shard] of shards.entries()) {
    const file = `model-${pad(i + 1)}-of-${pad(shards.length)}.safetensors`;
    await writeSafetensors(join(dir, file), shard, format);
    for (const [name, tensor] of shard) {
      map[name] = file;
      total += tensor.numel * 4;
    }
  }
  await writeJson(join(dir, INDEX_FILE), { metadata: { total_size: total }, weight_map: map });
  await rm(join(dir, WEIGHTS_FILE), { force: true }); // one of an earlier save would be read in their place
}

function split(tensors: Iterable<readonly [string, Tensor]>, maxShardBytes: number) {
  let shard: (readonly [string, Tensor])[] = [];
  let bytes = 0;
  const shards = [shard];
  for (const entry of tensors) {
    const size = entry[1].numel * 4; // float32
    if (shard.length > 0 && bytes + size > maxShardBytes) {
      shard = [];
      bytes = 0;
      shards.push(shard);
    }
    shard.push(entry);
    bytes += size;
  }
  return shards;
}
