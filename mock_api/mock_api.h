// A stand-in for the Messages API on loopback, with a billing meter of its own.
#pragma once

namespace baton::mock_api {

// `baton mock-api …`: serves until SIGINT or SIGTERM. Its first line on standard output is
// "listening on http://127.0.0.1:PORT". Returns the exit code; `--help` tells the options.
int main(int argc, const char* const* argv);

}  // namespace baton::mock_api
