#include "base/json_string.h"
#include "provider/messages.h"

namespace baton {
namespace {

// What the provider may add of its own to the prompt: role markers and the preamble that explains
// a schema.
constexpr std::int64_t kAddedByProvider = 2048;

// The provider refuses empty text blocks.
void append_blocks(std::string& out, const std::vector<PromptBlock>& blocks) {
  out += '[';
  bool first = true;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].text.empty()) continue;
    bool mark = blocks[i].cache_mark;
    for (std::size_t j = i + 1; j < blocks.size() && blocks[j].text.empty(); ++j) {
      mark |= blocks[j].cache_mark;
    }
    out += first ? R"({"type":"text","text":)" : R"(,{"type":"text","text":)";
    append_json_string(out, blocks[i].text);
    if (mark) out += R"(,"cache_control":{"type":"ephemeral"})";
    out += '}';
    first = false;
  }
  out += ']';
}

bool has_text(const std::vector<PromptBlock>& blocks) {
  return std::any_of(blocks.begin(), blocks.end(),
                     [](const PromptBlock& block) { return !block.text.empty(); });
}

void append_output_config(std::string& out, const ModelRequest& request) {
  const std::string& schema = request.prompt.schema;
  if (request.effort.empty() && schema.empty()) return;
  out += R"(,"output_config":{)";
  if (!request.effort.empty()) {
    out += R"("effort":)";
    append_json_string(out, request.effort);
    if (!schema.empty()) out += ',';
  }
  if (!schema.empty()) {
    out += R"("format":{"type":"json_schema","schema":)";
    out += schema;
    out += '}';
  }
  out += '}';
}

std::size_t size_hint(const ModelRequest& request) {
  std::size_t bytes = 512 + request.prompt.schema.size();
  for (const auto* blocks : {&request.prompt.system, &request.prompt.user}) {
    // Source code grows by about a twelfth when its newlines, quotes and tabs are escaped.
    for (const PromptBlock& block : *blocks) bytes += block.text.size() * 13 / 12 + 80;
  }
  return bytes;
}

}  // namespace

std::string messages_body(const ModelRequest& request) {
  std::string out;
  out.reserve(size_hint(request));
  out += R"({"model":)";
  append_json_string(out, request.model);
  out += fmt::format(R"(,"max_tokens":{},"stream":true)", request.max_output.count());
  if (has_text(request.prompt.system)) {
    out += R"(,"system":)";
    append_blocks(out, request.prompt.system);
  }
  out += R"(,"messages":[{"role":"user","content":)";
  append_blocks(out, request.prompt.user);
  out += "}]";
  append_output_config(out, request);
  out += '}';
  return out;
}

Tokens input_bound(std::string_view body) {
  return Tokens(static_cast<std::int64_t>(body.size()) + kAddedByProvider);
}

}  // namespace baton
