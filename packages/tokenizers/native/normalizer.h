#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nfc.h"
#include "rewrite.h"

namespace tok {

/** A step of a normalizer, on well-formed text. */
class NormalizerStep {
 public:
  virtual ~NormalizerStep() = default;

  /** Writes the new text; false, and what is written does not matter, where there is nothing to do. */
  virtual bool apply(std::string_view text, Rewrite& out) const = 0;
};

using NormalizerSteps = std::vector<std::unique_ptr<NormalizerStep>>;

/** The text after all steps, in `text` and `alignment`; `buffers` hold what they point to. */
struct Normalized {
  std::string_view text;
  Alignment alignment;
};
struct NormalizerBuffers {
  Rewritten now, next;
};
/** Throws TooLong for more than the budget, which has less left afterwards. */
Normalized applySteps(const NormalizerSteps& steps, std::string_view text, bool aligned, NormalizerBuffers& buffers,
                      Budget& budget);

std::unique_ptr<NormalizerStep> formStep(Form form);
std::unique_ptr<NormalizerStep> prependStep(std::string content);
/** Every `pattern`, which is not empty, becomes `content`. */
std::unique_ptr<NormalizerStep> replaceStep(std::string pattern, std::string content);
/** Two spaces and more become `content`. */
std::unique_ptr<NormalizerStep> spacesStep(std::string content);
std::unique_ptr<NormalizerStep> stripStep(bool left, bool right);
std::unique_ptr<NormalizerStep> lowercaseStep();
std::unique_ptr<NormalizerStep> stripAccentsStep();
/** SentencePiece's table of rules: a double array of what is replaced, and the replacements. */
std::unique_ptr<NormalizerStep> charsMapStep(std::string charsMap);

}  // namespace tok
