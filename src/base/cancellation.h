// Cancellation: one thread tells others to stop what they wait for.
//
// Owned by whoever may cancel; the others hold a pointer and either ask or poll fd().
#pragma once

#include "base/fd.h"

namespace baton {

class Cancellation {
 public:
  Cancellation();
  void cancel();
  bool cancelled() const;
  // Readable from the moment it is cancelled, for poll(). Nobody reads from it.
  int fd() const { return event_.get(); }

 private:
  Fd event_;
};

}  // namespace baton
