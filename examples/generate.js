// Lets a model write: a run of this home, or any folder in Hugging Face's layout.
//   node examples/generate.js [RUN] [PROMPT]
import { argv, env, stdout } from "node:process";
import { generateStream, openHome, openModel } from "@trainer/training";

const [run = "example", prompt = "ROMEO:"] = argv.slice(2);

const model = await openModel(run, { home: openHome(env["TRAINER_HOME"] ?? "runs") });

stdout.write(prompt);
for await (const event of generateStream(model, { prompt, maxNewTokens: 100, temperature: 0.8, seed: 7 })) {
  if (event.type === "text") stdout.write(event.text);
}
stdout.write("\n");
model[Symbol.dispose](); // frees the weights
