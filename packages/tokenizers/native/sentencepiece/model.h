#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../offsets.h"
#include "sentencepiece_processor.h"

namespace tok {

/** The library's own sentence, without the source position that it starts with. Throws std::runtime_error. */
void throwUnlessOk(const absl::Status& status);

/** A model that is loaded once and read by any number of threads. */
class Model {
 public:
  explicit Model(std::string_view bytes);

  /** Makes `ids` those of a text; bytes that are not UTF-8 are read as U+FFFD, as by the other encoders. */
  void encode(std::string_view text, std::vector<int>& ids) const;
  /** The text must be well-formed UTF-8. */
  Aligned encodeWithSpans(std::string_view text) const;
  std::string decode(const std::vector<int>& ids) const;
  /** The file that SentencePiece writes beside a model: a piece a line, with its score if the model says so. */
  std::string vocabulary() const;
  const sentencepiece::SentencePieceProcessor& processor() const { return processor_; }
  const std::string& unknownSurface() const;

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace tok
