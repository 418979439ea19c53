#include "bpe-model.h"

#include <algorithm>

#include "merge-symbols.h"

namespace tok {

namespace {

constexpr size_t kShort = 48;  // up to this length a linear search for the least rank beats a queue

}  // namespace

void BpeModel::prepare() {
  byteMerges.assign(256 * 256, {});
  everyByteHasToken = std::find(byteIds, byteIds + 256, kNoToken) == byteIds + 256;
  for (size_t i = 0; everyByteHasToken && i < byteMerges.size(); i++) {
    if (const RankedMerge* merge = merges.find(pairOf(byteIds[i >> 8], byteIds[i & 255]))) byteMerges[i] = *merge;
  }
}

void BpeModel::encodeWord(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const {
  if (const uint32_t* id = wordId(bytes, size)) return out.push_back(*id);
  if (size <= kShort && everyByteHasToken) return mergeShort(bytes, size, out);
  const size_t from = out.size();
  symbolsOf(bytes, size, out, nullptr);
  mergeSymbols(merges, out, from, nullptr);
}

void BpeModel::encodeWord(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out,
                          std::vector<Span>& spans) const {
  if (const uint32_t* id = wordId(bytes, size)) {
    out.push_back(*id);
    spans.push_back({0, static_cast<uint32_t>(size)});
    return;
  }
  const size_t from = out.size();
  symbolsOf(bytes, size, out, &spans);
  mergeSymbols(merges, out, from, &spans);
}

/** The token of a whole word, if the model matches these before merging. */
const uint32_t* BpeModel::wordId(const uint8_t* bytes, size_t size) const {
  if (!ignoreMerges) return nullptr;
  const auto word = words.find(std::string(reinterpret_cast<const char*>(bytes), size));
  return word == words.end() ? nullptr : &word->second;
}

void BpeModel::symbolsOf(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out,
                         std::vector<Span>* spans) const {
  bool lastUnknown = false;
  for (uint32_t i = 0; i < size; i++) {
    uint32_t id = byteIds[bytes[i]];
    const bool isUnknown = id == kNoToken;
    if (isUnknown) id = unknown;
    if (id != kNoToken && isUnknown && lastUnknown && fuseUnknown) {
      if (spans != nullptr) spans->back().end = i + 1;
    } else if (id != kNoToken) {
      out.push_back(id);
      if (spans != nullptr) spans->push_back({i, i + 1});
    }
    lastUnknown = isUnknown;
  }
}

/** Searches for the least rank each time: in a short word that beats a queue. */
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

}  // namespace tok
