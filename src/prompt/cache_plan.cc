#include "prompt/cache_plan.h"

#include <algorithm>

namespace baton {
namespace {

Money write_price(const PriceStep& price, CacheTtl ttl) {
  return ttl == CacheTtl::k5Minutes ? price.cache_write_5m : price.cache_write_1h;
}

void drop_shared_marks(Prompt& prompt) {
  for (PromptBlock& block : prompt.system) block.cache_mark = false;
  for (PromptBlock& block : prompt.user) block.cache_mark = false;
}

// Up to and including the last marked block.
std::size_t shared_bytes(const Prompt& prompt) {
  std::size_t bytes = prompt.tools.size();
  std::size_t shared = 0;
  for (const std::vector<PromptBlock>* part : {&prompt.system, &prompt.user}) {
    for (const PromptBlock& block : *part) {
      bytes += block.text.size();
      if (block.cache_mark) shared = bytes;
    }
  }
  return shared;
}

std::size_t all_bytes(const Prompt& prompt) {
  std::size_t bytes = prompt.tools.size();
  for (const PromptBlock& block : prompt.system) bytes += block.text.size();
  for (const PromptBlock& block : prompt.user) bytes += block.text.size();
  for (const PromptTurn& turn : prompt.turns) bytes += turn.answer.size() + turn.reply.size();
  return bytes;
}

void mark_tail(Prompt& prompt) {
  const std::size_t count = prompt.turns.size();
  if (!prompt.user.empty() && count < 2) {
    PromptBlock& last = prompt.user.back();
    prompt.own_mark = !last.cache_mark;
    last.cache_mark = true;
  }
  for (std::size_t i = 0; i < count; ++i) prompt.turns[i].cache_mark = i + 2 >= count;
}

// A loop that has gone on so long is taken to go on as long again, and once at least.
int uses_of_tail(const Prompt& prompt) {
  return 1 + std::max(1, static_cast<int>(prompt.turns.size()));
}

}  // namespace

std::optional<CacheTtl> ttl_for(Millis gap) {
  if (gap <= Millis::seconds(4 * 60)) return CacheTtl::k5Minutes;
  if (gap <= Millis::seconds(48 * 60)) return CacheTtl::k1Hour;
  return std::nullopt;
}

bool cache_pays(const PriceStep& price, CacheTtl ttl, int uses) {
  return write_price(price, ttl) + price.cache_read * (uses - 1) < price.input * uses;
}

void settle_cache_marks(Prompt& prompt, const Model& model, const PriceSheet& sheet) {
  const auto tokens = [&](std::size_t bytes) {
    return estimated_tokens(bytes, model.tokenizer_percent);
  };
  for (PromptTurn& turn : prompt.turns) turn.cache_mark = false;
  const std::optional<CacheTtl> ttl = ttl_for(prompt.gap);
  if (!ttl) return drop_shared_marks(prompt);
  prompt.ttl = *ttl;
  const PriceStep& price = sheet.step_for(tokens(all_bytes(prompt)));
  if (!cache_pays(price, prompt.ttl, prompt.uses) ||
      tokens(shared_bytes(prompt)) < model.min_cacheable) {
    drop_shared_marks(prompt);
  }
  if (prompt.tools.empty() || !cache_pays(price, prompt.ttl, uses_of_tail(prompt))) return;
  if (tokens(all_bytes(prompt)) >= model.min_cacheable) mark_tail(prompt);
}

}  // namespace baton
