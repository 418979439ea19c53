import type { Command } from "commander";
import { z } from "zod";
import { word } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { formatBytes } from "../../display/quantity.js";
import type { Io } from "../../process/io.js";
import { fileId } from "./file-id.js";
import { serviceUrl } from "../../flags/service-url.js";

const Options = z.strictObject({
  url: serviceUrl,
  out: z.string().min(1).optional().meta({ description: "where it is put; the id, in this folder, if left out" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Gets a file, checks its hash, and puts it in place whole. What came before a break stays beside it as .part, " +
      "and the same command goes on from there.",
    args: { id: word("id of the file") },
    options: Options,
    examples: { "trainer files get ID --out corpus.txt": "again after a break: goes on" },
    async run({ args: { id: named }, options, home, io, out }) {
      const id = fileId(named);
      const { url, out: path = id } = options;
      const { filesService, withProgress } = await import("../../services/files-service.js");
      const service = filesService({ home, io, out, url });
      const { size, sha256, contentType } = await io.interruptible((signal) =>
        withProgress(io, out, `getting ${path}`, (onProgress) => service.download(id, path, { onProgress, signal })),
      );
      const result = { path, file_id: sha256, size, content_type: contentType };
      out.result(result, () => `${path}: ${formatBytes(size)}, ${contentType}, hash as it should be`);
    },
  });
}
