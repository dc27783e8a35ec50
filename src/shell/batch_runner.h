// BatchRunner: takes batches to the provider and brings the ends of their items home, however long
// that takes and whichever process began it.
//
//   create ──► poll … poll ──► results ──► on_item, once for each item
//     └─ not known whether it was taken ──► look for it among the provider's batches
//
// There is no idempotency key: what may have been created is looked for before anything is called
// not sent. A batch is recognised by its items' names, which only its results tell.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "provider/api_reply.h"
#include "provider/batches.h"
#include "shell/http_client.h"
#include "shell/scheduler.h"

namespace baton {

struct BatchJob {
  BatchId batch;
  std::string name;              // the provider's; empty: to be created, or looked for
  Instant formed;                // before it could be created
  std::set<std::string> custom;  // the names of its items
  std::vector<BatchItem> items;  // to create it with; empty: it may exist, and is looked for
};

class BatchRunner {
 public:
  struct Handlers {
    std::function<void(BatchId, const std::string& name)> on_accepted;
    // Once for each name of the job.
    std::function<void(BatchId, const std::string& custom_id, CallOutcome)> on_item;
    // The provider can not be asked any more (its words): the batch is left as it is.
    std::function<void(BatchId, const std::string& why)> on_stuck;
  };

  // What it is given outlives it. `poll` is the longest time between two questions.
  BatchRunner(Scheduler& scheduler, HttpClient& http, const Endpoint& endpoint, Millis poll,
              Handlers handlers);
  ~BatchRunner();
  BatchRunner(const BatchRunner&) = delete;
  BatchRunner& operator=(const BatchRunner&) = delete;

  void start(BatchJob job);

 private:
  struct Work;
  using Items = std::vector<std::pair<std::string, CallOutcome>>;
  using Read = std::function<void(Work&, ApiReply::Outcome)>;

  void create(Work& work);
  void created(Work& work, ApiReply::Outcome outcome);
  void look_for(Work& work, const std::string& after);
  void look_again(Work& work);
  void listed(Work& work, ApiReply::Outcome outcome);
  static bool note_candidates(Work& work, const BatchList& page);
  void poll(Work& work);
  void polled(Work& work, ApiReply::Outcome outcome);
  void fetch_results(Work& work);
  void finish_results(Work& work);
  void next_candidate(Work& work);
  void rule_out(Work& work);
  void gone(Work& work);
  void deliver(BatchId batch, Items&& items);
  void end_all(Work& work, const CallOutcome& outcome);
  bool must_give_up(Work& work, const CallNotBilled& refused);
  void give_up(Work& work, const std::string& why);
  void later(Work& work, void (BatchRunner::*what)(Work&));
  void ask(Work& work, HttpRequest request, Read read);

  Scheduler& scheduler_;
  HttpClient& http_;
  const Endpoint& endpoint_;
  std::vector<std::string> headers_;
  Millis longest_wait_;
  Handlers handlers_;
  std::map<BatchId, std::unique_ptr<Work>> works_;
  std::shared_ptr<bool> alive_;
};

}  // namespace baton
