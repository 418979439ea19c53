// Lets a model write: a run of this home (left out: the newest), or any folder in Hugging Face's layout.
//   node examples/generate.js [RUN] [PROMPT]
import { argv, env, stdout } from "node:process";
import { generateStream, nameRun, openHome, openModel } from "@trainer/training";

const [run = "latest", prompt = "ROMEO:"] = argv.slice(2);

const home = openHome(env["TRAINER_HOME"] ?? "runs");
const model = await openModel(await nameRun(run, home), { home });

stdout.write(prompt);
for await (const event of generateStream(model, { prompt, maxNewTokens: 100, temperature: 0.8, seed: 7 })) {
  if (event.type === "text") stdout.write(event.text);
}
stdout.write("\n");
model[Symbol.dispose](); // frees the weights
