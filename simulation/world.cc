#include "simulation/world.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "simulation/prices.h"
#include "simulation/process.h"

namespace baton::sim {
namespace {

// Once nothing goes wrong any more, a run has to end within these.
constexpr int kMostHappenings = 20'000;
constexpr Millis kLongest = Millis::seconds(48 * 3600);
constexpr int kMostResumes = 40;
// What processes that have lost their lease may still want to do once the run is over.
constexpr int kMostAfterwards = 300;

class World {
 public:
  explicit World(const WorldOptions& options, Coverage& coverage)
      : trace_(options.trace),
        dice_(options.seed),
        faults_(dice_, options.faults),
        scene_(drawn_scene(options.seed, dice_, faults_)),
        timeline_(dice_, scene_.start),
        store_([this](int holder, const Event& event) { durable(holder, event); }),
        provider_(timeline_, dice_, faults_, book_,
                  [this](std::string promise) { break_with(std::move(promise)); }),
        stage_{scene_,   timeline_,
               dice_,    faults_,
               store_,   provider_,
               coverage, [this](std::string promise) { break_with(std::move(promise)); },
               trace_} {
    provider_.tells_limits = scene_.paced;
  }

  Outcome live();

 private:
  void break_with(std::string promise) {
    if (broken_.empty()) broken_ = std::move(promise);
  }
  void note(std::string_view what) {
    if (trace_) trace_(fmt::format("{} {}", timestamp_of(timeline_.now()), what));
  }
  void durable(int holder, const Event& event);

  void calm_down();
  void start_process();
  void start_soon(Millis delay);
  std::vector<Event> drawn_wishes(const RunState& run, Instant now);
  bool happen();
  void disturb(Process& process);
  void look_after(Process& process);
  void part_ended(Process& process);
  bool wants_more(RunStatus status);
  void check_end();
  Process* driving();

