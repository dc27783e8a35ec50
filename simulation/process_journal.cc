#include "simulation/process_journal.h"

#include <utility>

namespace baton::sim {

void ProcessJournal::die() {
  queue_.clear();
  if (dice_.one_in(2)) {
    for (Transaction& transaction : group_) (void)store_.commit(holder_, transaction);
  }
  group_.clear();
}

void ProcessJournal::append(const RunId&, std::vector<Event> events, std::vector<Blob> blobs,
                            std::function<void(Status)> done) {
  if (!pulse_->beats) return;
  Transaction transaction;
  transaction.bytes = written(events);
  hooks_.told(events, transaction.bytes);
  transaction.events = std::move(events);
  transaction.blobs = std::move(blobs);
  transaction.done = std::move(done);
  push(std::move(transaction));
}

void ProcessJournal::allot(const RunId&, const DayCap& cap, Money amount,
                           std::function<void(Result<Money>)> done) {
  if (!pulse_->beats) return;
  if (faults_.happens(Fault::kOtherRuns)) {
    const std::int64_t most = cap.cap.picodollars() + 1;
    store_.promise_to_others(cap, Money::pico(dice_.below(most)));
  }
  Transaction transaction;
  transaction.allotment = {cap, amount};
  transaction.allotted = std::move(done);
  push(std::move(transaction));
}

Result<std::vector<Event>> ProcessJournal::events(const RunId&) {
  return read_back(store_.log());
}

void ProcessJournal::push(Transaction transaction) {
  if (failed_) return answer(std::move(transaction), *failed_);
  queue_.push_back(std::move(transaction));
  if (!busy_) begin_commit();
  hooks_.appended();
}

void ProcessJournal::begin_commit() {
  busy_ = true;
  group_ = std::exchange(queue_, {});
  const Millis length(faults_.happens(Fault::kSlowDisk) ? dice_.below(3'000) : dice_.below(6));
  timeline_.after(
      length, [self = shared_from_this()] { self->end_commit(); }, pulse_);
}

void ProcessJournal::end_commit() {
  busy_ = false;
  std::vector<Transaction> group = std::exchange(group_, {});
  const bool full = faults_.happens(Fault::kDiskFull);
  const bool broken = !full && faults_.happens(Fault::kDiskFails);
  if (full || broken) failed_ = storage_error(full ? "the disk is full" : "the disk has failed");
  const bool written = !full && (!broken || dice_.one_in(2));
  for (Transaction& transaction : group) {
    Status status = written ? store_.commit(holder_, transaction) : Status();
    answer(std::move(transaction), failed_ ? Status(*failed_) : status);
  }
  for (Transaction& transaction : std::exchange(queue_, {})) push(std::move(transaction));
}

void ProcessJournal::answer(Transaction transaction, Status status) {
  timeline_.post(
      [transaction = std::move(transaction), status = std::move(status)] {
        if (transaction.done) return transaction.done(status);
        transaction.allotted(status ? Result<Money>(transaction.granted)
                                    : Result<Money>(status.error()));
      },
      pulse_);
}

}  // namespace baton::sim
