#include "app/drive.h"

#include <utility>

namespace baton {

Drive::Drive(const DriveSite& site, const RunParts& parts, Endpoint endpoint,
             const Catalog& catalog, const RunRequest& request, DriveListeners listeners)
    : site_(site),
      endpoint_(std::move(endpoint)),
      listeners_(std::move(listeners)),
      driver_({site.loop, site.journal, site.http, parts.workflow, rules_, endpoint_,
               parts.programs,
               [this](const RunState& run, const std::vector<Event>& events) {
                 listeners_.on_change(run, events);
               },
               [this](const Status& status) { end(status); }, request.batch_poll, parts.tools,
               parts.ask_approval}),
      alive_(std::make_shared<bool>(true)) {
  rules_.catalog = &catalog;
  rules_.models = request.models;
  rules_.pacer = &site.pacer;
  rules_.shared_prefixes = site.journal.fleet() != nullptr;
}

Drive::~Drive() {
  *alive_ = false;
}

void Drive::begin(RunCreated created, std::vector<Blob> texts) {
  driver_.begin(std::move(created), std::move(texts));
}

void Drive::resume(RunState state, std::vector<Event> asked) {
  driver_.resume(std::move(state), std::move(asked));
}

void Drive::stop(std::string why) {
  driver_.stop(std::move(why));
}

void Drive::cut() {
  driver_.cut();
}

// Not from inside the driver: whoever is told may let go of it.
void Drive::end(const Status& status) {
  site_.loop.post([this, alive = alive_, status] {
    if (!*alive) return;
    const auto told = std::move(listeners_.on_end);
    told(status ? Result<RunState>(driver_.take_state()) : Result<RunState>(status.error()));
  });
}

}  // namespace baton
