// Fd: a file descriptor that is closed with its owner.
#pragma once

#include <optional>
#include <utility>

namespace baton {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}  // as open() returns it: negative is none
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = other.release();
    }
    return *this;
  }
  ~Fd() { reset(); }

  bool ok() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Closes it now.
  void reset();
  // Hands it to the caller, who closes it.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// Both ends close on exec, so that of what runs at the same time no one holds another's pipe open.
struct Pipe {
  Fd reader;
  Fd writer;
};

// Nothing, with the reason in errno, if no pipe can be had.
std::optional<Pipe> open_pipe();

}  // namespace baton
