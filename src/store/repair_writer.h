// RepairWriter: puts runs as they were saved, and what was lost of them, into a journal.
#pragma once

#include <string>

#include "store/sqlite_repair.h"
#include "store/sqlite_salvage.h"

namespace baton {

class RepairWriter {
 public:
  static Result<RepairWriter> make(Database& database, Instant now, std::string backup);

  // The run's line, and its events from number `from` on.
  Status put(const SoundRun& run, std::int64_t from = 1);
  Status put_share(const ShareOfDay& share) {
    return put_share_.run(share.project, share.day, share.run, share.share.picodollars());
  }
  Status note(const RunRepair& repair) {
    return put_repair_.run(now_.unix_ms(), repair.run, repair.kept, repair.lost,
                           repair.booked.picodollars(), repair.what, backup_);
  }

 private:
  Instant now_;
  std::string backup_;
  Statement put_run_, put_event_, put_share_, put_repair_;
};

}  // namespace baton
