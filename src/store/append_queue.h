// AppendQueue: appends of many callers, made durable in groups by one thread (group commit).
//
//   push ─► queue ─► [ everything that waits, one commit ] ─► post(done, done, …)
//
// While a group is being forced to the disk the next one gathers: the more callers, the larger the
// groups. After a failed commit the end of the journal is not known, so the queue accepts nothing
// more: that append and all later ones are answered with the error.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/journal.h"

namespace baton {

// Money of a day's cap that a run asks for.
struct Allotment {
  DayCap cap;
  Money amount;
  std::shared_ptr<Money> granted;  // set by the commit
};

struct Append {
  RunId run;
  std::vector<Event> events;
  std::vector<Blob> blobs;
  std::function<void(Status)> done;
  std::optional<Allotment> allotment;
  Status outcome;  // set by the commit: an append that was refused alone, the others being durable
  // Of a new run that waits for a worker of the fleet: the place it waits for (QueueTerms).
  std::optional<std::string> place = std::nullopt;
  // Of a shared store: the lease under which it was decided, where its run was driven from here.
  std::optional<std::int64_t> fence = std::nullopt;
};

class AppendQueue {
 public:
  // Makes a group durable. An error: it is not known what of the group is.
  using Commit = std::function<Status(std::vector<Append>&)>;
  using Post = std::function<void(std::function<void()>)>;

  // `commit` is called on the queue's own thread only.
  AppendQueue(Commit commit, Post post);
  // Makes durable what is queued, posts its answers and ends the thread.
  ~AppendQueue();

  void push(Append append);  // any thread

 private:
  void work();
  void finish(std::vector<Append> group);

  Commit commit_;
  Post post_;
  std::optional<Error> failed_;  // the queue's thread only

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Append> waiting_;  // guarded by mutex_
  bool closing_ = false;         // guarded by mutex_
  std::thread thread_;
};

}  // namespace baton
