#include "nfc.h"

#include <algorithm>
#include <unordered_map>

#include "failure.h"
#include "lexer.h"
#include "pair-table.h"
#include "unicode-forms.h"
#include "unicode.h"
#include "utf8.h"

namespace tok {

namespace {

// Hangul syllables are composed by rule (The Unicode Standard, 3.12).
constexpr uint32_t kSyllable = 0xac00, kLead = 0x1100, kVowel = 0x1161, kTail = 0x11a7;
constexpr uint32_t kLeads = 19, kVowels = 21, kTails = 28, kSyllables = kLeads * kVowels * kTails;

struct Tables {
  std::unordered_map<uint32_t, const uint32_t*> decompositions;  // length, code points
  std::unordered_map<uint32_t, const uint32_t*> compatible;      // the same, where it is another
  std::unordered_map<uint32_t, uint8_t> combining;
  PairTable<uint32_t> compositions;

  Tables() : compositions(kCompositionsSize) {
    for (size_t i = 0; i < kDecompositionsSize; i += 2 + kDecompositions[i + 1]) {
      decompositions[kDecompositions[i]] = &kDecompositions[i + 1];
    }
    for (size_t i = 0; i < kCompatibleSize; i += 2 + kCompatible[i + 1]) {
      compatible[kCompatible[i]] = &kCompatible[i + 1];
    }
    for (size_t i = 0; i < kCombiningSize; i++) combining[kCombining[i] >> 8] = kCombining[i] & 0xff;
    for (size_t i = 0; i < kCompositionsSize; i += 3) {
      compositions[pairOf(kCompositions[i], kCompositions[i + 1])] = kCompositions[i + 2];
    }
  }

  uint8_t combiningClass(uint32_t c) const {
    const auto found = combining.find(c);
    return found == combining.end() ? 0 : found->second;
  }
};

const Tables& tables() {
  static const Tables tables;
  return tables;
}

struct Point {
  uint32_t code;
  uint8_t combining;
  Span source;
};

const uint32_t* decomposition(uint32_t c, bool compatible) {
  if (compatible) {
    const auto found = tables().compatible.find(c);
    if (found != tables().compatible.end()) return found->second;
  }
  const auto found = tables().decompositions.find(c);
  return found == tables().decompositions.end() ? nullptr : found->second;
}

void decompose(uint32_t c, bool compatible, Span source, std::vector<Point>& out) {
  if (c - kSyllable < kSyllables) {
    const uint32_t index = c - kSyllable;
    out.push_back({kLead + index / (kVowels * kTails), 0, source});
    out.push_back({kVowel + index % (kVowels * kTails) / kTails, 0, source});
    if (index % kTails != 0) out.push_back({kTail + index % kTails, 0, source});
    return;
  }
  const uint32_t* parts = decomposition(c, compatible);
  if (parts == nullptr) {
    out.push_back({c, tables().combiningClass(c), source});
    return;
  }
  for (uint32_t i = 1; i <= parts[0]; i++) out.push_back({parts[i], tables().combiningClass(parts[i]), source});
}

/** The one character two make, or 0. */
uint32_t composite(uint32_t first, uint32_t second) {
  if (first - kLead < kLeads && second - kVowel < kVowels) {
    return kSyllable + ((first - kLead) * kVowels + (second - kVowel)) * kTails;
  }
  if (first - kSyllable < kSyllables && (first - kSyllable) % kTails == 0 && second - kTail - 1 < kTails - 1) {
    return first + (second - kTail);
  }
  const uint32_t* found = tables().compositions.find(pairOf(first, second));
  return found == nullptr ? 0 : *found;
}

void sortMarks(std::vector<Point>& points) {
  for (auto from = points.begin(); from != points.end();) {
    if (from->combining == 0) {
      ++from;
      continue;
    }
    const auto to = std::find_if(from, points.end(), [](const Point& p) { return p.combining == 0; });
    std::stable_sort(from, to, [](const Point& a, const Point& b) { return a.combining < b.combining; });
    from = to;
  }
}

void recompose(std::vector<Point>& points) {
  size_t to = 0, starter = SIZE_MAX;
  for (const Point point : points) {
    const bool adjacent = starter != SIZE_MAX && starter + 1 == to;
    const bool blocked = starter == SIZE_MAX || (!adjacent && points[to - 1].combining >= point.combining);
    const uint32_t whole = blocked ? 0 : composite(points[starter].code, point.code);
    if (whole != 0) {
      points[starter].code = whole;
      points[starter].source.end = std::max(points[starter].source.end, point.source.end);
      continue;
    }
    if (point.combining == 0) starter = to;
    points[to++] = point;
  }
  points.resize(to);
}

/** Gives points whose sources overlap, or are out of order, one source: that of all of them. */
void alignPoints(std::vector<Point>& points) {
  struct Group {
    size_t first;
    Span source;
  };
  std::vector<Group> groups;
  for (size_t i = 0; i < points.size(); i++) {
    Group group{i, points[i].source};
    while (!groups.empty() && group.source.begin < groups.back().source.end) {
      const Group& last = groups.back();
      group = {last.first,
               {std::min(last.source.begin, group.source.begin), std::max(last.source.end, group.source.end)}};
      groups.pop_back();
    }
    groups.push_back(group);
  }
  for (size_t g = 0; g < groups.size(); g++) {
    const size_t end = g + 1 < groups.size() ? groups[g + 1].first : points.size();
    for (size_t i = groups[g].first; i < end; i++) points[i].source = groups[g].source;
  }
}

}  // namespace

bool compose(const uint8_t* begin, const uint8_t* end, std::vector<uint8_t>& out, Alignment* alignment) {
  return normalForm(Form::kNfc, begin, end, out, alignment);
}

bool normalForm(Form form, const uint8_t* begin, const uint8_t* end, std::vector<uint8_t>& out, Alignment* alignment,
                size_t mostPoints) {
  const bool compatible = form == Form::kNfkc || form == Form::kNfkd;
  const bool composed = form == Form::kNfc || form == Form::kNfkc;
  // Below U+0300 (bytes CC 80) every character is composed already and none combines; ASCII is in every form.
  const uint8_t least = form == Form::kNfc ? 0xcc : 0x80;
  if (std::find_if(begin, end, [&](uint8_t byte) { return byte >= least; }) == end) return false;
  std::vector<Point> points;
  points.reserve(end - begin);
  for (const uint8_t* p = begin; p < end;) {
    const Decoded c = *p < 0x80 ? Decoded{*p, 1} : decodeWide(p);
    const uint32_t at = p - begin;
    decompose(c.codePoint, compatible, {at, at + c.bytes}, points);
    if (points.size() > mostPoints) throw TooLong();
    p += c.bytes;
  }
  sortMarks(points);
  if (composed) recompose(points);
  out.clear();
  if (alignment != nullptr) alignment->clear();
  if (alignment != nullptr) alignPoints(points);
  for (const Point& point : points) {
    appendUtf8(point.code, out);
    if (alignment != nullptr) alignment->resize(out.size(), point.source);
  }
  out.resize(out.size() + kPadding);
  return true;
}

void repairAndCompose(const uint8_t*& begin, const uint8_t*& end, std::vector<uint8_t>& repaired,
                      std::vector<uint8_t>& composed) {
  repair(begin, end, repaired);
  if (compose(begin, end, composed)) {
    begin = composed.data();
    end = begin + composed.size() - kPadding;
  }
}

}  // namespace tok
