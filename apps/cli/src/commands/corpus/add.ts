import type { Command } from "commander";
import { READ_FILES } from "@trainer/training/options";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { ProgressLine } from "../../display/progress-line.js";
import type { Io } from "../../process/io.js";
import { TEXT_FLAGS } from "../../flags/text-flags.js";
import { corpusFacts, corpusJson } from "../../display/corpus-facts.js";
import { serviceUrl } from "../../flags/service-url.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Sends text to a file service, prints its id, by which runs anywhere can be trained on it, and what it is like. " +
      "One plain file goes as it is; several, records of .jsonl and what is zipped are joined in the order given (in " +
      "folders, by their names), a blank line between them. It lies in the home's cache then too.",
    args: { path: words(`files or folders of text: ${READ_FILES}`) },
    options: z.strictObject({
      corpusFormat: TEXT_FLAGS.corpusFormat,
      textField: TEXT_FLAGS.textField,
      url: serviceUrl,
    }),
    examples: {
      "trainer corpus add plays.txt": "its id, lines, characters, scripts",
      "trainer train $(trainer corpus add texts/ --json | jq -r .file_id)": "and then train on it",
    },
    async run({ args: { path: paths }, options: { corpusFormat: format, textField, url }, home, flags, io, out }) {
      const { addCorpus, corpusStatistics, openHome } = await import("@trainer/training/files");
      const { filesService, withProgress } = await import("../../services/files-service.js");
      const dataBank = filesService({ home, io, out, url });
      await io.interruptible(async (signal) => {
        using added = await withProgress(io, out, "sending the text", (onProgress) =>
          addCorpus(paths, { home: openHome(home), dataBank, format, textField, onProgress, signal }),
        );
        const line = new ProgressLine(io, out);
        const onRead = ({ bytes }: { readonly bytes: number }) => line.update("reading", bytes / added.bytes);
        const read = await corpusStatistics([added.path], { signal, onRead }).finally(() => line.clear());
        const statistics = { ...read, leftOut: added.leftOut };
        const { fileId, path } = added;
        out.result({ file_id: fileId, path, ...corpusJson(statistics) }, () =>
          [`id          ${fileId}`, ...corpusFacts(statistics), "", "Next:", `  trainer train ${fileId}${flags}`].join(
            "\n",
          ),
        );
      });
    },
  });
}
