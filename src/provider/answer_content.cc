#include "provider/answer_content.h"

#include <boost/json.hpp>

#include "base/json_fields.h"
#include "base/json_string.h"
#include "provider/json_reader.h"
#include "provider/messages.h"

namespace baton {
namespace {

namespace json = boost::json;

// Counted for each block, so that empty ones are bounded too.
constexpr std::size_t kBlockBytes = 256;

void append_text_block(std::string& out, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return;
  if (out.size() > 1) out += ',';
  out += R"({"type":"text","text":)";
  append_json_string(out, text);
  out += '}';
}

}  // namespace

bool AnswerContent::take(std::size_t bytes) {
  bytes_ += bytes;
  return bytes_ <= MessagesReply::kMaxTextBytes;
}

void AnswerContent::begin_fields(Block& out, const json::object& block) {
  out.head = "{";
  for (const auto& [key, value] : block) {
    if (key == "input") {
      out.has_input = true;
      // A stream begins with an empty object and sends the input in pieces.
      if (value.is_object() && !value.get_object().empty()) out.grown = json::serialize(value);
    } else if (out.kind == Kind::kThinking && key == "thinking") {
      out.grown = text_at(block, key);
    } else if (out.kind == Kind::kThinking && key == "signature") {
      out.signature = text_at(block, key);
    } else {
      if (out.head.size() > 1) out.head += ',';
      append_json_string(out.head, key);
      out.head += ':';
      out.head += json::serialize(value);
    }
  }
}

bool AnswerContent::begin(const json::object* block, std::size_t text_size) {
  const std::string_view type = text_at(block, "type");
  Block& added = blocks_.emplace_back();
  added.text_begin = text_size;
  if (type == "text" || type.empty()) {
    added.kind = Kind::kText;
    return take(kBlockBytes);
  }
  if (type == "thinking") added.kind = Kind::kThinking;
  if (type == "tool_use") {
    added.kind = Kind::kToolUse;
    added.id = text_at(block, "id");
    added.name = text_at(block, "name");
  }
  begin_fields(added, *block);
  return take(kBlockBytes + added.head.size() + added.grown.size() + added.signature.size());
}

bool AnswerContent::add(std::string_view kind, const json::object* delta) {
  if (blocks_.empty()) return true;
  Block& block = blocks_.back();
  std::string* grown = nullptr;
  std::string_view piece;
  if (kind == "input_json_delta" && block.has_input) {
    grown = &block.grown;
    piece = text_at(delta, "partial_json");
  } else if (kind == "thinking_delta" && block.kind == Kind::kThinking) {
    grown = &block.grown;
    piece = text_at(delta, "thinking");
  } else if (kind == "signature_delta" && block.kind == Kind::kThinking) {
    grown = &block.signature;
    piece = text_at(delta, "signature");
  }
  if (grown == nullptr) return true;
  if (!take(piece.size())) return false;
  *grown += piece;
  return true;
}

bool AnswerContent::is_whole(const Block& block) {
  if (block.kind == Kind::kText) return false;
  if (block.kind == Kind::kToolUse && (block.id.empty() || block.name.empty())) return false;
  if (!block.has_input || block.grown.empty()) return true;
  const json::value* input = json_reader().read(block.grown);
  return input != nullptr && input->is_object();
}

void AnswerContent::append_block(std::string& out, const Block& block) {
  if (!is_whole(block)) return;
  if (out.size() > 1) out += ',';
  out += block.head;
  if (block.has_input) {
    out += R"(,"input":)";
    out += block.grown.empty() ? "{}" : block.grown;
  }
  if (block.kind == Kind::kThinking) {
    out += R"(,"thinking":)";
    append_json_string(out, block.grown);
    out += R"(,"signature":)";
    append_json_string(out, block.signature);
  }
  out += '}';
}

std::string AnswerContent::to_json(std::string_view text) const {
  if (blocks_.empty() || (blocks_.size() == 1 && blocks_[0].kind == Kind::kText)) return {};
  std::string out = "[";
  append_text_block(out, text.substr(0, blocks_[0].text_begin));
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    append_block(out, blocks_[i]);
    const std::size_t begin = blocks_[i].text_begin;
    const std::size_t end = i + 1 < blocks_.size() ? blocks_[i + 1].text_begin : text.size();
    append_text_block(out, text.substr(begin, end - begin));
  }
  out += ']';
  return out;
}

std::vector<ToolUse> AnswerContent::tool_uses() const {
  std::vector<ToolUse> uses;
  for (const Block& block : blocks_) {
    if (block.kind != Kind::kToolUse || !is_whole(block)) continue;
    uses.push_back({block.id, block.name, block.grown.empty() ? "{}" : block.grown});
  }
  return uses;
}

std::vector<ToolUse> tool_uses_in(std::string_view blocks) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(blocks, failed);
  const json::array* array = failed ? nullptr : parsed.if_array();
  std::vector<ToolUse> uses;
  if (array == nullptr) return uses;
  for (const json::value& block : *array) {
    if (text_at(block, "type") != "tool_use") continue;
    const json::object* input = object_at(block, "input");
    uses.push_back({std::string(text_at(block, "id")), std::string(text_at(block, "name")),
                    input == nullptr ? "{}" : json::serialize(*input)});
  }
  return uses;
}

}  // namespace baton
