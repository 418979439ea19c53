#include "merge-symbols.h"

#include <algorithm>

namespace tok {

PairTable<RankedMerge> mergeTable(const std::vector<uint32_t>& triples) {
  PairTable<RankedMerge> merges(triples.size() / 3);
  for (size_t i = 0; i + 2 < triples.size(); i += 3) {
    merges[pairOf(triples[i], triples[i + 1])] = {static_cast<uint32_t>(i / 3), triples[i + 2]};
  }
  return merges;
}

void mergeSymbols(const PairTable<RankedMerge>& merges, std::vector<uint32_t>& symbols, size_t from,
                  std::vector<Span>* spans) {
  struct Possible {
    uint32_t rank, at, result;
    bool operator<(const Possible& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
  };
  const size_t n = symbols.size() - from;
  uint32_t* ids = symbols.data() + from;
  std::vector<uint32_t> next(n), previous(n);
  std::vector<bool> gone(n);
  for (size_t i = 0; i < n; i++) next[i] = i + 1, previous[i] = i - 1;
  std::vector<Possible> heap;
  const auto look = [&](uint32_t at, auto&& add) {
    const uint32_t right = next[at];
    if (right >= n) return;
    const RankedMerge* merge = merges.find(pairOf(ids[at], ids[right]));
    if (merge != nullptr) add({merge->rank, at, merge->result});
  };
  for (size_t i = 0; i < n; i++) look(i, [&](Possible p) { heap.push_back(p); });
  std::make_heap(heap.begin(), heap.end());
  const auto push = [&](Possible p) {
    heap.push_back(p);
    std::push_heap(heap.begin(), heap.end());
  };
  while (!heap.empty()) {
    const Possible top = heap.front();
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
    if (gone[top.at] || next[top.at] >= n) continue;
    const uint32_t right = next[top.at];
    const RankedMerge* merge = merges.find(pairOf(ids[top.at], ids[right]));
    if (merge == nullptr || merge->result != top.result) continue;  // what stood here has been merged away
    ids[top.at] = top.result;
    gone[right] = true;
    next[top.at] = next[right];
    if (next[right] < n) previous[next[right]] = top.at;
    if (top.at > 0) look(previous[top.at], push);
    look(top.at, push);
  }
  size_t to = 0;
  for (size_t i = 0; i < n; i++) {
    if (gone[i]) continue;
    if (spans != nullptr) (*spans)[to] = {(*spans)[i].begin, (*spans)[std::min<size_t>(next[i], n) - 1].end};
    ids[to++] = ids[i];
  }
  if (spans != nullptr) spans->resize(to);
  symbols.resize(from + to);
}

}  // namespace tok
