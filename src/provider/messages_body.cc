#include "base/hash.h"
#include "base/json_string.h"
#include "provider/cache_marks.h"
#include "provider/messages.h"

namespace baton {
namespace {

// What the provider may add of its own to the prompt: role markers and the preamble that explains
// a schema.
constexpr std::int64_t kAddedByProvider = 2048;

// The provider refuses empty text blocks. `own_end`: the last block's mark is not a shared one.
void append_blocks(std::string& out, const std::vector<PromptBlock>& blocks, bool own_end,
                   CacheTtl ttl, CacheMarks& marks) {
  out += '[';
  bool first = true;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].text.empty()) continue;
    out += first ? R"({"type":"text","text":)" : R"(,{"type":"text","text":)";
    append_json_string(out, blocks[i].text);
    const bool own = own_end && i + 1 == blocks.size();
    if (is_marked(blocks, i) && (own ? marks.keep_turn() : marks.keep_shared()))
      out += cache_control(ttl);
    out += '}';
    first = false;
  }
  out += ']';
}

bool has_blocks(std::string_view array) {
  return array.find('{') != array.npos;
}

void append_turn(std::string& out, const PromptTurn& turn, CacheTtl ttl, CacheMarks& marks) {
  const bool marked = turn.cache_mark && marks.keep_turn();
  if (has_blocks(turn.answer)) {
    out += R"(,{"role":"assistant","content":)";
    out += turn.answer;
    out += '}';
  }
  if (has_blocks(turn.reply)) {
    out += R"(,{"role":"user","content":)";
    if (marked) {
      append_marked_reply(out, turn.reply, ttl);
    } else {
      out += turn.reply;
    }
    out += '}';
  }
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
  std::size_t bytes = 512 + request.prompt.schema.size() + request.prompt.tools.size();
  for (const PromptTurn& turn : request.prompt.turns) {
    bytes += turn.answer.size() + turn.reply.size() + 128;
  }
  for (const auto* blocks : {&request.prompt.system, &request.prompt.user}) {
    // Source code grows by about a twelfth when its newlines, quotes and tabs are escaped.
    for (const PromptBlock& block : *blocks) bytes += block.text.size() * 13 / 12 + 80;
  }
  return bytes;
}

}  // namespace

std::string messages_body(const ModelRequest& request, Delivery delivery) {
  const Prompt& prompt = request.prompt;
  CacheMarks marks(prompt);
  std::string out;
  out.reserve(size_hint(request));
  out += R"({"model":)";
  append_json_string(out, request.model);
  out += fmt::format(R"(,"max_tokens":{})", request.max_output.count());
  if (delivery == Delivery::kStream) out += R"(,"stream":true)";
  if (has_blocks(prompt.tools)) {
    out += R"(,"tools":)";
    out += prompt.tools;
  }
  if (has_text(prompt.system)) {
    out += R"(,"system":)";
    append_blocks(out, prompt.system, false, prompt.ttl, marks);
  }
  out += R"(,"messages":[{"role":"user","content":)";
  append_blocks(out, prompt.user, ends_with_own_mark(prompt), prompt.ttl, marks);
  out += '}';
  for (const PromptTurn& turn : prompt.turns) append_turn(out, turn, prompt.ttl, marks);
  out += ']';
  append_output_config(out, request);
  out += '}';
  return out;
}

SharedPrefix prefix_of(const ModelRequest& request, int tokenizer_percent) {
  const Prompt& prompt = request.prompt;
  CacheMarks marks(prompt);
  if (!marks.any_shared()) return {};
  // Each part with its length before it: no two prefixes make the same bytes.
  std::string bytes;
  const auto add = [&](std::string_view part) {
    bytes += fmt::format("{}:", part.size());
    bytes += part;
  };
  for (const std::string* part : {&request.model, &request.effort, &prompt.schema, &prompt.tools}) {
    add(*part);
  }
  for (const auto* blocks : {&prompt.system, &prompt.user}) {
    bytes += '/';
    for (std::size_t i = 0; i < blocks->size() && !marks.shared_done(); ++i) {
      if ((*blocks)[i].text.empty()) continue;
      add((*blocks)[i].text);
      if (is_marked(*blocks, i)) marks.keep_shared();
    }
  }
  return {sha256_hex(bytes), estimated_tokens(bytes.size(), tokenizer_percent)};
}

std::string answer_blocks(const CallSettled& answer) {
  if (!answer.content.empty()) return answer.content;
  if (answer.text.find_first_not_of(" \t\r\n") == std::string::npos) return "[]";
  return R"([{"type":"text","text":)" + json_string(answer.text) + "}]";
}

Tokens input_bound(std::string_view body) {
  return Tokens(static_cast<std::int64_t>(body.size()) + kAddedByProvider);
}

}  // namespace baton
