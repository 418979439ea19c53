#include "sentences.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>

#include "../failure.h"

namespace tok {

thread_local LogListener* LogListener::current = nullptr;

void TrainingState::check() const {
  if (cancelled) throw Cancelled();
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void TrainingState::failed(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = failure;
}

void TrainingState::said(const std::string& line) {
  check();
  constexpr std::string_view kReserved = "Reserved chars are found. Skipped: ";
  if (line.starts_with(kReserved)) {
    reserved++;
    reservedBytes += line.size() - kReserved.size();
  }
  const bool learns = line.rfind("Added: ", 0) == 0 || line.rfind("EM sub_iter=", 0) == 0;
  const size_t size = learns ? line.find(" size=") : std::string::npos;
  if (size == std::string::npos) return;
  pieces = strtoull(line.c_str() + size + 6, nullptr, 10);
  phase = 1;
}

FileTexts::~FileTexts() {
  if (fd_ >= 0) close(fd_);
}

bool FileTexts::next(std::string_view& chunk, bool& endsText) {
  if (fd_ < 0) {
    if (nextPath_ == paths_.size()) return false;
    fd_ = open(paths_[nextPath_++].c_str(), O_RDONLY | O_CLOEXEC);
    buffer_.resize(1 << 20);
  }
  ssize_t got;
  do {
    got = fd_ < 0 ? -1 : read(fd_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw std::system_error(errno, std::generic_category(), "cannot read " + paths_[nextPath_ - 1]);
  endsText = got == 0;
  if (endsText) {
    close(fd_);
    fd_ = -1;
  }
  chunk = {buffer_.data(), static_cast<size_t>(got)};
  return true;
}

bool PushedTexts::next(std::string_view& chunk, bool& endsText) {
  if (document_ == taken_.ends.size()) {
    std::unique_lock lock(mutex_);
    while (queue_.empty() && !ended_) {
      state_.check();
      changed_.wait_for(lock, std::chrono::milliseconds(50));
    }
    if (queue_.empty()) return false;
    taken_ = std::move(queue_.front());
    queue_.pop_front();
    queued_ -= taken_.size();
    document_ = 0;
    if (queued_ < kRoom) room_();
  }
  endsText = true;
  chunk = {};
  if (document_ == taken_.ends.size()) return true;  // a batch of no documents
  const uint64_t start = taken_.start(document_);
  chunk = {reinterpret_cast<const char*>(taken_.bytes.data()) + start, taken_.ends[document_] - start};
  document_++;
  return true;
}

bool PushedTexts::push(Documents documents) {
  const std::lock_guard lock(mutex_);
  queued_ += documents.size();
  queue_.push_back(std::move(documents));
  changed_.notify_all();
  return queued_ < kRoom;
}

void PushedTexts::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void Sentences::Next() {
  while (readLine()) {
    state_.check();
    while (!value_.empty() && (value_.back() == '\r' || value_.back() == '\n')) value_.pop_back();
    if (value_.empty()) continue;
    if (!tooLong_ && value_.size() <= maxBytes_) {
      state_.sentences++;
      return;
    }
    state_.tooLong++;
    state_.tooLongBytes += lineBytes_;
  }
  done_ = true;
}

bool Sentences::readLine() {
  constexpr size_t kCarriageReturns = 4096;  // that may follow a sentence of the greatest length
  value_.clear();
  tooLong_ = false;
  lineBytes_ = 0;
  bool begun = false;
  for (;;) {
    if (chunk_.empty()) {
      const bool ended = endsText_;
      endsText_ = false;
      if (ended && begun) return true;
      if (!texts_.next(chunk_, endsText_)) return begun;
      state_.bytes += chunk_.size();
      continue;
    }
    const size_t newline = chunk_.find('\n');
    const std::string_view part = chunk_.substr(0, newline);
    begun = true;
    lineBytes_ += part.size();
    tooLong_ = tooLong_ || value_.size() + part.size() > maxBytes_ + kCarriageReturns;
    if (!tooLong_) value_.append(part);
    if (tooLong_ && value_.empty()) value_ = "x";  // not an empty line
    chunk_.remove_prefix(newline == std::string_view::npos ? chunk_.size() : newline + 1);
    if (newline != std::string_view::npos) return true;
  }
}

}  // namespace tok
