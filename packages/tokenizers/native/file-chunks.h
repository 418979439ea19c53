#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace tok {

/** Files read in order, in chunks cut where no pre-token crosses; threads take them in turn. */
class FileChunks {
 public:
  /** byLine: a chunk ends after a line feed. */
  FileChunks(const std::vector<std::string>& paths, bool byLine) : paths_(paths), byLine_(byLine) {}
  ~FileChunks();
  FileChunks(const FileChunks&) = delete;
  FileChunks& operator=(const FileChunks&) = delete;

  /** The next chunk, followed by kPadding bytes; false at the end. Throws std::system_error naming the file. */
  bool next(std::vector<uint8_t>& chunk);

 private:
  bool fill(std::vector<uint8_t>& chunk, size_t bytes);
  size_t cut(const std::vector<uint8_t>& chunk) const;

  const std::vector<std::string>& paths_;
  const bool byLine_;
  std::mutex mutex_;
  size_t nextPath_ = 0;
  int fd_ = -1;
  std::vector<uint8_t> carried_;
};

}  // namespace tok
