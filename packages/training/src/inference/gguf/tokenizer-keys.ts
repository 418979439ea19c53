import { ggufValue, type GgufFile } from "@trainer/models";
import type { GgufTokenizer } from "@trainer/tokenizers";
import { z } from "zod";
import { TrainingError } from "../../errors.js";

const { bool, f32s, i32s, text, texts, u32, u8s } = ggufValue;
type Pairs = ggufValue.TypedMetadata;

/** How a text ends, and how a conversation is written down. */
export interface TextKeys {
  /** Further tokens that end a text; two can be told. */
  readonly ends: readonly number[];
  /** In Jinja; null: none. */
  readonly chatTemplate: string | null;
}

const KEY = "tokenizer.ggml";
const TEMPLATE = "tokenizer.chat_template";
/** Keys of further ends: of a turn, of a message. */
const ENDS = ["eot_token_id", "eom_token_id"] as const;

/** A tokenizer under the keys of a GGUF file. */
export function tokenizerKeys(tokenizer: GgufTokenizer, { ends, chatTemplate }: TextKeys): Pairs {
  const { model, pre, tokens, types, scores, merges, bos, eos, unk, pad, addBos, normalizer } = tokenizer;
  const ids = { bos_token_id: bos, eos_token_id: eos, unknown_token_id: unk, padding_token_id: pad };
  const further = ENDS.map((name, i) => [name, ends[i] ?? null] as const);
  return [
    [`${KEY}.model`, text(model)],
    ...(pre === null ? [] : ([[`${KEY}.pre`, text(pre)]] as const)),
    [`${KEY}.tokens`, texts(tokens)],
    [`${KEY}.token_type`, i32s(types)],
    ...(scores === null ? [] : ([[`${KEY}.scores`, f32s(scores)]] as const)),
    ...(merges === null ? [] : ([[`${KEY}.merges`, texts(merges)]] as const)),
    ...[...Object.entries(ids), ...further].flatMap(([name, id]) =>
      id === null ? [] : ([[`${KEY}.${name}`, u32(id)]] as const),
    ),
    // Both are said: where they are not, llama.cpp goes by the kind of tokenizer.
    [`${KEY}.add_bos_token`, bool(addBos)],
    [`${KEY}.add_eos_token`, bool(false)],
    ...normalizerKeys(normalizer),
    ...(chatTemplate === null ? [] : ([[TEMPLATE, text(chatTemplate)]] as const)),
  ];
}

function normalizerKeys(normalizer: GgufTokenizer["normalizer"]): Pairs {
  if (normalizer === null) return [];
  const { addSpacePrefix, removeExtraWhitespaces, charsmap } = normalizer;
  return [
    [`${KEY}.add_space_prefix`, bool(addSpacePrefix)],
    [`${KEY}.remove_extra_whitespaces`, bool(removeExtraWhitespaces)],
    ...(charsmap.length === 0 ? [] : ([[`${KEY}.precompiled_charsmap`, u8s(charsmap)]] as const)),
  ];
}

const id = z.int().nonnegative().nullable().default(null);
const Keys = z
  .object({
    model: z.enum(["gpt2", "llama", "t5"]),
    pre: z.string().nullable().default(null),
    tokens: z.array(z.string()).min(1),
    token_type: z.array(z.int()).nullable().default(null),
    scores: z.array(z.number()).nullable().default(null),
    merges: z.array(z.string()).nullable().default(null),
    bos_token_id: id,
    eos_token_id: id,
    unknown_token_id: id,
    padding_token_id: id,
    eot_token_id: id,
    eom_token_id: id,
    add_bos_token: z.boolean().optional(),
    add_space_prefix: z.boolean().optional(),
    remove_extra_whitespaces: z.boolean().optional(),
    // A byte, whether it is said to have a sign or not.
    precompiled_charsmap: z.array(z.int().min(-128).max(255)).default([]),
  })
  .superRefine(({ tokens, token_type, scores, ...ids }, ctx) => {
    const lists = { token_type, scores };
    for (const [name, list] of Object.entries(lists)) {
      if (list === null || list.length === tokens.length) continue;
      const message = `${list.length} items for ${tokens.length} tokens`;
      ctx.issues.push({ code: "custom", path: [name], input: list.length, message });
    }
    for (const [name, value] of Object.entries(ids)) {
      if (!name.endsWith("_token_id") || typeof value !== "number" || value < tokens.length) continue;
      const message = `is past the ${tokens.length} tokens`;
      ctx.issues.push({ code: "custom", path: [name], input: value, message: `${value} ${message}` });
    }
  });

/** What llama.cpp takes where a file does not say, by the kind of tokenizer. */
const USUAL = {
  gpt2: { bos: null, eos: null, unk: null, pad: null, addBos: false },
  llama: { bos: 1, eos: 2, unk: 0, pad: null, addBos: true },
  t5: { bos: null, eos: 1, unk: 2, pad: 0, addBos: false },
} as const;
/** Byte-level BPE that begins a text with a token unless the file says otherwise. */
const BEGINS = new Set(["llama-bpe", "llama3", "llama-v3"]);

export interface ReadTokenizer extends TextKeys {
  readonly tokenizer: GgufTokenizer;
}

/** The tokenizer of a GGUF file. Throws TOKENIZER_NOT_FOUND and TOKENIZER_LOAD_FAILED, naming what is wrong. */
export function readTokenizerKeys({ metadata, path }: Pick<GgufFile, "metadata" | "path">): ReadTokenizer {
  if (!metadata.has(`${KEY}.model`)) {
    const message = `${path} holds no tokenizer: there is no ${KEY}.model in it`;
    throw new TrainingError("TOKENIZER_NOT_FOUND", message);
  }
  const found = Object.keys(Keys.shape).flatMap((name) => {
    const value = metadata.get(`${KEY}.${name}`);
    return value === undefined ? [] : [[name, value] as const];
  });
  const parsed = Keys.safeParse(Object.fromEntries(found));
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path: [name], message }) => `${KEY}.${String(name)}: ${message}`);
    const message = `${path}: its tokenizer cannot be read: ${wrong.join("; ").slice(0, 1000)}`;
    throw new TrainingError("TOKENIZER_LOAD_FAILED", message);
  }
  const keys = parsed.data;
  const { model, tokens } = keys;
  const usual = USUAL[model];
  const within = (given: number | null, other: number | null) =>
    given ?? (other !== null && other < tokens.length ? other : null);
  const template = metadata.get(TEMPLATE);
  const tokenizer: GgufTokenizer = {
    model,
    pre: keys.pre,
    tokens,
    types: keys.token_type ?? tokens.map(() => 1),
    scores: keys.scores ?? (model === "gpt2" ? null : tokens.map(() => 0)),
    merges: keys.merges,
    bos: within(keys.bos_token_id, usual.bos),
    eos: within(keys.eos_token_id, usual.eos),
    unk: within(keys.unknown_token_id, usual.unk),
    pad: within(keys.padding_token_id, usual.pad),
    addBos: keys.add_bos_token ?? (usual.addBos || BEGINS.has(keys.pre ?? "")),
    normalizer:
      model === "gpt2"
        ? null
        : {
            addSpacePrefix: keys.add_space_prefix ?? true,
            removeExtraWhitespaces: keys.remove_extra_whitespaces ?? false,
            charsmap: Uint8Array.from(keys.precompiled_charsmap),
          },
  };
  const ends = [keys.eot_token_id, keys.eom_token_id].filter((end) => end !== null);
  return { tokenizer, ends, chatTemplate: typeof template === "string" ? template : null };
}
