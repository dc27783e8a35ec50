// Pacer: when the next call may be sent, so that the provider's limits are used up and not run
// into.
//
// The provider keeps token buckets for each class of models: requests, input and output, filled
// without pause at the limit per minute. Each response head tells what is left. The pacer keeps a
// picture of those buckets, taken down by what is sent and set right by each head, for all runs of
// the process together:
//
//   earliest(call) ──► sent(call) ──► heard(ticket, limits) ──► ended(ticket, usage)
//                                  └► throttled(ticket, retry_after)
//
// Where several processes share the limits, each keeps to its part of them (set_share), and what
// one was refused holds back the others (on_throttled, hold).
//
// Until heads have told the limits, and where they never do, it begins with a few calls at a time
// and sends more as answers come: doubled until a call is throttled, one by one after that.
//
// Pure: no clock, no I/O; the same calls give the same answers. A clock that is set back or forth
// costs neither a standstill nor a burst.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/ids.h"
#include "base/time.h"
#include "base/tokens.h"
#include "catalog/usage.h"

namespace baton {

// What one response head says of one limit.
struct LimitReading {
  std::optional<std::int64_t> limit{};  // per minute
  std::optional<std::int64_t> remaining{};
  std::optional<Instant> reset{};

  bool operator==(const LimitReading&) const = default;
};
struct RateLimits {
  LimitReading requests{};
  LimitReading input{};
  LimitReading output{};

  bool operator==(const RateLimits&) const = default;
};

// A call as it is planned. The tokens are estimates: how far off they are is learned by model.
struct PacedCall {
  std::string_view rate_class;  // calls of one class share their limits
  std::string_view model;
  Tokens input;
  Tokens output;  // what it is thought to produce, or its max_tokens
};

class Pacer {
 public:
  enum class Ticket : std::uint64_t {};

  explicit Pacer(std::uint64_t seed = 0) : seed_(seed) {}
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  // When the call may be sent if nothing else happens: `now` or earlier means at once. None: not
  // before another call of its class is heard of or ends. Ask again after each of these, and after
  // each sent(): the answer is no reservation.
  std::optional<Instant> earliest(const PacedCall& call, Instant now);

  Ticket sent(const PacedCall& call, Instant now);
  // As sent(), for a call that is yet to be sent: its ticket is kept until it is.
  void promise(const RunId& run, CallId call, const PacedCall& paced, Instant now);
  // The ticket of a promised call, once; none if it was not promised.
  std::optional<Ticket> claim(const RunId& run, CallId call);
  // The head of its response has come, whatever its status. Requires, as those below: the ticket is
  // of a call that has not ended.
  void heard(Ticket ticket, const RateLimits& limits, Instant now);
  // It was answered with a 429, and has ended. Nothing of its class is sent before `retry_after` is
  // over.
  void throttled(Ticket ticket, std::optional<Millis> retry_after, Instant now);
  // It ended otherwise. `usage` is what it really used, all zero if it was refused; null if that is
  // not known.
  void ended(Ticket ticket, const Usage* usage, Instant now);

  // From now on, this part of each limit is for this process. Requires: 0 < share <= 1.
  void set_share(double share);
  // Another process was refused: nothing of the class is sent before `until`.
  void hold(std::string_view rate_class, Instant until, Instant now);
  // Is told of each 429 that holds back a class here, and for how long: for the other processes.
  void on_throttled(std::function<void(const std::string& rate_class, Millis length)> told);

 private:
  enum Resource : std::size_t { kRequests, kInput, kOutput, kResources };
  using Amounts = std::array<double, kResources>;

  struct Bucket {
    double limit = 0;  // per minute, and what it holds; 0: not known
    double level = 0;  // what is left for calls that have not been sent
  };
  struct Class {
    std::array<Bucket, kResources> buckets;
    double margin;  // part of each limit that is not touched: what others may take unseen
    Instant filled_at;
    Instant held_until;
    Instant heard_at;
    double window;
    bool ever_throttled = false;
    Ticket full_after{};  // when last a call found no place
    Ticket cut_after{};   // a 429 of a call sent before it says nothing new
    std::int64_t in_flight = 0;
    std::int64_t unheard = 0;
    Amounts unheard_amounts{};    // of calls the last head may not have counted
    double output_in_flight = 0;  // of all calls: no head has counted all of it
  };
  // Sums of what was planned and of what was used, older calls counting less.
  struct Learned {
    double input_planned;
    double input_used;
    double output_planned;
    double output_used;
  };
  struct Flight {
    const std::string* name = nullptr;  // of the class
    Class* of = nullptr;
    Learned* learned = nullptr;
    Amounts amounts{};
    double planned_input = 0;
    double planned_output = 0;
    bool heard = false;
    bool input_counted = false;  // a head of its own told what is left
    bool output_counted = false;
  };

  void see(Instant now);
  void fill(Class& of, Instant now);
  std::pair<const std::string, Class>& class_of(std::string_view name, Instant now);
  Learned& learned_of(std::string_view model);
  Amounts amounts_of(const PacedCall& call);
  Flight take(Ticket ticket);
  void count_as_heard(Flight& flight);
  static double still_to_come(const Class& of);
  static void give_back(const Flight& flight, double input, double output);
  bool has_place(const Class& of, Instant now) const;
  void set_right(Class& of, Resource resource, const LimitReading& reading) const;
  static void grow(Class& of, Ticket ticket, const RateLimits& limits);

  std::uint64_t seed_;
  double share_ = 1;
  std::function<void(const std::string& rate_class, Millis length)> told_throttled_;
  std::uint64_t last_ticket_ = 0;
  Instant seen_;
  // Ordered, and with addresses that stay.
  std::map<std::string, Class, std::less<>> classes_;
  std::map<std::string, Learned, std::less<>> learned_;
  std::unordered_map<std::uint64_t, Flight> flights_;
  std::map<std::pair<RunId, CallId>, Ticket> promised_;
};

}  // namespace baton
