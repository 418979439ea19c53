import { writeSync } from "node:fs";
import { DataBankClient } from "@trainer/client/data-bank";
import { ensureRun, fetchCorpus, openHome, sendArtifact, TrainingError } from "@trainer/training";
import { z } from "zod";

/** One transfer from or to a file service, in a process of its own; prints the hash or path that came of it, or what failed. */
const Task = z.object({ what: z.enum(["corpus", "send", "run"]), url: z.url(), home: z.string(), id: z.string() });

const { what, url, id, ...task } = Task.parse(JSON.parse(process.argv[2] ?? ""));
const home = openHome(task.home);
const dataBank = new DataBankClient({ url, apiKey: "key" });
const DOES = {
  async corpus() {
    using corpus = await fetchCorpus(id, { home, dataBank });
    return corpus.path;
  },
  send: async () => (await sendArtifact(id, { home, dataBank })).fileId,
  run: async () => (await ensureRun(id, { home, dataBank })).dir,
};
try {
  writeSync(1, await DOES[what]());
} catch (error) {
  writeSync(1, `failed: ${TrainingError.from(error).code}`);
}
