// FleetWorker: takes runs from the store's queue and drives several at a time, on one loop, with
// one journal, one HTTP client and one picture of the provider's limits.
//
//   claim ─► taken up (on a thread) ─► driven ─► its end: told, its lease given back ─► claim …
//                    └ it cannot be: parked, with the reason
//
// Told to stop, it claims nothing more, lets calls in flight end, and hands the runs back to the
// queue.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "app/drive.h"
#include "provider/credentials.h"
#include "report/status_line.h"
#include "shell/background.h"
#include "store/fleet.h"

namespace baton {

struct FleetWorkerTerms {
  int runs = 4;  // at a time
  int most_deaths = 3;
  Millis drain = Millis::seconds(300);  // then what is in flight is cut
  bool until_empty = false;             // ends once it drives nothing and nothing waits
  int most_claims = 0;                  // ends after so many runs; 0: as many as come
};

// What is this machine's own: the state folder, and its identity.
struct FleetWorkerHome {
  std::filesystem::path state;
  std::string place;
};

class FleetWorker {
 public:
  // Requires: the journal has a fleet. The site, the tables and the endpoint outlive the worker.
  FleetWorker(const DriveSite& site, const Tables& tables, const Endpoint& endpoint,
              FleetWorkerHome home, FleetWorkerTerms terms);
  ~FleetWorker();

  // Runs the loop until the worker has been told to stop and has handed back its runs, or nothing
  // is left to do. kStorage: the journal has failed, and only a new process may go on.
  Status run();

 private:
  struct Job;

  void look();
  void look_after(Millis length);
  void hear(Result<std::optional<ClaimedRun>> claimed);
  void hear_trouble(const Error& error);
  void hear_answer();
  void watch_claim(int number);

  void take(ClaimedRun claimed);
  void drive(const RunId& run);
  void refuse(Job& job);
  void end(const RunId& run, const Result<RunState>& state);
  void let_go(const RunId& run);
  void hand_back(const RunId& run);

  void interrupt();
  void cut();
  void drain();
  bool is_done() const;
  void stop_if_done();

  DriveSite site_;
  Fleet& fleet_;
  const Tables& tables_;
  const Endpoint& endpoint_;
  const FleetWorkerHome home_;
  const FleetWorkerTerms terms_;
  StatusLine line_;  // where a person would be asked; nobody is

  std::map<RunId, std::unique_ptr<Job>> jobs_;
  int claims_ = 0;
  int handing_back_ = 0;
  bool claiming_ = false;
  bool nothing_waits_ = false;
  int looks_ = 0;  // a look that was put off counts only if no other was since
  int failures_ = 0;
  bool silent_ = false;  // the store does not answer, and we have said so
  bool draining_ = false;
  std::optional<Error> failure_;
  std::unique_ptr<Background> background_;  // last: its threads use all the others
};

}  // namespace baton
