#pragma once

#include <atomic>
#include <bitset>
#include <mutex>
#include <string>
#include <vector>

#include "documents.h"

namespace tok {

/** The set of code points in texts, after NFC if requested. */
class CharSet {
 public:
  CharSet(unsigned threads, bool nfc) : threads_(threads), nfc_(nfc) {}

  /** Throws std::system_error for a file that cannot be read, Cancelled. */
  void addFiles(const std::vector<std::string>& paths);
  void addDocuments(const Documents& documents);

  /** Code points in ascending order. */
  std::vector<uint32_t> points();

  std::atomic<uint64_t> bytes{0};
  std::atomic<bool> cancelled{false};

 private:
  using Bits = std::bitset<0x110000>;
  void addText(const uint8_t* p, const uint8_t* end, Bits& seen) const;
  void join(const Bits& seen);

  const unsigned threads_;
  const bool nfc_;
  std::mutex mutex_;
  Bits seen_;
};

}  // namespace tok
