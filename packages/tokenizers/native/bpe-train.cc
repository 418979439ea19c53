#include "bpe-train.h"

#include <unordered_map>

#include "failure.h"
#include "merge-queue.h"
#include "old-affixes.h"
#include "pair-table.h"
#include "token-words.h"

namespace tok {

namespace {

/**
 * The words as symbols, one after another. A merge shortens a word in place; kEnd marks its end where that is not the
 * next one's start. Words with count 1, in some texts nearly all, come last: their counts are not stored.
 */
template <typename Symbol>
class Words {
 public:
  static constexpr Symbol kEnd = ~Symbol{0};

  struct Span {
    Symbol *begin, *end;
    /** kEnd past the end. */
    Symbol operator[](size_t i) const { return begin + i < end ? begin[i] : kEnd; }
  };

  /** `cut(bytes, size, out)` appends the symbols of a word; `mostSymbols`: of all words together. */
  template <typename Cut>
  Words(const WordTable& table, size_t mostSymbols, Cut&& cut) {
    starts_.reserve(table.size() + 1);
    symbols_.reserve(mostSymbols);
    std::vector<uint32_t> word;
    const auto read = [&](const uint8_t* bytes, size_t size) {
      word.clear();
      cut(bytes, size, word);
      if (word.size() < 2) return false;  // there is no pair in it
      starts_.push_back(symbols_.size());
      symbols_.insert(symbols_.end(), word.begin(), word.end());
      return true;
    };
    table.each([&](const uint8_t* bytes, size_t size, uint64_t count) {
      if (count > 1 && read(bytes, size)) counts_.push_back(count);
    });
    table.each([&](const uint8_t* bytes, size_t size, uint64_t count) {
      if (count == 1) read(bytes, size);
    });
    starts_.push_back(symbols_.size());
  }

  uint32_t size() const { return starts_.size() - 1; }
  uint64_t count(uint32_t word) const { return word < counts_.size() ? counts_[word] : 1; }

  Span operator[](uint32_t word) { return {symbols_.data() + starts_[word], symbols_.data() + starts_[word + 1]}; }

  void prefetchStart(uint32_t word) const { __builtin_prefetch(&starts_[word]); }
  void prefetch(uint32_t word) const { __builtin_prefetch(&symbols_[starts_[word]]); }

 private:
  std::vector<uint64_t> starts_, counts_;
  std::vector<Symbol> symbols_;
};

/** Effects of one merge on the pairs at one side of it: counts and words by neighbour. */
class Neighbours {
 public:
  struct Seen {
    int64_t count = 0;
    uint32_t words = 0;  // distinct ones
    uint32_t lastWord = 0;
    uint32_t gathered = 0;
    Positions positions;
  };

  void resize(size_t tokens) { seen_.resize(tokens); }

  void add(uint32_t neighbour, uint32_t word, int64_t count) {
    Seen& seen = seen_[neighbour];
    if (seen.words == 0) touched_.push_back(neighbour);
    seen.count += count;
    if (seen.words == 0 || seen.lastWord != word) {
      seen.words++;
      seen.lastWord = word;
      events_.push_back({neighbour, word});
    }
  }

  const std::vector<uint32_t>& touched() const { return touched_; }
  Seen& operator[](uint32_t neighbour) { return seen_[neighbour]; }

  /** Puts the words of each neighbour together. */
  void gather() {
    for (const uint32_t neighbour : touched_) seen_[neighbour].positions = Positions(seen_[neighbour].words);
    for (const Event& event : events_) {
      Seen& seen = seen_[event.neighbour];
      seen.positions.data()[seen.gathered++] = event.word;
    }
  }

  void clear() {
    for (const uint32_t neighbour : touched_) seen_[neighbour] = {};
    touched_.clear();
    events_.clear();
  }

 private:
  struct Event {
    uint32_t neighbour, word;
  };
  std::vector<Seen> seen_;
  std::vector<uint32_t> touched_;
  std::vector<Event> events_;
};

template <typename Symbol>
class Merger {
 public:
  Merger(WordTable words, const TrainSettings& settings)
      : settings_(settings),
        words_(words, words.totalBytes() / (settings.ofTokens ? kTokenBytes : 1),
               [&](const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) {
                 if (settings.ofTokens) return readTokens(bytes, size, settings.tokens.size(), out);
                 if (settings.base) return settings.base->encodeWord(bytes, size, out);
                 for (size_t i = 0; i < size; i++) out.push_back(settings.byteIds[bytes[i]]);
               }) {
    words = {};  // from here on only the symbols are read
    out_.tokens = settings.tokens;
    for (uint32_t id = 0; id < out_.tokens.size(); id++) {
      if (settings.canBeMerged[id]) ids_.emplace(out_.tokens[id], id);
    }
    if (settings.ofTokens) affixes_.emplace(settings.tokens, settings.canBeMerged);
    countPairs();
  }