  std::function<void(const std::string&)> trace_;
  Dice dice_;
  Faults faults_;
  Scene scene_;
  Timeline timeline_;
  CallBook book_;
  SharedStore store_;
  SimulatedProvider provider_;
  Stage stage_;
  std::vector<std::unique_ptr<Process>> processes_;
  bool starting_ = false;
  bool prices_kept_ = true;
  bool over_ = false;
  int last_holder_ = 0;  // of a durable event
  int wishes_ = 0;
  int resumes_when_calm_ = 0;
  Instant calm_since_;
  Outcome outcome_;
  std::string broken_;
};

// ---- the journal, as it becomes durable ----

void World::durable(int holder, const Event& event) {
  if (holder < last_holder_) break_with("a process whose lease has lapsed has written on");
  last_holder_ = holder;
  if (std::string broken = book_.told(holder, event); !broken.empty())
    break_with(std::move(broken));
}

// ---- processes ----

Process* World::driving() {
  for (const auto& process : processes_) {
    if (process->has_driver() && process->holder() == store_.holder()) return process.get();
  }
  return nullptr;
}

void World::start_soon(Millis delay) {
  if (std::exchange(starting_, true)) return;
  timeline_.after(delay, [this] {
    starting_ = false;
    start_process();
  });
}

void World::start_process() {
  const int holder = store_.take_lease();
  Millis offset;
  if (faults_.happens(Fault::kClock)) offset = Millis(dice_.between(-20, 20) * 3'600'000);
  const Catalog* catalog = &first_catalog();
  if (faults_.happens(Fault::kPrices)) {
    catalog = &second_catalog();
    prices_kept_ = false;
  }
  note(fmt::format("process {} takes the run up, its clock {} h off", holder,
                   offset.count() / 3'600'000));
  processes_.push_back(std::make_unique<Process>(stage_, holder, offset, *catalog));
  Process& process = *processes_.back();
  const Result<std::vector<Event>> log = read_back(store_.log());
  if (!log) return break_with("the durable journal: " + log.error().message);
  if (log->empty()) return process.begin();
  const Result<RunState> run = replay(*log);
  if (!run) return break_with(run.error().message);
  process.resume(*log, drawn_wishes(*run, process.now()));
}

// What the user asks for as the run is taken up again.
std::vector<Event> World::drawn_wishes(const RunState& run, Instant now) {
  std::vector<Event> wishes;
  if (wishes_ >= 3 || run.status == RunStatus::kRunning) return wishes;
  const std::optional<Money> budget = run.budget.cap();
  if (budget && faults_.happens(Fault::kRaise)) {
    std::optional<Money> more;
    if (!dice_.one_in(4))
      more = std::max(*budget, run.budget.charged()) + Money::pico(dice_.below(200'000'000'000));
    wishes.push_back(BudgetRaised{now, more});
  }
  if (faults_.happens(Fault::kRetry)) wishes.push_back(RetryAsked{now});
  if (!wishes.empty()) ++wishes_;
  return wishes;
}

// ---- what goes wrong ----

void World::disturb(Process& process) {
  if (!process.has_driver() || process.ended()) return;
  if (faults_.happens(Fault::kCrash)) {
    note(fmt::format("process {} is killed", process.holder()));
    return process.die();
  }
  if (faults_.happens(Fault::kStop)) return process.stop();
  if (faults_.happens(Fault::kCut)) return process.cut();
  if (faults_.happens(Fault::kStall)) {
    note(fmt::format("process {} stands still", process.holder()));
    process.stall(Millis(dice_.below(120'000)));
  }
  const bool lapses = process.is_stalled() ? dice_.one_in(3) : faults_.happens(Fault::kLostLease);
  if (scene_.fleet && lapses && process.holder() == store_.holder() && !starting_) {
    note(fmt::format("the lease of process {} lapses", process.holder()));
    start_process();
  }
}

void World::calm_down() {
  note("nothing goes wrong any more");
  faults_.end();
  calm_since_ = timeline_.now();
}

// ---- what has come to its end ----

void World::look_after(Process& process) {
  if (!process.has_driver()) return;
  if (process.is_dead()) {
    note(fmt::format("process {} is dead", process.holder()));
    process.die();
  } else if (process.ended()) {
    part_ended(process);
  }
}

void World::part_ended(Process& process) {
  const Status status = *process.ended();
  const RunState state = process.state();
  const bool held = process.holder() == store_.holder();
  note(fmt::format("process {} ends: {}", process.holder(),
                   status ? to_string(state.status) : status.error().message));
  // Who has lost the lease may be told late that what it had decided in time is durable.
  if (status && held) {
    const Result<std::vector<Event>> log = read_back(store_.log());
    const Result<RunState> durable = replay(*log);
    if (!durable || !(*durable == state)) return break_with("the run's end is not durable as told");
    over_ = !wants_more(state.status);
    if (over_ && state.budget.held() != Money()) break_with("money is held and the run is over");
  }
  process.bury();
}

bool World::wants_more(RunStatus status) {
  if (status == RunStatus::kPaused) return true;
  const bool may_ask = status != RunStatus::kComplete && wishes_ < 3 && !faults_.over();
  return may_ask && (faults_.is_drawn(Fault::kRaise) || faults_.is_drawn(Fault::kRetry)) &&
         dice_.one_in(2);
}

// ---- life ----

// False: nothing is left that could happen.
bool World::happen() {
  const bool happened = timeline_.step();
  ++outcome_.happenings;
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    Process& process = *processes_[i];
    if (!process.has_driver()) continue;
    look_after(process);
    if (!over_ && !faults_.over()) disturb(process);
    look_after(process);
  }
  if (over_ || starting_ || driving() != nullptr) return happened;
  if (faults_.over() && ++resumes_when_calm_ > kMostResumes)
    break_with("a run that is resumed in a calm world pauses again and again");
  const bool late = dice_.one_in(8);
  start_soon(late ? Millis::seconds(dice_.below(6 * 3600)) : Millis(dice_.below(5'000)));
  return true;
}

Outcome World::live() {
  note("faults: " + faults_.to_string());
  start_process();
  int calm_happenings = 0;
  while (broken_.empty() && !over_) {
    if (!faults_.over() && outcome_.happenings >= scene_.calm_after) calm_down();
    if (!happen()) {
      // A run that waits for nothing: that is how one stands still.
      break_with("the run has not ended, and nothing is left that could happen");
    }
    if (!faults_.over()) continue;
    if (++calm_happenings > kMostHappenings || timeline_.now() - calm_since_ > kLongest)
      break_with("the run does not end although nothing goes wrong any more");
  }
  // Who has lost the lease and does not know it yet changes nothing any more.
  for (int i = 0; i < kMostAfterwards && broken_.empty() && processes_.size() > 1; ++i) {
    if (!timeline_.step()) break;
  }
  if (broken_.empty()) broken_ = book_.check(prices_kept_);
  outcome_.broken = broken_;
  outcome_.processes = static_cast<int>(processes_.size());
  outcome_.requests = book_.requests();
  outcome_.events = store_.log().size();
  return outcome_;
}

}  // namespace

Outcome play(const WorldOptions& options, Coverage& coverage) {
  return World(options, coverage).live();
}

}  // namespace baton::sim
