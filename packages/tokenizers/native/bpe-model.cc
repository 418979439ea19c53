#include "bpe-model.h"

#include <algorithm>

namespace tok {

namespace {

constexpr size_t kShort = 48;  // up to here looking for the least rank anew each time beats keeping a queue

}  // namespace

void BpeModel::prepare() {
  byteMerges.assign(256 * 256, {});
  everyByteHasToken = std::find(byteIds, byteIds + 256, kNoToken) == byteIds + 256;
  for (size_t i = 0; everyByteHasToken && i < byteMerges.size(); i++) {
    if (const RankedMerge* merge = merges.find(pairOf(byteIds[i >> 8], byteIds[i & 255]))) byteMerges[i] = *merge;
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
  if (size <= kShort && everyByteHasToken) return mergeShort(bytes, size, out);
  const size_t from = out.size();
  symbolsOf(bytes, size, out);
  mergeLong(out, from);
}

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

/** Looks for the least rank anew each time: in a short word that beats keeping a queue. */
void BpeModel::mergeShort(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const {
  uint32_t ids[kShort];
  RankedMerge next[kShort];  // of the symbol and the one after it
  for (size_t i = 0; i < size; i++) ids[i] = byteIds[bytes[i]];
  size_t pairs = size - 1;
  for (size_t i = 0; i < pairs; i++) next[i] = byteMerges[bytes[i] << 8 | bytes[i + 1]];
  const auto look = [&](size_t i) {
    const RankedMerge* merge = merges.find(pairOf(ids[i], ids[i + 1]));
    next[i] = merge == nullptr ? RankedMerge{} : *merge;
  };
  while (pairs > 0) {
    size_t best = 0;
    for (size_t i = 1; i < pairs; i++) best = next[i].rank < next[best].rank ? i : best;
    if (next[best].rank == kNoToken) break;
    ids[best] = next[best].result;
    pairs--;
    for (size_t i = best; i < pairs; i++) {
      ids[i + 1] = ids[i + 2];
      next[i] = next[i + 1];
    }
    if (best > 0) look(best - 1);
    if (best < pairs) look(best);
  }
  out.insert(out.end(), ids, ids + pairs + 1);
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
