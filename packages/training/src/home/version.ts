import { readFileSync } from "node:fs";
import { z } from "zod";

const PACKAGE = new URL("../../package.json", import.meta.url);

/** This package's version. */
export const version = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(PACKAGE, "utf8"))).version;
