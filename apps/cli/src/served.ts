import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Part = z.object({ url: z.string() });
const Places = z.object({ "data-bank": Part });
const Keys = z.object({ api_key: z.string().optional(), data_bank_key: z.string().optional() });

/** What `trainer serve` has written down for the commands that work in the same home; all undefined where it has not. */
export function served(home: string) {
  const places = read(join(home, "serve.json"), Places);
  const keys = read(join(home, "keys.json"), Keys);
  return {
    apiKey: keys?.api_key,
    dataBank: { url: places?.["data-bank"].url, apiKey: keys?.data_bank_key },
  };
}

function read<S extends z.ZodType>(file: string, schema: S): z.output<S> | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}
