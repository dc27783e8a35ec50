#include "store/repair_writer.h"

#include <algorithm>

#include "store/chain.h"

namespace baton {

Result<RepairWriter> RepairWriter::make(Database& database, Instant now, std::string backup) {
  RepairWriter writer;
  writer.now_ = now;
  writer.backup_ = std::move(backup);
  constexpr std::pair<Statement RepairWriter::*, std::string_view> kTexts[] = {
      {&RepairWriter::put_run_,
       "INSERT OR REPLACE INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
      {&RepairWriter::put_event_, "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)"},
      {&RepairWriter::put_share_,
       "INSERT INTO day_shares VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET share = "
       "max(share, ?4)"},
      {&RepairWriter::put_repair_, "INSERT INTO repairs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
  };
  for (const auto& [member, text] : kTexts) {
    Result<Statement> statement = database.prepare(text);
    if (!statement) return statement.error();
    writer.*member = std::move(*statement);
  }
  return writer;
}

Status RepairWriter::put(const SoundRun& run, std::int64_t from) {
  const RunSummary& s = run.summary;
  if (Status put =
          put_run_.run(s.run, s.workflow, s.title, s.created.unix_ms(), s.updated.unix_ms(),
                       s.status, s.spent.picodollars(), s.events, s.project, s.key);
      !put) {
    return put;
  }
  Sha256 hash = kChainStart;
  std::int64_t sequence = 0;
  for (const auto& [type, body] : run.events) {
    hash = chained(hash, type, body);
    if (++sequence < from) continue;
    if (Status put = put_event_.run(run.run, sequence, type, body, Bytes{bytes_of(hash)}); !put)
      return put;
  }
  // What the run may still promise of its day, or has used of it.
  const DayShare& day = run.state.day;
  if (day.day.empty()) return {};
  return put_share({s.project, day.day, s.run, std::max(day.allotted, day.used)});
}

}  // namespace baton
