#include "piece-encoder.h"

#include <algorithm>
#include <cstring>

#include "char-tables.h"
#include "encode-items.h"
#include "utf8.h"

namespace tok {

namespace {

const uint8_t* bytesOf(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

/** An added token in a text, with the white space it takes. */
struct Found {
  size_t begin, end;
  const AddedToken* token;
};

uint32_t classBefore(std::string_view text, size_t at, size_t& begin) {
  begin = at - 1;
  while (begin > 0 && (text[begin] & 0xc0) == 0x80) begin--;
  return wordTable()[decodeAny(bytesOf(text) + begin, bytesOf(text) + text.size()).codePoint];
}

uint32_t classAfter(std::string_view text, size_t at, size_t& end) {
  const Decoded c = decodeAny(bytesOf(text) + at, bytesOf(text) + text.size());
  end = at + c.bytes;
  return wordTable()[c.codePoint];
}

/** The next added token of the text from `from` on. */
std::optional<Found> nextAdded(const AddedTokens& tokens, std::string_view text, size_t from) {
  const uint8_t* bytes = bytesOf(text);
  for (size_t at = from;;) {
    const AddedTokens::Match match = tokens.find(bytes + at, bytes + text.size());
    if (match.token == nullptr) return std::nullopt;
    Found found{static_cast<size_t>(match.begin - bytes), match.begin - bytes + match.size, match.token};
    at = found.end;
    size_t edge;
    if (match.token->singleWord) {
      if (found.begin > 0 && classBefore(text, found.begin, edge) == kWord) continue;
      if (found.end < text.size() && classAfter(text, found.end, edge) == kWord) continue;
    }
    while (match.token->lstrip && found.begin > from && classBefore(text, found.begin, edge) == kWhite) {
      found.begin = edge;
    }
    while (match.token->rstrip && found.end < text.size() && classAfter(text, found.end, edge) == kWhite) {
      found.end = edge;
    }
    return found;
  }
}

/** Calls part(begin, end) for text between added tokens, unless it is empty, and token(found) for these. */
template <typename Part, typename Token>
void splitAtAdded(const AddedTokens& tokens, std::string_view text, Part&& part, Token&& token) {
  size_t at = 0;
  while (at < text.size()) {
    const std::optional<Found> found = nextAdded(tokens, text, at);
    const size_t end = found ? found->begin : text.size();
    if (end > at) part(at, end);
    if (found) token(*found);
    at = found ? found->end : text.size();
  }
}

}  // namespace

struct PieceEncoder::Scratch {
  WordCache cache;
  LongWordCache longWords;
  std::vector<uint32_t> ids;
  std::vector<uint8_t> repaired;
  NormalizerBuffers buffers[2];
};

namespace {

/** Ids alone, with caches of words. */
template <typename Id, typename Scratch>
class IdSink {
 public:
  static constexpr bool kAligned = false;
  IdSink(const PieceModel& model, std::vector<Id>& out, Scratch& scratch)
      : model_(model), out_(out), scratch_(scratch) {}

  void put(const AddedToken& token, Span) {
    out_.push_back(token.id);
    specialsPut += token.special;
  }

  template <typename Source>
  void word(std::string_view word, Source&&) {
    if (word.size() > kShortWord) return putLong(word);
    uint8_t padded[16] = {};  // a key is read 16 bytes at a time
    memcpy(padded, word.data(), word.size());
    const WordKey key = keyOf(padded, word.size());
    const uint64_t hash = hashOf(key);
    if (const WordCache::Entry* known = scratch_.cache.find(key, hash)) return putEntry(*known);
    const std::vector<uint32_t>& ids = encoded(word);
    scratch_.cache.insert(key, hash, ids.data(), ids.size());
    out_.insert(out_.end(), ids.begin(), ids.end());
  }

  size_t specialsPut = 0;

 private:
  void putEntry(const WordCache::Entry& entry) {
    const bool wide = entry.count & WordCache::kWideFlag;
    const size_t count = entry.count & ~WordCache::kWideFlag;
    for (size_t i = 0; i < count; i++) out_.push_back(wide ? entry.wide(i) : entry.narrow[i]);
  }

