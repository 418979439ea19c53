import type { Command } from "commander";
import { ScoreRequest } from "@trainer/platform";
import type { CharacterScore, Fidelity, Score } from "@trainer/training";
import { ScoreOptions } from "@trainer/options";
import { z } from "zod";
import { word } from "../framework/arguments.js";
import { defineCommand, MODEL } from "../framework/define-command.js";
import { heat, heatLegend } from "../display/heat.js";
import { printable } from "../display/printable.js";
import { formatCount, formatNumber } from "../display/quantity.js";
import { table } from "../display/table.js";
import { UsageError } from "../process/errors.js";
import { noteBegin } from "../flags/bos.js";
import { givenText, oneSource, PIPED, textOfFile } from "../flags/given-text.js";
import type { Io } from "../process/io.js";
import { openHere } from "../runs/open-here.js";
import type { Output } from "../display/output.js";
import { fieldsOf, finished, refuseLocal, requestOf } from "../remote/request.js";
import { orInfinity } from "../remote/row-event.js";
import { MODEL_FLAGS, weightsJson } from "../flags/weights.js";

const { text, detailLevel } = ScoreOptions.shape;

/** `per_char` is its name in requests. */
const DETAILS = ["summary", "per-char", "per_char"] as const;

const ScoreFlags = z.strictObject({
  ...ScoreOptions.shape,
  text: text.describe(`the text to score; ${PIPED}`),
  detailLevel: z
    .enum(DETAILS)
    .default("summary")
    .meta({ ...detailLevel.meta(), description: "per-char: each token's and character's surprisal too" }),
  ...MODEL_FLAGS,
});

const FIELDS = fieldsOf(ScoreRequest);

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "How well a model foresees a text: loss in nats per token, perplexity, and each token's surprisal in bits.",
    args: { run: word(MODEL) },
    options: ScoreFlags,
    usesLibtorch: true,
    needs: [["text", "path"]],
    examples: {
      'trainer score RUN --text "To be, or not to be"': "loss and perplexity",
      'trainer score RUN --text "To be, or not to be" --detail per-char':
        "the text on a terminal, the more surprising the hotter; elsewhere a table of its tokens",
      'trainer score RUN --text "To be, or not to be" --detail per-char --top-k 3':
        "token by token, with what was expected instead",
      "trainer score RUN --path chapter.txt --stride 64": "more context for each token, in more time",
      "trainer score RUN --path chapter.txt --detail per-char --json":
        "loss, perplexity, surprisal, topk, tokens, offsets (in characters), per_character",
    },
    async runOn({ client }, { args: { run: runId }, options, out }) {
      refuseLocal(ScoreFlags, options, Object.keys(FIELDS));
      const { text } = await textOf(options, { io, out });
      const request = requestOf(ScoreRequest, { ...options, ...detailOf(options), text, path: null }, FIELDS);
      const result = finished(await io.interruptible((signal) => client.score(runId, request, { signal })));
      const { surprisal, topk, tokens, message: reason = null } = result;
      const figure = reason === null ? orInfinity : (value: number | null) => value;
      const figures = { loss: figure(result.loss), perplexity: figure(result.perplexity), reason };
      const fidelity = {
        unknownCharacters: result.unknown_characters ?? 0,
        exact: result.text_restored ?? true,
      };
      const around = { begin: result.begin_tokens ?? [], end: result.end_tokens ?? [] };
      noteBegin(around, options.bos, out);
      noteFidelity(fidelity, out);
      out.result(result, () => report({ ...figures, surprisal, topk, tokens, perCharacter: null }, false).join("\n"));
    },
    async run({ args: { run }, options: { device, weights, ...options }, home, out }) {
      const { text, leftOut } = await textOf(options, { io, out });
      const { score } = await import("@trainer/training");
      const input = { ...options, ...detailOf(options), path: null, text };
      await io.interruptible(async (signal) => {
        using opened = await openHere(run, { device, weights }, { home, io, out }, signal);
        const result = await score(opened, input, signal);
        noteBegin(result, options.bos, out);
        noteFidelity(result.fidelity, out);
        const value = { ...scoreJson(result), left_out: leftOut, ...weightsJson(opened) };
        out.result(value, () => report(result, out.screen.color).join("\n"));
      });
    },
  });
}

const detailOf = ({ detailLevel }: { readonly detailLevel: (typeof DETAILS)[number] }) => ({
  detailLevel: detailLevel === "summary" ? ("summary" as const) : ("per_char" as const),
});

async function textOf(
  { text, path }: { readonly text: string | null; readonly path: string | null },
  where: { readonly io: Io; readonly out: Output },
) {
  oneSource({ text, path });
  if (path !== null) return await textOfFile(path, where.out);
  if (text !== null) return await givenText(text, where);
  throw new UsageError("what should be scored? Give --text TEXT or --path FILE");
}

const scoreJson = ({ perCharacter, begin, end, fidelity, ...score }: Score) => ({
  ...score,
  per_character: perCharacter,
  begin_tokens: begin,
  end_tokens: end,
  unknown_characters: fidelity.unknownCharacters,
  text_restored: fidelity.exact,
});

/** Notes what the tokens lose of the text. */
function noteFidelity({ unknownCharacters, exact }: Fidelity, out: Output): void {
  if (unknownCharacters > 0) {
    const [many, are] = unknownCharacters === 1 ? ["character", "is"] : ["characters", "are"];
    out.note(
      `${formatCount(unknownCharacters)} ${many} of the text ${are} unknown to the tokenizer: the model reads the same token for each.`,
    );
  } else if (!exact) {
    out.note(
      "The tokenizer changes this text (its spaces, forms or bytes that are no UTF-8): scored is what it makes of it.",
    );
  }
}

type Reported = Pick<Score, "loss" | "perplexity" | "reason" | "surprisal" | "topk" | "tokens" | "perCharacter">;

function report(score: Reported, color: boolean): string[] {
  const { loss, perplexity, reason, topk, perCharacter } = score;
  if (reason !== null) return [reason];
  const head = [`loss        ${formatNumber(loss)} nats per token`, `perplexity  ${formatNumber(perplexity)}`];
  const painted = color && perCharacter !== null ? ["", painting(perCharacter), "", heatLegend()] : [];
  const rows = painted.length > 0 && topk === null ? [] : tokenRows(score);
  return [...head, ...painted, ...(rows.length === 0 ? [] : ["", ...rows])];
}

/** The text, colored by surprisal; line ends are shown where they have some. */
const painting = (characters: readonly CharacterScore[]): string =>
  characters
    .map(({ character, bits }) => (character === "\n" ? `${heat("↵", bits)}\n` : heat(printable(character), bits)))
    .join("");

function tokenRows({ surprisal, topk, tokens }: Reported): string[] {
  const names = tokens?.map((token) => JSON.stringify(token)) ?? topk?.map((_, i) => String(i)) ?? [];
  if (names.length === 0) return [];
  const bits = ["", ...(surprisal ?? []).map(formatNumber)]; // nothing foresees the first token
  const expected = ["", ...(topk ?? []).map(likeliest)];
  const rows = names.map((name, i) => [name, bits[i], expected[i]]);
  return table([["TOKEN", "BITS", topk === null ? "" : "EXPECTED"], ...rows], [1]);
}

const likeliest = (tokens: readonly (readonly [token: string, probability: number])[]) =>
  tokens.map(([token, p]) => `${JSON.stringify(token)} ${(100 * p).toFixed(1)}%`).join("  ");
