#pragma once

#include <string_view>

#include "offsets.h"

namespace tok {

/** A text on its way through a normalizer. */
struct Rewritten {
  std::vector<uint8_t> bytes;
  Alignment alignment;  // empty until something is changed, and where nobody asks for it
};

/** One step of that way: a new text made of the one before, of which it keeps or replaces part after part. */
class Rewrite {
 public:
  Rewrite(std::string_view before, const Alignment& sources, bool aligned, Rewritten& out)
      : before_(before), sources_(sources), aligned_(aligned), out_(out) {
    out_.bytes.clear();
    out_.alignment.clear();
  }

  void keep(uint32_t begin, uint32_t end) {
    out_.bytes.insert(out_.bytes.end(), before_.begin() + begin, before_.begin() + end);
    for (uint32_t i = begin; aligned_ && i < end; i++) out_.alignment.push_back(sourceOf(sources_, i, i + 1));
  }

  /** Bytes that stand for [begin, end) of the text before. */
  void put(std::string_view bytes, uint32_t begin, uint32_t end) {
    out_.bytes.insert(out_.bytes.end(), bytes.begin(), bytes.end());
    if (aligned_) out_.alignment.resize(out_.bytes.size(), sourceOf(sources_, begin, end));
  }

 private:
  const std::string_view before_;
  const Alignment& sources_;
  const bool aligned_;
  Rewritten& out_;
};

}  // namespace tok