  Trained run(std::atomic<uint64_t>& merged, const std::atomic<bool>& cancelled) {
    Candidate top;
    while (out_.tokens.size() < settings_.vocabSize && queue_.pop(top)) {
      if (cancelled.load(std::memory_order_relaxed)) throw Cancelled{};
      const int64_t count = counts_[top.pair];
      if (top.count != count) {  // counts fall while a pair waits; it goes back where it now belongs
        top.count = count;
        queue_.push(std::move(top));
        continue;
      }
      if (count < 1 || static_cast<uint64_t>(count) < settings_.minFrequency) break;
      merge(top);
      merged.store(out_.tokens.size() - settings_.tokens.size(), std::memory_order_relaxed);
    }
    keepLastOfEachPair();
    return std::move(out_);
  }

 private:
  void countPairs() {
    struct Seen {
      Pair pair = 0;
      int64_t count = 0;
      uint32_t words = 0, gathered = 0;
      uint32_t lastWord = ~0u;
      Positions positions;
    };
    PairTable<uint32_t> places;  // from 1 on
    std::vector<Seen> seen;
    const auto seenOf = [&](Pair pair) -> Seen& {
      uint32_t& place = places[pair];
      if (place == 0) {
        seen.emplace_back().pair = pair;
        place = seen.size();
      }
      return seen[place - 1];
    };
    const auto eachPair = [&](auto&& visit) {
      for (uint32_t w = 0; w < words_.size(); w++) {
        const auto [begin, end] = words_[w];
        for (const Symbol* s = begin; s + 1 < end; s++) visit(seenOf(pairOf(s[0], s[1])), w);
      }
    };
    eachPair([&](Seen& pair, uint32_t w) {
      pair.count += words_.count(w);
      if (pair.lastWord != w) pair.words++;
      pair.lastWord = w;
    });
    for (Seen& pair : seen) {
      pair.positions = Positions(pair.words);
      pair.lastWord = ~0u;
    }
    eachPair([&](Seen& pair, uint32_t w) {
      if (pair.lastWord != w) pair.positions.data()[pair.gathered++] = w;
      pair.lastWord = w;
    });
    for (Seen& each : seen) {
      counts_[each.pair] = each.count;
      queue_.push({each.count, each.pair, std::move(each.positions)});
    }
  }

  void merge(const Candidate& top) {
    const uint32_t left = leftOf(top.pair), right = rightOf(top.pair);
    std::string bytes = out_.tokens[left] + out_.tokens[right];
    if (settings_.keepsOld() && isOld(bytes)) return;
    if (settings_.ofTokens && !(isPart(left) && isPart(right) && canBeToken(bytes))) return;
    if (affixes_ && affixes_->makeOld(bytes, [&](std::string_view rest) { return isToken(rest); })) return;
    const auto [known, isNew] = ids_.try_emplace(std::move(bytes), static_cast<uint32_t>(out_.tokens.size()));
    const uint32_t result = known->second;
    if (isNew) out_.tokens.push_back(known->first);
    out_.merges.push_back({left, right, result});
    before_.resize(out_.tokens.size());
    after_.resize(out_.tokens.size());

    const uint32_t* positions = top.positions.data();
    const uint32_t count = top.positions.size();
    for (uint32_t k = 0; k < count; k++) {
      if (k + 16 < count) words_.prefetchStart(positions[k + 16]);
      if (k + 8 < count) words_.prefetch(positions[k + 8]);
      mergeIn(positions[k], left, right, result);
    }
    queueNewPairs(left, right, result);
    before_.clear();
    after_.clear();
  }

  /** Is it a token that is there before the first merge? */
  bool isOld(const std::string& bytes) const {
    const auto known = ids_.find(bytes);
    return known != ids_.end() && known->second < settings_.tokens.size();
  }

  bool isPart(uint32_t id) const { return id >= settings_.tokens.size() || settings_.canBeMerged[id]; }

