// The stand-in's sockets: HTTP/1.1 on loopback, one thread, any number of streams.
#pragma once

#include "base/result.h"
#include "mock_api/service.h"

namespace baton::mock_api {

// Listens on 127.0.0.1, says so as the first line of standard output, and serves until SIGINT or
// SIGTERM. Port 0: one the system chooses.
Status serve(Service& service, std::uint16_t port);

}  // namespace baton::mock_api
