interface ModelfileFacts {
  /** Name of the GGUF file, which lies beside it. */
  readonly file: string;
  /** In Go's template language. */
  readonly template: string;
  readonly contextLength: number;
  /** Texts that end an answer. */
  readonly stops: readonly string[];
}

/** The file by which ollama takes a model. */
export const modelfile = ({ file, template, contextLength, stops }: ModelfileFacts): string =>
  [
    `FROM ./${file}`,
    `TEMPLATE """${template}"""`,
    `PARAMETER num_ctx ${contextLength}`,
    ...stops.map((stop) => `PARAMETER stop ${JSON.stringify(stop)}`),
    "",
  ].join("\n");
