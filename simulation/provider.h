// SimulatedProvider: answers requests with bytes, late, cut, wrong or not at all, and meters what
// it bills. It knows of a request what stands in it, and of the journal only whether a call was
// promised durably before its bytes left.
//
//   start() ─► on its way ─► arrives: metered, answered ─► head ─► pieces ─► end
//                  └─ the process dies or cancels: it may arrive all the same, or never
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "shell/http_client.h"
#include "simulation/answers.h"
#include "simulation/call_book.h"
#include "simulation/faults.h"
#include "simulation/timeline.h"

namespace baton::sim {

// Whose request it is.
struct Sender {
  PulsePtr pulse;
  int holder = 0;
};

class SimulatedProvider {
 public:
  using Broken = std::function<void(std::string promise)>;
  SimulatedProvider(Timeline& timeline, Dice& dice, Faults& faults, CallBook& book, Broken broken)
      : timeline_(timeline),
        dice_(dice),
        faults_(faults),
        book_(book),
        broken_(std::move(broken)) {}

  TransferId start(Sender sender, HttpRequest request, HttpHandlers handlers);
  void cancel(TransferId id);

  bool tells_limits = false;  // in its heads
  bool has_overbilled() const { return has_overbilled_; }

 private:
  struct Transfer {
    Sender sender;
    HttpHandlers handlers;
    BookedCall* call = nullptr;  // of a message
    std::string text;            // of the request's last words: "t3 work 4"
    std::int64_t max_output = 0;
    std::int64_t bytes = 0;
    bool cached = false;
    bool arrived = false;
    bool over = false;
  };
  using TransferPtr = std::shared_ptr<Transfer>;

  struct Reply {
    int status = 200;
    HttpHeaders headers;
    std::string body;
    TransferEnd end;
    Millis first;  // until the head
    Millis later;  // from there on until the end
    bool headless = false;
  };

  struct BatchEntry {
    std::string custom_id;
    BookedCall* call = nullptr;
    std::string line;  // of the results; empty: they do not tell of it
  };
  struct Batch {
    std::string id;
    Instant created;
    Instant ends;
    std::vector<BatchEntry> items;
  };

  // ---- messages ----
  void read_message(Transfer& transfer, std::string_view body);
  void message_arrives(const TransferPtr& transfer);
  Reply answer(Transfer& transfer);
  Usage usage_of(const Transfer& transfer);
  std::string words_for(const Transfer& transfer, bool bad);
  bool refuse(Reply& reply);
  void spoil(Transfer& transfer, Reply& reply, Usage& billed);
  void send_back(const TransferPtr& transfer, Reply reply);
  void send_piece(const TransferPtr& transfer, std::shared_ptr<const Reply> reply,
                  std::size_t sent);
  void end_with(const TransferPtr& transfer, const TransferEnd& end);

  // ---- batches (provider_batches.cc) ----
  void start_batch_request(const TransferPtr& transfer, const HttpRequest& request);
  void create_batch(const TransferPtr& transfer, const std::string& body);
  BatchEntry batch_entry(const std::string& custom_id, std::string_view params,
                         bool may_be_missing);
  Reply tell_batches(std::string_view path);
  std::string batch_json(const Batch& batch) const;
  std::string results(const Batch& batch);

  Timeline& timeline_;
  Dice& dice_;
  Faults& faults_;
  CallBook& book_;
  Broken broken_;
  std::map<TransferId, TransferPtr> transfers_;
  TransferId started_ = 0;
  std::vector<Batch> batches_;
  bool has_overbilled_ = false;
};

class ProcessHttp : public HttpClient {
 public:
  ProcessHttp(SimulatedProvider& provider, Sender sender, std::function<void()> started)
      : provider_(provider), sender_(std::move(sender)), started_(std::move(started)) {}

  TransferId start(HttpRequest request, HttpHandlers handlers) override {
    if (!sender_.pulse->beats) return 0;
    const TransferId id = provider_.start(sender_, std::move(request), std::move(handlers));
    started_();
    return id;
  }
  void cancel(TransferId transfer) override {
    if (sender_.pulse->beats) provider_.cancel(transfer);
  }

 private:
  SimulatedProvider& provider_;
  Sender sender_;
  std::function<void()> started_;  // a moment to die in
};

}  // namespace baton::sim
