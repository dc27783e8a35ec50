#include <fmt/format.h>

#include <array>

#include "base/toml_file.h"
#include "forecast/fleet.h"

namespace baton {
namespace {

// Bounds that no real fleet comes near; they keep every sum of one agent inside its type.
constexpr std::int64_t kMostTokens = 100'000'000;
constexpr int kMostAgents = 10'000;
constexpr int kMostTurns = 1'000;
constexpr std::size_t kMostKinds = 200;
constexpr std::size_t kMostText = 200;

template <typename T>
using Named = std::pair<std::string_view, T>;
constexpr std::array<Named<CacheUse>, 3> kCacheUses = {
    {{"off", CacheUse::kOff}, {"staggered", CacheUse::kStaggered}, {"at once", CacheUse::kAtOnce}}};
constexpr std::array<Named<CacheTtl>, 2> kTtls = {
    {{"5m", CacheTtl::k5Minutes}, {"1h", CacheTtl::k1Hour}}};
constexpr std::array<Named<Role>, 2> kRoles = {
    {{"orchestrator", Role::kOrchestrator}, {"worker", Role::kWorker}}};

// The first of `choices` where the key is not there.
template <typename Choices>
auto choice(const TomlTable& table, std::string_view key, const Choices& choices) {
  if (!table.has(key)) return choices.front().second;
  const auto written = table.if_text(key);
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (written == name) return value;
    names.push_back(name);
  }
  table.fail_at(key, fmt::format("'{}' is none of: {}", key, fmt::join(names, ", ")));
  return choices.front().second;
}

// `least` where the key is not there.
int count(const TomlTable& table, std::string_view key, int least, int most) {
  return static_cast<int>(table.whole(key, least, most).value_or(least));
}

Tokens tokens(const TomlTable& table, std::string_view key) {
  return Tokens(table.whole(key, 0, kMostTokens).value_or(0));
}

void model_into(FleetAgent& agent, const TomlTable& table) {
  agent.model = table.text("model", kMostText);
  agent.tier = tier_from(agent.model);
  if (!agent.tier) return;
  agent.model.clear();
  if (agent.tier == Tier::kLocal) {
    table.fail_at(
        "model",
        "'model': the local tier is of checkers, which cost nothing; expected fast, balanced, "
        "deep or a model's id");
  }
}

FleetAgent agent(const TomlTable& table) {
  table.only_keys({"name", "count", "model", "role", "turns", "prefix", "growth", "input", "output",
                   "checked_percent", "batch"});
  FleetAgent agent;
  agent.name = table.text("name", kMostText);
  agent.count = count(table, "count", 1, kMostAgents);
  model_into(agent, table);
  if (!table.has("role")) table.fail("'role' is missing: orchestrator or worker");
  agent.role = choice(table, "role", kRoles);
  agent.turns = count(table, "turns", 1, kMostTurns);
  agent.prefix = tokens(table, "prefix");
  agent.growth = tokens(table, "growth");
  agent.input = tokens(table, "input");
  agent.output = tokens(table, "output");
  agent.checked_percent = count(table, "checked_percent", 0, 100);
  agent.batch = table.truth("batch").value_or(false);
  if (agent.growth != Tokens() && agent.turns == 1) {
    table.fail_at("growth", "'growth' is what a turn adds to the next: it needs 'turns'");
  }
  return agent;
}

void agents_into(FleetPlan& fleet, const TomlTable& file) {
  const std::vector<TomlTable> agents = file.tables("agent");
  if (agents.empty() || agents.size() > kMostKinds) {
    return file.fail_at(
        "agent", fmt::format("'agent' is not a list of 1 to {} tables [[agent]]", kMostKinds));
  }
  for (const TomlTable& each : agents) fleet.agents.push_back(agent(each));
}

FleetPlan read(const TomlTable& file) {
  file.only_keys({"title", "shared_context", "cache", "cache_ttl", "agent"});
  FleetPlan fleet;
  fleet.title = file.text("title", kMostText);
  fleet.shared_context = tokens(file, "shared_context");
  fleet.cache = choice(file, "cache", kCacheUses);
  fleet.ttl = choice(file, "cache_ttl", kTtls);
  agents_into(fleet, file);
  return fleet;
}

}  // namespace

Result<FleetPlan> parse_fleet(std::string_view toml, std::string_view name) {
  TomlFile file(toml, name);
  FleetPlan fleet = read(file.root());
  if (file.error()) return *file.error();
  return fleet;
}

}  // namespace baton
