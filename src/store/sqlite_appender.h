// SqliteAppender: puts a group of appends into the database in one transaction. One thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "store/append_queue.h"
#include "store/blob_codec.h"
#include "store/chain.h"
#include "store/head_files.h"
#include "store/sqlite.h"

namespace baton {

class SqliteAppender {
 public:
  // `database` as open_journal_file() gives it; `heads` is the folder of the head files.
  static Result<std::unique_ptr<SqliteAppender>> make(std::unique_ptr<Database> database,
                                                      const std::filesystem::path& heads);

  // All of the group or, with an error, none of it. An append that contradicts the journal (events
  // of no run, a run created twice) is refused in its `outcome` and leaves the others alone.
  Status append(std::vector<Append>& group);

 private:
  struct Statements {
    Statement begin, commit, rollback, data_version;
    Statement find_run, find_key, put_run, put_event, has_blob, put_blob;
    Statement promised, put_share, trim_share;
  };
  struct Tip {
    RunSummary summary;  // its count of events is the last sequence number
    Sha256 hash = kChainStart;
  };
  using Tips = std::map<RunId, Tip>;

  SqliteAppender(std::unique_ptr<Database> database, Statements statements,
                 const std::filesystem::path& heads);

  Status write_group(std::vector<Append>& group, std::map<RunId, Tip*>& touched);
  Status forget_what_others_changed();
  Result<Tip*> tip_for(const Append& append);
  Status check_key(std::string_view key);   // kBusy: another run has it
  Result<Tip*> load_tip(const RunId& run);  // null: no such run
  Status write_run(const RunSummary& summary);
  Status write_events(const Append& append, Tip& tip);
  Status write_blobs(const Append& append);
  Status write_share(const Append& append);
  Status give_back(const RunId& run, const RunEnded& end);

  std::unique_ptr<Database> database_;
  Statements sql_;
  Compressor compressor_;
  HeadFiles heads_;
  Tips tips_;
  std::int64_t data_version_ = 0;
};

}  // namespace baton
