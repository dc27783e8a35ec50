#include "core/tier.h"

#include "base/words.h"

namespace baton {

std::string_view to_string(Tier tier) {
  switch (tier) {
    case Tier::kLocal:
      return "local";
    case Tier::kFast:
      return "fast";
    case Tier::kBalanced:
      return "balanced";
    case Tier::kDeep:
      return "deep";
  }
  return {};
}

std::optional<Tier> tier_from(std::string_view name) {
  return value_named<Tier>(name);
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kOrchestrator:
      return "orchestrator";
    case Role::kWorker:
      return "worker";
  }
  return {};
}

std::optional<Role> role_from(std::string_view name) {
  return value_named<Role>(name);
}

}  // namespace baton
