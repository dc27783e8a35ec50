#include "base/cancellation.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace baton {

Cancellation::Cancellation() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  BATON_CHECK(event_.ok());
}

void Cancellation::cancel() {
  BATON_CHECK(::eventfd_write(event_.get(), 1) == 0);
}

bool Cancellation::cancelled() const {
  pollfd state{event_.get(), POLLIN, 0};
  return ::poll(&state, 1, 0) == 1;
}

}  // namespace baton
