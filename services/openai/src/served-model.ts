import type {
  AnswerToken,
  ChatCompletionRequest,
  CompletionRequest,
  Detokenized,
  DetokenizeRequest,
  Logprobs,
  OpenAiTokenizer,
  Tokenized,
  TokenizeRequest,
} from "@trainer/platform";

/** A model that clients ask by a name, wherever it is open. What it refuses is an OpenAiError. */
export interface ServedModel extends ModelEntry {
  /** Begins to write; at the signal it ends. */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<Writing<Logprobs>>;
  chat(request: ChatCompletionRequest, signal: AbortSignal): Promise<Writing<readonly AnswerToken[]>>;
  tokenize(request: TokenizeRequest, signal: AbortSignal): Promise<Tokenized>;
  detokenize(request: DetokenizeRequest, signal: AbortSignal): Promise<Detokenized>;
  tokenizerInfo(signal: AbortSignal): Promise<OpenAiTokenizer>;
}

/** A model as a list has it. */
export interface ModelEntry {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Null where only opening it would tell. */
  readonly contextLength: number | null;
}

/** The models of a server. */
export interface Models {
  list(): Promise<readonly ModelEntry[]>;
  /**
   * The model of that name; without a name the one that is meant.
   * @throws OpenAiError 404
   */
  of(id: string | null | undefined): Promise<ServedModel>;
}

/** Texts that are being written. */
export interface Writing<L> {
  readonly promptTokens: number;
  readonly parts: AsyncIterable<Part<L>>;
}

/** A part of a text, or the end of it. */
export interface Part<L> {
  readonly index: number;
  readonly text: string;
  readonly logprobs: L | null;
  readonly finishReason: "stop" | "length" | null;
  /** Tokens written, known at the end. */
  readonly steps: number;
}
