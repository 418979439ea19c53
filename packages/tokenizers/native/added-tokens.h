#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tok {

struct AddedToken {
  std::string content;
  uint32_t id;
  bool lstrip = false, rstrip = false;  // does it take the white space before and after it?
  bool singleWord = false;              // is it none within a word?
  bool special = false;                 // is it the program's to put, and not a text's to spell?
};

/** Finds added tokens in a text: the leftmost, and of those that begin there the longest. */
class AddedTokens {
 public:
  struct Match {
    const uint8_t* begin;  // the end of the text where there is none
    size_t size;
    uint32_t id;
    const AddedToken* token = nullptr;
  };

  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }
  Match find(const uint8_t* p, const uint8_t* end) const;

  /** True if an added token may cross `cut`. */
  bool crosses(const uint8_t* begin, const uint8_t* cut, const uint8_t* end) const;

 private:
  const AddedToken* at(const uint8_t* p, const uint8_t* end) const;

  std::vector<AddedToken> tokens_;  // by first byte, then the longest first
  uint32_t firstOf_[257] = {};      // where in tokens_ those of a first byte begin
  int onlyFirstByte_ = -1;
  size_t longest_ = 0;
};

/** Added tokens as they are looked for: all of them, or those alone that a text may always spell. */
class AddedTokenSets {
 public:
  AddedTokenSets() = default;
  explicit AddedTokenSets(const std::vector<AddedToken>& tokens);

  const AddedTokens& operator()(bool specialTokens) const { return specialTokens ? all_ : ordinary_; }

 private:
  AddedTokens all_, ordinary_;
};

}  // namespace tok
