import type { Turn } from "../corpus/conversation.js";
import type { EncodedConversation } from "../conversation/conversation-encoder.js";
import type { BinDType } from "./bin-format.js";
import type { BinTokenizer } from "./bin-tokenizer.js";
import { BinWriter } from "./bin-writer.js";
import type { MaskCounts } from "./bins-manifest.js";
import { LostText } from "./lost-text.js";
import { MASK, MaskWriter } from "./mask.js";
import { characters } from "../corpus/characters.js";
import { ConversationPacker, padded, type Row } from "./pack-conversations.js";

export interface ConversationFiles {
  readonly bin: string;
  readonly mask: string;
}

export type EncodedPair = Readonly<Record<"chosen" | "rejected", EncodedConversation>>;

export interface ConversationWriting {
  readonly tokenizer: Pick<BinTokenizer, "specials" | "decode">;
  readonly dtype: BinDType;
  /** Tokens of a sequence, which no conversation exceeds. */
  readonly context: number;
  readonly padId: number;
  /** True if each conversation is a pair of answers, one sequence each. */
  readonly pairs?: boolean;
  /** True if what does not come back from the tokens is counted. */
  readonly isMeasured: boolean;
}

/**
 * Writes the conversations of a split as a bin and its mask. Of one that is longer than a sequence the end is left out; where
 * no answer is left so, all of it.
 */
export class ConversationWriter implements AsyncDisposable {
  /** Conversations written so far, and what they say, in UTF-8. */
  #documents = 0;
  #bytes = 0;
  readonly #counts = { turns: 0, tokens: 0, learnt: 0, cut: 0, dropped: 0 };
  #characters = 0;
  #unknown = 0;
  /** Pairs of equal answers, or with an empty one. */
  #unusable = 0;
  readonly #lost = new LostText();
  readonly #packer: ConversationPacker;

  private constructor(
    private readonly bin: BinWriter,
    private readonly mask: MaskWriter,
    private readonly writing: ConversationWriting,
  ) {
    this.#packer = new ConversationPacker(writing.context, writing.padId);
  }

  static async create(files: ConversationFiles, writing: ConversationWriting): Promise<ConversationWriter> {
    const bin = await BinWriter.create(files.bin, writing.dtype);
    return new ConversationWriter(bin, await MaskWriter.create(files.mask), writing);
  }

  /** Tokens so far. */
  get tokens(): number {
    return this.#counts.tokens;
  }

  async write(turns: readonly Turn[], encoded: EncodedConversation): Promise<void> {
    const ids = encoded.ids.slice(0, this.writing.context);
    const mask = maskOf(ids, encoded.trained);
    const learnt = mask.filter((flag) => flag === MASK.learnt).length;
    const counts = this.#counts;
    if (learnt === 0) {
      counts.dropped += 1;
      return;
    }
    if (ids.length < encoded.ids.length) counts.cut += 1;
    counts.turns += turns.length;
    counts.tokens += ids.length;
    counts.learnt += learnt;
    const said = turns.map(({ content }) => Buffer.from(content));
    this.#documents += 1;
    this.#bytes += said.reduce((sum, { length }) => sum + length, 0);
    if (this.writing.isMeasured) this.#measure(said, encoded);
    const row = this.#packer.add({ ids, mask });
    if (row !== null) await this.#row(row);
  }

  /**
   * Writes a pair as two sequences, the chosen answer's first. It is left out where one does not fit, where both are the
   * same, and where one is empty.
   */
  async writePair(turns: readonly Turn[], { chosen, rejected }: EncodedPair): Promise<void> {
    const { context, padId } = this.writing;
    const counts = this.#counts;
    if (Math.max(chosen.ids.length, rejected.ids.length) > context) {
      counts.dropped += 1;
      return;
    }
    const isEmpty = turns.some(({ answer, trained, content }) => answer !== undefined && trained && content === "");
    if (isEmpty || String(chosen.ids) === String(rejected.ids)) {
      this.#unusable += 1;
      return;
    }
    this.#documents += 1;
    this.#bytes += turns.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
    counts.turns += turns.length;
    for (const { ids, trained } of [chosen, rejected]) {
      const mask = maskOf(ids, trained);
      counts.tokens += ids.length;
      counts.learnt += mask.filter((flag) => flag === MASK.learnt).length;
      await this.#row(padded({ ids, mask }, context, padId));
    }
  }

  #measure(said: readonly Buffer[], { ids, text }: EncodedConversation): void {
    const { tokenizer } = this.writing;
    const known = ids.filter((id) => id !== tokenizer.specials.unk);
    this.#unknown += ids.length - known.length;
    this.#characters += said.reduce((sum, text) => sum + characters(text), 0);
    this.#lost.add(Buffer.from(text), tokenizer.decode(known, { skipSpecial: false }));
  }

  async #row({ ids, mask }: Row): Promise<void> {
    const typed = this.writing.dtype === "uint16" ? Uint16Array.from(ids) : Uint32Array.from(ids);
    await this.bin.write(typed, { documents: this.#documents, bytes: this.#bytes });
    await this.mask.write(Uint8Array.from(mask));
    this.#documents = this.#bytes = 0;
  }

  /** Writes what is left, and waits until all is on the disk. */
  async finish() {
    for (const row of this.#packer.end()) await this.#row(row);
    const { documents, tokens, bytes, sha256 } = await this.bin.finish();
    const pairs = this.writing.pairs === true ? { unusable: this.#unusable } : {};
    const mask: MaskCounts = { sha256: await this.mask.finish(), ...this.#counts, ...pairs };
    const loss = this.#lost.loss(this.#unknown);
    const measured =
      this.writing.isMeasured && this.writing.pairs !== true ? { characters: this.#characters, loss } : null;
    return { documents, tokens, bytes, sha256, measured, mask };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bin[Symbol.asyncDispose]();
    await this.mask[Symbol.asyncDispose]();
  }
}

/** What is learnt of a conversation. Its first token is no target: another conversation stands before it. */
const maskOf = (ids: readonly number[], trained: readonly boolean[]) =>
  ids.map((_, i) => (i === 0 ? MASK.begins : trained[i] === true ? MASK.learnt : MASK.read));
