#include "encoder.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include "encode-items.h"
#include "nfc.h"
#include "parallel.h"
#include "safe-cut.h"
#include "utf8.h"

namespace tok {

namespace {

/** Repairing and composing can make a text three times as long, and each byte can be a token. */
constexpr uint64_t kMostIdsPerByte = 3;
/** A writer may write this many ids past its last: short lists are copied whole. */
constexpr uint64_t kSlack = 8;

}  // namespace

struct Encoder::Scratch {
  WordCache cache;
  LongWordCache longWords;
  std::vector<uint32_t> ids;
  std::vector<uint8_t> repaired, composed;
};

/** Output of ids, with room for the most that the text can give. */
template <typename Id>
class Encoder::Writer {
 public:
  Writer(Id* to, bool specialTokens) : specialTokens(specialTokens), to_(to) {}

  void put(uint32_t id) { *to_++ = id; }
  void put(const std::vector<uint32_t>& ids) { to_ = std::copy(ids.begin(), ids.end(), to_); }
  void put(const WordCache::Entry& entry) {
    if (entry.count & WordCache::kWideFlag) {
      for (size_t i = 0; i < WordCache::kWide; i++) to_[i] = entry.wide(i);
      to_ += entry.count & ~WordCache::kWideFlag;
    } else {
      // All of them, used or not: a copy of fixed length has no branch to mispredict.
      for (size_t i = 0; i < WordCache::kNarrow; i++) to_[i] = entry.narrow[i];
      to_ += entry.count;
    }
  }
  void put(const AddedTokens::Match& added) {
    if (added.token == nullptr) return;
    put(added.id);
    specialsPut += added.token->special;
  }
  Id* position() const { return to_; }

  const bool specialTokens;  // do those that a text spells become their ids?
  size_t specialsPut = 0;

