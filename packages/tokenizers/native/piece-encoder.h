#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "added-tokens.h"
#include "long-word-cache.h"
#include "normalizer.h"
#include "piece-model.h"
#include "piece-splitter.h"
#include "scratch-pool.h"
#include "text-encoder.h"
#include "word-cache.h"

namespace tok {

/** The pipeline of a tokenizer.json that is not byte-level, ready to be applied. */
struct PiecePipeline {
  std::unique_ptr<PieceModel> model;
  NormalizerSteps steps;
  PieceSplitter splitter;
  std::vector<AddedToken> raw, normalized;  // looked for before the normalizer, and after it in the form it gives them
};

/**
 * Text to ids in the order of Hugging Face's library: added tokens in the text as it is, then the normalizer, then
 * added tokens in what it made, then words, then pieces.
 */
class PieceEncoder : public TextEncoder {
 public:
  explicit PieceEncoder(PiecePipeline pipeline);
  ~PieceEncoder() override;

  std::vector<uint32_t> encode(const uint8_t* bytes, size_t size, bool specialTokens) override;
  Aligned encodeAligned(const uint8_t* text, size_t size, bool specialTokens) const override;
  void encodeBatch(const Documents&, const BatchSettings&, Encoded<uint16_t>& out) override;
  void encodeBatch(const Documents&, const BatchSettings&, Encoded<uint32_t>& out) override;

 private:
  struct Scratch;
  /** Output of tokens: `word` gets the splitter's words, `put` an added token; both with their source bytes. */
  template <typename Sink>
  void run(std::string_view text, bool specialTokens, Sink& sink, NormalizerBuffers (&buffers)[2]) const;
  template <typename Sink>
  void runSection(std::string_view text, uint32_t base, bool specialTokens, Sink& sink, NormalizerBuffers (&buffers)[2],
                  Budget& budget) const;
  template <typename Sink>
  void runChunk(std::string_view chunk, bool first, const Alignment& sources, uint32_t offset, uint32_t base,
                Sink& sink, NormalizerBuffers& buffers) const;
  template <typename Id>
  void batch(const Documents&, const BatchSettings&, Encoded<Id>& out);

  const PiecePipeline pipeline_;
  AddedTokenSets raw_, normalized_;
  NormalizerSteps marks_, marksAndPrefix_;  // what the splitter does to a text before it cuts it
  ScratchPool<Scratch> pool_;
};

}  // namespace tok
