// The commands of `baton`, one function each: what to do and with what, the exit code back. What
// they print is for people, or JSON where asked; errors go to standard error as one message that
// says what to do.
#pragma once

#include <string>
#include <vector>

#include "app/cap_options.h"
#include "app/exit_code.h"
#include "app/store.h"

namespace baton {

// What every command that begins a run takes: where, with which models, for how much.
struct SpendOptions : StoreOptions {
  std::string repo = ".";
  std::string project;  // empty: the place of what is worked on
  std::string budget = "5";
  CapOptions caps;
  std::string profile = "default";
  std::string fast, balanced, deep;  // models instead of the profile's
  int parallel = 8;
  int max_tasks = 64;
  std::string format = "text";
  std::string output;
  bool submit = false;  // queue it for the workers of the store
  std::string key;      // the same key gives the same run
  std::string prices;
  std::string task_types;
};

struct ReviewOptions : SpendOptions {
  std::string range;  // empty: the last commit
  std::string diff;   // a file, or "-"
  std::string tree;
  bool local = false;
  std::string mode = "auto";  // "auto", "orchestrate" or "direct"
  std::string effort;         // of a direct call; empty: its task type's
  bool batch = false;
  double batch_poll = 60;     // seconds
  std::string confirm_above;  // dollars; empty: never ask
  bool yes = false;
  std::string fail_on;
};
ExitCode review_command(const ReviewOptions& options);

struct EstimateOptions {
  ReviewOptions review;  // what would be reviewed, and how
  bool count_tokens = false;
};
ExitCode estimate_command(const EstimateOptions& options);

// `baton feature` and `baton run`.
struct AgentOptions : SpendOptions {
  AgentOptions() { max_tasks = 32; }

  std::string workflow;              // "feature" or "run"
  std::string request;               // in words
  std::string spec;                  // or a file that has them, "-" for standard input
  std::string base;                  // a revision; empty: HEAD
  std::string branch;                // that will hold the result; empty: one is made up
  std::string shape;                 // "three-tier"; empty: the recipe as it is
  int rounds = -1;                   // of reviews; -1: the recipe's
  std::vector<std::string> approve;  // "plan", "merge", "shell"
};
ExitCode agent_command(const AgentOptions& options);

struct RunOptions : StoreOptions {
  std::string run;      // empty: the latest
  std::string budget;   // resume: a new cap, in dollars; empty: as it was
  bool retry = false;   // resume: what was skipped is tried again
  bool submit = false;  // resume: by a worker of the store
  double timeout = 0;   // wait: seconds; 0: as long as it takes
  std::string format;   // empty: text, or (resume) what the run was asked with
  std::string output;
  std::string prices;
};
ExitCode resume_command(const RunOptions& options);
ExitCode wait_command(const RunOptions& options);
ExitCode runs_command(const RunOptions& options);
ExitCode show_command(const RunOptions& options);
ExitCode verify_command(const RunOptions& options);

// One run; without `run`, and with any of `all`, `project`, `since`, `until` and `by`, all runs
// that these leave.
struct CostOptions : StoreOptions {
  std::string run;  // empty: the latest, or all
  bool all = false;
  bool forecast = false;  // how good the forecasts were, instead of what was spent
  std::string project;
  std::string since, until;     // days, both included
  std::vector<std::string> by;  // "run", "role", "model", "worker", "type", "day", "month"
  std::string format = "text";
  std::string output;
  std::string prices;
  std::string targets;
};
ExitCode cost_command(const CostOptions& options);

struct CompareOptions : StoreOptions {
  std::string run;    // empty: the latest
  std::string fleet;  // a fleet file instead of a run
  std::string profile = "default";
  std::string fast, balanced, deep;  // models instead of the run's, or the profile's
  int runs_per_month = 30;
  bool same_tokens = false;
  std::string on;  // a day; empty: today
  std::string format = "text";
  std::string output;
  std::string prices;
};
ExitCode compare_command(const CompareOptions& options);

struct ModelsOptions {
  std::string on;  // a day; empty: today
  std::string format = "text";
  std::string output;
  std::string prices;
};
ExitCode models_command(const ModelsOptions& options);

}  // namespace baton
