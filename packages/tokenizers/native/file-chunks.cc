#include "file-chunks.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "lexer.h"
#include "safe-cut.h"

namespace tok {

namespace {

constexpr size_t kChunk = 2 << 20;

[[noreturn]] void fail(const std::string& path) {
  const int error = errno;
  throw std::system_error(error, std::generic_category(), "cannot read " + path);
}

}  // namespace

FileChunks::~FileChunks() {
  if (fd_ >= 0) close(fd_);
}

bool FileChunks::next(std::vector<uint8_t>& chunk) {
  const std::lock_guard lock(mutex_);
  chunk.clear();
  for (;;) {
    if (fd_ < 0) {
      if (nextPath_ == paths_.size()) return false;
      fd_ = open(paths_[nextPath_].c_str(), O_RDONLY | O_CLOEXEC);
      if (fd_ < 0) fail(paths_[nextPath_]);
      nextPath_++;
    }
    chunk.swap(carried_);
    carried_.clear();
    size_t wanted = kChunk;
    bool more = true;
    size_t size = 0;
    // A text with nowhere to cut is read further, twice as far each time.
    while (size == 0 && more) {
      more = fill(chunk, wanted);
      size = more ? cut(chunk) : chunk.size();
      wanted = chunk.size();
    }
    if (!more) {
      close(fd_);
      fd_ = -1;
    }
    carried_.assign(chunk.begin() + size, chunk.end());
    chunk.resize(size);
    if (size == 0) continue;
    chunk.resize(size + kPadding);
    return true;
  }
}

/** Appends up to `bytes`; false at the end of the file. */
bool FileChunks::fill(std::vector<uint8_t>& chunk, size_t bytes) {
  size_t size = chunk.size();
  const size_t goal = size + bytes;
  chunk.resize(goal);
  bool more = true;
  while (more && size < goal) {
    const ssize_t got = read(fd_, chunk.data() + size, goal - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(paths_[nextPath_ - 1]);
    more = got > 0;
    size += got;
  }
  chunk.resize(size);
  return more;
}

size_t FileChunks::cut(const std::vector<uint8_t>& chunk) const {
  const uint8_t* begin = chunk.data();
  if (!byLine_) return lastSafeCut(begin, begin + chunk.size()) - begin;
  const void* newline = memrchr(begin, '\n', chunk.size());
  return newline == nullptr ? 0 : static_cast<const uint8_t*>(newline) + 1 - begin;
}

}  // namespace tok
