#pragma once

#include <algorithm>
#include <atomic>
#include <new>
#include <vector>

#include "merge-symbols.h"
#include "parallel.h"
#include "text-encoder.h"

namespace tok {

/**
 * Encodes documents on threads that take items of them in turn; `encode(begin, end, ids)` appends the ids of a whole
 * document, or of a part that planItems cut at `cutAfter`, and returns the number of special tokens it found.
 */
template <typename Id, typename Cut, typename Encode>
void encodeItems(const Documents& documents, const BatchSettings& settings, Encoded<Id>& out, Cut&& cutAfter,
                 Encode&& encode) {
  constexpr uint64_t kItemBytes = 1 << 17;
  const uint8_t* bytes = documents.bytes.data();
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
      uint64_t begin = item.begin;
      parts[i].ids.reserve(item.end - item.begin + item.lastDocument - item.firstDocument + 1);  // as a rule enough
      for (size_t d = item.firstDocument; d <= item.lastDocument; d++) {
        const size_t before = parts[i].ids.size();
        const uint64_t end = std::min(item.end, documents.ends[d]);
        parts[i].specialTokens += encode(bytes + begin, bytes + end, parts[i].ids);
        const bool ends = d < item.lastDocument || item.endsLast;
        if (settings.endToken != kNoToken && ends) parts[i].ids.push_back(settings.endToken);
        parts[i].counts.push_back(parts[i].ids.size() - before);
        begin = end;
      }
    }
  });

  for (const Part& part : parts) out.size += part.ids.size();
  out.ids.reset(static_cast<Id*>(malloc(std::max<size_t>(out.size, 1) * sizeof(Id))));
  if (!out.ids) throw std::bad_alloc();
  out.counts.resize(documents.ends.size());
  Id* to = out.ids.get();
  for (size_t i = 0; i < items.size(); i++) {
    to = std::copy(parts[i].ids.begin(), parts[i].ids.end(), to);
    for (size_t k = 0; k < parts[i].counts.size(); k++) {
      out.counts[items[i].firstDocument + k] += parts[i].counts[k];
    }
    out.specialTokens += parts[i].specialTokens;
    parts[i] = {};
  }
}

}  // namespace tok
