// SqliteAppender: puts a group of appends into the database in one transaction. One thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "store/append_queue.h"
#include "store/blob_codec.h"
#include "store/chain.h"
#include "store/head_files.h"
#include "store/run_account.h"
#include "store/spare_room.h"
#include "store/sqlite.h"

namespace baton {

// What is known of the ends of runs because all of their events have just been read and found
// sound. Any thread.
class SoundRuns {
 public:
  void put(const RunId& run, RunAccount account);
  std::optional<RunAccount> take(const RunId& run);

 private:
  std::mutex mutex_;
  std::map<RunId, RunAccount> accounts_;
};

class SqliteAppender {
 public:
  // `database` as open_journal_file() gives it, in the journal's folder. `sound` spares a second
  // reading of what was read.
  static Result<std::unique_ptr<SqliteAppender>> make(std::unique_ptr<Database> database,
                                                      std::shared_ptr<SoundRuns> sound,
                                                      std::shared_ptr<SpareRoom> room);

  // All of the group or, with an error, none of it. Refused in their `outcome`, leaving the others
  // alone: an append that contradicts the journal (events of no run, a run created twice), one of a
  // run whose end was lost, and one that promises money while room is short (with what else the run
  // appends, until it is resumed). Before a run is first written on, its whole chain is read; what
  // is damaged in the middle stops everything.
  Status append(std::vector<Append>& group);

 private:
  struct Statements {
    Statement begin, commit, rollback, data_version;
    Statement find_run, find_key, read_events, put_run, put_event, has_blob, put_blob;
    Statement promised, put_share, trim_share;
  };
  struct Tip {
    RunSummary summary;  // its count of events is the last sequence number
    RunAccount account;
    bool fresh = false;  // nobody else has written since it was read
  };
  using Tips = std::map<RunId, Tip>;
  using Group = std::vector<Append>;

  SqliteAppender(std::unique_ptr<Database> database, Statements statements,
                 std::shared_ptr<SoundRuns> sound, std::shared_ptr<SpareRoom> room);

  Status check_file() const;
  void refuse_promises(Group& group, std::string_view why);
  void refuse_what_follows(Group& group);
  Status commit(Group& group);
  Status write_group(Group& group, std::map<RunId, Tip*>& touched);
  Status forget_what_others_changed();
  // Null: the append is refused.
  Result<Tip*> tip_for(Append& append);
  Status check_key(std::string_view key);   // kBusy: another run has it
  Result<Tip*> load_tip(const RunId& run);  // null: no such run
  // The events after those the account has counted, each chained to the one before.
  Status catch_up(const RunId& run, const RunSummary& summary, RunAccount& account);
  // kStorage where heads/RUN knows of another end than the account's.
  Status check_head(const RunId& run, const RunAccount& account) const;
  Status write_run(const RunSummary& summary);
  Status write_events(const Append& append, Tip& tip);
  Status write_blobs(const Append& append);
  Status write_share(const Append& append);
  Status give_back(const RunId& run, const RunEnded& end);
  Error damaged(std::string what) const;

  std::unique_ptr<Database> database_;
  std::filesystem::path folder_;
  Statements sql_;
  std::shared_ptr<SoundRuns> sound_;
  std::shared_ptr<SpareRoom> room_;
  Compressor compressor_;
  HeadFiles heads_;
  Tips tips_;
  std::map<RunId, Error> refused_;  // their drivers know of events that the journal does not have
  std::int64_t data_version_ = 0;
  std::uint64_t file_id_ = 0;  // of the database as it was opened
  bool ballast_tried_ = false;
  bool was_full_ = false;  // the last failure said no more than that there is no room
};

}  // namespace baton
