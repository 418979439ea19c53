#include "old-affixes.h"

namespace tok {

size_t charsIn(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(), [](char byte) { return (byte & 0xc0) != 0x80; });
}

OldAffixes::OldAffixes(const std::vector<std::string>& tokens, const std::vector<bool>& counts) {
  for (size_t id = 0; id < tokens.size(); id++) {
    if (!counts[id] || charsIn(tokens[id]) < 2) continue;
    forward_.push_back(tokens[id]);
    backward_.push_back(reversed(tokens[id]));
  }
  std::sort(forward_.begin(), forward_.end());
  std::sort(backward_.begin(), backward_.end());
}

}  // namespace tok
