import type { Command } from "commander";
import { familyInfo } from "@trainer/models/capabilities";
import { optimizerInfo } from "@trainer/torch/capabilities";
import type { TrainOptions } from "@trainer/training/options";
import { choosePrecision } from "../flags/choose-precision.js";
import { MIX_ARGUMENT, mixArgument } from "../flags/mix-argument.js";
import { anyWords } from "../framework/arguments.js";
import { defineCommand, type Typed } from "../framework/define-command.js";
import { UsageError } from "../process/errors.js";
import { fetching } from "../runs/fetching.js";
import type { Io } from "../process/io.js";
import { followRun, type RunHooks } from "../run-display/follow-run.js";
import type { Demand } from "../run-display/memory-estimate.js";
import { isOpen, toBePlanned } from "../plan/given-options.js";
import { planned } from "../plan/planned.js";
import { resumeRun } from "../runs/resume-run.js";
import { TRAIN_ALIASES, TrainFlags, trainingOf } from "../flags/train-options.js";
import { trackerFor } from "../trackers/tracker-for.js";
import { tracked } from "../trackers/tracked.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Train a model on your text. Without a size or a length its settings are planned for ten minutes, or for the time that --for says; `trainer plan` shows them. Without --tokenizer one is trained first. Ctrl-C finishes the step, saves and says how to go on.",
    args: { corpus: anyWords(MIX_ARGUMENT) },
    options: TrainFlags,
    usesLibtorch: true,
    runs: ["pretrainedRunId", "teacher"],
    aliases: TRAIN_ALIASES,
    complete: fromFile,
    examples: {
      "trainer train book.txt": "the best model of it that this machine can train in ten minutes",
      "trainer train books/ --size small --num-epochs 3 --batch-size 8": "GPT-2 small on a folder, three times through",
      "trainer train own/:0.3 wiki/:0.7 --size small":
        "three tenths of the tokens from one text, the rest from another, however long they are",
      "trainer train poems.jsonl --document line --n-layer 6 --n-embd 384 --n-head 6":
        "own dimensions, a document a line",
      "trainer train book.txt --max-steps 2000 --lr-schedule cosine --warmup-steps 100":
        "a fixed number of steps, the rate falling",
      "trainer train book.txt --for 2h": "the best one in the time that you have",
      "trainer train book.txt --run-id mine --resume":
        "begin the run, or go on with it: for schedulers that start a job again",
      "trainer train letters.txt --pretrained RUN":
        "go on from another run's weights, or from a folder of transformers",
      "trainer train chats.jsonl --pretrained RUN --format auto":
        "on conversations, of which the answers are learnt, for `trainer chat`",
      "trainer train letters.txt --pretrained RUN --lora-rank 8 --finetune-lr-cap 3e-4":
        "the same by a small adapter, which `trainer export --adapter` gives to PEFT",
      "trainer train book.txt --size tiny --teacher RUN":
        "a small model that learns from a larger one, beside the text",
      "trainer train ID --upload":
        "on a text that a file service has (`trainer corpus add`), and the result sent there",
      "trainer train book.txt --size small --estimate": "how large, how much memory, how long: nothing is trained",
      "trainer train --options training.toml --seed 7":
        "by a file, which says the text too, and with another seed than it says",
      "MLFLOW_TRACKING_URI=http://127.0.0.1:5000 trainer train book.txt --track mlflow":
        "with its figures in MLflow as they come",
      "trainer train book.txt --track wandb": "with its figures in files that `wandb sync` sends",
      "trainer train book.txt --server http://127.0.0.1:8000": "on a server, watched from here",
      "trainer train book.txt --json | jq .train_loss": "one JSON line a logged step, the result last",
    },
    async runOn(server, invocation) {
      const { trainRemote } = await import("../remote/train.js");
      await trainRemote(server, invocation.args.corpus, invocation);
    },
    async run({ args: { corpus: names }, options, given, home, flags, io, out }) {
      const { resume: wanted, runId, profile: profileSteps, upload } = options;
      if (wanted && runId === null) throw new UsageError("--resume needs --run-id, the name of the run to go on with");
      if (runId === "latest")
        throw new UsageError("--run-id latest: commands call the newest run so; choose another name");
      if (options.estimate && (wanted || upload))
        throw new UsageError("--estimate trains nothing: leave out --resume and --upload, or --estimate");
      const tracker = options.track && (await trackerFor(options.track, { io, home, out }));
      const request = trainingOf(mixArgument(names), isOpen(given) ? toBePlanned(options, given) : options);
      const { hasSaved, runFolder, suitablePrecision, train } = await import("@trainer/training");
      const where = { home, flags, io, out };
      const elsewhere = await fetching({ home, io, out });
      const decided = async () => {
        const chosen = { ...request, precision: choosePrecision(options, out, suitablePrecision) };
        return isOpen(given) ? await planned(chosen, { ...where, given, elsewhere }) : chosen;
      };
      if (options.estimate) {
        const { tellEstimate } = await import("../runs/tell-estimate.js");
        return await tellEstimate(await decided(), where, elsewhere);
      }
      const begin = async () => {
        const chosen = await decided();
        const start = (hooks: RunHooks) => train(chosen, { ...hooks, ...elsewhere, profileSteps });
        return await followRun(where, (hooks) => tracked(tracker, where, hooks, start), { demand: demandOf(chosen) });
      };
      const trained =
        wanted && runId !== null && (await hasSaved(runFolder(home, runId)))
          ? await resumeRun(runId, where, { profileSteps, tracker })
          : await begin();
      if (upload) {
        const { uploadRun } = await import("../runs/upload-run.js");
        await uploadRun(trained.runId, { clean: false, ...where });
      }
    },
  });
}

/** Takes from a file what was not typed: typed words are the text, whatever the file says of it. */
async function fromFile({ words, options }: Typed): Promise<Typed> {
  const { options: file } = options;
  if (typeof file !== "string") return { words: assertText(words), options };
  const { readOptionsFile } = await import("../flags/options-file.js");
  const said = readOptionsFile(file);
  return { words: assertText(words.length === 0 ? said.words : words), options: said.options };
}

function assertText(words: readonly string[]): readonly string[] {
  if (words.length > 0) return words;
  throw new UsageError("a text is needed: name a file or folder, or say corpus_path in a file that --options names");
}

/** The run's memory demand as far as it is known in advance: not for weights from elsewhere. */
function demandOf({
  modelFamily,
  modelSize,
  modelConfig,
  optimizer,
  pretrainedRunId,
}: TrainOptions): Demand | undefined {
  const outline =
    pretrainedRunId === null
      ? familyInfo(modelFamily)?.outline({ size: modelSize, dimensions: modelConfig })
      : undefined;
  return outline && { outline, moments: optimizerInfo(optimizer).moments };
}
