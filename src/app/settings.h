// Settings: where things are, and what a run was asked with.
//
// Only the user's own folders and command line are read. A repository sets nothing: no command,
// URL, key or cap comes from what is reviewed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/money.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "change/finding.h"
#include "checker/checker.h"
#include "core/event.h"
#include "workflow/review.h"
#include "workflow/task_types.h"

namespace baton {

// "default" or "5.5"; kUsage, naming the profiles there are, for any other.
Result<TierModels> profile_models(std::string_view name);

// --state, else $BATON_STATE, else $XDG_STATE_HOME/baton, else ~/.local/state/baton.
Result<std::filesystem::path> state_folder(const std::string& option);
// $XDG_CONFIG_HOME/baton, else ~/.config/baton; none without a home. Never a relative path: what is
// reviewed sets nothing.
std::optional<std::filesystem::path> config_folder();
// $HOME, if it is an absolute path.
std::optional<std::filesystem::path> home_folder();

struct DataFile {
  std::string name;  // its path, for errors
  std::string text;
};
// The user's own file, if there is one: the one given, or `name` in the configuration folder.
Result<DataFile> user_file(const std::string& given, std::string_view name);

// What a run was asked with, kept in its journal: a resumed run goes on by the same.
struct RunRequest {
  TierModels models;
  int parallel = 8;
  int max_tasks = 64;
  std::optional<Money> budget = Money::dollars(5);
  Caps caps;
  Limits limits;
  std::string folder;         // the repository that agents work on; a review has read what it needs
  std::string project;        // whose history and daily cap it shares
  std::string mode = "auto";  // "auto", "orchestrate" or "direct"
  std::string effort;         // of a direct call; empty: its task type's
  bool batch = false;         // all workers by batch
  Millis batch_poll{60'000};  // how long to wait, at most, before asking for a batch again
  bool local = false;
  std::string fail_on;     // a severity, or empty
  std::string format;      // "text", "md", "json" or "sarif"
  std::string output;      // a file, or empty
  std::string prices;      // absolute path of the file laid over the catalogue, or empty
  std::string task_types;  // likewise, over the task types

  bool operator==(const RunRequest&) const = default;
};
std::string write_request(const RunRequest& request);
Result<RunRequest> read_request(std::string_view json);

// The data files, with the user's laid over the built-in ones: prices.toml, task_types.toml,
// review.toml and checkers/*.toml in config_folder().
struct Tables {
  Catalog catalog;
  TaskTypes types;
  ReviewWords words;
  std::vector<Checker> checkers;
};
// `prices` and `types`, if not empty, are files that go before those in config_folder().
Result<Tables> load_tables(const std::string& prices, const std::string& types);

}  // namespace baton
