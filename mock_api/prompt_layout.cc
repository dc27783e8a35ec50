#include "mock_api/prompt_layout.h"

#include <boost/json.hpp>
#include <functional>

#include "base/chance.h"
#include "base/json_fields.h"
#include "mock_api/request_fields.h"
#include "mock_api/tokenizer.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

constexpr std::int64_t kImageTokens = 1'600;

std::uint64_t hash_of(std::string_view bytes) {
  return std::hash<std::string_view>{}(bytes);
}

std::optional<Ttl> mark_of(const json::object& block) {
  const json::object* control = object_at(block, "cache_control");
  if (control == nullptr) return std::nullopt;
  return text_at(*control, "ttl") == "1h" ? Ttl::k1h : Ttl::k5m;
}

// The block without its mark: a breakpoint may move on without changing what was cached.
std::string bytes_without_mark(const json::object& block) {
  if (!block.contains("cache_control")) return json::serialize(block);
  json::object unmarked = block;
  unmarked.erase("cache_control");
  return json::serialize(unmarked);
}

class Layout {
 public:
  Layout(const Model& model, std::string_view scope) : model_(model) {
    mix_in(model.id);
    mix_in(scope);
  }

  void mix_in(std::string_view bytes) { prefix_ = mix(prefix_, hash_of(bytes)); }

  void add(std::int64_t tokens) { tokens_ += tokens; }

  // What is in the prompt but is no position of its own.
  void preamble(std::string_view bytes) {
    mix_in(bytes);
    tokens_ += tokens_in(model_, bytes.size());
  }

  void text(std::string_view role, std::string_view bytes, std::optional<Ttl> mark) {
    mix_in(role);
    mix_in(bytes);
    close(tokens_in(model_, bytes.size()), mark);
  }

  void block(std::string_view role, const json::object& block) {
    const std::string_view type = text_at(block, "type");
    if (type == "text") return text(role, text_at(block, "text"), mark_of(block));
    const std::string bytes = bytes_without_mark(block);
    mix_in(role);
    mix_in(bytes);
    std::int64_t tokens = tokens_in(model_, bytes.size());
    if (type == "image") tokens = std::min(tokens, kImageTokens);
    close(tokens, mark_of(block));
  }

  PromptLayout take() {
    layout_.tokens = tokens_;
    return std::move(layout_);
  }

  // Automatic caching: a mark on the last block, unless it has one.
  void mark_last(Ttl ttl) {
    if (!layout_.positions.empty() && !layout_.positions.back().breakpoint) {
      layout_.positions.back().breakpoint = ttl;
    }
  }

 private:
  void close(std::int64_t tokens, std::optional<Ttl> mark) {
    tokens_ += tokens;
    layout_.positions.push_back({.prefix = prefix_, .tokens = tokens_, .breakpoint = mark});
  }

  const Model& model_;
  std::uint64_t prefix_ = 0;
  std::int64_t tokens_ = 0;
  PromptLayout layout_;
};

void lay_blocks(Layout& layout, std::string_view role, const json::value* content) {
  if (content == nullptr) return;
  if (const json::string* text = content->if_string()) {
    return layout.text(role, *text, std::nullopt);
  }
  const json::array* blocks = content->if_array();
  if (blocks == nullptr) return;
  for (const json::value& block : *blocks) {
    if (const json::object* object = block.if_object()) layout.block(role, *object);
  }
}

bool has_images(const json::array& messages) {
  for (const json::value& message : messages) {
    const json::object* object = message.if_object();
    const json::array* blocks = object == nullptr ? nullptr : array_at(*object, "content");
    if (blocks == nullptr) continue;
    for (const json::value& block : *blocks) {
      if (block.is_object() && text_at(block.get_object(), "type") == "image") return true;
    }
  }
  return false;
}

void mix_in_field(Layout& layout, const json::object& body, std::string_view field) {
  if (const json::value* value = body.if_contains(field)) layout.mix_in(json::serialize(*value));
  layout.mix_in(field);
}

void mix_in_effort(Layout& layout, const json::object& body) {
  const json::object* output = object_at(body, "output_config");
  if (output == nullptr) return;
  const std::string_view effort = text_at(*output, "effort");
  // The default, said aloud, is the default.
  if (!effort.empty() && effort != default_effort(body)) layout.mix_in(effort);
}

// What, when changed, loses the cached messages but not the tools and the system prompt.
void mix_in_message_settings(Layout& layout, const json::object& body, const Model& model,
                             const json::array& messages) {
  mix_in_field(layout, body, "tool_choice");
  if (!model.effort_in_prefix) {
    mix_in_field(layout, body, "thinking");
    mix_in_effort(layout, body);
  }
  if (has_images(messages)) layout.mix_in("images");
}

std::int64_t tool_prompt_tokens(const json::object& body, const Model& model) {
  const json::array* tools = array_at(body, "tools");
  if (tools == nullptr || tools->empty()) return 0;
  const std::string_view choice = text_at(object_at(body, "tool_choice"), "type");
  return choice == "any" || choice == "tool" ? model.tool_prompt.forced : model.tool_prompt.free;
}

}  // namespace

PromptLayout lay_out(const json::object& body, const Model& model, std::string_view scope,
                     bool tool_prompt) {
  Layout layout(model, scope);
  if (model.effort_in_prefix) {
    mix_in_field(layout, body, "thinking");
    mix_in_effort(layout, body);
  }
  if (const json::value* schema = output_schema(body)) layout.preamble(json::serialize(*schema));
  if (tool_prompt) layout.add(tool_prompt_tokens(body, model));
  if (const json::array* tools = array_at(body, "tools")) {
    for (const json::value& tool : *tools) {
      if (tool.is_object()) layout.block("tool", tool.get_object());
    }
  }
  layout.mix_in(text_at(body, "speed"));
  lay_blocks(layout, "system", body.if_contains("system"));

  if (const json::array* messages = array_at(body, "messages")) {
    mix_in_message_settings(layout, body, model, *messages);
    for (const json::value& message : *messages) {
      const json::object* object = message.if_object();
      if (object == nullptr) continue;
      lay_blocks(layout, text_at(*object, "role"), object->if_contains("content"));
    }
  }
  if (const std::optional<Ttl> automatic = mark_of(body)) layout.mark_last(*automatic);
  return layout.take();
}

}  // namespace baton::mock_api
