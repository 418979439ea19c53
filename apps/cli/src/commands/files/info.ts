import type { Command } from "commander";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { formatBytes } from "../../display/quantity.js";
import { table } from "../../display/table.js";
import type { Io } from "../../process/io.js";
import { fileId } from "./file-id.js";
import { serviceUrl } from "../../flags/service-url.js";

const Options = z.strictObject({
  url: serviceUrl,
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "What the service knows of files: size, type, since when.",
    args: { id: words("ids of files") },
    options: Options,
    examples: { "trainer files info ID": "fails if it is not there" },
    async run({ args: { id: named }, options: { url }, home, io, out }) {
      const ids = named.map(fileId);
      const { filesService } = await import("../../services/files-service.js");
      const service = filesService({ home, io, out, url });
      const files = await Promise.all(ids.map((id) => service.info(id)));
      out.result({ files }, () =>
        table(
          [
            ["ID", "SIZE", "TYPE", "SINCE"],
            ...files.map((file) => [file.file_id, formatBytes(file.size), file.content_type, file.created_at ?? "-"]),
          ],
          [1],
        ).join("\n"),
      );
    },
  });
}
