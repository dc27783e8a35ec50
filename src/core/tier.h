// Tier: an ordered class of hands for a task; a task that fails moves up. Role: whose money it is.
#pragma once

#include <optional>
#include <ostream>
#include <string_view>

namespace baton {

enum class Tier { kLocal, kFast, kBalanced, kDeep };  // kLocal: checkers, no model
enum class Role { kOrchestrator, kWorker };           // plans and judges; does the bulk

std::string_view to_string(Tier tier);
std::optional<Tier> tier_from(std::string_view name);
std::string_view to_string(Role role);
std::optional<Role> role_from(std::string_view name);

inline std::ostream& operator<<(std::ostream& out, Tier tier) {
  return out << to_string(tier);
}
inline std::ostream& operator<<(std::ostream& out, Role role) {
  return out << to_string(role);
}

}  // namespace baton
