#pragma once

#include <string_view>

#include "budget.h"
#include "offsets.h"

namespace tok {

/** A text on its way through a normalizer. */
struct Rewritten {
  std::vector<uint8_t> bytes;
  Alignment alignment;  // empty until something changes, and where it is not needed
};

/**
 * One step of that way: a new text made of the one before, of which it keeps or replaces part after part. Throws
 * TooLong for more than `most` bytes.
 */
class Rewrite {
 public:
  Rewrite(std::string_view before, const Alignment& sources, bool aligned, size_t most, Rewritten& out)
      : before_(before), sources_(sources), aligned_(aligned), most_(most), out_(out) {
    out_.bytes.clear();
    out_.alignment.clear();
  }

  /** The bytes that may be added. */
  size_t room() const { return most_ - out_.bytes.size(); }

  void keep(uint32_t begin, uint32_t end) {
    if (end - begin > room()) throw TooLong();
    out_.bytes.insert(out_.bytes.end(), before_.begin() + begin, before_.begin() + end);
    for (uint32_t i = begin; aligned_ && i < end; i++) out_.alignment.push_back(sourceOf(sources_, i, i + 1));
  }

  /** Bytes that stand for [begin, end) of the text before. */
  void put(std::string_view bytes, uint32_t begin, uint32_t end) {
    if (bytes.size() > room()) throw TooLong();
    out_.bytes.insert(out_.bytes.end(), bytes.begin(), bytes.end());
    if (aligned_) out_.alignment.resize(out_.bytes.size(), sourceOf(sources_, begin, end));
  }

 private:
  const std::string_view before_;
  const Alignment& sources_;
  const bool aligned_;
  const size_t most_;
  Rewritten& out_;
};

}  // namespace tok