  void putLong(std::string_view word) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(word.data());
    if (const std::vector<uint32_t>* known = scratch_.longWords.find(bytes, word.size())) {
      out_.insert(out_.end(), known->begin(), known->end());
      return;
    }
    const std::vector<uint32_t>& ids = encoded(word);
    scratch_.longWords.insert(bytes, word.size(), ids);
    out_.insert(out_.end(), ids.begin(), ids.end());
  }

  const std::vector<uint32_t>& encoded(std::string_view word) {
    scratch_.ids.clear();
    model_.encodeWord(word, scratch_.ids, nullptr);
    return scratch_.ids;
  }

  const PieceModel& model_;
  std::vector<Id>& out_;
  Scratch& scratch_;
};

/** Ids with what they were made of. */
class AlignedSink {
 public:
  static constexpr bool kAligned = true;
  AlignedSink(const PieceModel& model, Aligned& out) : model_(model), out_(out) {}

  void put(const AddedToken& token, Span span) { out_.add(token.id, span); }

  template <typename Source>
  void word(std::string_view word, Source&& sourceOfWord) {
    ids_.clear();
    spans_.clear();
    model_.encodeWord(word, ids_, &spans_);
    for (size_t i = 0; i < ids_.size(); i++) out_.add(ids_[i], sourceOfWord(spans_[i]));
  }

