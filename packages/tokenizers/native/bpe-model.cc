#include "bpe-model.h"

#include <algorithm>

namespace tok {

namespace {

constexpr size_t kShort = 48;  // up to here looking for the least rank anew each time beats keeping a queue

}  // namespace

void BpeModel::symbolsOf(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const {
  bool lastUnknown = false;
  for (size_t i = 0; i < size; i++) {
    uint32_t id = byteIds[bytes[i]];
    const bool isUnknown = id == kNoToken;
    if (isUnknown) id = unknown;
    if (id != kNoToken && !(isUnknown && lastUnknown && fuseUnknown)) out.push_back(id);
    lastUnknown = isUnknown;
  }
}

void BpeModel::encodeWord(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const {
  if (ignoreMerges) {
    const auto word = words.find(std::string(reinterpret_cast<const char*>(bytes), size));
    if (word != words.end()) {
      out.push_back(word->second);
      return;
    }
  }
  const size_t from = out.size();
  symbolsOf(bytes, size, out);
  if (out.size() - from <= kShort) {
    mergeShort(out, from);
  } else {
    mergeLong(out, from);
  }
}

void BpeModel::mergeShort(std::vector<uint32_t>& symbols, size_t from) const {
  uint32_t* ids = symbols.data() + from;
  size_t n = symbols.size() - from;
  if (n < 2) return;
  uint32_t ranks[kShort], results[kShort];
  const auto look = [&](size_t i) {
    const RankedMerge* merge = merges.find(pairOf(ids[i], ids[i + 1]));
    ranks[i] = merge == nullptr ? kNoToken : merge->rank;
    results[i] = merge == nullptr ? 0 : merge->result;
  };
  for (size_t i = 0; i + 1 < n; i++) look(i);
  for (;;) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; i++) best = ranks[i] < ranks[best] ? i : best;
    if (ranks[best] == kNoToken) break;
    ids[best] = results[best];
    n--;
    for (size_t i = best + 1; i < n; i++) ids[i] = ids[i + 1];
    for (size_t i = best; i + 1 < n; i++) ranks[i] = ranks[i + 1], results[i] = results[i + 1];
    if (best > 0) look(best - 1);
    if (best + 1 < n) look(best);
    if (n < 2) break;
  }
  symbols.resize(from + n);
}

/** A heap of possible merges over a linked list of symbols: n log n, however long the word. */
void BpeModel::mergeLong(std::vector<uint32_t>& symbols, size_t from) const {
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
    if (!gone[i]) ids[to++] = ids[i];
  }
  symbols.resize(from + to);
}

}  // namespace tok
