import { join } from "node:path";
import type { Command } from "commander";
import type { DataBank, DataBankConfig } from "@trainer/data-bank";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { untilAborted } from "../../process/until-aborted.js";

const Options = z.strictObject({
  root: z.string().min(1).optional().meta({ description: "where files are kept: DATA_ROOT, or files/ in the home" }),
  host: z.string().min(1).optional().meta({ description: "address to listen on: BIND_HOST, or this machine alone" }),
  port: z.int().min(0).max(65535).optional().meta({ description: "PORT, or 8001; 0 takes one that is free" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Serves files over HTTP, each under the SHA-256 of its content, until it is stopped. Log records go to stderr. " +
      "Keys come from API_UPLOAD_KEYS, API_READ_KEYS and API_DELETE_KEYS; other variables are in services/data-bank.",
    args: {},
    options: Options,
    examples: {
      "trainer data-bank": "for this machine, without keys",
      "API_UPLOAD_KEYS=$(openssl rand -hex 32) trainer data-bank --host 0.0.0.0": "for others, with a key",
    },
    async run({ options, home, io, out }) {
      const { dataBankConfig, startDataBank } = await import("@trainer/data-bank");
      const { registerPluginStores } = await import("./plugin-stores.js");
      registerPluginStores();
      const config = dataBankConfig({
        ...io.env,
        DATA_ROOT: filesRoot(options.root, io.env, home),
        ...(options.host === undefined ? {} : { BIND_HOST: options.host }),
        ...(options.port === undefined ? {} : { PORT: String(options.port) }),
      });
      await io.interruptible(async (signal) => {
        await using bank = await startDataBank(config, { log: io.stderr });
        const { url, place } = bank;
        out.result({ url, place, keys: keyCounts(config) }, () => facts(bank, config).join("\n"));
        await untilAborted(signal);
      });
    },
  });
}

export const filesRoot = (given: string | undefined, env: Io["env"], home: string): string =>
  given ?? (env["DATA_ROOT"] || join(home, "files"));

const keyCounts = ({ keys }: DataBankConfig) => ({
  upload: keys.upload.length,
  read: keys.read.length,
  delete: keys.delete.length,
});

const facts = ({ url, place }: DataBank, config: DataBankConfig): string[] => [
  `data-bank  ${url}`,
  `files      ${place}`,
  ...Object.entries(keyCounts(config)).map(
    ([permission, count]) =>
      `${permission.padEnd(10)} ${count === 0 ? `anybody on this machine (no API_${permission.toUpperCase()}_KEYS)` : `${count} keys`}`,
  ),
];
