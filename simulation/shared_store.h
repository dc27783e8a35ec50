// SharedStore: what the processes of a world share and what outlives them: the run's journal as
// bytes, its texts, the lease with its fence, and what is promised of the day's cap.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/journal.h"

namespace baton::sim {

struct Written {
  std::string type;
  std::string body;
};
std::vector<Written> written(const std::vector<Event>& events);
// Every event of such bytes. Fails the world, with the event's number, where one cannot be read.
Result<std::vector<Event>> read_back(const std::vector<Written>& log);

struct Transaction {
  std::vector<Event> events;
  std::vector<Written> bytes;
  std::vector<Blob> blobs;
  std::optional<std::pair<DayCap, Money>> allotment;
  std::function<void(Status)> done;
  std::function<void(Result<Money>)> allotted;
  Money granted;
};

class SharedStore {
 public:
  // Each event that is durable now, and whose it is.
  using OnDurable = std::function<void(int holder, const Event& event)>;
  explicit SharedStore(OnDurable on_durable) : on_durable_(std::move(on_durable)) {}

  // A lease that nobody else holds any more.
  int take_lease() { return ++holder_; }
  int holder() const { return holder_; }

  // All of it or nothing. kBusy: the lease has lapsed.
  Status commit(int holder, Transaction& transaction);

  const std::vector<Written>& log() const { return log_; }
  Result<std::string> text(const BlobId& id) const;

  // Other runs of the project take what they can get of the day's cap.
  void promise_to_others(const DayCap& cap, Money most);

 private:
  Money promised(const std::string& day) const;

  OnDurable on_durable_;
  int holder_ = 0;
  std::vector<Written> log_;
  std::map<BlobId, std::string> texts_;
  std::map<std::string, Money> shares_;  // of the run, by day
  std::map<std::string, Money> others_;  // of other runs
};

}  // namespace baton::sim
