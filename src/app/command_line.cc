#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/doctor_command.h"
#include "app/memory_command.h"
#include "app/repair_command.h"
#include "app/sprint_command.h"
#include "app/worker_command.h"
#include "app/workers_command.h"

namespace baton {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 findings at or above --fail-on, or a command that must pass failed, 2 "
    "usage,\n"
    "3 budget exhausted (partial report), 4 the provider or a task failed, 5 interrupted or not "
    "approved of\n"
    "(resumable), 6 the machine or the state folder failed.";

CLI::Option* add_state(CLI::App* command, std::string& state) {
  return command->add_option("--state", state,
                             "Folder of the journal (default: $BATON_STATE, or by the XDG rules)");
}

void add_store(CLI::App* command, StoreOptions& options) {
  add_state(command, options.state);
  command
      ->add_option("--store", options.store,
                   "The PostgreSQL store that several machines share (default: $BATON_STORE, or "
                   "the journal in the state folder)")
      ->type_name("URL");
}

void add_caps(CLI::App* command, CapOptions& options) {
  constexpr const char* kGroup = "Caps and limits (none unless given)";
  const auto dollars = [&](const char* name, std::string& cap, const char* says) {
    command->add_option(name, cap, says)->type_name("DOLLARS")->group(kGroup);
  };
  dollars("--budget-per-call", options.call, "The most that one call may cost");
  dollars("--budget-per-attempt", options.attempt, "The most that one attempt at a task may cost");
  dollars("--budget-per-task", options.task, "The most that one task may cost");
  dollars("--budget-per-day", options.day,
          "The most that all runs of the project may cost on one day, UTC (default: "
          "$BATON_DAY_BUDGET)");
  command
      ->add_option(
          "--budget-per-worker", options.worker,
          "The most that tasks of one type, or of one worker of a feature, may cost together; "
          "may be given again")
      ->type_name("TYPE=DOLLARS")
      ->group(kGroup);
  command->add_option("--max-turns", options.max_turns, "Calls of one attempt")
      ->check(CLI::Range(1, 10'000))
      ->group(kGroup);
  command->add_option("--max-tokens", options.max_tokens, "Tokens of all calls, about")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 50))
      ->group(kGroup);
  command->add_option("--max-minutes", options.max_minutes, "After this, no worker is started")
      ->check(CLI::Range(1, 1'000'000))
      ->group(kGroup);
}

void add_spend_options(CLI::App* command, SpendOptions& options) {
  command->add_option("--repo", options.repo, "The repository")->capture_default_str();
  command
      ->add_option("--project", options.project,
                   "Whose history and daily cap it shares (default: the repository's place)")
      ->type_name("NAME");
  command->add_option("--budget", options.budget, "The most to spend, in dollars; never passed")
      ->capture_default_str();
  add_caps(command, options.caps);
  command->add_option("--profile", options.profile, "Models of the tiers: default or 5.5")
      ->capture_default_str();
  command->add_option("--fast", options.fast, "Model of the fast tier");
  command->add_option("--balanced", options.balanced, "Model of the balanced tier");
  command->add_option("--deep", options.deep, "Model of the deep tier");
  command->add_option("--parallel", options.parallel, "Worker tasks at a time")
      ->check(CLI::Range(1, 20'000))
      ->capture_default_str();
  command->add_option("--max-tasks", options.max_tasks, "Most tasks of one plan")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--prices", options.prices, "Prices laid over the built-in catalogue");
  add_store(command, options);
}

// Of commands that begin a run, or queue it.
void add_begin_options(CLI::App* command, SpendOptions& options) {
  command->add_flag("--submit", options.submit,
                    "Queue the run for the workers of the store, and print its id");
  command
      ->add_option("--key", options.key,
                   "The same key gives the same run: it is begun once, whoever asks again")
      // A variable that was not set would pay again each time.
      ->check([](const std::string& key) {
        return key.empty() ? "expected 1 to 200 visible ASCII characters, and it is empty" : "";
      })
      ->type_name("KEY");
}

// What is reviewed, and how: `review` does it, `estimate` says what it would take.
void add_review_input(CLI::App* command, ReviewOptions& options) {
  command->add_option("range", options.range,
                      "Revision range of a git repository (default: the last commit)");
  command->add_option("--diff", options.diff, "A unified diff: a file, or - for standard input");
  command->add_option("--tree", options.tree, "A whole tree: a folder or a file");
  command
      ->add_option("--mode", options.mode,
                   "Plan and workers, or one call alone; auto takes the cheaper where both do")
      ->check(CLI::IsMember({"auto", "orchestrate", "direct"}))
      ->capture_default_str();
  command->add_option("--effort", options.effort, "Effort of one call alone")
      ->check(CLI::IsMember({"low", "medium", "high", "xhigh", "max"}));
  command->add_flag("--batch", options.batch,
                    "Workers go by batch: half the price, within a day, mostly within an hour");
  command
      ->add_option("--batch-poll", options.batch_poll,
                   "The longest time between two questions after a batch")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.05, 3600.0))
      ->capture_default_str();
  command->add_option("--task-types", options.task_types,
                      "Task types laid over the built-in table");
  add_spend_options(command, options);
}

CLI::App* add_review(CLI::App& app, ReviewOptions& options) {
  CLI::App* review = app.add_subcommand("review", "Review a change or a tree");
  add_review_input(review, options);
  review
      ->add_option("--confirm-above", options.confirm_above,
                   "Ask before spending if the forecast's high end (P90) is above this")
      ->type_name("DOLLARS");
  review->add_flag("--yes", options.yes, "Go on without being asked");
  review->add_flag("--local", options.local, "Use no model, even if a key is set");
  review
      ->add_option("--fail-on", options.fail_on, "Exit with 1 if a finding is at least this severe")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  review->add_option("--format", options.format, "Form of the report")
      ->check(CLI::IsMember({"text", "md", "json", "sarif"}))
      ->capture_default_str();
  review->add_option("--output,-o", options.output,
                     "File for the report (default: standard output)");
  add_begin_options(review, options);
  review->footer(kExitCodes);
  return review;
}

CLI::App* add_agents(CLI::App& app, const char* name, const char* says, AgentOptions& options) {
  CLI::App* command = app.add_subcommand(name, says);
  command->add_option("request", options.request, "What is wanted, in words");
  command->add_option("--spec", options.spec,
                      "A file that says it: Markdown, or - for standard input");
  command->add_option("--base", options.base, "The revision to build upon (default: HEAD)");
  command->add_option("--branch", options.branch,
                      "The new branch for the result (default: baton/ and a name)");
  command
      ->add_option("--approve", options.approve,
                   "Ask on the terminal before: the plan's tasks start, the branch is made, a "
                   "command is run")
      ->delimiter(',')
      ->check(CLI::IsMember({"plan", "merge", "shell"}));
  command->add_option("--format", options.format, "Form of the report")
      ->check(CLI::IsMember({"text", "md", "json"}))
      ->capture_default_str();
  command->add_option("--output,-o", options.output,
                      "File for the report (default: standard output)");
  add_spend_options(command, options);
  add_begin_options(command, options);
  command->footer(kExitCodes);
  return command;
}

CLI::App* add_feature(CLI::App& app, AgentOptions& options) {
  options.workflow = "feature";
  CLI::App* feature =
      add_agents(app, "feature",
                 "Build a feature: code, tests, docs, review, fixes, on one new branch", options);
  feature->add_option("--shape", options.shape, "How the work is split over the tiers")
      ->check(CLI::IsMember({"three-tier"}));
  feature->add_option("--rounds", options.rounds, "Reviews at most (default: the recipe's)")
      ->check(CLI::Range(0, 10));
  return feature;
}

CLI::App* add_estimate(CLI::App& app, EstimateOptions& options) {
  CLI::App* estimate = app.add_subcommand(
      "estimate", "Say what a review would take, and which way it would go; nothing is paid");
  add_review_input(estimate, options.review);
  estimate->add_flag("--count-tokens", options.count_tokens,
                     "Let the provider count the prompts' tokens, at no cost; needs a key");
  estimate->add_option("--format", options.review.format, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  estimate->add_option("--output,-o", options.review.output, "File for the output");
  return estimate;
}

CLI::App* add_run_command(CLI::App& app, const char* name, const char* says, RunOptions& options,
                          const std::vector<std::string>& formats) {
  CLI::App* command = app.add_subcommand(name, says);
  add_store(command, options);
  if (!formats.empty()) {
    command->add_option("--format", options.format, "Form of the output")
        ->check(CLI::IsMember(formats));
  }
  return command;
}

void add_repair(CLI::App& app, RepairOptions& options) {
  CLI::App* repair = app.add_subcommand(
      "repair",
      "Accept what a damaged journal has lost: save what is sound, book what may be owed");
  repair->add_option("run", options.run,
                     "A run whose last events are lost (default: put everything right)");
  repair->add_option("--format", options.format, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  repair->add_flag(
      "--accept-restored", options.accept_restored,
      "Of a store that machines share: take the older copy that was put back as it is");
  add_store(repair, options);
}

CLI::App* add_cost(CLI::App& app, CostOptions& options) {
  CLI::App* cost = app.add_subcommand("cost", "Show what one run or many cost, to the picodollar");
  CLI::Option* run = cost->add_option("--run", options.run, "One run (default: the latest)");
  cost->add_flag("--all", options.all, "All runs")->excludes(run);
  cost->add_flag("--forecast", options.forecast,
                 "How good forecasts have been: of all runs, or those asked for");
  cost->add_option("--project", options.project, "All runs of this project")->excludes(run);
  cost->add_option("--since", options.since, "What runs cost since this day, such as 2026-11-01");
  cost->add_option("--until", options.until, "What runs cost until this day, it included");
  cost->add_option("--by", options.by, "Break down by these; of all runs, unless --run names one")
      ->delimiter(',')
      ->check(CLI::IsMember({"run", "role", "model", "worker", "type", "day", "month"}));
  cost->add_option("--format", options.format, "Form of the output")
      ->check(CLI::IsMember({"text", "md", "json", "csv", "html"}))
      ->capture_default_str();
  cost->add_option("--output,-o", options.output, "File for the output");
  cost->add_option("--prices", options.prices, "Prices laid over the built-in catalogue");
  cost->add_option("--targets", options.targets, "Targets laid over the built-in ones");
  add_store(cost, options);
  return cost;
}

CLI::App* add_compare(CLI::App& app, CompareOptions& options) {
  CLI::App* compare = app.add_subcommand(
      "compare",
      "Price a recorded run, or a described fleet, otherwise: other models, no cache, batches");
  CLI::Option* run =
      compare->add_option("--run", options.run, "The recorded run (default: the latest)");
  CLI::Option* fleet =
      compare->add_option("--fleet", options.fleet, "A fleet file (docs/cost-model.md)");
  fleet->excludes(run);
  compare->add_option("--profile", options.profile, "Models of a fleet's tiers: default or 5.5")
      ->needs(fleet)
      ->capture_default_str();
  compare->add_option("--fast", options.fast, "Model of the fast tier");
  compare->add_option("--balanced", options.balanced, "Model of the balanced tier");
  compare->add_option("--deep", options.deep, "Model of the deep tier");
  compare->add_option("--runs-per-month", options.runs_per_month, "For the projection")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  compare->add_flag("--same-tokens", options.same_tokens,
                    "Take token counts as they are, whatever the model's tokenizer");
  compare->add_option("--on", options.on, "Price a fleet as on this day (default: today)")
      ->needs(fleet);
  compare->add_option("--format", options.format, "Form of the output")
      ->check(CLI::IsMember({"text", "md", "json", "csv"}))
      ->capture_default_str();
  compare->add_option("--output,-o", options.output, "File for the output");
  compare->add_option("--prices", options.prices, "Prices laid over the built-in catalogue");
  add_store(compare, options);
  return compare;
}

CLI::App* add_models(CLI::App& app, ModelsOptions& options) {
  CLI::App* models = app.add_subcommand("models", "List the models with their dated prices");
  models->add_option("--on", options.on, "Mark what holds on this day (default: today)");
  models->add_option("--format", options.format, "Form of the output")
      ->check(CLI::IsMember({"text", "json", "csv"}))
      ->capture_default_str();
  models->add_option("--output,-o", options.output, "File for the output");
  models->add_option("--prices", options.prices, "Prices laid over the built-in catalogue");
  return models;
}

void add_sprint(CLI::App& app, SprintOptions& options) {
  CLI::App* sprint = app.add_subcommand(
      "sprint",
      "Work off a queue of jobs (reviews, features, requests) in a time box, on a budget");
  CLI::Option* file = sprint->add_option("file", options.file, "The sprint file (docs/sprint.md)");
  sprint->add_option("--resume", options.resume, "Go on with an interrupted sprint")
      ->type_name("SPRINT")
      ->excludes(file);
  sprint->add_option("--budget", options.budget, "Of all jobs, in dollars, instead of the file's");
  sprint->add_option("--format", options.format, "Form of the report")
      ->check(CLI::IsMember({"text", "md", "json"}))
      ->capture_default_str();
  sprint->add_option("--output,-o", options.output, "File for the report");
  sprint->add_option("--prices", options.prices, "Prices laid over the built-in catalogue");
  add_store(sprint, options);
}

void add_worker(CLI::App& app, WorkerOptions& options) {
  CLI::App* worker = app.add_subcommand(
      "worker", "Take runs from the queue of a shared store and drive them (docs/fleet.md)");
  worker->add_option("--runs", options.runs, "How many at a time")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  worker
      ->add_option("--drain-seconds", options.drain,
                   "Told to stop, calls in flight are waited for this long, and cut then")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  worker
      ->add_option("--max-deaths", options.most_deaths,
                   "A run that so many workers died of is quarantined")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  worker
      ->add_option("--lease-seconds", options.lease,
                   "A worker that is not heard of for so long has lost its runs to others")
      ->check(CLI::Range(2.0, 600.0))
      ->capture_default_str();
  CLI::Option* once = worker->add_flag("--once", options.once, "Drive one run, then end");
  worker->add_flag("--until-empty", options.until_empty, "End once nothing waits")->excludes(once);
  add_store(worker, options);
}

void add_fleet(CLI::App& app, FleetOptions& options) {
  CLI::App* fleet =
      app.add_subcommand("fleet", "Show the workers of a shared store and what waits for them");
  fleet->add_option("--format", options.format, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  add_store(fleet, options);
}

void add_doctor(CLI::App& app, DoctorOptions& options) {
  CLI::App* doctor = app.add_subcommand(
      "doctor", "Say what of this machine can be used, what is missing, and what runs have left");
  doctor->add_flag("--clean", options.clean, "Remove worktrees that no run needs any more");
  doctor->add_option("--format", options.format, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  add_store(doctor, options);
}

void add_memory(CLI::App& app, MemoryOptions& options) {
  CLI::App* memory = app.add_subcommand(
      "memory", "What was noted in earlier runs: list, search, show, add, edit, drop");
  memory->require_subcommand(1);
  const auto action = [&](const char* name, const char* says) {
    CLI::App* command = memory->add_subcommand(name, says);
    command->callback([&options, name] { options.action = name; });
    command->add_option("--repo", options.repo, "The repository")->capture_default_str();
    command->add_option("--project", options.project,
                        "Of this project (default: the repository's)");
    command->add_option("--format", options.format, "Form of the output")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    add_state(command, options.state);
    return command;
  };
  action("list", "All that is noted, the oldest first")
      ->add_option("--only", options.only, "Of this state alone (default: all but dropped)")
      ->check(CLI::IsMember({"proposed", "kept", "dropped", "all"}));
  action("search", "By words, the best first")
      ->add_option("words", options.text, "What is looked for")
      ->required();
  action("add", "Note a fact yourself")
      ->add_option("fact", options.text, "The fact, in a sentence")
      ->required();
  for (const auto& [name, says] :
       {std::pair("show", "One fact and where it came from"),
        std::pair("edit", "Change a fact's words"), std::pair("drop", "Use a fact no more")}) {
    CLI::App* command = action(name, says);
    command->add_option("id", options.id, "The fact's number")->required();
    if (std::string_view(name) == "edit")
      command->add_option("fact", options.text, "The new words")->required();
    if (std::string_view(name) == "drop")
      command->add_option("--why", options.why, "The reason, for people");
  }
}

void add_workers(CLI::App& app, WorkersOptions& options) {
  CLI::App* workers =
      app.add_subcommand("workers", "The workers and skills a run here can choose from");
  const auto common = [&](CLI::App* command) {
    command->add_option("--repo", options.repo, "The repository")->capture_default_str();
    command->add_option("--format", options.format, "Form of the output")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    command->add_option("--output,-o", options.output, "File for the output");
  };
  common(workers);
  const auto action = [&](const char* name, const char* says, const char* what) {
    CLI::App* command = workers->add_subcommand(name, says);
    command->callback([&options, name] { options.action = name; });
    common(command);
    return command->add_option("names", options.names, what);
  };
  action("show", "One worker or skill, whole", "Its name")->required();
  action("check", "Read worker and skill files strictly; exit with 2 if one is not sound",
         "Files (default: all that are found)");
}

}  // namespace

ExitCode run_command_line(int argc, const char* const* argv) {
  CLI::App app(
      "baton runs LLM work as an orchestrator with workers, under a cap that is never passed.",
      "baton");
  app.require_subcommand(1);
  app.set_version_flag("--version", "baton " BATON_VERSION);
  app.footer(kExitCodes);

  ReviewOptions review_options;
  RunOptions run_options;
  CompareOptions compare_options;
  ModelsOptions models_options;
  CostOptions cost_options;
  EstimateOptions estimate_options;
  AgentOptions feature_options;
  AgentOptions run_request;
  SprintOptions sprint_options;
  WorkerOptions worker_options;
  FleetOptions fleet_options;
  DoctorOptions doctor_options;
  MemoryOptions memory_options;
  WorkersOptions workers_options;
  const CLI::App* review = add_review(app, review_options);
  const CLI::App* estimate = add_estimate(app, estimate_options);
  const CLI::App* feature = add_feature(app, feature_options);
  run_request.workflow = "run";
  const CLI::App* run_anything = add_agents(
      app, "run", "Anything else: a request is split over registered workers", run_request);
  CLI::App* resume = add_run_command(
      app, "resume", "Go on with an interrupted run; nothing finished is paid again", run_options,
      {"text", "md", "json", "sarif"});
  resume->add_option("run", run_options.run, "The run, as `baton runs` shows it")->required();
  resume->add_option("--output,-o", run_options.output, "File for the report");
  resume->add_option("--budget", run_options.budget,
                     "A new cap, in dollars: what was left undone for want of money is done");
  resume->add_flag("--retry", run_options.retry, "Try again what was skipped");
  resume->add_flag("--submit", run_options.submit, "Leave it to the workers of the store");
  resume->add_option("--prices", run_options.prices, "Prices laid over the built-in catalogue");
  CLI::App* wait =
      add_run_command(app, "wait", "Wait for a run that goes on elsewhere, and write its report",
                      run_options, {"text", "md", "json", "sarif"});
  wait->add_option("run", run_options.run, "The run, as `baton runs` shows it")->required();
  wait->add_option("--output,-o", run_options.output, "File for the report");
  wait->add_option("--timeout", run_options.timeout, "Wait no longer, and exit with 5")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 31'536'000.0));
  wait->add_option("--prices", run_options.prices, "Prices laid over the built-in catalogue");
  wait->footer(kExitCodes);
  const CLI::App* runs =
      add_run_command(app, "runs", "List the runs, newest first", run_options, {"text", "json"});
  CLI::App* show = add_run_command(app, "show", "Show one run and its tasks", run_options, {});
  show->add_option("run", run_options.run, "The run (default: the latest)");
  const CLI::App* cost = add_cost(app, cost_options);
  const CLI::App* verify =
      add_run_command(app, "verify", "Check the journal: chains, lost tails, texts, sums",
                      run_options, {"text", "json"});
  RepairOptions repair_options;
  add_repair(app, repair_options);
  const CLI::App* compare = add_compare(app, compare_options);
  const CLI::App* models = add_models(app, models_options);
  add_worker(app, worker_options);
  add_fleet(app, fleet_options);
  add_sprint(app, sprint_options);
  add_doctor(app, doctor_options);
  add_memory(app, memory_options);
  add_workers(app, workers_options);
  app.add_subcommand(
      "mock-api",
      "Serve a stand-in for the Messages API on loopback (see `baton mock-api --help`)");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int code = app.exit(error, out, err);
    std::cout << without_passwords(out.str());
    std::cerr << without_passwords(err.str());
    return code == 0 ? ExitCode::kDone : ExitCode::kUsage;
  }
  if (review->parsed()) return review_command(review_options);
  if (estimate->parsed()) return estimate_command(estimate_options);
  if (feature->parsed()) return agent_command(feature_options);
  if (run_anything->parsed()) return agent_command(run_request);
  if (resume->parsed()) return resume_command(run_options);
  if (wait->parsed()) return wait_command(run_options);
  if (runs->parsed()) return runs_command(run_options);
  if (show->parsed()) return show_command(run_options);
  if (cost->parsed()) return cost_command(cost_options);
  if (verify->parsed()) return verify_command(run_options);
  if (app.got_subcommand("repair")) return repair_command(repair_options);
  if (compare->parsed()) return compare_command(compare_options);
  if (models->parsed()) return models_command(models_options);
  if (app.got_subcommand("worker")) return worker_command(worker_options);
  if (app.got_subcommand("fleet")) return fleet_command(fleet_options);
  if (app.got_subcommand("sprint")) return sprint_command(sprint_options);
  if (app.got_subcommand("doctor")) return doctor_command(doctor_options);
  if (app.got_subcommand("memory")) return memory_command(memory_options);
  if (app.got_subcommand("workers")) return workers_command(workers_options);
  return ExitCode::kUsage;
}

}  // namespace baton
