// The prompt cache, by the API's rules: entries are written only at breakpoints, found at one or up
// to 19 positions before it, readable once the response that writes them has begun, and alive for
// their TTL counted from the start of the request that wrote or last read them.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "mock_api/meter.h"
#include "mock_api/prompt_layout.h"

namespace baton::mock_api {

class PromptCache {
 public:
  struct Write {
    std::uint64_t prefix = 0;
    Ttl ttl = Ttl::k5m;
  };
  // How a prompt is billed, and what becomes readable when its response begins.
  struct Plan {
    Usage usage;  // the prompt's classes; no output
    std::vector<std::uint64_t> reads;
    std::vector<Write> writes;
  };

  // Looks the prompt up as its request starts.
  Plan look_up(const PromptLayout& prompt, const Model& model, Instant request_start);
  // The request was not turned away: the entries it found live on from its start.
  void accepted(const Plan& plan, Instant request_start);
  // The response has begun: its writes are readable from now on.
  void response_began(const Plan& plan, Instant request_start);
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    Ttl ttl = Ttl::k5m;
    Instant expires;
  };
  Entry* find(std::uint64_t prefix, Instant now);
  void drop_expired(Instant now);

  std::unordered_map<std::uint64_t, Entry> entries_;
  std::size_t sweep_at_ = 4096;
};

}  // namespace baton::mock_api
