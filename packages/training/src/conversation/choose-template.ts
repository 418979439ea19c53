import type { Tokenizer } from "@trainer/tokenizers";
import { CorpusError } from "../corpus/corpus-error.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { readChatTemplate } from "./chat-template.js";
import { CHATML, CHATML_TOKENS, LINES } from "./chatml.js";
import { specialSpellings } from "./special-spellings.js";

type Spelling = Pick<Tokenizer, "kind" | "vocabSize" | "isSpecial" | "token" | "specials" | "save">;

/**
 * The template that a tokenizer's conversations are written by: its own, else ChatML where it has these tokens, else lines.
 * @throws CorpusError INVALID_INPUT where it has no token to end an answer with
 */
export async function templateFor(tokenizer: Spelling): Promise<string> {
  await using folder = await temporaryFolder();
  await tokenizer.save(folder.path);
  const own = await readChatTemplate(folder.path);
  if (own !== null) return own;
  const specials = specialSpellings(tokenizer);
  if (CHATML_TOKENS.every((token) => specials.includes(token))) return CHATML;
  if (tokenizer.specials.eos !== null) return LINES;
  throw new CorpusError(
    "INVALID_INPUT",
    `the ${tokenizer.kind} tokenizer has no token that could end an answer, neither ${CHATML_TOKENS.join(" and ")} nor an ` +
      "end of a text: take one that has, or leave it out, and one with them is trained (bpe)",
  );
}
