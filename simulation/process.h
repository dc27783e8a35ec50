// Process: one that drives the run, until it dies, loses its lease or comes to the run's end. The
// driver in it is the real one; all it touches is the world's.
//
//   begin() / resume() ─► … ─► ended() ─► bury()          the driver is gone, the process lives on
//                          └─► die()                      nothing of it ever happens any more
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/pacer.h"
#include "shell/driver.h"
#include "simulation/prefix_fleet.h"
#include "simulation/process_journal.h"
#include "simulation/promises.h"
#include "simulation/provider.h"
#include "simulation/scene.h"

namespace baton::sim {

// Where processes live.
struct Stage {
  const Scene& scene;
  Timeline& timeline;
  Dice& dice;
  Faults& faults;
  SharedStore& store;
  SimulatedProvider& provider;
  Coverage& coverage;
  std::function<void(std::string promise)> broken;
  std::function<void(std::string line)> trace;  // null: nobody looks
};

class Process {
 public:
  Process(const Stage& stage, int holder, Millis clock_offset, const Catalog& catalog);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void begin();
  // `log` is what is durable.
  void resume(const std::vector<Event>& log, std::vector<Event> asked);

  void die();
  void bury() { driver_.reset(); }
  void stall(Millis length) { pulse_->stalled_until = stage_.timeline.now() + length; }
  void stop() { driver_->stop(); }
  void cut() { driver_->cut(); }

  int holder() const { return holder_; }
  bool has_driver() const { return driver_ != nullptr; }
  bool is_dead() const { return !pulse_->beats; }
  bool is_stalled() const { return stage_.timeline.now() < pulse_->stalled_until; }
  // How its part of the run has ended, if it has.
  const std::optional<Status>& ended() const { return ended_; }
  const RunState& state() const { return driver_->state(); }
  const RunState& folded() const { return promises_.run(); }
  Instant now() const { return clock_.now(); }

 private:
  DriverParts parts();
  void hear(const std::vector<Event>& events, const std::vector<Written>& bytes);
  void maybe_die_inside();
  void run_checkers(std::function<void(Result<CheckersResult>)> done);
  void run_tools(std::function<void(Result<ToolsResult>)> done);
  void ask(std::function<void(std::optional<bool>)> answered);

  Stage stage_;
  int holder_;
  PulsePtr pulse_;
  ProcessClock clock_;
  Rules rules_;
  std::unique_ptr<Pacer> pacer_;
  ScriptedWork workflow_;
  PrefixFleet fleet_;
  std::shared_ptr<ProcessJournal> journal_;
  ProcessHttp http_;
  Promises promises_;
  std::optional<Status> ended_;
  std::unique_ptr<Driver> driver_;
};

}  // namespace baton::sim
