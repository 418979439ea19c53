#include "added-tokens.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace tok {

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::sort(tokens_.begin(), tokens_.end(), [](const AddedToken& a, const AddedToken& b) {
    const uint8_t x = a.content[0], y = b.content[0];
    return x != y ? x < y : a.content.size() > b.content.size();
  });
  for (const AddedToken& token : tokens_) {
    firstOf_[static_cast<uint8_t>(token.content[0]) + 1]++;
    longest_ = std::max(longest_, token.content.size());
  }
  for (int byte = 0; byte < 256; byte++) {
    if (firstOf_[byte + 1] == tokens_.size() && !tokens_.empty()) onlyFirstByte_ = byte;
    firstOf_[byte + 1] += firstOf_[byte];
  }
}

const AddedToken* AddedTokens::at(const uint8_t* p, const uint8_t* end) const {
  const size_t left = end - p;
  for (uint32_t i = firstOf_[*p]; i < firstOf_[*p + 1]; i++) {
    const std::string& content = tokens_[i].content;
    if (content.size() <= left && memcmp(content.data(), p, content.size()) == 0) return &tokens_[i];
  }
  return nullptr;
}

AddedTokens::Match AddedTokens::find(const uint8_t* p, const uint8_t* end) const {
  if (tokens_.empty()) return {end, 0, 0, nullptr};
  for (; p < end; p++) {
    if (onlyFirstByte_ >= 0) {
      p = static_cast<const uint8_t*>(memchr(p, onlyFirstByte_, end - p));
      if (p == nullptr) break;
    }
    if (const AddedToken* token = at(p, end)) return {p, token->content.size(), token->id, token};
  }
  return {end, 0, 0, nullptr};
}

bool AddedTokens::crosses(const uint8_t* begin, const uint8_t* cut, const uint8_t* end) const {
  const size_t back = std::min<size_t>(cut - begin, longest_ == 0 ? 0 : longest_ - 1);
  for (const uint8_t* p = cut - back; p < cut; p++) {
    for (uint32_t i = firstOf_[*p]; i < firstOf_[*p + 1]; i++) {
      const std::string& content = tokens_[i].content;
      const size_t size = content.size();
      if (size > static_cast<size_t>(cut - p) && size <= static_cast<size_t>(end - p) &&
          memcmp(content.data(), p, size) == 0) {
        return true;
      }
    }
  }
  return false;
}

AddedTokenSets::AddedTokenSets(const std::vector<AddedToken>& tokens) : all_(tokens) {
  std::vector<AddedToken> ordinary;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(ordinary), [](const auto& t) { return !t.special; });
  ordinary_ = AddedTokens(std::move(ordinary));
}

}  // namespace tok
