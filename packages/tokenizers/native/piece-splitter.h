#pragma once

#include <string>
#include <string_view>

#include "normalizer.h"

namespace tok {

/** Splits a normalized text into the words that a model is given. */
struct PieceSplitter {
  enum class Words {
    kWhole,     // one word
    kBefore,    // a word begins at every `mark`
    kRuns,      // a word begins at every run of `mark`
    kWordOrNot  // \w+|[^\w\s]+
  };
  enum class Prefix { kNever, kFirst, kAlways };

  bool atWhiteSpace = false;       // first of all, white space is taken out, and what it parts are texts of their own
  bool spacesToMark = false;       // then each space becomes the mark
  Prefix prefix = Prefix::kNever;  // then the mark is put before a text that does not begin with it
  Words words = Words::kWhole;
  std::string mark;

  /** The end of the word that begins at `at`, and of what is between it and the next. */
  struct Cut {
    size_t begin, end, next;
  };
  Cut wordAt(std::string_view text, size_t at) const;
};

/** The part of `text` from `at` on up to the next white space, which may be empty, and where the one after it begins.
 */
PieceSplitter::Cut untilWhiteSpace(std::string_view text, size_t at);

}  // namespace tok
