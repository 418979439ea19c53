#include "model.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "sentencepiece.pb.h"
#include "sentencepiece_model.pb.h"
#include "utf8.h"

namespace tok {

namespace {

/** Most bytes that a normalizer's rule may make of a character: U+FDFA becomes 33 in the library's own. */
constexpr size_t kLongestReplacement = 256;

/**
 * A model may come from anywhere, and what its rules put in the place of each character of a text is as long as they
 * say. The table of rules: the bytes of an index, the index, and the replacements, each up to a NUL.
 */
void checkRules(std::string_view table) {
  uint32_t index = 0;
  if (table.size() < sizeof index) return;
  memcpy(&index, table.data(), sizeof index);
  size_t length = 0;
  for (const char byte : table.substr(std::min<size_t>(table.size(), sizeof index + size_t{index}))) {
    length = byte == 0 ? 0 : length + 1;
    if (length > kLongestReplacement) {
      throw std::runtime_error("a rule of its normalizer makes more than 256 bytes of a character");
    }
  }
}

const uint8_t* bytesOf(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

}  // namespace

void throwUnlessOk(const absl::Status& status) {
  if (status.ok()) return;
  const std::string message(status.message());
  // "file.cc(123) [condition] sentence", where the condition matters only without a sentence
  const size_t begin = message.find(") [");
  const size_t end = message.rfind("] ");
  if (message.find(".cc(") == std::string::npos || begin == std::string::npos || end == std::string::npos) {
    throw std::runtime_error(message);
  }
  const std::string sentence = message.substr(end + 2);
  throw std::runtime_error(sentence.empty() ? message.substr(begin + 3, end - begin - 3) + " does not hold" : sentence);
}

Model::Model(std::string_view bytes) {
  throwUnlessOk(processor_.LoadFromSerializedProto(bytes));
  checkRules(processor_.model_proto().normalizer_spec().precompiled_charsmap());
  checkRules(processor_.model_proto().denormalizer_spec().precompiled_charsmap());
  std::vector<AddedToken> controls;
  for (int id = 0; id < processor_.GetPieceSize(); id++) {
    const std::string& piece = processor_.IdToPiece(id);
    if (processor_.IsControl(id) && !piece.empty()) controls.push_back({piece, static_cast<uint32_t>(id)});
  }
  controls_ = AddedTokens(std::move(controls));
}

/** Calls part(text, begin) for text between control pieces that count, and control(id, begin, end) for these. */
template <typename Part, typename Control>
void Model::split(std::string_view text, bool specialTokens, Part&& part, Control&& control) const {
  const uint8_t* const begin = bytesOf(text);
  const uint8_t* const end = begin + text.size();
  for (const uint8_t* p = begin; p < end;) {
    const AddedTokens::Match found = specialTokens ? controls_.find(p, end) : AddedTokens::Match{end, 0, 0};
    if (found.begin > p) part(text.substr(p - begin, found.begin - p), p - begin);
    p = found.begin + found.size;
    if (found.token != nullptr) control(found.id, found.begin - begin, p - begin);
  }
}

size_t Model::encode(std::string_view text, bool specialTokens, std::vector<int>& ids) const {
  std::vector<uint8_t> repaired;
  const uint8_t* begin = bytesOf(text);
  const uint8_t* end = begin + text.size();
  repair(begin, end, repaired);
  text = {reinterpret_cast<const char*>(begin), static_cast<size_t>(end - begin)};
  size_t specials = 0;
  std::vector<int> found;
  split(
      text, specialTokens,
      [&](std::string_view part, size_t) {
        throwUnlessOk(processor_.Encode(part, &found));
        ids.insert(ids.end(), found.begin(), found.end());
      },
      [&](uint32_t id, size_t, size_t) {
        ids.push_back(static_cast<int>(id));
        specials++;
      });
  return specials;
}

Aligned Model::encodeWithSpans(std::string_view text, bool specialTokens) const {
  Aligned out;
  split(
      text, specialTokens, [&](std::string_view part, size_t begin) { addTo(out, part, begin); },
      [&](uint32_t id, size_t begin, size_t end) {
        out.add(id, {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
      });
  return out;
}

/** A part of a text, `base` bytes from its beginning. */
void Model::addTo(Aligned& out, std::string_view part, uint32_t base) const {
  sentencepiece::SentencePieceText found;
  throwUnlessOk(processor_.Encode(part, &found));
  const size_t from = out.ids.size();
  for (const auto& piece : found.pieces()) out.add(piece.id(), {base + piece.begin(), base + piece.end()});
  // Of the bytes of a character the library gives it to the last; each of them covers it, as in our other encoders.
  for (size_t i = out.ids.size(); i-- > from + 1;) {
    Span& before = out.spans[i - 1];
    const bool ofNext = before.begin == before.end && before.begin == out.spans[i].begin;
    if (ofNext && processor_.IsByte(out.ids[i - 1]) && processor_.IsByte(out.ids[i])) before.end = out.spans[i].end;
  }
}

std::string Model::decode(const std::vector<int>& ids) const {
  std::string out;
  throwUnlessOk(processor_.Decode(absl::Span<const int>(ids), &out));
  return out;
}

std::string Model::vocabulary() const {
  const sentencepiece::ModelProto& model = processor_.model_proto();
  std::ostringstream out;
  for (const auto& piece : model.pieces()) {
    out << piece.piece();
    if (model.trainer_spec().vocabulary_output_piece_score()) out << '\t' << piece.score();
    out << '\n';
  }
  return out.str();
}

const std::string& Model::unknownSurface() const { return processor_.model_proto().trainer_spec().unk_surface(); }

}  // namespace tok
