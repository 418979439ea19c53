#include "normalizer.h"

#include <algorithm>
#include <unordered_map>

#include "char-tables.h"
#include "utf8.h"

namespace tok {

namespace {

const uint8_t* bytesOf(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

/** Calls visit(code point, begin, end) for each character. */
template <typename Visit>
void forEachChar(std::string_view text, Visit&& visit) {
  const uint8_t* bytes = bytesOf(text);
  for (uint32_t at = 0; at < text.size();) {
    const Decoded c = decodeAny(bytes + at, bytes + text.size());
    visit(c.codePoint, at, at + c.bytes);
    at += c.bytes;
  }
}

class FormStep : public NormalizerStep {
 public:
  explicit FormStep(Form form) : form_(form) {}
  bool apply(std::string_view text, Rewrite& out) const override {
    std::vector<uint8_t> bytes;
    Alignment alignment;
    if (!normalForm(form_, bytesOf(text), bytesOf(text) + text.size(), bytes, &alignment, out.room())) return false;
    for (size_t i = 0; i < alignment.size(); i++) {
      out.put({reinterpret_cast<const char*>(&bytes[i]), 1}, alignment[i].begin, alignment[i].end);
    }
    return true;
  }

 private:
  const Form form_;
};

class PrependStep : public NormalizerStep {
 public:
  explicit PrependStep(std::string content) : content_(std::move(content)) {}
  bool apply(std::string_view text, Rewrite& out) const override {
    if (text.empty()) return false;
    // What is new belongs to the first character, as Hugging Face counts.
    out.put(content_, 0, decodeAny(bytesOf(text), bytesOf(text) + text.size()).bytes);
    out.keep(0, text.size());
    return true;
  }

 private:
  const std::string content_;
};

class ReplaceStep : public NormalizerStep {
 public:
  ReplaceStep(std::string pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  bool apply(std::string_view text, Rewrite& out) const override {
    size_t at = 0, found = text.find(pattern_);
    if (found == std::string_view::npos) return false;
    for (; found != std::string_view::npos; found = text.find(pattern_, at)) {
      out.keep(at, found);
      at = found + pattern_.size();
      out.put(content_, found, at);
    }
    out.keep(at, text.size());
    return true;
  }

 private:
  const std::string pattern_, content_;
};

class SpacesStep : public NormalizerStep {
 public:
  explicit SpacesStep(std::string content) : content_(std::move(content)) {}
  bool apply(std::string_view text, Rewrite& out) const override {
    size_t at = 0, found = text.find("  ");
    if (found == std::string_view::npos) return false;
    for (; found != std::string_view::npos; found = text.find("  ", at)) {
      out.keep(at, found);
      at = std::min(text.find_first_not_of(' ', found), text.size());
      out.put(content_, found, at);
    }
    out.keep(at, text.size());
    return true;
  }

 private:
  const std::string content_;
};

class StripStep : public NormalizerStep {
 public:
  StripStep(bool left, bool right) : left_(left), right_(right) {}
  bool apply(std::string_view text, Rewrite& out) const override {
    uint32_t begin = text.size(), end = 0;  // of what is not white space
    forEachChar(text, [&](uint32_t c, uint32_t from, uint32_t to) {
      if (wordTable()[c] == kWhite) return;
      begin = std::min(begin, from);
      end = to;
    });
    const uint32_t first = left_ ? begin : 0, last = right_ ? end : text.size();
    if (first == 0 && last == text.size()) return false;
    if (first < last) out.keep(first, last);
    return true;
  }

 private:
  const bool left_, right_;
};

class LowercaseStep : public NormalizerStep {
 public:
  LowercaseStep() {
    for (size_t i = 0; i < kLowercaseSize; i += 2 + kLowercase[i + 1]) {
      std::vector<uint8_t> lower;
      for (uint32_t k = 1; k <= kLowercase[i + 1]; k++) appendUtf8(kLowercase[i + 1 + k], lower);
      lower_[kLowercase[i]].assign(lower.begin(), lower.end());
    }
  }
  bool apply(std::string_view text, Rewrite& out) const override {
    forEachChar(text, [&](uint32_t c, uint32_t begin, uint32_t end) {
      const auto found = lower_.find(c);
      if (found == lower_.end()) return out.keep(begin, end);
      out.put(found->second, begin, end);
    });
    return true;
  }

 private:
  std::unordered_map<uint32_t, std::string> lower_;
};

class StripAccentsStep : public NormalizerStep {
 public:
  bool apply(std::string_view text, Rewrite& out) const override {
    forEachChar(text, [&](uint32_t c, uint32_t begin, uint32_t end) {
      if (markTable()[c] == 0) out.keep(begin, end);
    });
    return true;
  }
};

}  // namespace

Normalized applySteps(const NormalizerSteps& steps, std::string_view text, bool aligned, NormalizerBuffers& buffers,
                      Budget& budget) {
  auto& [now, next] = buffers;
  Alignment alignment;
  size_t most = 0;
  for (const auto& step : steps) {
    Rewrite out(text, alignment, aligned, budget.left(), next);
    if (!step->apply(text, out)) continue;
    std::swap(now.bytes, next.bytes);
    alignment.swap(next.alignment);
    most = std::max(most, now.bytes.size());
    text = {reinterpret_cast<const char*>(now.bytes.data()), now.bytes.size()};
  }
  budget.use(most);
  return {text, std::move(alignment)};
}

std::unique_ptr<NormalizerStep> formStep(Form form) { return std::make_unique<FormStep>(form); }
std::unique_ptr<NormalizerStep> prependStep(std::string content) {
  return std::make_unique<PrependStep>(std::move(content));
}
std::unique_ptr<NormalizerStep> replaceStep(std::string pattern, std::string content) {
  return std::make_unique<ReplaceStep>(std::move(pattern), std::move(content));
}
std::unique_ptr<NormalizerStep> spacesStep(std::string content) {
  return std::make_unique<SpacesStep>(std::move(content));
}
std::unique_ptr<NormalizerStep> stripStep(bool left, bool right) { return std::make_unique<StripStep>(left, right); }
std::unique_ptr<NormalizerStep> lowercaseStep() { return std::make_unique<LowercaseStep>(); }
std::unique_ptr<NormalizerStep> stripAccentsStep() { return std::make_unique<StripAccentsStep>(); }

}  // namespace tok