  bool canBeToken(const std::string& text) const {
    if (charsIn(text) > settings_.mostChars) return false;
    const std::string& mark = settings_.mark;
    if (mark.empty() || text.find(mark + mark) == std::string::npos) return true;
    for (size_t at = 0; at < text.size(); at += mark.size()) {
      if (text.compare(at, mark.size(), mark) != 0) return false;
    }
    return true;
  }

  /** A character may be a symbol without being a token. */
  bool isToken(std::string_view text) const { return charsIn(text) == 1 || ids_.contains(std::string(text)); }

  void mergeIn(uint32_t word, uint32_t left, uint32_t right, uint32_t result) {
    const auto s = words_[word];
    const uint64_t count = words_.count(word);
    Symbol* to = s.begin;
    for (size_t i = 0; s[i] != Words<Symbol>::kEnd; i++) {
      if (s[i] != left || s[i + 1] != right) {
        *to++ = s[i];
        continue;
      }
      if (to > s.begin) before_.add(to[-1], word, count);
      if (s[i + 2] != Words<Symbol>::kEnd) after_.add(s[i + 2], word, count);
      *to++ = result;
      i++;
    }
    if (to < s.end) *to = Words<Symbol>::kEnd;
  }

  void queueNewPairs(uint32_t left, uint32_t right, uint32_t result) {
    for (const uint32_t x : before_.touched()) counts_.prefetch(pairOf(x, left)), counts_.prefetch(pairOf(x, result));
    for (const uint32_t y : after_.touched()) counts_.prefetch(pairOf(right, y)), counts_.prefetch(pairOf(result, y));
    for (const uint32_t x : before_.touched()) {
      counts_[pairOf(x, left)] -= before_[x].count;
      counts_[pairOf(x, result)] += before_[x].count;
    }
    for (const uint32_t y : after_.touched()) {
      counts_[pairOf(right, y)] -= after_[y].count;
      counts_[pairOf(result, y)] += after_[y].count;
    }

    before_.gather();
    after_.gather();
    // A token next to itself is a pair seen from both sides; it is queued once, with the words of both.
    const bool twin = before_[result].words > 0 && after_[result].words > 0;
    if (twin) before_[result].positions = both(before_[result].positions, after_[result].positions);
    for (const uint32_t x : before_.touched()) queue(pairOf(x, result), before_[x].positions);
    for (const uint32_t y : after_.touched()) {
      if (!(twin && y == result)) queue(pairOf(result, y), after_[y].positions);
    }
  }

  static Positions both(const Positions& one, const Positions& other) {
    std::vector<uint32_t> words(one.data(), one.data() + one.size());
    words.insert(words.end(), other.data(), other.data() + other.size());
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    Positions positions(words.size());
    std::copy(words.begin(), words.end(), positions.data());
    return positions;
  }

  void queue(Pair pair, Positions& positions) {
    const int64_t count = counts_[pair];
    if (count > 0) queue_.push({count, pair, std::move(positions)});
  }

  /** The same two tokens can be merged again when a token has come about in two ways; the last rank holds. */
  void keepLastOfEachPair() {
    PairTable<uint32_t> last(out_.merges.size());
    for (uint32_t i = 0; i < out_.merges.size(); i++) last[pairOf(out_.merges[i].left, out_.merges[i].right)] = i;
    std::vector<Merge> kept;
    for (uint32_t i = 0; i < out_.merges.size(); i++) {
      if (last[pairOf(out_.merges[i].left, out_.merges[i].right)] == i) kept.push_back(out_.merges[i]);
    }
    out_.merges = std::move(kept);
  }

  const TrainSettings& settings_;
  Trained out_;
  std::unordered_map<std::string, uint32_t> ids_;
  std::optional<OldAffixes> affixes_;  // where tokens are merged by their spelling
  Words<Symbol> words_;
  PairTable<int64_t> counts_;
  MergeQueue queue_;
  Neighbours before_, after_;
};

}  // namespace

Trained trainMerges(WordTable words, const TrainSettings& settings, std::atomic<uint64_t>& merged,
                    const std::atomic<bool>& cancelled) {
  // Two bytes hold every token's id and kEnd.
  const bool narrow = std::max<size_t>(settings.vocabSize, settings.tokens.size()) < Words<uint16_t>::kEnd;
  if (narrow) return Merger<uint16_t>(std::move(words), settings).run(merged, cancelled);
  return Merger<uint32_t>(std::move(words), settings).run(merged, cancelled);
}

}  // namespace tok
