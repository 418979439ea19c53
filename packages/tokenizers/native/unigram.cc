#include <algorithm>
#include <stdexcept>

#include "piece-model.h"
#include "utf8.h"

namespace tok {

namespace {

constexpr double kUnknownPenalty = 10;  // below the least likely piece, as in SentencePiece

}  // namespace

Unigram::Unigram(const std::vector<std::string>& pieces, const std::vector<double>& scores, uint32_t unknown,
                 std::vector<uint32_t> byteIds)
    : scores_(scores),
      unknown_(unknown),
      byteIds_(std::move(byteIds)),
      children_(pieces.size() * 4),
      idOfNode_(1, kNone) {
  if (pieces.size() != scores.size() || pieces.empty()) throw std::invalid_argument("a score for each piece is needed");
  unknownScore_ = *std::min_element(scores.begin(), scores.end()) - kUnknownPenalty;
  for (size_t id = 0; id < pieces.size(); id++) {
    uint32_t node = 0;
    for (const char byte : pieces[id]) {
      uint32_t& next = children_[pairOf(node, static_cast<uint8_t>(byte))];
      if (next == 0) {
        next = idOfNode_.size();
        idOfNode_.push_back(kNone);
      }
      node = next;
    }
    if (node != 0) idOfNode_[node] = id;
  }
}

uint32_t Unigram::child(uint32_t node, uint8_t byte) const {
  const uint32_t* found = children_.find(pairOf(node, byte));
  return found == nullptr ? 0 : *found;
}

uint32_t Unigram::find(std::string_view piece) const {
  uint32_t node = 0;
  for (const char byte : piece) {
    node = child(node, byte);
    if (node == 0) return kNone;
  }
  return idOfNode_[node];
}

void Unigram::encodeWord(std::string_view word, std::vector<uint32_t>& ids, std::vector<Span>* spans) const {
  struct Best {
    double score = 0;
    uint32_t begin = kNone, id = 0;  // of the last piece of the best way to get here
  };
  std::vector<Best> best(word.size() + 1);
  const auto offer = [&](uint32_t begin, uint32_t end, uint32_t id, double score) {
    Best& there = best[end];
    const double whole = score + best[begin].score;
    if (there.begin == kNone || whole > there.score) there = {whole, begin, id};
  };
  const auto* bytes = reinterpret_cast<const uint8_t*>(word.data());
  for (uint32_t at = 0; at < word.size();) {
    const uint32_t charEnd = at + decodeAny(bytes + at, bytes + word.size()).bytes;
    bool single = false;
    uint32_t node = 0;
    for (uint32_t end = at; end < word.size();) {
      node = child(node, bytes[end++]);
      if (node == 0) break;
      const uint32_t id = idOfNode_[node];
      if (id == kNone) continue;
      offer(at, end, id, scores_[id]);
      single = single || end == charEnd;
    }
    if (!single) offer(at, charEnd, unknown_, unknownScore_);
    at = charEnd;
  }
  // From the end: unknown pieces beside each other are one.
  std::vector<Span> path;
  bool lastUnknown = false;
  for (uint32_t end = word.size(); end > 0; end = best[end].begin) {
    const bool isUnknown = best[end].id == unknown_;
    if (isUnknown && lastUnknown) {
      path.back().begin = best[end].begin;
    } else {
      path.push_back({best[end].begin, end});
    }
    lastUnknown = isUnknown;
  }
  for (size_t i = path.size(); i-- > 0;) put(word, path[i], ids, spans);
}

void Unigram::put(std::string_view word, Span span, std::vector<uint32_t>& ids, std::vector<Span>* spans) const {
  const std::string_view piece = word.substr(span.begin, span.end - span.begin);
  const size_t before = ids.size();
  const uint32_t id = find(piece);
  if (id != kNone) {
    ids.push_back(id);
  } else if (!byteIds_.empty() && std::none_of(piece.begin(), piece.end(), [&](char byte) {
               return byteIds_[static_cast<uint8_t>(byte)] == kNoToken;
             })) {
    for (const char byte : piece) ids.push_back(byteIds_[static_cast<uint8_t>(byte)]);
  } else if (unknown_ != kNoToken) {
    ids.push_back(unknown_);
  }
  if (spans != nullptr) spans->resize(spans->size() + ids.size() - before, span);
}

}  // namespace tok
