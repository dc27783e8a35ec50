#include "store/postgres_heartbeat.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "store/postgres_desk.h"

namespace baton {
namespace {

using Clock = std::chrono::steady_clock;

constexpr PgStatement kListen = {"listen", "LISTEN baton_work"};

constexpr PgStatement kHold = {
    "hold",
    "INSERT INTO baton.holds AS h (scope, rate_class, until) VALUES ($1, $2, clock_timestamp() + "
    "$3::bigint * interval '1 millisecond') ON CONFLICT (scope, rate_class) DO UPDATE SET until = "
    "greatest(h.until, excluded.until)"};

constexpr PgStatement kDriven = {
    "driven",
    "SELECT count(*)::text, count(*) FILTER (WHERE l.session = $2::bigint)::text FROM "
    "baton.sessions s JOIN baton.leases l ON l.session = s.session AND NOT l.released WHERE "
    "s.scope "
    "= $1 AND s.until > clock_timestamp()"};

constexpr PgStatement kHolds = {
    "holds",
    "SELECT rate_class, (extract(epoch FROM until - clock_timestamp()) * 1000)::bigint::text FROM "
    "baton.holds WHERE scope = $1 AND until > clock_timestamp() ORDER BY rate_class"};

// What nobody asks for any more. The leases' rows stay, and with them their fences.
constexpr PgStatement kSweep[] = {
    {"sweep_sessions",
     "DELETE FROM baton.sessions WHERE until < clock_timestamp() - interval '1 hour'"},
    {"sweep_commits", "DELETE FROM baton.commits WHERE at < clock_timestamp() - interval '7 days'"},
    {"sweep_prefixes",
     "DELETE FROM baton.prefixes WHERE greatest(gate_until, readable_until) < clock_timestamp() - "
     "interval '1 hour'"},
    {"sweep_holds", "DELETE FROM baton.holds WHERE until < clock_timestamp() - interval '1 hour'"}};
constexpr int kBeatsBetweenSweeps = 200;

}  // namespace

PostgresHeartbeat::PostgresHeartbeat(PgServer server, PostgresLeases& leases, Millis interval,
                                     Listener listener, Watch watch)
    : leases_(leases),
      interval_(interval),
      listener_(std::move(listener)),
      watch_(std::move(watch)),
      // A connection that has gone dead without a word is replaced while the lease still holds.
      link_(std::move(server),
            {.answer_within = Millis(leases.terms().length.count() / 2), .purpose = "heartbeat"},
            [](PgConnection& connection) {
              const Result<PgRows> listens = connection.run(kListen);
              return listens ? Status() : Status(listens.error());
            }) {
  std::optional<Pipe> wake = open_pipe();
  BATON_CHECK(wake.has_value());
  wake_ = std::move(*wake);
  thread_ = start_without_signals([this] { work(); });
}

PostgresHeartbeat::~PostgresHeartbeat() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  link_.set_patient(false);
  wake_.writer.reset();
  thread_.join();
}

bool PostgresHeartbeat::is_closing() {
  const std::lock_guard lock(mutex_);
  return closing_;
}

void PostgresHeartbeat::throttled(const std::string& rate_class, Millis length) {
  const auto until = Clock::now() + std::chrono::milliseconds(length.count());
  const std::lock_guard lock(mutex_);
  throttled_[rate_class] = std::max(throttled_[rate_class], until);
}

void PostgresHeartbeat::work() {
  while (!is_closing()) {
    const auto next = Clock::now() + std::chrono::milliseconds(interval_.count());
    if (!hangs()) (void)link_.with([this](PgConnection& connection) { return beat(connection); });
    wait(next);
  }
}

bool PostgresHeartbeat::hangs() {
  if (watch_.hung_after <= Millis(0)) return false;
  if (*done_) {
    *done_ = false;
    posted_ = Clock::now();
    watch_.post([done = done_] { *done = true; });
  }
  return Clock::now() - posted_ >= std::chrono::milliseconds(watch_.hung_after.count());
}

Status PostgresHeartbeat::beat(PgConnection& connection) {
  const Result<Pulse> pulse = leases_.beat(connection);
  if (!pulse) return pulse.error();
  if (Status told = tell_holds(connection); !told) return told;
  if (Status seen = look(connection); !seen) return seen;
  if (++beats_ % kBeatsBetweenSweeps != 0) return {};
  for (const PgStatement& sweep : kSweep) connection.send(sweep);
  const Result<std::vector<PgRows>> swept = connection.sync();
  return swept ? Status() : Status(swept.error());
}

Status PostgresHeartbeat::tell_holds(PgConnection& connection) {
  std::map<std::string, Clock::time_point> told;
  {
    const std::lock_guard lock(mutex_);
    told = throttled_;
  }
  for (const auto& [rate_class, until] : told) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    const Result<PgRows> held = connection.run(kHold, leases_.terms().scope, pg_key(rate_class),
                                               std::max<std::int64_t>(left.count(), 0));
    if (!held) return held.error();
    const std::lock_guard lock(mutex_);
    const auto now = throttled_.find(rate_class);
    if (now != throttled_.end() && now->second == until) throttled_.erase(now);
  }
  return {};
}

Status PostgresHeartbeat::look(PgConnection& connection) {
  const std::string& scope = leases_.terms().scope;
  connection.send(kDriven, scope, leases_.current_session().value_or(0));
  connection.send(kHolds, scope);
  const Result<std::vector<PgRows>> rows = connection.sync();
  if (!rows) return rows.error();

  FleetView view;
  const auto all = static_cast<double>((*rows)[0].integer(0, 0));
  const auto mine = static_cast<double>((*rows)[0].integer(0, 1));
  // Who drives nothing yet may begin at any moment, and counts as one that drives one run.
  view.share = mine > 0 ? mine / all : 1 / (all + 1);
  const PgRows& holds = (*rows)[1];
  for (int i = 0; i < holds.count(); ++i) {
    view.holds.emplace_back(std::string(holds.text(i, 0)), Millis(holds.integer(i, 1)));
  }
  listener_.view(view);
  return {};
}

// Until the next beat, unless the end comes first; notices of work are passed on meanwhile.
void PostgresHeartbeat::wait(Clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0 || is_closing()) return;
    PgConnection* const connection = link_.connection();
    pollfd ready[2] = {{wake_.reader.get(), POLLIN, 0},
                       {connection == nullptr ? -1 : connection->socket(), POLLIN, 0}};
    if (::poll(ready, 2, static_cast<int>(left.count())) <= 0) continue;
    if (connection == nullptr || ready[1].revents == 0) continue;
    const std::optional<bool> noticed = connection->noticed();
    if (!noticed) return link_.drop();  // and begin the next beat, with a new one, at once
    if (*noticed) listener_.work();
  }
}

}  // namespace baton
