#include "core/pacer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <functional>
#include <queue>

#include "base/chance.h"

namespace baton {
namespace {

constexpr Instant kStart = Instant::from_unix_ms(1'795'197'891'000);

PacedCall small_call() {
  return {.rate_class = "a", .model = "m", .input = Tokens(1000), .output = Tokens(100)};
}
LimitReading reading(std::int64_t limit, std::int64_t remaining) {
  return {.limit = limit, .remaining = remaining};
}
RateLimits roomy() {
  return {reading(1000, 990), reading(1'000'000, 990'000), reading(100'000, 99'000)};
}
Usage used(std::int64_t input, std::int64_t output, std::int64_t cached = 0) {
  Usage usage;
  usage.input = Tokens(input);
  usage.output = Tokens(output);
  usage.cache_read = Tokens(cached);
  return usage;
}
int sent_at_once(Pacer& pacer, const PacedCall& call, Instant now,
                 std::vector<Pacer::Ticket>* all) {
  int sent = 0;
  for (; sent < 1000; ++sent) {
    const auto at = pacer.earliest(call, now);
    if (!at || *at > now) break;
    const Pacer::Ticket ticket = pacer.sent(call, now);
    if (all != nullptr) all->push_back(ticket);
  }
  return sent;
}

// ---- a few first ----

TEST(PacerTest, WithoutKnownLimitsAFewGoFirstAndTwiceAsManyAfterEachRound) {
  Pacer pacer;
  std::vector<Pacer::Ticket> tickets;
  EXPECT_EQ(sent_at_once(pacer, small_call(), kStart, &tickets), 12);
  EXPECT_EQ(pacer.earliest(small_call(), kStart), std::nullopt);
  Instant now = kStart;
  for (const int expected : {24, 48, 96}) {
    now = now + Millis(1);
    const Usage usage = used(1000, 100);
    for (const Pacer::Ticket ticket : tickets) {
      pacer.heard(ticket, {}, now);
      pacer.ended(ticket, &usage, now);
    }
    tickets.clear();
    EXPECT_EQ(sent_at_once(pacer, small_call(), now, &tickets), expected);
  }
}

TEST(PacerTest, AHeadThatShowsPlentyOfRoomLetsAllOthersGo) {
  Pacer pacer;
  const Pacer::Ticket first = pacer.sent(small_call(), kStart);
  pacer.heard(first, roomy(), kStart);
  EXPECT_GE(sent_at_once(pacer, small_call(), kStart, nullptr), 500);
}

TEST(PacerTest, ClassesDoNotWaitForEachOther) {
  Pacer pacer;
  sent_at_once(pacer, small_call(), kStart, nullptr);
  PacedCall other = small_call();
  other.rate_class = "b";
  EXPECT_EQ(pacer.earliest(other, kStart), kStart);
}

// ---- buckets ----

TEST(PacerTest, AnEmptyBucketTellsWhenItWillHoldEnough) {
  Pacer pacer;
  const Pacer::Ticket first = pacer.sent(small_call(), kStart);
  pacer.heard(first, {reading(1000, 990), reading(60'000, 0), reading(100'000, 99'000)}, kStart);
  // 1,000 tokens and the margin of 1,200, at one a millisecond.
  EXPECT_EQ(pacer.earliest(small_call(), kStart), kStart + Millis(2200));
  EXPECT_EQ(pacer.earliest(small_call(), kStart + Millis(2200)), kStart + Millis(2200));
}

TEST(PacerTest, ACallLargerThanTheLimitWaitsForAFullBucketOnly) {
  Pacer pacer;
  const Pacer::Ticket first = pacer.sent(small_call(), kStart);
  pacer.heard(first, {reading(1000, 990), reading(60'000, 30'000), reading(100'000, 99'000)},
              kStart);
  PacedCall large = small_call();
  large.input = Tokens(500'000);
  EXPECT_EQ(pacer.earliest(large, kStart), kStart + Millis(30'000));
}

// A limit far below what was sent would otherwise take years to fill the bucket again.
TEST(PacerTest, NothingIsOwedToABucketOnceEveryCallHasEnded) {
  Pacer pacer;
  PacedCall call = small_call();
  call.input = Tokens(100'000);
  const Pacer::Ticket first = pacer.sent(call, kStart);
  pacer.heard(first, {reading(1, 0), reading(1, 0), reading(1, 0)}, kStart);
  const Pacer::Ticket second = pacer.sent(call, kStart);
  for (const Pacer::Ticket ticket : {first, second}) pacer.ended(ticket, nullptr, kStart);
  ASSERT_TRUE(pacer.earliest(call, kStart));
  EXPECT_LE(*pacer.earliest(call, kStart), kStart + Millis::seconds(60));
}

TEST(PacerTest, WhatWasReadFromTheCacheIsNotCountedAndOutputIsLearned) {
  Pacer pacer;
  PacedCall call = small_call();
  call.output = Tokens(10'000);
  const RateLimits limits{reading(1000, 990), reading(60'000, 30'000), reading(60'000, 30'000)};
  for (int i = 0; i < 20; ++i) {
    const Pacer::Ticket ticket = pacer.sent(call, kStart);
    pacer.heard(ticket, limits, kStart);
    const Usage usage = used(10, 100, /*cached=*/990);
    pacer.ended(ticket, &usage, kStart);
  }
  // A hundredth of what is planned: hundreds of them, where by plan there would be two.
  EXPECT_GT(sent_at_once(pacer, call, kStart, nullptr), 250);
}

TEST(PacerTest, AnAnswerWhoseUsageIsNotKnownKeepsWhatItWasThoughtToUse) {
  const auto next_after = [](const Usage* usage) {
    Pacer pacer;
    PacedCall call = small_call();
    call.output = Tokens(60'000);
    const Pacer::Ticket ticket = pacer.sent(call, kStart);
    pacer.heard(ticket, {reading(1000, 990), reading(60'000, 50'000), reading(60'000, 30'000)},
                kStart);
    pacer.ended(ticket, usage, kStart);
    return *pacer.earliest(small_call(), kStart);
  };
  const Usage refused;
  EXPECT_EQ(next_after(&refused), kStart);
  EXPECT_GT(next_after(nullptr), kStart);
}

// ---- 429 ----

TEST(PacerTest, AfterA429NothingGoesBeforeRetryAfterAndFewerGoThen) {
  Pacer pacer;
  const Pacer::Ticket first = pacer.sent(small_call(), kStart);
  pacer.heard(first, roomy(), kStart);
  std::vector<Pacer::Ticket> tickets;
  for (int i = 0; i < 63; ++i) tickets.push_back(pacer.sent(small_call(), kStart));
  const Millis wait = Millis::seconds(7);
  // Of those that were on their way together, the first is the message.
  for (int i = 0; i < 10; ++i) {
    pacer.throttled(tickets[static_cast<std::size_t>(i)], wait, kStart);
  }
  for (std::size_t i = 10; i < tickets.size(); ++i) {
    const Usage usage = used(1000, 100);
    pacer.ended(tickets[i], &usage, kStart);
  }
  const auto at = pacer.earliest(small_call(), kStart);
  ASSERT_TRUE(at);
  EXPECT_GE(*at, kStart + wait);
  EXPECT_LE(*at, kStart + Millis(7700));
  EXPECT_EQ(sent_at_once(pacer, small_call(), *at, nullptr), 48 - 1);
}

// ---- clocks ----

TEST(PacerTest, AClockSetBackAnHourHoldsNothingUp) {
  Pacer pacer;
  const Pacer::Ticket first = pacer.sent(small_call(), kStart);
  pacer.heard(first, {reading(1000, 990), reading(60'000, 0), reading(100'000, 99'000)}, kStart);
  pacer.throttled(first, Millis::seconds(2), kStart);
  const Instant back = kStart + Millis::seconds(-3600);
  EXPECT_LE(*pacer.earliest(small_call(), back), back + Millis(4000));
}

TEST(PacerTest, AClockSetForthLetsAFewGoUntilAHeadTellsHowThingsStand) {
  Pacer pacer;
  const Pacer::Ticket first = pacer.sent(small_call(), kStart);
  pacer.heard(first, roomy(), kStart);
  const Instant later = kStart + Millis::seconds(3600);
  EXPECT_EQ(sent_at_once(pacer, small_call(), later, nullptr), 4);
}

// ---- against a provider ----

// Token buckets as the provider keeps them: filled without pause, a call's input taken as it
// comes, output as it is produced, and what is left told with each answer.
struct Limits {
  double requests = 1e6;
  double input = 1e9;
  double output = 1e9;
};

class Provider {
 public:
  // `burst` is the part of a minute's limit that a full bucket holds.
  Provider(const Limits& limits, double burst)
      : limits_(limits),
        left_{limits.requests * burst, limits.input * burst, limits.output * burst},
        full_(left_),
        burst_(burst) {}

  void pass(double ms) {
    const auto fill = [&](double& left, double limit, double full) {
      left = std::min(full, left + ms * limit / 60'000);
    };
    fill(left_.requests, limits_.requests, full_.requests);
    fill(left_.input, limits_.input, full_.input);
    fill(left_.output, limits_.output, full_.output);
  }
  // Nothing if it is let in, else how long to wait.
  std::optional<Millis> ask(double input) {
    const double wait =
        std::max({(1 - left_.requests) / limits_.requests, (input - left_.input) / limits_.input,
                  (1 - left_.output) / limits_.output});
    if (wait > 0) return Millis(static_cast<std::int64_t>(std::ceil(wait * 60)) * 1000);
    left_.requests -= 1;
    left_.input -= input;
    used_.requests += 1;
    used_.input += input;
    return std::nullopt;
  }
  void produce(double output) {
    left_.output -= output;
    used_.output += output;
  }
  // Another process, which takes `part` of what flows in.
  void take_for_another(double part, double ms) {
    const double minutes = ms / 60'000 * part;
    const double input = minutes * limits_.input;
    if (left_.input > input) left_.input -= input, used_.input += input;
    const double requests = minutes * limits_.requests;
    if (left_.requests > requests) left_.requests -= requests, used_.requests += requests;
    if (left_.output > 0) produce(minutes * limits_.output);
  }
  RateLimits told() const {
    const auto tell = [](double limit, double left, double rounding) {
      return reading(std::llround(limit),
                     std::llround(std::max(left, 0.0) / rounding) * std::llround(rounding));
    };
    return {tell(limits_.requests, std::floor(left_.requests), 1),
            tell(limits_.input, left_.input, 1000), tell(limits_.output, left_.output, 1000)};
  }
  // The fullest use of any limit, of what flowed in during `minutes` and was there before.
  double use(double minutes) const {
    return std::max({used_.requests / limits_.requests, used_.input / limits_.input,
                     used_.output / limits_.output}) /
           (minutes + burst_);
  }

 private:
  Limits limits_;
  Limits left_;
  Limits full_;
  double burst_;
  Limits used_{0, 0, 0};
};

struct World {
  Limits limits;
  double burst = 1;
  std::uint64_t seed = 1;
  double others = 0;  // the part another process takes
  double tokens_per_second = 80;
  std::int64_t planned_output = 4000;  // of calls that produce 500
  std::int64_t jump_ms = 0;            // of the clock, after five minutes
};

struct Outcome {
  double use = 0;
  int calls = 0;
  int throttled = 0;
  double refused() const { return static_cast<double>(throttled) / calls; }
};

class Simulation {
 public:
  explicit Simulation(const World& world)
      : world_(world), provider_(world.limits, world.burst), pacer_(world.seed) {}

  Outcome run(std::int64_t minutes) {
    for (int worker = 0; worker < 64; ++worker) want();
    if (world_.others > 0) others();
    at(Millis(0), [] {});
    at(Millis(5 * 60'000), [this] { jumped_ = world_.jump_ms; });
    while (!events_.empty() && events_.top().at < minutes * 60'000) {
      const Happening next = events_.top();
      events_.pop();
      provider_.pass(static_cast<double>(next.at - now_));
      now_ = next.at;
      next.what();
      send_what_may();
    }
    return {provider_.use(static_cast<double>(minutes)), calls_, throttled_};
  }

 private:
  struct Happening {
    std::int64_t at = 0;
    std::uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const Happening& other) const {
      return std::tie(other.at, other.order) < std::tie(at, order);
    }
  };
  struct Job {
    double input = 0;
    double output = 0;
    Tokens planned_input;
  };

  double chance() { return fraction(mix(world_.seed, drawn_++)); }
  void at(Millis after, std::function<void()> what) {
    events_.push({now_ + after.count(), drawn_++, std::move(what)});
  }
  Instant clock() const { return kStart + Millis(now_ + jumped_); }

  void want() {
    Job job{.input = 5'000 + 10'000 * chance(),
            .output = std::min(50 - 450 * std::log(1 - chance()), 4000.0)};
    job.planned_input = Tokens(std::llround(job.input * (1.1 + 0.4 * chance())));
    waiting_.push_back(job);
  }
  PacedCall call_of(const Job& job) const {
    return {.rate_class = "a",
            .model = "m",
            .input = job.planned_input,
            .output = Tokens(world_.planned_output)};
  }
  void send_what_may() {
    while (!waiting_.empty()) {
      const auto may = pacer_.earliest(call_of(waiting_.front()), clock());
      if (!may) return;
      if (*may > clock()) {
        const std::int64_t then = now_ + (*may - clock()).count();
        if (then >= wake_at_ && wake_at_ > now_) return;
        wake_at_ = then;
        return at(*may - clock(), [] {});
      }
      const Job job = waiting_.front();
      waiting_.pop_front();
      const Pacer::Ticket ticket = pacer_.sent(call_of(job), clock());
      ++calls_;
      at(Millis(5 + std::llround(30 * chance())), [=, this] { arrive(job, ticket); });
    }
  }
  void arrive(const Job& job, Pacer::Ticket ticket) {
    if (const auto wait = provider_.ask(job.input)) {
      ++throttled_;
      return at(Millis(20), [=, this] {
        pacer_.heard(ticket, provider_.told(), clock());
        pacer_.throttled(ticket, wait, clock());
        waiting_.push_back(job);
      });
    }
    at(Millis(200 + std::llround(1000 * chance())), [=, this] {
      pacer_.heard(ticket, provider_.told(), clock());
      stream(job, ticket, job.output);
    });
  }
  void stream(const Job& job, Pacer::Ticket ticket, double left) {
    const double piece = std::min(left, world_.tokens_per_second / 2);
    if (piece <= 0) {
      const Usage usage = used(std::llround(job.input), std::llround(job.output));
      pacer_.ended(ticket, &usage, clock());
      return want();
    }
    at(Millis(500), [=, this] {
      provider_.produce(piece);
      stream(job, ticket, left - piece);
    });
  }
  void others() {
    provider_.take_for_another(world_.others, 100);
    at(Millis(100), [this] { others(); });
  }

  World world_;
  Provider provider_;
  Pacer pacer_;
  std::priority_queue<Happening> events_;
  std::deque<Job> waiting_;
  std::int64_t now_ = 0;
  std::int64_t wake_at_ = -1;
  std::int64_t jumped_ = 0;
  std::uint64_t drawn_ = 0;
  int calls_ = 0;
  int throttled_ = 0;
};

// Each a tenth of what 64 workers would take: calls of 10,000 tokens in and 500 out, of 7 seconds.
constexpr Limits kInputBound{.requests = 10'000, .input = 550'000, .output = 4'000'000};
constexpr Limits kOutputBound{.requests = 10'000, .input = 50'000'000, .output = 27'500};
constexpr Limits kRequestBound{.requests = 55, .input = 50'000'000, .output = 5'000'000};

void expect_used_up(const World& world, double most_refused = 0.01, std::uint64_t seeds = 8) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World seeded = world;
    seeded.seed = seed;
    const Outcome outcome = Simulation(seeded).run(10);
    SCOPED_TRACE(fmt::format("seed {}: {} calls, {} answered 429, {:.1f} % used", seed,
                             outcome.calls, outcome.throttled, 100 * outcome.use));
    EXPECT_GE(outcome.use, 0.95);
    EXPECT_LE(outcome.refused(), most_refused);
  }
}

TEST(PacerSimulation, InputLimitsAreUsedUpAndNotRunInto) {
  expect_used_up({.limits = kInputBound});
}
TEST(PacerSimulation, OutputLimitsAreUsedUpAndNotRunInto) {
  expect_used_up({.limits = kOutputBound});
}
TEST(PacerSimulation, RequestLimitsAreUsedUpAndNotRunInto) {
  expect_used_up({.limits = kRequestBound});
}
TEST(PacerSimulation, SlowAnswersAreNoReasonToLeaveOutputUnused) {
  expect_used_up({.limits = kOutputBound, .tokens_per_second = 12, .planned_output = 700});
}
TEST(PacerSimulation, WhatAnotherProcessTakesIsLeftToIt) {
  for (const Limits& limits : {kInputBound, kOutputBound, kRequestBound}) {
    expect_used_up({.limits = limits, .others = 0.5});
  }
}
TEST(PacerSimulation, BucketsThatHoldLessThanAMinuteAreNotRunInto) {
  expect_used_up({.limits = kInputBound, .burst = 0.15});
  expect_used_up({.limits = kRequestBound, .burst = 0.15});
}
TEST(PacerSimulation, AJumpingClockCostsAFewCallsAtMost) {
  for (const std::int64_t jump : {-3'600'000, 3'600'000, 20'000}) {
    for (const Limits& limits : {kInputBound, kOutputBound, kRequestBound}) {
      expect_used_up({.limits = limits, .jump_ms = jump}, 0.015, /*seeds=*/3);
    }
  }
}
TEST(PacerSimulation, WithoutLimitsAllWorkersAreBusy) {
  const Outcome outcome = Simulation({.limits = {}}).run(2);
  EXPECT_GT(outcome.calls, 900);
  EXPECT_EQ(outcome.throttled, 0);
}

// ---- several processes ----

// Calls that are sent at once when a head tells that the limits are untouched.
int sent_with_share(double before, double after) {
  Pacer pacer;
  pacer.set_share(before);
  const Usage usage = used(1000, 100);
  const Pacer::Ticket first = pacer.sent(small_call(), kStart);
  pacer.heard(first, {reading(400, 400), reading(1'000'000, 990'000), reading(100'000, 99'000)},
              kStart);
  pacer.ended(first, &usage, kStart);
  pacer.set_share(after);
  return sent_at_once(pacer, small_call(), kStart, nullptr);
}

TEST(PacerTest, AProcessThatSharesTheLimitsSendsItsPart) {
  EXPECT_EQ(sent_with_share(1, 1), 392);  // all but the margin
  EXPECT_EQ(sent_with_share(0.25, 0.25), 98);
}

TEST(PacerTest, WhatIsLeftFollowsAChangedShare) {
  EXPECT_EQ(sent_with_share(1, 0.25), 98);
  EXPECT_EQ(sent_with_share(0.25, 1), 392);
}

TEST(PacerTest, AHoldOfAnotherProcessHoldsItsClassAlone) {
  Pacer pacer;
  const Instant until = kStart + Millis(700);
  pacer.hold("a", until, kStart);
  pacer.hold("a", kStart + Millis(300), kStart);  // a shorter one changes nothing
  EXPECT_EQ(pacer.earliest(small_call(), kStart), until);
  PacedCall other = small_call();
  other.rate_class = "b";
  EXPECT_EQ(pacer.earliest(other, kStart), kStart);
}

TEST(PacerTest, TellsOthersOfItsOwn429sAndNotOfTheirs) {
  Pacer pacer;
  std::vector<std::pair<std::string, Millis>> told;
  pacer.on_throttled(
      [&](const std::string& rate_class, Millis length) { told.emplace_back(rate_class, length); });
  pacer.hold("a", kStart + Millis(700), kStart);
  pacer.throttled(pacer.sent(small_call(), kStart), Millis(5000), kStart);
  EXPECT_EQ(told, (std::vector<std::pair<std::string, Millis>>{{"a", Millis(5000)}}));
}

}  // namespace
}  // namespace baton
