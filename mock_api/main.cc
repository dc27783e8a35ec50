// The stand-in as a program of its own, for tests that must not depend on the engine.
#include "mock_api/mock_api.h"

int main(int argc, char** argv) {
  return baton::mock_api::main(argc, argv);
}
