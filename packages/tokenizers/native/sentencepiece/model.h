#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../added-tokens.h"
#include "../offsets.h"
#include "sentencepiece_processor.h"

namespace tok {

/** The library's own sentence, without the source position that it starts with. Throws std::runtime_error. */
void throwUnlessOk(const absl::Status& status);

/** A model that is loaded once and read by any number of threads. */
class Model {
 public:
  explicit Model(std::string_view bytes);

  /**
   * Appends the ids of a text to `ids`; bytes that are not UTF-8 are read as U+FFFD, as by the other encoders. With
   * `specialTokens` control pieces that the text spells become their ids, and what is between them are texts of their
   * own. Gives the number of those.
   */
  size_t encode(std::string_view text, bool specialTokens, std::vector<int>& ids) const;
  /** The text must be well-formed UTF-8. */
  Aligned encodeWithSpans(std::string_view text, bool specialTokens) const;
  std::string decode(const std::vector<int>& ids) const;
  /**
   * The vocabulary file that SentencePiece writes beside a model: a piece a line, with its score if the model has
   * scores.
   */
  std::string vocabulary() const;
  const sentencepiece::SentencePieceProcessor& processor() const { return processor_; }
  const std::string& unknownSurface() const;

 private:
  template <typename Part, typename Control>
  void split(std::string_view text, bool specialTokens, Part&& part, Control&& control) const;
  void addTo(Aligned& out, std::string_view part, uint32_t base) const;

  sentencepiece::SentencePieceProcessor processor_;
  AddedTokens controls_;
};

}  // namespace tok
