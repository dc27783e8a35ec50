#include "store/fleet.h"

namespace baton {

std::string_view to_string(QueueState state) {
  switch (state) {
    case QueueState::kWaiting:
      return "waiting";
    case QueueState::kDriven:
      return "driven";
    case QueueState::kParked:
      return "parked";
    case QueueState::kQuarantined:
      return "quarantined";
    case QueueState::kDone:
      return "done";
  }
  return "";
}

}  // namespace baton
