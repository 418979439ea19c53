import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setNumThreads } from "@trainer/torch";
import { openHome, openModel, type OpenModel } from "@trainer/training";
import { servedHere, startOpenAi, type OpenAi, type OpenAiConfig } from "../src/index.js";

/** A GPT-2 of random weights with a context of 32. */
export const TINY = fileURLToPath(new URL("../../../packages/training/test/fixtures/tiny-gpt2", import.meta.url));

setNumThreads(1); // for models this small more threads only wait for each other

/** A line a turn, short: the context is. */
const TEMPLATE =
  "{% for m in messages %}{{ m.role[0] + ':' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}a:{% endif %}";

/** On this machine, without a key. */
export const HERE = { host: "127.0.0.1", port: 0, keys: [], publicHosts: [], logLevel: "INFO" };

export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly opened: OpenModel;
  readonly logged: readonly string[];
}

/** A server of two models: "tiny", and "chatty" in `folder`, which has a chat template. */
export async function serveTiny(folder: string, config: Partial<OpenAiConfig> = {}): Promise<Served> {
  const chatty = join(folder, "chatty");
  await cp(TINY, chatty, { recursive: true });
  await writeFile(join(chatty, "chat_template.jinja"), TEMPLATE);
  const open = (dir: string) => openModel(dir, { home: openHome(folder), device: "cpu" });
  const [tiny, other] = [await open(TINY), await open(chatty)];
  const logged: string[] = [];
  const models = [servedHere("tiny", 1_700_000_000, tiny), servedHere("chatty", 1_700_000_001, other)];
  const log = { write: (line: string) => void logged.push(line) };
  const server: OpenAi = await startOpenAi({ models, ...HERE, ...config }, log);
  return {
    url: server.url,
    opened: tiny,
    logged,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      for (const model of [tiny, other]) model[Symbol.dispose]();
    },
  };
}
