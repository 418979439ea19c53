#pragma once

#include <algorithm>
#include <atomic>
#include <new>
#include <vector>

#include "merge-symbols.h"
#include "parallel.h"
#include "text-encoder.h"

namespace tok {

/** Bytes of text that a thread takes at once. */
inline constexpr uint64_t kItemBytes = 1 << 17;

/** Calls `encode(begin, end, ends)` for each document of an item, or the item's part of it; `ends`: it ends here. */
template <typename Encode>
void eachDocument(const Documents& documents, const Item& item, Encode&& encode) {
  const uint8_t* bytes = documents.bytes.data();
  uint64_t begin = item.begin;
  for (size_t d = item.firstDocument; d <= item.lastDocument; d++) {
    const uint64_t end = std::min(item.end, documents.ends[d]);
    encode(bytes + begin, bytes + end, d < item.lastDocument || item.endsLast);
    begin = end;
  }
}

/** Adds an item's numbers of ids to those of its documents, which may have parts in other items. */
inline void addCounts(const Item& item, const std::vector<uint32_t>& counts, std::vector<uint32_t>& out) {
  for (size_t k = 0; k < counts.size(); k++) out[item.firstDocument + k] += counts[k];
}

/**
 * Encodes documents on threads that take items of them in turn; `encode(begin, end, ids)` appends the ids of a whole
 * document, or of a part that planItems cut at `cutAfter`, and returns the number of special tokens it found.
 */
template <typename Id, typename Cut, typename Encode>
void encodeItems(const Documents& documents, const BatchSettings& settings, Encoded<Id>& out, Cut&& cutAfter,
                 Encode&& encode) {
  const std::vector<Item> items = planItems(documents, kItemBytes, cutAfter);
  struct Part {
    std::vector<Id> ids;
    std::vector<uint32_t> counts;
    size_t specialTokens = 0;
  };
  std::vector<Part> parts(items.size());
  std::atomic<size_t> nextItem{0};
  inParallel(std::min<size_t>(settings.threads, std::max<size_t>(items.size(), 1)), [&](unsigned) {
    for (size_t i = nextItem++; i < items.size(); i = nextItem++) {
      const Item& item = items[i];
      std::vector<Id>& ids = parts[i].ids;
      ids.reserve(item.end - item.begin + item.lastDocument - item.firstDocument + 1);  // as a rule enough
      eachDocument(documents, item, [&](const uint8_t* begin, const uint8_t* end, bool ends) {
        const size_t before = ids.size();
        parts[i].specialTokens += encode(begin, end, ids);
        if (settings.endToken != kNoToken && ends) ids.push_back(settings.endToken);
        parts[i].counts.push_back(ids.size() - before);
      });
    }
  });

  for (const Part& part : parts) out.size += part.ids.size();
  out.ids.reset(static_cast<Id*>(malloc(std::max<size_t>(out.size, 1) * sizeof(Id))));
  if (!out.ids) throw std::bad_alloc();
  out.counts.resize(documents.ends.size());
  Id* to = out.ids.get();
  for (size_t i = 0; i < items.size(); i++) {
    to = std::copy(parts[i].ids.begin(), parts[i].ids.end(), to);
    addCounts(items[i], parts[i].counts, out.counts);
    out.specialTokens += parts[i].specialTokens;
    parts[i] = {};
  }
}

}  // namespace tok
