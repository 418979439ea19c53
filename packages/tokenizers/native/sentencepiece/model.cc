#include "model.h"

#include <sstream>

#include "sentencepiece.pb.h"
#include "sentencepiece_model.pb.h"
#include "utf8.h"

namespace tok {

namespace {

const uint8_t* bytesOf(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

}  // namespace

void throwUnlessOk(const absl::Status& status) {
  if (status.ok()) return;
  const std::string message(status.message());
  // "file.cc(123) [condition] sentence", where the condition says something of its own only without a sentence
  const size_t begin = message.find(") [");
  const size_t end = message.rfind("] ");
  if (message.find(".cc(") == std::string::npos || begin == std::string::npos || end == std::string::npos) {
    throw std::runtime_error(message);
  }
  const std::string sentence = message.substr(end + 2);
  throw std::runtime_error(sentence.empty() ? message.substr(begin + 3, end - begin - 3) + " does not hold" : sentence);
}

Model::Model(std::string_view bytes) { throwUnlessOk(processor_.LoadFromSerializedProto(bytes)); }

void Model::encode(std::string_view text, std::vector<int>& ids) const {
  const uint8_t* begin = bytesOf(text);
  const uint8_t* end = begin + text.size();
  if (firstMalformed(begin, end) == end) return throwUnlessOk(processor_.Encode(text, &ids));
  std::vector<uint8_t> repaired;
  appendRepaired(begin, end, repaired);
  throwUnlessOk(processor_.Encode({reinterpret_cast<const char*>(repaired.data()), repaired.size()}, &ids));
}

Aligned Model::encodeWithSpans(std::string_view text) const {
  sentencepiece::SentencePieceText found;
  throwUnlessOk(processor_.Encode(text, &found));
  Aligned out;
  for (const auto& piece : found.pieces()) out.add(piece.id(), {piece.begin(), piece.end()});
  // Of the bytes of a character the library gives it to the last; each of them covers it, as in our other encoders.
  for (size_t i = out.ids.size(); i-- > 1;) {
    Span& before = out.spans[i - 1];
    const bool ofNext = before.begin == before.end && before.begin == out.spans[i].begin;
    if (ofNext && processor_.IsByte(out.ids[i - 1]) && processor_.IsByte(out.ids[i])) before.end = out.spans[i].end;
  }
  return out;
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
