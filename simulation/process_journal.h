// ProcessJournal: one process's way to the store. Appends gather while the disk is busy, and are
// durable together, a while later; what the process has not got durable when it dies is gone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "simulation/faults.h"
#include "simulation/shared_store.h"
#include "simulation/timeline.h"
#include "store/journal.h"

namespace baton::sim {

class ProcessJournal : public Journal, public std::enable_shared_from_this<ProcessJournal> {
 public:
  struct Hooks {
    // What the process has decided, and the bytes of it, before they are durable.
    std::function<void(const std::vector<Event>&, const std::vector<Written>&)> told;
    std::function<void()> appended;  // a moment to die in
  };
  ProcessJournal(Timeline& timeline, SharedStore& store, Dice& dice, Faults& faults, PulsePtr pulse,
                 int holder, Fleet* fleet, Hooks hooks)
      : timeline_(timeline),
        store_(store),
        dice_(dice),
        faults_(faults),
        pulse_(std::move(pulse)),
        holder_(holder),
        fleet_(fleet),
        hooks_(std::move(hooks)) {}

  // The process is dead: of what was on its way to the disk all or nothing is there.
  void die();

  void append(const RunId& run, std::vector<Event> events, std::vector<Blob> blobs,
              std::function<void(Status)> done) override;
  void allot(const RunId& run, const DayCap& cap, Money amount,
             std::function<void(Result<Money>)> done) override;
  Result<std::vector<Event>> events(const RunId& run) override;
  Result<std::string> blob(const BlobId& id) override { return store_.text(id); }
  Result<std::vector<RunSummary>> runs() override { return std::vector<RunSummary>(); }
  Result<std::optional<RunId>> run_with_key(const std::string&) override {
    return std::optional<RunId>();
  }
  Result<std::unique_ptr<RunLease>> lease(const RunId&) override {
    return std::make_unique<RunLease>();
  }
  Fleet* fleet() override { return fleet_; }
  Result<std::vector<Damage>> verify() override { return std::vector<Damage>(); }

 private:
  void push(Transaction transaction);
  void begin_commit();
  void end_commit();
  void answer(Transaction transaction, Status status);

  Timeline& timeline_;
  SharedStore& store_;
  Dice& dice_;
  Faults& faults_;
  PulsePtr pulse_;
  int holder_;
  Fleet* fleet_;
  Hooks hooks_;
  std::vector<Transaction> queue_;
  std::vector<Transaction> group_;  // on its way to the disk
  bool busy_ = false;
  std::optional<Error> failed_;
};

}  // namespace baton::sim
