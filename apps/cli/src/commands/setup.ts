import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../framework/define-command.js";
import type { Io } from "../process/io.js";
import { needLibtorch } from "../process/need-libtorch.js";

export function define(command: Command, io: Io, need = needLibtorch): void {
  defineCommand(command, io, {
    description:
      "Fetches libtorch now, which else is fetched when a command first needs it, and checks that it loads. It comes by " +
      "pip, whose settings hold, and is checked by hash; LIBTORCH names a copy instead, LIBTORCH_VARIANT (cpu or cuda) " +
      "which one is fetched, TRAINER_CACHE the folder.",
    args: {},
    withoutHome: true,
    options: z.strictObject({}),
    examples: {
      "trainer setup": "fetches what is missing",
      "LIBTORCH_VARIANT=cuda trainer setup": "with CUDA's libraries, also where no driver is found",
    },
    async run({ io, out }) {
      const fetched = await need(io, out);
      const { libtorchVersion } = await import("@trainer/torch");
      const version = libtorchVersion();
      out.result({ libtorch: version, fetched }, () =>
        fetched ? `libtorch ${version} is fetched, and loads.` : `libtorch ${version} was there, and loads.`,
      );
    },
  });
}
