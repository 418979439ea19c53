#include "piece-model.h"
#include "utf8.h"

namespace tok {

void CharBpe::encodeWord(std::string_view word, std::vector<uint32_t>& ids, std::vector<Span>* spans) const {
  if (!words.empty()) {
    const auto whole = words.find(std::string(word));
    if (whole != words.end()) {
      ids.push_back(whole->second);
      if (spans != nullptr) spans->push_back({0, static_cast<uint32_t>(word.size())});
      return;
    }
  }
  const size_t from = ids.size();
  const auto put = [&](uint32_t id, Span span) {
    ids.push_back(id);
    if (spans != nullptr) spans->push_back(span);
  };
  // Unknown characters wait for the next known one, and follow bytes in between: so it is in Hugging Face's library.
  Span waiting{0, 0};
  const auto flush = [&] {
    if (waiting.end > waiting.begin) put(unknown, waiting);
    waiting = {0, 0};
  };
  const auto* bytes = reinterpret_cast<const uint8_t*>(word.data());
  for (uint32_t at = 0; at < word.size();) {
    const Decoded c = decodeAny(bytes + at, bytes + word.size());
    const uint32_t end = at + c.bytes;
    const auto known = charIds.find(c.codePoint);
    if (known != charIds.end()) {
      flush();
      put(known->second, {at, end});
    } else if (!putBytes(word.substr(at, c.bytes), at, ids, spans) && unknown != kNoToken) {
      if (!fuseUnknown) flush();
      waiting = {waiting.end > waiting.begin ? waiting.begin : at, end};
    }
    at = end;
  }
  flush();
  mergeSymbols(merges, ids, from, spans);
}

bool CharBpe::putBytes(std::string_view bytes, uint32_t at, std::vector<uint32_t>& ids,
                       std::vector<Span>* spans) const {
  if (byteIds.empty()) return false;
  for (const char byte : bytes) {
    if (byteIds[static_cast<uint8_t>(byte)] == kNoToken) return false;
  }
  for (const char byte : bytes) {
    ids.push_back(byteIds[static_cast<uint8_t>(byte)]);
    if (spans != nullptr) spans->push_back({at, at + 1});
    at++;
  }
  return true;
}

}  // namespace tok
