#include "mock_api/prompt_cache.h"

#include <algorithm>

namespace baton::mock_api {
namespace {

constexpr std::size_t kLookBack = 20;  // positions per breakpoint, the breakpoint included

Millis length_of(Ttl ttl) {
  return Millis::seconds(ttl == Ttl::k1h ? 3600 : 300);
}

}  // namespace

PromptCache::Entry* PromptCache::find(std::uint64_t prefix, Instant now) {
  const auto found = entries_.find(prefix);
  return found == entries_.end() || found->second.expires <= now ? nullptr : &found->second;
}

PromptCache::Plan PromptCache::look_up(const PromptLayout& prompt, const Model& model,
                                       Instant request_start) {
  const std::vector<Position>& positions = prompt.positions;
  Plan plan;
  std::int64_t read = 0;
  for (std::size_t at = 0; at < positions.size(); ++at) {
    if (!positions[at].breakpoint) continue;
    for (std::size_t back = 0; back < kLookBack && back <= at; ++back) {
      const Position& position = positions[at - back];
      if (find(position.prefix, request_start) == nullptr) continue;
      plan.reads.push_back(position.prefix);
      read = std::max(read, position.tokens);
      break;
    }
  }

  std::int64_t last_1h = read;
  std::int64_t last = read;
  for (const Position& position : positions) {
    const bool writes =
        position.breakpoint && position.tokens > read && position.tokens >= model.min_cached;
    if (!writes) continue;
    if (*position.breakpoint == Ttl::k1h) last_1h = position.tokens;
    last = position.tokens;
    plan.writes.push_back({position.prefix, *position.breakpoint});
  }
  plan.usage.read = read;
  plan.usage.write_1h = last_1h - read;
  plan.usage.write_5m = last - last_1h;
  plan.usage.input = prompt.tokens - last;
  return plan;
}

void PromptCache::accepted(const Plan& plan, Instant request_start) {
  for (const std::uint64_t prefix : plan.reads) {
    if (Entry* entry = find(prefix, request_start)) {
      entry->expires = std::max(entry->expires, request_start + length_of(entry->ttl));
    }
  }
}

void PromptCache::response_began(const Plan& plan, Instant request_start) {
  for (const Write& write : plan.writes) {
    const Instant expires = request_start + length_of(write.ttl);
    Entry& entry = entries_[write.prefix];
    if (expires > entry.expires) entry = {.ttl = write.ttl, .expires = expires};
  }
  if (entries_.size() > sweep_at_) drop_expired(request_start);
}

void PromptCache::drop_expired(Instant now) {
  std::erase_if(entries_, [now](const auto& item) { return item.second.expires <= now; });
  sweep_at_ = std::max<std::size_t>(4096, entries_.size() * 2);
}

}  // namespace baton::mock_api
