#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tok {

size_t charsIn(std::string_view utf8);

/** Beginnings and ends of the tokens that were there before the first merge. */
class OldAffixes {
 public:
  /** `counts`: false for a token that nothing is merged to. */
  OldAffixes(const std::vector<std::string>& tokens, const std::vector<bool>& counts);

  /** Is there an old token of this text and, before or after it, another that is one by `isToken`? */
  template <typename IsToken>
  bool makeOld(const std::string& text, IsToken&& isToken) const {
    return eachFrom(forward_, text, [&](std::string_view rest) { return isToken(rest); }) ||
           eachFrom(backward_, reversed(text), [&](std::string_view rest) { return isToken(reversed(rest)); });
  }

 private:
  static std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

  /** True if `found` says so of what any longer token has after the text. */
  template <typename Found>
  static bool eachFrom(const std::vector<std::string>& sorted, const std::string& text, Found&& found) {
    for (auto at = std::upper_bound(sorted.begin(), sorted.end(), text); at != sorted.end() && at->starts_with(text);
         ++at) {
      if (found(std::string_view(*at).substr(text.size()))) return true;
    }
    return false;
  }

  std::vector<std::string> forward_, backward_;  // sorted; the second of reversed bytes
};

}  // namespace tok
