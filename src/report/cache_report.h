// What a run's calls found in the provider's prompt cache, folded from its journal: who wrote a
// shared prefix, who read it, who should have and did not, and what that cost. Pure.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "core/event.h"

namespace baton {

// Why a call that marked a prefix read nothing of it.
enum class CacheMiss {
  kFirst,        // nobody had written it: somebody has to
  kNotYet,       // its writer's answer had not begun, and the call had waited long enough
  kExpired,      // nobody had used it for longer than it lives
  kDropped,      // it should have been there: the provider promises nothing
  kNeverCached,  // nor did it write: too short for the model
};

struct CacheUse {
  CallId call;
  CacheMiss why = CacheMiss::kFirst;
  Tokens written;
  Money cost;          // of what it wrote
  Money cost_if_read;  // of the same tokens
  Millis idle;         // kExpired: since its last use

  bool operator==(const CacheUse&) const = default;
};

// One prefix on one model.
struct CacheLine {
  std::string model;
  std::string prefix;
  int reads = 0;
  Tokens read;
  Tokens written;
  Money paid;                    // for what was read and written
  Money without;                 // for the same tokens, with no cache
  std::vector<CacheUse> misses;  // in the order of the calls; the writes are among them

  bool operator==(const CacheLine&) const = default;
};

// In the order in which the prefixes came up. Calls whose usage is not known, those that marked
// nothing, and what went by batch are left out; amounts are zero where the catalogue has no price.
std::vector<CacheLine> cache_of(const std::vector<Event>& events, const Catalog& catalog);

// Lines that begin with "Cache"; empty if nothing was marked.
std::string cache_text(const std::vector<CacheLine>& lines);

}  // namespace baton
