#pragma once

#include <cstdint>
#include <utility>

namespace tok {

/** The words that a pair occurs in, owned by the pair. Most pairs occur in one or two, which are stored inline. */
class Positions {
 public:
  explicit Positions(uint32_t size = 0) : size_(size) {
    if (!isInline()) stored_.words = new uint32_t[size];
  }
  Positions(Positions&& other) noexcept : Positions() { *this = std::move(other); }
  Positions& operator=(Positions&& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(stored_, other.stored_);
    return *this;
  }
  ~Positions() {
    if (!isInline()) delete[] stored_.words;
  }

  uint32_t size() const { return size_; }
  uint32_t* data() { return isInline() ? stored_.few : stored_.words; }
  const uint32_t* data() const { return isInline() ? stored_.few : stored_.words; }

 private:
  bool isInline() const { return size_ <= 2; }

  uint32_t size_ = 0;
  union {
    uint32_t few[2] = {};
    uint32_t* words;
  } stored_;
};

}  // namespace tok
