#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.h"
#include "forecast/fleet.h"

namespace baton {
namespace {

// Bounds that no real fleet comes near; they keep every sum of one agent inside its type.
constexpr std::int64_t kMostTokens = 100'000'000;
constexpr std::int64_t kMostAgents = 10'000;
constexpr std::int64_t kMostTurns = 1'000;
constexpr std::size_t kMostKinds = 200;
constexpr std::size_t kMostText = 200;

template <typename T>
using Choice = std::pair<std::string_view, T>;
constexpr std::array<Choice<CacheUse>, 3> kCacheUses = {
    {{"off", CacheUse::kOff}, {"staggered", CacheUse::kStaggered}, {"at once", CacheUse::kAtOnce}}};
constexpr std::array<Choice<CacheTtl>, 2> kTtls = {
    {{"5m", CacheTtl::k5Minutes}, {"1h", CacheTtl::k1Hour}}};
constexpr std::array<Choice<Role>, 2> kRoles = {
    {{"orchestrator", Role::kOrchestrator}, {"worker", Role::kWorker}}};

// Reads one file. The first thing wrong is kept, and everything read after it is thrown away.
class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) {}

  Fleet fleet(const toml::table& file);
  const std::optional<Error>& error() const { return error_; }

 private:
  FleetAgent agent(const toml::table& table);
  void model_into(FleetAgent& agent, const toml::table& table);
  void agents_into(Fleet& fleet, const toml::table& file);

  void only_keys(const toml::table& table, std::initializer_list<std::string_view> known);
  std::string text(const toml::table& table, std::string_view key);
  std::int64_t whole(const toml::table& table, std::string_view key, std::int64_t least,
                     std::int64_t most, std::int64_t otherwise);
  Tokens tokens(const toml::table& table, std::string_view key);
  bool truth(const toml::table& table, std::string_view key);
  template <typename Choices>
  auto choice(const toml::table& table, std::string_view key, const Choices& choices) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return choices.front().second;
    const auto written = node->value_exact<std::string>();
    std::vector<std::string_view> names;
    for (const auto& [name, value] : choices) {
      if (written == name) return value;
      names.push_back(name);
    }
    fail(node->source(), fmt::format("'{}' is none of: {}", key, fmt::join(names, ", ")));
    return choices.front().second;
  }
  void fail(const toml::source_region& where, std::string_view what);

  std::string_view name_;
  std::optional<Error> error_;
};

void Reader::fail(const toml::source_region& where, std::string_view what) {
  if (error_) return;
  error_ = input_error(
      fmt::format("{}, line {}, column {}: {}", name_, where.begin.line, where.begin.column, what));
}

void Reader::only_keys(const toml::table& table, std::initializer_list<std::string_view> known) {
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
      fail(key.source(), fmt::format("'{}' is not a key that stands here; expected one of: {}",
                                     shorten(key.str(), 60), fmt::join(known, ", ")));
    }
  }
}

std::string Reader::text(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    fail(table.source(), fmt::format("'{}' is missing", key));
    return {};
  }
  const auto value = node->value_exact<std::string>();
  if (!value || value->empty() || value->size() > kMostText) {
    fail(node->source(),
         fmt::format("'{}' is not a text in quotes of 1 to {} bytes", key, kMostText));
    return {};
  }
  return *value;
}

std::int64_t Reader::whole(const toml::table& table, std::string_view key, std::int64_t least,
                           std::int64_t most, std::int64_t otherwise) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return otherwise;
  const auto value = node->value_exact<std::int64_t>();
  if (!value || *value < least || *value > most) {
    fail(node->source(), fmt::format("'{}' is not a whole number from {} to {}", key, least, most));
    return otherwise;
  }
  return *value;
}

Tokens Reader::tokens(const toml::table& table, std::string_view key) {
  return Tokens(whole(table, key, 0, kMostTokens, 0));
}

bool Reader::truth(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return false;
  const auto value = node->value_exact<bool>();
  if (!value) fail(node->source(), fmt::format("'{}' is neither true nor false", key));
  return value.value_or(false);
}

void Reader::model_into(FleetAgent& agent, const toml::table& table) {
  agent.model = text(table, "model");
  agent.tier = tier_from(agent.model);
  if (!agent.tier) return;
  agent.model.clear();
  if (agent.tier == Tier::kLocal) {
    fail(table.get("model")->source(),
         "'model': the local tier is of checkers, which cost nothing; expected fast, balanced, "
         "deep or a model's id");
  }
}

FleetAgent Reader::agent(const toml::table& table) {
  only_keys(table, {"name", "count", "model", "role", "turns", "prefix", "growth", "input",
                    "output", "checked_percent", "batch"});
  FleetAgent agent;
  agent.name = text(table, "name");
  agent.count = static_cast<int>(whole(table, "count", 1, kMostAgents, 1));
  model_into(agent, table);
  if (!table.contains("role")) fail(table.source(), "'role' is missing: orchestrator or worker");
  agent.role = choice(table, "role", kRoles);
  agent.turns = static_cast<int>(whole(table, "turns", 1, kMostTurns, 1));
  agent.prefix = tokens(table, "prefix");
  agent.growth = tokens(table, "growth");
  agent.input = tokens(table, "input");
  agent.output = tokens(table, "output");
  agent.checked_percent = static_cast<int>(whole(table, "checked_percent", 0, 100, 0));
  agent.batch = truth(table, "batch");
  if (agent.growth != Tokens() && agent.turns == 1) {
    fail(table.get("growth")->source(),
         "'growth' is what a turn adds to the next: it needs 'turns'");
  }
  return agent;
}

void Reader::agents_into(Fleet& fleet, const toml::table& file) {
  const toml::node* node = file.get("agent");
  const toml::array* agents = node == nullptr ? nullptr : node->as_array();
  if (agents == nullptr || agents->empty() || agents->size() > kMostKinds) {
    return fail(node == nullptr ? file.source() : node->source(),
                fmt::format("'agent' is not a list of 1 to {} tables [[agent]]", kMostKinds));
  }
  for (const toml::node& each : *agents) {
    const toml::table* table = each.as_table();
    if (table == nullptr) return fail(each.source(), "'agent' is not a list of tables [[agent]]");
    fleet.agents.push_back(agent(*table));
    if (error_) return;
  }
}

Fleet Reader::fleet(const toml::table& file) {
  only_keys(file, {"title", "shared_context", "cache", "cache_ttl", "agent"});
  Fleet fleet;
  fleet.title = text(file, "title");
  fleet.shared_context = tokens(file, "shared_context");
  fleet.cache = choice(file, "cache", kCacheUses);
  fleet.ttl = choice(file, "cache_ttl", kTtls);
  agents_into(fleet, file);
  return fleet;
}

}  // namespace

Result<Fleet> parse_fleet(std::string_view toml, std::string_view name) {
  try {
    const toml::table file = toml::parse(toml);
    Reader reader(name);
    Fleet fleet = reader.fleet(file);
    if (reader.error()) return *reader.error();
    return fleet;
  } catch (const toml::parse_error& e) {
    return input_error(fmt::format("{}, line {}, column {}: {}", name, e.source().begin.line,
                                   e.source().begin.column, e.description()));
  }
}

}  // namespace baton
