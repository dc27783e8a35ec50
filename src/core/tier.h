// Tier: an ordered class of hands for a task; a task that fails moves up. Role: whose money it is.
#pragma once

#include <array>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

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

// The model of each tier, by its id. Checkers need none, so kLocal's is empty.
class TierModels {
 public:
  TierModels() = default;
  TierModels(std::string fast, std::string balanced, std::string deep)
      : ids_{std::string(), std::move(fast), std::move(balanced), std::move(deep)} {}

  std::string& operator[](Tier tier) { return ids_[static_cast<std::size_t>(tier)]; }
  const std::string& operator[](Tier tier) const { return ids_[static_cast<std::size_t>(tier)]; }
  bool operator==(const TierModels&) const = default;

 private:
  std::array<std::string, 4> ids_;
};

inline std::ostream& operator<<(std::ostream& out, const TierModels& models) {
  return out << models[Tier::kFast] << ", " << models[Tier::kBalanced] << ", "
             << models[Tier::kDeep];
}

}  // namespace baton
