#include "simulation/process.h"

#include <fmt/format.h>

#include "shell/restore.h"

namespace baton::sim {
namespace {

const Endpoint& endpoint_of(const Scene& scene) {
  static const Endpoint kDirect{.base_url = "https://api.anthropic.com",
                                .credentials = {.api_key = "key", .auth_token = ""},
                                .extra_headers = {}};
  static const Endpoint kGateway{.base_url = "https://gateway.example",
                                 .credentials = {.api_key = "key", .auth_token = ""},
                                 .extra_headers = {}};
  return scene.gateway ? kGateway : kDirect;
}

Rules rules_of(const Scene& scene, const Catalog& catalog, Pacer* pacer) {
  Rules rules = scene.rules;
  rules.catalog = &catalog;
  rules.pacer = pacer;
  return rules;
}

}  // namespace

Process::Process(const Stage& stage, int holder, Millis clock_offset, const Catalog& catalog)
    : stage_(stage),
      holder_(holder),
      pulse_(std::make_shared<Pulse>()),
      clock_(stage_.timeline, pulse_, clock_offset),
      pacer_(stage_.scene.paced ? std::make_unique<Pacer>(stage_.scene.created.seed) : nullptr),
      workflow_(stage_.scene.shape),
      fleet_(stage_.timeline, stage_.dice, stage_.faults, pulse_),
      journal_(std::make_shared<ProcessJournal>(
          stage_.timeline, stage_.store, stage_.dice, stage_.faults, pulse_, holder,
          stage_.scene.fleet ? &fleet_ : nullptr,
          ProcessJournal::Hooks{
              [this](const auto& events, const auto& bytes) { hear(events, bytes); },
              [this] { maybe_die_inside(); }})),
      http_(stage_.provider, {pulse_, holder}, [this] { maybe_die_inside(); }),
      promises_(rules_, stage_.scene.only_gates, stage_.coverage) {
  rules_ = rules_of(stage_.scene, catalog, pacer_.get());
  if (stage_.provider.has_overbilled()) promises_.allow_overbilling();
  driver_ = std::make_unique<Driver>(parts());
}

DriverParts Process::parts() {
  return {clock_,
          *journal_,
          http_,
          workflow_,
          rules_,
          endpoint_of(stage_.scene),
          [this](const CheckerRequest&, auto done) { run_checkers(std::move(done)); },
          [](const RunState&, const std::vector<Event>&) {},
          [this](const Status& status) { ended_ = status; },
          Millis(60'000),
          [this](const ToolsRequest&, auto done) { run_tools(std::move(done)); },
          [this](const std::string&, auto answered) { ask(std::move(answered)); }};
}

void Process::begin() {
  RunCreated created = stage_.scene.created;
  created.at = clock_.now();
  driver_->begin(std::move(created), {});
}

void Process::resume(const std::vector<Event>& log, std::vector<Event> asked) {
  for (const Event& event : log) {
    if (std::string broken = promises_.follow(event); !broken.empty())
      return stage_.broken("the durable journal: " + broken);
  }
  const Result<RunState> replayed = replay(log);
  if (!replayed) return stage_.broken(replayed.error().message);
  if (!(*replayed == promises_.run())) return stage_.broken("two folds of one journal differ");
  RunState restored = *replayed;
  for (const Event& fact : asked) evolve(restored, fact);
  if (const Status told = restore(workflow_, restored, *journal_); !told)
    return stage_.broken("a durable event names a text that is not: " + told.error().message);
  driver_->resume(*replayed, std::move(asked));
}

void Process::die() {
  pulse_->beats = false;
  journal_->die();
  driver_.reset();
}

void Process::maybe_die_inside() {
  // Nothing it does from here on has any effect; the world buries it once it is out of its calls.
  if (stage_.faults.happens(Fault::kCrashInside)) pulse_->beats = false;
}

// What the process has decided: the same when it is read back, the same when it is folded, and no
// promise broken.
void Process::hear(const std::vector<Event>& events, const std::vector<Written>& bytes) {
  const Result<std::vector<Event>> read = read_back(bytes);
  if (!read) return stage_.broken("what was written cannot be read: " + read.error().message);
  if (*read != events) return stage_.broken("what was written is read as something else");
  if (stage_.provider.has_overbilled()) promises_.allow_overbilling();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (stage_.trace)
      stage_.trace(fmt::format("  {} {} {}", holder_, bytes[i].type, bytes[i].body));
    if (std::string broken = promises_.follow((*read)[i]); !broken.empty())
      return stage_.broken(std::move(broken));
  }
  if (!(promises_.run() == driver_->state()))
    stage_.broken("the fold of the bytes is not the state that was decided upon");
}

// ---- programs and people ----

void Process::run_checkers(std::function<void(Result<CheckersResult>)> done) {
  Result<CheckersResult> result = CheckersResult{"[]", "", stage_.dice.one_in(2)};
  if (stage_.faults.happens(Fault::kCheckers)) {
    result = system_error("no memory");
    if (!stage_.dice.one_in(4)) result = CheckersResult{"[]", "a checker failed", false};
  }
  clock_.after(Millis(stage_.dice.below(2'000)),
               [done = std::move(done), result] { done(result); });
}

void Process::run_tools(std::function<void(Result<ToolsResult>)> done) {
  ToolsResult used;
  used.calls = {{"look", "call", fmt::format("outcome {}", stage_.dice.below(100)), false}};
  used.reply = R"([{"type":"tool_result","tool_use_id":"toolu_1","content":"seen"}])";
  used.workspace = fmt::format("{:040x}", stage_.dice.below(1'000'000));
  if (stage_.dice.one_in(5)) {
    used.result = "done";
    used.reply.clear();
  }
  Result<ToolsResult> result = std::move(used);
  if (stage_.faults.happens(Fault::kTools)) result = system_error("no space for a worktree");
  clock_.after(Millis(stage_.dice.below(3'000)),
               [done = std::move(done), result] { done(result); });
}

void Process::ask(std::function<void(std::optional<bool>)> answered) {
  std::optional<bool> answer = true;
  if (stage_.faults.happens(Fault::kDeclined))
    answer = stage_.dice.one_in(2) ? std::nullopt : std::optional(false);
  clock_.after(Millis(stage_.dice.below(5'000)),
               [answered = std::move(answered), answer] { answered(answer); });
}

}  // namespace baton::sim
