// How surprised a model is by a text: loss and perplexity, and the bits of each token. RUN left out: the newest.
//   node examples/score-a-text.js [RUN] [TEXT]
import { argv, env } from "node:process";
import { nameRun, openHome, openModel, score } from "@trainer/training";

const [run = "latest", text = "To be, or not to be: that is the question."] = argv.slice(2);

const home = openHome(env["TRAINER_HOME"] ?? "runs");
const model = await openModel(await nameRun(run, home), { home });

const { loss, perplexity, reason, tokens, surprisal } = await score(model, { text, detailLevel: "per_char" });
console.log(reason ?? `loss ${loss?.toFixed(3)} nats a token, perplexity ${perplexity?.toFixed(1)}`);
for (const [i, token] of (tokens ?? []).entries()) {
  const bits = i === 0 ? undefined : surprisal?.[i - 1]; // nothing foretells the first
  console.log(`${(bits?.toFixed(2) ?? "-").padStart(7)}  ${JSON.stringify(token)}`);
}
model[Symbol.dispose](); // frees the weights
