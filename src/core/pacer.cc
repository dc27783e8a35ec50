#include "core/pacer.h"

#include <cmath>

#include "base/chance.h"
#include "base/check.h"

namespace baton {
namespace {

// Less than the smallest of the known limits lets through in a second (1,000 requests a minute).
constexpr double kFirstWindow = 12;
constexpr double kFew = 4;
constexpr double kNoWindow = 1e9;
constexpr double kCutTo = 0.75;  // of the calls in flight, by a 429
// What is left of a limit from which on it is no reason to hold anything back.
constexpr double kPlenty = 0.5;

// Of the output of calls in flight, in the mean: they are all over their length. With the largest
// margin, all of it.
constexpr double kStillToCome = 0.6;
constexpr double kMoreToComeByMargin = 10;

constexpr double kLeastMargin = 0.02;
constexpr double kMostMargin = 0.15;
constexpr double kMarginStep = 0.02;  // by a 429
constexpr double kMarginFadesMs = 600'000;

constexpr double kMinuteMs = 60'000;
// Without a head for so long, the picture of the buckets may be of another day: a few calls first.
constexpr Millis kStale = Millis::seconds(10);
constexpr Millis kHoldWithoutAdvice = Millis::seconds(1);

// Calls count half after so many others.
constexpr double kForget = 0.95;
// What the estimates count as, before calls have shown how far off they are.
constexpr double kFirstWeight = 1.0;

double count(Tokens tokens) {
  return static_cast<double>(tokens.count());
}

bool shows_plenty(const LimitReading& reading) {
  return reading.limit && reading.remaining &&
         static_cast<double>(*reading.remaining) >= kPlenty * static_cast<double>(*reading.limit);
}

bool is_told(const LimitReading& reading) {
  return reading.limit && reading.remaining && *reading.limit > 0 && *reading.remaining >= 0;
}

}  // namespace

// Where the clock was set back, all that was noted moves back with it.
void Pacer::see(Instant now) {
  if (now < seen_) {
    const Millis back = now - seen_;
    for (auto& [name, of] : classes_) {
      of.filled_at = of.filled_at + back;
      of.held_until = of.held_until + back;
      of.heard_at = of.heard_at + back;
    }
  }
  seen_ = now;
}

void Pacer::fill(Class& of, Instant now) {
  const double passed = static_cast<double>((now - of.filled_at).count());
  of.filled_at = now;
  for (Bucket& bucket : of.buckets) {
    bucket.level = std::min(bucket.level + passed * bucket.limit / kMinuteMs, bucket.limit);
  }
  of.margin -= (of.margin - kLeastMargin) * std::min(passed / kMarginFadesMs, 1.0);
}

std::pair<const std::string, Pacer::Class>& Pacer::class_of(std::string_view name, Instant now) {
  see(now);
  auto found = classes_.find(name);
  if (found == classes_.end()) {
    Class fresh{.buckets = {},
                .margin = kLeastMargin,
                .filled_at = now,
                .heard_at = now,
                .window = kFirstWindow};
    found = classes_.emplace(std::string(name), fresh).first;
  }
  fill(found->second, now);
  return *found;
}

Pacer::Learned& Pacer::learned_of(std::string_view model) {
  const auto found = learned_.find(model);
  if (found != learned_.end()) return found->second;
  const Learned fresh{kFirstWeight, kFirstWeight, kFirstWeight, kFirstWeight};
  return learned_.emplace(std::string(model), fresh).first->second;
}

Pacer::Amounts Pacer::amounts_of(const PacedCall& call) {
  const Learned& learned = learned_of(call.model);
  return {1, count(call.input) * learned.input_used / learned.input_planned,
          count(call.output) * learned.output_used / learned.output_planned};
}

double Pacer::still_to_come(const Class& of) {
  return std::min(kStillToCome + (of.margin - kLeastMargin) * kMoreToComeByMargin, 1.0);
}

// Gives back what was taken for an answer and not used.
void Pacer::give_back(const Flight& flight, double input, double output) {
  Class& of = *flight.of;
  // Of what a head told, a part was taken for counted.
  const double part = flight.output_counted ? still_to_come(of) : 1.0;
  of.buckets[kOutput].level += part * (flight.amounts[kOutput] - output);
  if (!flight.input_counted) of.buckets[kInput].level += flight.amounts[kInput] - input;
}

bool Pacer::has_place(const Class& of, Instant now) const {
  // Answers may be long: until a 429 says that it is too much, whoever has been heard makes room.
  const std::int64_t counted = of.ever_throttled ? of.in_flight : of.unheard;
  if (static_cast<double>(counted) >= std::floor(of.window)) return false;
  return of.unheard < static_cast<std::int64_t>(kFew) || now < of.heard_at + kStale;
}

std::optional<Instant> Pacer::earliest(const PacedCall& call, Instant now) {
  Class& of = class_of(call.rate_class, now).second;
  if (!has_place(of, now)) {
    of.full_after = Ticket(last_ticket_);
    return std::nullopt;
  }
  const Amounts amounts = amounts_of(call);
  double wait = 0;
  for (std::size_t i = 0; i < kResources; ++i) {
    const Bucket& bucket = of.buckets[i];
    if (bucket.limit == 0) continue;
    // What passes the whole limit is for the provider to refuse: it goes when the bucket is full.
    const double margin = of.margin * bucket.limit;
    // With nothing under way no bucket is less than empty, whatever was taken off for estimates.
    const double level = of.in_flight == 0 ? std::max(bucket.level, 0.0) : bucket.level;
    const double lacking = std::min(amounts[i] + margin, bucket.limit) - level;
    wait = std::max(wait, lacking * kMinuteMs / bucket.limit);
  }
  return std::max(now + Millis(static_cast<std::int64_t>(std::ceil(wait))), of.held_until);
}

Pacer::Ticket Pacer::sent(const PacedCall& call, Instant now) {
  auto& [name, of] = class_of(call.rate_class, now);
  const Flight flight{.name = &name,
                      .of = &of,
                      .learned = &learned_of(call.model),
                      .amounts = amounts_of(call),
                      .planned_input = count(call.input),
                      .planned_output = count(call.output)};
  for (std::size_t i = 0; i < kResources; ++i) {
    of.buckets[i].level -= flight.amounts[i];
    of.unheard_amounts[i] += flight.amounts[i];
  }
  of.output_in_flight += flight.amounts[kOutput];
  ++of.in_flight;
  ++of.unheard;
  flights_.emplace(++last_ticket_, flight);
  return Ticket(last_ticket_);
}

void Pacer::promise(const RunId& run, CallId call, const PacedCall& paced, Instant now) {
  promised_.insert_or_assign({run, call}, sent(paced, now));
}

std::optional<Pacer::Ticket> Pacer::claim(const RunId& run, CallId call) {
  const auto promised = promised_.extract({run, call});
  return promised ? std::optional(promised.mapped()) : std::nullopt;
}

void Pacer::count_as_heard(Flight& flight) {
  if (flight.heard) return;
  flight.heard = true;
  --flight.of->unheard;
  for (std::size_t i = 0; i < kResources; ++i) {
    flight.of->unheard_amounts[i] -= flight.amounts[i];
  }
}

// What the provider had not counted when it wrote the head is still to be taken off: calls it had
// not seen, and of those it answers the output to come. Calls it had seen whose heads are under way
// are taken off twice: by an amount that does not grow, and so costs no throughput.
void Pacer::set_right(Class& of, Resource resource, const LimitReading& reading) const {
  if (!is_told(reading)) {
    if (reading.remaining == 0 && reading.reset) {
      of.held_until = std::max(of.held_until, std::min(*reading.reset, of.filled_at + kStale));
    }
    return;
  }
  Bucket& bucket = of.buckets[resource];
  bucket.limit = share_ * static_cast<double>(*reading.limit);
  double taken = of.unheard_amounts[resource];
  if (resource == kOutput) taken += still_to_come(of) * (of.output_in_flight - taken);
  bucket.level = std::min(share_ * static_cast<double>(*reading.remaining), bucket.limit) - taken;
}

void Pacer::grow(Class& of, Ticket ticket, const RateLimits& limits) {
  const bool plenty =
      shows_plenty(limits.requests) && shows_plenty(limits.input) && shows_plenty(limits.output);
  if (plenty && !of.ever_throttled) of.window = kNoWindow;
  // A window that nobody waited at says nothing about a larger one.
  if (ticket > of.full_after) return;
  of.window += plenty || !of.ever_throttled ? 1 : 1 / of.window;
}

void Pacer::heard(Ticket ticket, const RateLimits& limits, Instant now) {
  const auto found = flights_.find(static_cast<std::uint64_t>(ticket));
  BATON_CHECK(found != flights_.end());
  Flight& flight = found->second;
  Class& of = *flight.of;
  see(now);
  fill(of, now);
  of.heard_at = now;
  const bool first = !flight.heard;
  count_as_heard(flight);
  set_right(of, kRequests, limits.requests);
  set_right(of, kInput, limits.input);
  set_right(of, kOutput, limits.output);
  flight.input_counted = flight.input_counted || is_told(limits.input);
  flight.output_counted = flight.output_counted || is_told(limits.output);
  if (first) grow(of, ticket, limits);
}

Pacer::Flight Pacer::take(Ticket ticket) {
  const auto found = flights_.find(static_cast<std::uint64_t>(ticket));
  BATON_CHECK(found != flights_.end());
  count_as_heard(found->second);
  const Flight flight = found->second;
  flights_.erase(found);
  --flight.of->in_flight;
  flight.of->output_in_flight -= flight.amounts[kOutput];
  if (flight.of->in_flight == 0) {
    // What sums of fractions leave behind does not pile up.
    flight.of->output_in_flight = 0;
    flight.of->unheard_amounts = {};
  }
  return flight;
}

void Pacer::throttled(Ticket ticket, std::optional<Millis> retry_after, Instant now) {
  see(now);
  const Flight flight = take(ticket);
  Class& of = *flight.of;
  fill(of, now);
  give_back(flight, 0, 0);

  const Millis least = retry_after.value_or(kHoldWithoutAdvice);
  const double spread = fraction(mix(seed_, static_cast<std::uint64_t>(ticket)));
  const Millis jitter(static_cast<std::int64_t>(spread * static_cast<double>(least.count()) / 10));
  of.held_until = std::max(of.held_until, now + least + jitter);
  if (told_throttled_) told_throttled_(*flight.name, least);

  // The 429s of calls that were on their way together are one message.
  if (ticket <= of.cut_after) return;
  of.cut_after = Ticket(last_ticket_);
  of.ever_throttled = true;
  of.window = std::max(kFew, kCutTo * static_cast<double>(of.in_flight + 1));
  of.margin = std::min(of.margin + kMarginStep, kMostMargin);
}

void Pacer::ended(Ticket ticket, const Usage* usage, Instant now) {
  see(now);
  const Flight flight = take(ticket);
  if (usage == nullptr) return;
  Class& of = *flight.of;
  fill(of, now);
  // Cache reads are not counted.
  const double input = count(usage->input + usage->cache_write_5m + usage->cache_write_1h);
  const double output = count(usage->output);
  give_back(flight, input, output);
  if (*usage == Usage{}) return;  // refused: nothing to learn of

  Learned& learned = *flight.learned;
  const auto learn = [](double& planned, double& used, double plan, double use) {
    if (plan <= 0) return;
    planned = planned * kForget + plan;
    used = std::max(used * kForget + use, planned / 1000);
  };
  learn(learned.input_planned, learned.input_used, flight.planned_input, input);
  learn(learned.output_planned, learned.output_used, flight.planned_output, output);
}

// What is left changes with the limit; what has been taken already was this process's own.
void Pacer::set_share(double share) {
  BATON_CHECK(share > 0 && share <= 1);
  const double ratio = share / share_;
  share_ = share;
  for (auto& [name, of] : classes_) {
    for (Bucket& bucket : of.buckets) {
      bucket.limit *= ratio;
      if (bucket.level > 0) bucket.level *= ratio;
    }
  }
}

void Pacer::hold(std::string_view rate_class, Instant until, Instant now) {
  Class& of = class_of(rate_class, now).second;
  of.held_until = std::max(of.held_until, until);
}

void Pacer::on_throttled(std::function<void(const std::string& rate_class, Millis length)> told) {
  told_throttled_ = std::move(told);
}

}  // namespace baton
