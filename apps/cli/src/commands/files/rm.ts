import type { Command } from "commander";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { fileId } from "./file-id.js";
import { serviceUrl } from "../../flags/service-url.js";

const Options = z.strictObject({
  url: serviceUrl,
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Removes files from the service, for everybody and for good.",
    args: { id: words("ids of files") },
    options: Options,
    examples: { "trainer files rm ID": "no failure if it is not there" },
    async run({ args: { id: named }, options: { url }, home, io, out }) {
      const ids = named.map(fileId);
      const { filesService } = await import("../../services/files-service.js");
      const service = filesService({ home, io, out, url });
      for (const id of ids) await service.remove(id);
      out.result({ removed: ids }, () => `removed ${ids.join(", ")}`);
    },
  });
}