 private:
  Id* to_;
};

Encoder::Encoder(BpeModel model, const std::vector<AddedToken>& raw, const std::vector<AddedToken>& normalized,
                 bool nfc)
    : model_(std::move(model)), raw_(raw), normalized_(normalized), nfc_(nfc) {}

Encoder::~Encoder() = default;

template <Pattern pattern, typename Id>
void Encoder::encodeWords(const uint8_t* p, const uint8_t* end, Writer<Id>& out, Scratch& scratch) const {
  struct Word {
    const uint8_t* begin;
    size_t size;
    uint64_t hash;
    WordKey key;
  };
  // A block of words is cut off and its places in the cache are fetched before any is looked at: memory is slower than
  // all else here, and this way many of its answers are on their way at once.
  constexpr size_t kBlock = 32;
  Word words[kBlock];
  while (p < end) {
    size_t count = 0;
    while (p < end && count < kBlock) {
      Word& word = words[count++];
      const uint8_t* next = nextToken<pattern>(p, end);
      word.begin = p;
      word.size = next - p;
      word.key = keyOf(p, std::min(word.size, kShortWord));
      word.hash = hashOf(word.key);
      scratch.cache.prefetch(word.hash);
      p = next;
    }
    for (size_t i = 0; i < count; i++) {
      const Word& word = words[i];
      if (word.size > kShortWord) {
        encodeLong(word.begin, word.size, out, scratch);
      } else if (const WordCache::Entry* known = scratch.cache.find(word.key, word.hash)) {
        out.put(*known);
      } else {
        scratch.ids.clear();
        model_.encodeWord(word.begin, word.size, scratch.ids);
        scratch.cache.insert(word.key, word.hash, scratch.ids.data(), scratch.ids.size());
        out.put(scratch.ids);
      }
    }
  }
}

template <typename Id>
void Encoder::encodeLong(const uint8_t* p, size_t size, Writer<Id>& out, Scratch& scratch) const {
  if (const std::vector<uint32_t>* known = scratch.longWords.find(p, size)) return out.put(*known);
  scratch.ids.clear();
  model_.encodeWord(p, size, scratch.ids);
  scratch.longWords.insert(p, size, scratch.ids);
  out.put(scratch.ids);
}

template <typename Id>
void Encoder::encodeText(const uint8_t* begin, const uint8_t* end, Writer<Id>& out, Scratch& scratch) const {
  withPattern(model_.pattern, [&](auto pattern) { encodeWords<pattern()>(begin, end, out, scratch); });
}

template <typename Id>
void Encoder::encodeRepaired(const uint8_t* begin, const uint8_t* end, Writer<Id>& out, Scratch& scratch) const {
  while (begin < end) {
    const AddedTokens::Match raw = raw_(out.specialTokens).find(begin, end);
    const uint8_t* p = begin;
    const uint8_t* stop = raw.begin;
    begin = stop + raw.size;
    if (nfc_ && compose(p, stop, scratch.composed)) {
      p = scratch.composed.data();
      stop = p + scratch.composed.size() - kPadding;
    }
    while (p < stop) {
      const AddedTokens::Match normalized = normalized_(out.specialTokens).find(p, stop);
      encodeText(p, normalized.begin, out, scratch);
      out.put(normalized);
      p = normalized.begin + normalized.size;
    }
    out.put(raw);
  }
}

template <typename Id>
void Encoder::encodePart(const uint8_t* begin, const uint8_t* end, Writer<Id>& out, Scratch& scratch) const {
  repair(begin, end, scratch.repaired);
  encodeRepaired(begin, end, out, scratch);
}

std::vector<uint32_t> Encoder::encode(const uint8_t* bytes, size_t size, bool specialTokens) {
  ScratchPool<Scratch>::Lease scratch(pool_);
  std::vector<uint32_t> ids(size * kMostIdsPerByte + kSlack);
  Writer<uint32_t> out(ids.data(), specialTokens);
  encodePart(bytes, bytes + size, out, *scratch);
  ids.resize(out.position() - ids.data());
  return ids;
}

uint64_t Encoder::cutAfter(const uint8_t* bytes, uint64_t begin, uint64_t from, uint64_t end,
                           bool specialTokens) const {
  const AddedTokens& raw = raw_(specialTokens);
  const AddedTokens& normalized = normalized_(specialTokens);
  for (;;) {
    const uint8_t* cut = safeCut(bytes + begin, bytes + from, bytes + end);
    from = cut - bytes + 1;
    if (from > end) return end;
    // A character beyond ASCII could compose with the letter before the cut.
    if (nfc_ && bytes[from - 1] >= 0x80) continue;
    if (!raw.crosses(bytes + begin, cut, bytes + end) && !normalized.crosses(bytes + begin, cut, bytes + end)) {
      return cut - bytes;
    }
  }
}

template <typename Id>
void Encoder::batch(const Documents& documents, const BatchSettings& settings, Encoded<Id>& result) {
  const uint32_t endToken = settings.endToken;
  const bool specialTokens = settings.specialTokens;
  const uint8_t* bytes = documents.bytes.data();
  const std::vector<Item> items =
      planItems(documents, kItemBytes, [&](uint64_t begin, uint64_t from, uint64_t end) -> uint64_t {
        return cutAfter(bytes, begin, from, end, specialTokens);
      });
  struct Part {
    uint64_t room, size, specialTokens;
    std::vector<uint32_t> counts;
  };
  std::vector<Part> parts(items.size());
  uint64_t room = 0;
  for (size_t i = 0; i < items.size(); i++) {
    const uint64_t documentsIn = items[i].lastDocument - items[i].firstDocument + 1;
    parts[i].room = room;
    room += (items[i].end - items[i].begin) * kMostIdsPerByte + documentsIn + kSlack;
  }
  // Far more than will be used, but memory nothing is written to is never really there.
  result.ids.reset(static_cast<Id*>(malloc(std::max<uint64_t>(room, 1) * sizeof(Id))));
  if (!result.ids) throw std::bad_alloc();
  Id* const ids = result.ids.get();

  std::atomic<size_t> nextItem{0};
  inParallel(std::min<size_t>(settings.threads, std::max<size_t>(items.size(), 1)), [&](unsigned) {
    ScratchPool<Scratch>::Lease scratch(pool_);
    for (size_t i = nextItem++; i < items.size(); i = nextItem++) {
      const Item& item = items[i];
      Writer<Id> out(ids + parts[i].room, specialTokens);
      eachDocument(documents, item, [&](const uint8_t* begin, const uint8_t* end, bool ends) {
        const Id* first = out.position();
        encodePart(begin, end, out, *scratch);
        if (endToken != kNoToken && ends) out.put(endToken);
        parts[i].counts.push_back(out.position() - first);
      });
      parts[i].size = out.position() - (ids + parts[i].room);
      parts[i].specialTokens = out.specialsPut;
    }
  });

  result.counts.resize(documents.ends.size());
  for (size_t i = 0; i < items.size(); i++) {
    memmove(ids + result.size, ids + parts[i].room, parts[i].size * sizeof(Id));
    result.size += parts[i].size;
    result.specialTokens += parts[i].specialTokens;
    addCounts(items[i], parts[i].counts, result.counts);
  }
  if (void* smaller = realloc(result.ids.get(), std::max<size_t>(result.size, 1) * sizeof(Id))) {
    result.ids.release();
    result.ids.reset(static_cast<Id*>(smaller));
  }
}

void Encoder::encodeBatch(const Documents& documents, const BatchSettings& settings, Encoded<uint16_t>& out) {
  batch(documents, settings, out);
}

void Encoder::encodeBatch(const Documents& documents, const BatchSettings& settings, Encoded<uint32_t>& out) {
  batch(documents, settings, out);
}

}  // namespace tok
