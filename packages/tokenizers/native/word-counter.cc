#include "word-counter.h"

#include <cstring>

#include "failure.h"
#include "file-chunks.h"
#include "nfc.h"
#include "parallel.h"
#include "safe-cut.h"
#include "utf8.h"

namespace tok {

WordCounter::WordCounter(unsigned threads, Pattern pattern, bool nfc)
    : threads_(threads), pattern_(pattern), nfc_(nfc), tables_(threads) {}

void WordCounter::countText(const uint8_t* begin, const uint8_t* end, WordTable& table, Scratch& scratch) {
  if (nfc_) {
    repairAndCompose(begin, end, scratch.repaired, scratch.composed);
  } else {
    repair(begin, end, scratch.repaired);
  }
  withPattern(pattern_, [&](auto pattern) {
    while (begin < end) {
      const uint8_t* next = nextToken<pattern()>(begin, end);
      table.add(begin, next - begin, 1);
      begin = next;
    }
  });
}

void WordCounter::countFiles(const std::vector<std::string>& paths, bool byLine) {
  const std::lock_guard one(mutex_);
  FileChunks chunks(paths, byLine);
  inParallel(threads_, [&](unsigned worker) {
    std::vector<uint8_t> chunk;
    Scratch scratch;
    while (chunks.next(chunk)) {
      const uint8_t* p = chunk.data();
      const uint8_t* end = p + chunk.size() - kPadding;
      bytes.fetch_add(end - p, std::memory_order_relaxed);
      while (p < end) {
        if (cancelled.load(std::memory_order_relaxed)) throw Cancelled{};
        const void* newline = byLine ? memchr(p, '\n', end - p) : nullptr;
        const uint8_t* stop = newline == nullptr ? end : static_cast<const uint8_t*>(newline) + 1;
        countText(p, stop, tables_[worker], scratch);
        p = stop;
      }
    }
  });
}

void WordCounter::countDocuments(const Documents& documents) {
  const std::lock_guard one(mutex_);
  const uint8_t* bytes0 = documents.bytes.data();
  const auto items = planItems(documents, 1 << 18, [&](uint64_t begin, uint64_t from, uint64_t end) -> uint64_t {
    for (;;) {
      const uint64_t cut = safeCut(bytes0 + begin, bytes0 + from, bytes0 + end) - bytes0;
      // A character beyond ASCII could compose with the letter before the cut.
      if (!nfc_ || cut == end || bytes0[cut] < 0x80) return cut;
      from = cut + 1;
    }
  });
  std::atomic<size_t> nextItem{0};
  inParallel(threads_, [&](unsigned worker) {
    Scratch scratch;
    for (size_t i = nextItem++; i < items.size(); i = nextItem++) {
      if (cancelled.load(std::memory_order_relaxed)) throw Cancelled{};
      uint64_t begin = items[i].begin;
      for (size_t d = items[i].firstDocument; d <= items[i].lastDocument; d++) {
        const uint64_t end = std::min(items[i].end, documents.ends[d]);
        countText(bytes0 + begin, bytes0 + end, tables_[worker], scratch);
        begin = end;
      }
      bytes.fetch_add(items[i].end - items[i].begin, std::memory_order_relaxed);
    }
  });
}

void WordCounter::countTokens(const std::vector<uint32_t>& ids, const std::vector<uint32_t>& counts,
                              const std::vector<Sides>& sides, uint64_t ofBytes) {
  const std::lock_guard one(mutex_);
  if (cancelled.load(std::memory_order_relaxed)) throw Cancelled{};
  countTokenWords(ids, counts, sides, tables_[0]);
  bytes.fetch_add(ofBytes, std::memory_order_relaxed);
}

WordTable WordCounter::take() {
  const std::lock_guard one(mutex_);
  WordTable all = std::move(tables_[0]);
  for (size_t i = 1; i < tables_.size(); i++) {
    all.take(tables_[i]);
  }
  tables_[0] = {};
  return all;
}

}  // namespace tok
