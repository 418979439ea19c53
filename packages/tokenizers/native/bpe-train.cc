#include "bpe-train.h"

#include <unordered_map>

#include "failure.h"
#include "merge-queue.h"
#include "pair-table.h"

namespace tok {

namespace {

/** The words as symbols, one after another; a merge shortens a word in place. */
struct Word {
  uint64_t start;
  uint64_t count;
  uint32_t size;
};

/** What one merge does to the pairs on one side of it: by neighbour, how often and in which words. */
class Neighbours {
 public:
  struct Seen {
    int64_t count = 0;
    uint32_t words = 0;  // distinct ones
    uint32_t lastWord = 0;
    uint32_t offset = 0;  // of the first of its words, once they are gathered
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

  /** Appends the words, those of each neighbour together. */
  void gather(std::vector<uint32_t>& positions, uint64_t base) {
    uint32_t offset = 0;
    for (const uint32_t neighbour : touched_) {
      seen_[neighbour].offset = offset;
      offset += seen_[neighbour].words;
    }
    positions.resize(base + offset);
    for (const Event& event : events_) positions[base + seen_[event.neighbour].offset++] = event.word;
    for (const uint32_t neighbour : touched_) seen_[neighbour].offset -= seen_[neighbour].words;
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

class Merger {
 public:
  Merger(WordTable words, const TrainSettings& settings) : settings_(settings) {
    out_.tokens = settings.tokens;
    for (uint32_t id = 0; id < out_.tokens.size(); id++) {
      if (settings.canBeMerged[id]) ids_.emplace(out_.tokens[id], id);
    }
    readWords(words);
    words = {};  // many words take much memory, and from here on only their symbols count
    countBytePairs();
  }

  Trained run(std::atomic<uint64_t>& merged, const std::atomic<bool>& cancelled) {
    Candidate top;
    while (out_.tokens.size() < settings_.vocabSize && queue_.pop(top)) {
      if (cancelled.load(std::memory_order_relaxed)) throw Cancelled{};
      const int64_t count = counts_[top.pair];
      if (top.count != count) {  // counts fall while a pair waits; it goes back where it now belongs
        top.count = count;
        queue_.push(top);
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
  void readWords(const WordTable& words) {
    words_.reserve(words.size());
    symbols_.reserve(words.totalBytes());
    words.each([&](const uint8_t* bytes, size_t size, uint64_t count) {
      if (size < 2) return;  // no pair in it
      words_.push_back({symbols_.size(), count, static_cast<uint32_t>(size)});
      for (size_t i = 0; i < size; i++) symbols_.push_back(settings_.byteIds[bytes[i]]);
    });
  }

  void countBytePairs() {
    struct Seen {
      int64_t count = 0;
      uint64_t words = 0, next = 0;
      uint32_t lastWord = ~0u;
    };
    uint32_t width = 0;
    for (const uint32_t id : settings_.byteIds) width = std::max(width, id + 1);
    std::vector<Seen> seen(static_cast<size_t>(width) * width);
    const auto eachPair = [&](auto&& visit) {
      for (uint32_t w = 0; w < words_.size(); w++) {
        const uint32_t* s = &symbols_[words_[w].start];
        for (uint32_t i = 0; i + 1 < words_[w].size; i++) visit(seen[static_cast<size_t>(s[i]) * width + s[i + 1]], w);
      }
    };
    eachPair([&](Seen& pair, uint32_t w) {
      pair.count += words_[w].count;
      if (pair.lastWord != w) pair.words++;
      pair.lastWord = w;
    });
    uint64_t total = 0;
    for (Seen& pair : seen) {
      pair.next = total;
      total += pair.words;
      pair.lastWord = ~0u;
    }
    positions_.resize(total);
    eachPair([&](Seen& pair, uint32_t w) {
      if (pair.lastWord != w) positions_[pair.next++] = w;
      pair.lastWord = w;
    });
    for (size_t i = 0; i < seen.size(); i++) {
      const Seen& pair = seen[i];
      if (pair.words == 0) continue;
      const Pair key = pairOf(i / width, i % width);
      counts_[key] = pair.count;
      queue_.push({pair.count, key, pair.next - pair.words, static_cast<uint32_t>(pair.words)});
    }
  }

  void merge(const Candidate& top) {
    const uint32_t left = leftOf(top.pair), right = rightOf(top.pair);
    std::string bytes = out_.tokens[left] + out_.tokens[right];
    const auto [known, isNew] = ids_.try_emplace(std::move(bytes), static_cast<uint32_t>(out_.tokens.size()));
    const uint32_t result = known->second;
    if (isNew) out_.tokens.push_back(known->first);
    out_.merges.push_back({left, right, result});
    before_.resize(out_.tokens.size());
    after_.resize(out_.tokens.size());

    const uint32_t* positions = &positions_[top.firstPosition];
    for (uint32_t k = 0; k < top.positions; k++) {
      if (k + 16 < top.positions) __builtin_prefetch(&words_[positions[k + 16]]);
      if (k + 8 < top.positions) __builtin_prefetch(&symbols_[words_[positions[k + 8]].start]);
      mergeIn(positions[k], left, right, result);
    }
    queueNewPairs(left, right, result);
    before_.clear();
    after_.clear();
  }

  void mergeIn(uint32_t index, uint32_t left, uint32_t right, uint32_t result) {
    Word& word = words_[index];
    uint32_t* s = &symbols_[word.start];
    const uint32_t size = word.size;
    uint32_t to = 0;
    for (uint32_t i = 0; i < size; i++) {
      if (s[i] != left || i + 1 == size || s[i + 1] != right) {
        s[to++] = s[i];
        continue;
      }
      if (to > 0) before_.add(s[to - 1], index, word.count);
      if (i + 2 < size) after_.add(s[i + 2], index, word.count);
      s[to++] = result;
      i++;
    }
    word.size = to;
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

    const uint64_t base = positions_.size();
    before_.gather(positions_, base);
    const uint64_t middle = positions_.size();
    after_.gather(positions_, middle);
    // A token next to itself is a pair seen from both sides; it is queued once, with the words of both.
    const bool twin = result < out_.tokens.size() && before_[result].words > 0 && after_[result].words > 0;
    for (const uint32_t x : before_.touched()) {
      if (!(twin && x == result)) queue(pairOf(x, result), base + before_[x].offset, before_[x].words);
    }
    for (const uint32_t y : after_.touched()) {
      if (!(twin && y == result)) queue(pairOf(result, y), middle + after_[y].offset, after_[y].words);
    }
    if (twin) queueTwin(result, base, middle);
  }

  void queueTwin(uint32_t result, uint64_t base, uint64_t middle) {
    std::vector<uint32_t> words(&positions_[base + before_[result].offset],
                                &positions_[base + before_[result].offset] + before_[result].words);
    const uint32_t* more = &positions_[middle + after_[result].offset];
    words.insert(words.end(), more, more + after_[result].words);
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    const uint64_t first = positions_.size();
    positions_.insert(positions_.end(), words.begin(), words.end());
    queue(pairOf(result, result), first, words.size());
  }

  void queue(Pair pair, uint64_t first, uint32_t positions) {
    const int64_t count = counts_[pair];
    if (count > 0) queue_.push({count, pair, first, positions});
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
  std::vector<Word> words_;
  std::vector<uint32_t> symbols_;
  std::vector<uint32_t> positions_;
  PairTable<int64_t> counts_;
  MergeQueue queue_;
  Neighbours before_, after_;
};

}  // namespace

Trained trainMerges(WordTable words, const TrainSettings& settings, std::atomic<uint64_t>& merged,
                    const std::atomic<bool>& cancelled) {
  return Merger(std::move(words), settings).run(merged, cancelled);
}

}  // namespace tok
