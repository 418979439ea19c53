#include <cstring>
#include <optional>
#include <stdexcept>

#include "char-tables.h"
#include "normalizer.h"
#include "utf8.h"

namespace tok {

namespace {

/**
 * SentencePiece's `precompiled_charsmap`, applied as Hugging Face's library does, which differs from SentencePiece: a
 * cluster of at most 5 bytes is looked up whole, then character by character, and of all the rules that match at its
 * beginning the shortest is taken and the rest of it dropped.
 */
class CharsMapStep : public NormalizerStep {
 public:
  explicit CharsMapStep(std::string charsMap) {
    uint32_t size = 0;
    if (charsMap.size() < 4) throw std::invalid_argument("it is too short");
    memcpy(&size, charsMap.data(), 4);  // little-endian, as the machines this is built for
    if (size % 4 != 0 || size == 0 || size > charsMap.size() - 4) throw std::invalid_argument("its table is cut off");
    units_.resize(size / 4);
    memcpy(units_.data(), charsMap.data() + 4, size);
    replacements_ = charsMap.substr(4 + size);
    for (int c = 0; c < 128; c++) {
      const char byte = static_cast<char>(c);
      asciiChanges_[c] = find({&byte, 1}).has_value();
    }
  }

  bool apply(std::string_view text, Rewrite& out) const override {
    bool changed = false;
    uint32_t at = 0;
    while (at < text.size()) {
      const uint32_t run = plainRun(text, at);
      out.keep(at, run);
      at = run;
      if (at == text.size()) break;
      const uint32_t end = clusterEnd(text, at);
      if (end - at < 6 && replace(text, at, end, out)) {
        changed = true;
        at = end;
      }
      while (at < end) {
        const uint32_t next = at + charAt(text, at).bytes;
        if (replace(text, at, next, out)) {
          changed = true;
        } else {
          out.keep(at, next);
        }
        at = next;
      }
    }
    return changed;
  }

 private:
  /** Past the ASCII characters that stand alone and stay. */
  uint32_t plainRun(std::string_view text, uint32_t at) const {
    while (at < text.size() && static_cast<uint8_t>(text[at]) < 0x80 &&
           !asciiChanges_[static_cast<uint8_t>(text[at])] && text[at] != '\r' &&
           (at + 1 == text.size() || static_cast<uint8_t>(text[at + 1]) < 0x80)) {
      at++;
    }
    return at;
  }

  static Decoded charAt(std::string_view text, uint32_t at) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    return decodeAny(bytes + at, bytes + text.size());
  }

  /** The end of the grapheme cluster at `at`, exact where it has at most 5 bytes (UAX 29, GB3 to GB9b). */
  static uint32_t clusterEnd(std::string_view text, uint32_t at) {
    Decoded c = charAt(text, at);
    at += c.bytes;
    if (c.codePoint == '\r' && at < text.size() && text[at] == '\n') return at + 1;
    uint32_t kind = graphemeTable()[c.codePoint];
    while (kind != kControl && at < text.size()) {
      c = charAt(text, at);
      const uint32_t next = graphemeTable()[c.codePoint];
      if (next != kExtends && !(kind == kPrepends && next != kControl)) break;
      kind = next;
      at += c.bytes;
    }
    return at;
  }

  bool replace(std::string_view text, uint32_t begin, uint32_t end, Rewrite& out) const {
    const auto found = find(text.substr(begin, end - begin));
    if (found) out.put(*found, begin, end);
    return found.has_value();
  }

  /** Output of the shortest rule that matches at the beginning of `key`. */
  std::optional<std::string_view> find(std::string_view key) const {
    const auto offsetOf = [](uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); };
    size_t node = offsetOf(units_[0]);
    for (const char c : key) {
      const uint8_t byte = c;
      node ^= byte;
      if (byte == 0 || node >= units_.size()) return std::nullopt;
      const uint32_t unit = units_[node];
      if ((unit & (1u << 31 | 0xff)) != byte) return std::nullopt;
      node ^= offsetOf(unit);
      if ((unit >> 8 & 1) == 0) continue;
      if (node >= units_.size()) return std::nullopt;
      const size_t begin = units_[node] & ~(1u << 31);
      if (begin >= replacements_.size()) return std::nullopt;
      const size_t end = replacements_.find('\0', begin);
      return std::string_view(replacements_).substr(begin, end == std::string::npos ? end : end - begin);
    }
    return std::nullopt;
  }

  std::vector<uint32_t> units_;
  std::string replacements_;
  bool asciiChanges_[128];
};

}  // namespace

std::unique_ptr<NormalizerStep> charsMapStep(std::string charsMap) {
  return std::make_unique<CharsMapStep>(std::move(charsMap));
}

}  // namespace tok
