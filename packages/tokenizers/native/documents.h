#pragma once

#include <cstdint>
#include <vector>

#include "lexer.h"

namespace tok {

/** Texts one after another, each ending where the next begins; kPadding readable bytes follow the last. */
struct Documents {
  std::vector<uint8_t> bytes;
  std::vector<uint64_t> ends;

  size_t size() const { return bytes.size() - kPadding; }
  uint64_t start(size_t document) const { return document == 0 ? 0 : ends[document - 1]; }
};

/** A piece of work: whole documents, or a part of one. */
struct Item {
  uint64_t begin, end;                 // bytes
  size_t firstDocument, lastDocument;  // those that have bytes in it or end in it, the last included
  bool endsLast;                       // does the last document end here?
};

/** A `cutAfter` for documents that stay whole. */
inline uint64_t nowhere(uint64_t, uint64_t, uint64_t end) { return end; }

/** Cuts documents into items of about `target` bytes; only where `mayCut(begin, position, end)` finds a place. */
template <typename Cut>
std::vector<Item> planItems(const Documents& documents, uint64_t target, Cut&& cutAfter) {
  std::vector<Item> items;
  Item item{0, 0, 0, 0, false};
  bool open = false;
  const auto close = [&] {
    if (open) items.push_back(item);
    open = false;
  };
  for (size_t d = 0; d < documents.ends.size(); d++) {
    uint64_t begin = documents.start(d);
    const uint64_t end = documents.ends[d];
    if (!open) {
      item = {begin, begin, d, d, false};
      open = true;
    }
    while (end - item.begin > target * 2) {
      const uint64_t cut = cutAfter(documents.start(d), std::max(begin, item.begin + target), end);
      if (cut >= end) break;
      item.end = cut;
      item.lastDocument = d;
      item.endsLast = false;
      close();
      begin = cut;
      item = {cut, cut, d, d, false};
      open = true;
    }
    item.end = end;
    item.lastDocument = d;
    item.endsLast = true;
    if (item.end - item.begin >= target) close();
  }
  close();
  return items;
}

}  // namespace tok
