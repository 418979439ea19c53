import { basename } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { formatBytes } from "../../display/quantity.js";
import type { Io } from "../../process/io.js";
import { serviceUrl } from "../../flags/service-url.js";

const Options = z.strictObject({
  url: serviceUrl,
  contentType: z
    .string()
    .regex(/^[\x21-\x7e][\x20-\x7e]{0,254}$/, "must be a media type such as text/plain")
    .default("application/octet-stream")
    .meta({ description: "the media type that is kept with them" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Sends files and prints the id of each: the SHA-256 of its content. Sending a file twice does no harm.",
    args: { file: words("files to send") },
    options: Options,
    examples: {
      "trainer files put corpus.txt --content-type text/plain": "prints the id",
      "trainer files put *.txt --json": "a JSON line a file",
    },
    async run({ args: { file: paths }, options: { url, contentType }, home, io, out }) {
      const { filesService, withProgress } = await import("../../services/files-service.js");
      const service = filesService({ home, io, out, url });
      await io.interruptible(async (signal) => {
        for (const path of paths) {
          const info = await withProgress(io, out, `sending ${basename(path)}`, (onProgress) =>
            service.upload(path, contentType, { onProgress, signal }),
          );
          out.note(`${path}: ${formatBytes(info.size)} sent`);
          out.result({ path, ...info }, () => info.file_id);
        }
      });
    },
  });
}
