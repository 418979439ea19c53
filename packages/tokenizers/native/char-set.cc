#include "char-set.h"

#include <memory>

#include "failure.h"
#include "file-chunks.h"
#include "nfc.h"
#include "parallel.h"
#include "utf8.h"

namespace tok {

void CharSet::addText(const uint8_t* p, const uint8_t* end, Bits& seen) const {
  std::vector<uint8_t> repaired, composed;
  if (nfc_) repairAndCompose(p, end, repaired, composed);
  while (p < end) {
    const Decoded c = decodeAny(p, end);
    seen.set(c.codePoint);
    p += c.bytes;
  }
}

void CharSet::addFiles(const std::vector<std::string>& paths) {
  FileChunks chunks(paths, true);  // nothing composes across a line feed
  inParallel(threads_, [&](unsigned) {
    const auto seen = std::make_unique<Bits>();
    std::vector<uint8_t> chunk;
    while (chunks.next(chunk)) {
      if (cancelled) throw Cancelled();
      addText(chunk.data(), chunk.data() + chunk.size() - kPadding, *seen);
      bytes += chunk.size() - kPadding;
    }
    join(*seen);
  });
}

void CharSet::addDocuments(const Documents& documents) {
  const auto seen = std::make_unique<Bits>();
  for (size_t d = 0; d < documents.ends.size(); d++) {
    if (cancelled) throw Cancelled();
    addText(documents.bytes.data() + documents.start(d), documents.bytes.data() + documents.ends[d], *seen);
    bytes += documents.ends[d] - documents.start(d);
  }
  join(*seen);
}

void CharSet::join(const Bits& seen) {
  const std::lock_guard lock(mutex_);
  seen_ |= seen;
}

std::vector<uint32_t> CharSet::points() {
  const std::lock_guard lock(mutex_);
  std::vector<uint32_t> out;
  for (size_t c = seen_._Find_first(); c < seen_.size(); c = seen_._Find_next(c)) out.push_back(c);
  return out;
}

}  // namespace tok
