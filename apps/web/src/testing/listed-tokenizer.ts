/** A tokenizer as the API lists it. */
export const listedTokenizer = (id: string, status = "completed") => ({
  tokenizer_id: id,
  artifact_path: `/home/tokenizers/${id}`,
  status,
  coverage: null,
  oov_rate: null,
  token_count: null,
  char_coverage: null,
});
