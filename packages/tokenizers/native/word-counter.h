#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "documents.h"
#include "lexer.h"
#include "token-words.h"
#include "word-table.h"

namespace tok {

/** Counts the pre-tokens of texts, in parallel; a table for each thread, put together at the end. */
class WordCounter {
 public:
  /** nfc: texts are composed before they are cut. */
  WordCounter(unsigned threads, Pattern pattern, bool nfc);

  /** Throws std::system_error for a file that cannot be read, Cancelled. */
  void countFiles(const std::vector<std::string>& paths, bool byLine);
  void countDocuments(const Documents& documents);
  /** Words of the tokens that another encoder made of so many bytes; see countTokenWords. */
  void countTokens(const std::vector<uint32_t>& ids, const std::vector<uint32_t>& counts,
                   const std::vector<Sides>& sides, uint64_t ofBytes);

  /** All counts; the counter is empty afterwards. */
  WordTable take();

  std::atomic<uint64_t> bytes{0};
  std::atomic<bool> cancelled{false};

 private:
  struct Scratch {
    std::vector<uint8_t> repaired, composed;
  };

  void countText(const uint8_t* begin, const uint8_t* end, WordTable& table, Scratch& scratch);

  const unsigned threads_;
  const Pattern pattern_;
  const bool nfc_;
  std::mutex mutex_;  // one call at a time
  std::vector<WordTable> tables_;
};

}  // namespace tok