 private:
  const PieceModel& model_;
  Aligned& out_;
  std::vector<uint32_t> ids_;
  std::vector<Span> spans_;
};

}  // namespace

PieceEncoder::PieceEncoder(PiecePipeline pipeline) : pipeline_(std::move(pipeline)), raw_(pipeline_.raw) {
  NormalizerBuffers buffers;
  std::vector<AddedToken> normalized;
  for (AddedToken token : pipeline_.normalized) {
    Budget budget(token.content.size());
    token.content = std::string(applySteps(pipeline_.steps, token.content, false, buffers, budget).text);
    if (!token.content.empty()) normalized.push_back(std::move(token));
  }
  normalized_ = AddedTokenSets(normalized);
  const PieceSplitter& splitter = pipeline_.splitter;
  for (NormalizerSteps* steps : {&marks_, &marksAndPrefix_}) {
    if (splitter.spacesToMark) steps->push_back(replaceStep(" ", splitter.mark));
  }
  if (splitter.prefix != PieceSplitter::Prefix::kNever) marksAndPrefix_.push_back(prependStep(splitter.mark));
}

PieceEncoder::~PieceEncoder() = default;

template <typename Sink>
void PieceEncoder::run(std::string_view text, bool specialTokens, Sink& sink, NormalizerBuffers (&buffers)[2]) const {
  Budget budget(text.size());
  splitAtAdded(
      raw_(specialTokens), text,
      [&](size_t begin, size_t end) {
        runSection(text.substr(begin, end - begin), static_cast<uint32_t>(begin), specialTokens, sink, buffers, budget);
      },
      [&](const Found& found) {
        sink.put(*found.token, {static_cast<uint32_t>(found.begin), static_cast<uint32_t>(found.end)});
      });
}

/** A part of the text without raw added tokens, `base` bytes from its beginning. */
template <typename Sink>
void PieceEncoder::runSection(std::string_view section, uint32_t base, bool specialTokens, Sink& sink,
                              NormalizerBuffers (&buffers)[2], Budget& budget) const {
  // Whether a text begins where the whole one does depends on the source of its first byte.
  const bool aligned = Sink::kAligned || pipeline_.splitter.prefix == PieceSplitter::Prefix::kFirst;
  const Normalized normal = applySteps(pipeline_.steps, section, aligned, buffers[0], budget);
  const auto source = [&](uint32_t begin, uint32_t end) -> Span {
    const Span span = sourceOf(normal.alignment, begin, end);
    return {base + span.begin, base + span.end};
  };
  splitAtAdded(
      normalized_(specialTokens), normal.text,
      [&](size_t begin, size_t end) {
        const std::string_view part = normal.text.substr(0, end);
        while (begin < end) {
          PieceSplitter::Cut cut{begin, end, end};
          if (pipeline_.splitter.atWhiteSpace) cut = untilWhiteSpace(part, begin);
          const bool first = source(cut.begin, cut.begin + 1).begin == 0;
          const std::string_view chunk = part.substr(cut.begin, cut.end - cut.begin);
          if (!chunk.empty()) runChunk(chunk, first, normal.alignment, cut.begin, base, sink, buffers[1]);
          begin = cut.next;
        }
      },
      [&](const Found& found) { sink.put(*found.token, source(found.begin, found.end)); });
}

/** A part of a normalized text, `offset` bytes from its beginning, that the splitter marks and cuts. */
template <typename Sink>
void PieceEncoder::runChunk(std::string_view chunk, bool first, const Alignment& sources, uint32_t offset,
                            uint32_t base, Sink& sink, NormalizerBuffers& buffers) const {
  const PieceSplitter& splitter = pipeline_.splitter;
  const bool marked = chunk.starts_with(splitter.mark) || (splitter.spacesToMark && chunk[0] == ' ');
  const bool prefixed = !marked && (splitter.prefix == PieceSplitter::Prefix::kAlways ||
                                    (splitter.prefix == PieceSplitter::Prefix::kFirst && first));
  Budget budget(chunk.size());
  const Normalized cut = applySteps(prefixed ? marksAndPrefix_ : marks_, chunk, Sink::kAligned, buffers, budget);
  for (size_t at = 0; at < cut.text.size();) {
    const PieceSplitter::Cut word = splitter.wordAt(cut.text, at);
    if (word.end > word.begin) {
      sink.word(cut.text.substr(word.begin, word.end - word.begin), [&](Span span) -> Span {
        const Span inChunk = sourceOf(cut.alignment, word.begin + span.begin, word.begin + span.end);
        const Span inText = sourceOf(sources, offset + inChunk.begin, offset + inChunk.end);
        return {base + inText.begin, base + inText.end};
      });
    }
    at = word.next;
  }
}

std::vector<uint32_t> PieceEncoder::encode(const uint8_t* bytes, size_t size, bool specialTokens) {
  typename ScratchPool<Scratch>::Lease scratch(pool_);
  std::vector<uint32_t> ids;
  IdSink<uint32_t, Scratch> sink(*pipeline_.model, ids, *scratch);
  (*scratch).repaired.clear();
  appendRepaired(bytes, bytes + size, (*scratch).repaired);
  const std::vector<uint8_t>& text = (*scratch).repaired;
  run({reinterpret_cast<const char*>(text.data()), text.size()}, specialTokens, sink, (*scratch).buffers);
  return ids;
}

Aligned PieceEncoder::encodeAligned(const uint8_t* text, size_t size, bool specialTokens) const {
  Aligned out;
  AlignedSink sink(*pipeline_.model, out);
  NormalizerBuffers buffers[2];
  run({reinterpret_cast<const char*>(text), size}, specialTokens, sink, buffers);
  return out;
}

template <typename Id>
void PieceEncoder::batch(const Documents& documents, const BatchSettings& settings, Encoded<Id>& out) {
  // A document stays whole: what is put before it, and what the normalizer makes of it, depends on all of it.
  encodeItems(documents, settings, out, nowhere, [&](const uint8_t* begin, const uint8_t* end, std::vector<Id>& ids) {
    typename ScratchPool<Scratch>::Lease scratch(pool_);
    IdSink<Id, Scratch> sink(*pipeline_.model, ids, *scratch);
    repair(begin, end, (*scratch).repaired);
    const std::string_view text{reinterpret_cast<const char*>(begin), static_cast<size_t>(end - begin)};
    run(text, settings.specialTokens, sink, (*scratch).buffers);
    return sink.specialsPut;
  });
}

void PieceEncoder::encodeBatch(const Documents& documents, const BatchSettings& settings, Encoded<uint16_t>& out) {
  batch(documents, settings, out);
}

void PieceEncoder::encodeBatch(const Documents& documents, const BatchSettings& settings, Encoded<uint32_t>& out) {
  batch(documents, settings, out);
}

}  // namespace tok
