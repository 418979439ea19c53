#include "piece-splitter.h"

#include <algorithm>

#include "char-tables.h"
#include "utf8.h"

namespace tok {

namespace {

Decoded charAt(std::string_view text, size_t at) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  return decodeAny(bytes + at, bytes + text.size());
}

/** Past the characters of a class. */
size_t skip(std::string_view text, size_t at, WordClass kind) {
  while (at < text.size()) {
    const Decoded c = charAt(text, at);
    if (wordTable()[c.codePoint] != kind) break;
    at += c.bytes;
  }
  return at;
}

}  // namespace

PieceSplitter::Cut PieceSplitter::wordAt(std::string_view text, size_t at) const {
  switch (words) {
    case Words::kWhole:
      return {at, text.size(), text.size()};
    case Words::kBefore: {
      const size_t end = std::min(text.find(mark, at + 1), text.size());
      return {at, end, end};
    }
    case Words::kRuns: {
      size_t end = at;
      while (text.compare(end, mark.size(), mark) == 0) end += mark.size();
      end = std::min(text.find(mark, end), text.size());
      return {at, end, end};
    }
    case Words::kWordOrNot: {
      const size_t begin = skip(text, at, kWhite);
      size_t end = skip(text, begin, kWord);
      if (end == begin) end = skip(text, begin, kNoWord);
      return {begin, end, end};
    }
  }
  return {at, text.size(), text.size()};
}

PieceSplitter::Cut untilWhiteSpace(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size()) {
    const Decoded c = charAt(text, end);
    if (wordTable()[c.codePoint] == kWhite) return {at, end, end + c.bytes};
    end += c.bytes;
  }
  return {at, end, end};
}

}  // namespace tok
