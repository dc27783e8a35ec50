#include "shell/socket_poller.h"

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>

#include "base/check.h"

namespace baton {
namespace {

namespace asio = boost::asio;

std::uint32_t epoll_events(std::uint8_t interest) {
  std::uint32_t events = 0;
  if (interest & SocketPoller::kRead) events |= EPOLLIN;
  if (interest & SocketPoller::kWrite) events |= EPOLLOUT;
  return events;
}

std::uint8_t ready_of(std::uint32_t events) {
  std::uint8_t ready = 0;
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) ready |= SocketPoller::kRead;
  if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) ready |= SocketPoller::kWrite;
  return ready;
}

int made_epoll() {
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  BATON_CHECK(fd >= 0);
  return fd;
}

}  // namespace

struct SocketPoller::Set : std::enable_shared_from_this<Set> {
  struct Slot {
    void* owner = nullptr;
    std::uint8_t interest = 0;
    bool registered = false;
    std::uint8_t registered_for = 0;
  };

  Set(asio::io_context& io, OnReady ready, std::function<void()> turn)
      : descriptor(io, made_epoll()), on_ready(std::move(ready)), on_turn(std::move(turn)) {}

  asio::posix::stream_descriptor descriptor;
  OnReady on_ready;
  std::function<void()> on_turn;
  std::vector<Slot> slots;  // by descriptor number: the kernel gives the lowest that is free
  bool closed = false;

  Slot& slot(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= slots.size()) slots.resize(index + 1);
    return slots[index];
  }

  void control(int operation, int fd, std::uint8_t interest) {
    epoll_event event{};
    event.events = epoll_events(interest);
    event.data.fd = fd;
    epoll_ctl(descriptor.native_handle(), operation, fd, &event);
  }

  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (error || self->closed) return;
                            self->take_turn();
                            if (!self->closed) self->wait();
                          });
  }

  void take_turn() {
    constexpr int kMostEvents = 256;  // the rest comes next turn: other work is not kept waiting
    epoll_event events[kMostEvents];
    const int count = epoll_wait(descriptor.native_handle(), events, kMostEvents, 0);
    for (int i = 0; i < count && !closed; ++i) {
      const int fd = events[i].data.fd;
      Slot& ready = slot(fd);
      if (ready.interest == 0) {
        // An idle socket that speaks up (its peer closed it) would do so on every turn.
        if (ready.registered) control(EPOLL_CTL_DEL, fd, 0);
        ready.registered = false;
        continue;
      }
      on_ready(ready.owner, fd, ready_of(events[i].events));
    }
    if (!closed) on_turn();
  }
};

SocketPoller::SocketPoller(asio::io_context& io, OnReady on_ready, std::function<void()> on_turn)
    : set_(std::make_shared<Set>(io, std::move(on_ready), std::move(on_turn))) {
  set_->wait();
}

SocketPoller::~SocketPoller() {
  set_->closed = true;
  set_->descriptor.close();
}

void SocketPoller::watch(int fd, void* owner, std::uint8_t interest) {
  Set::Slot& slot = set_->slot(fd);
  slot.owner = owner;
  slot.interest = interest;
  if (interest == 0 || (slot.registered && slot.registered_for == interest)) return;
  set_->control(slot.registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, interest);
  slot.registered = true;
  slot.registered_for = interest;
}

void SocketPoller::forget(int fd) {
  Set::Slot& slot = set_->slot(fd);
  if (slot.registered) set_->control(EPOLL_CTL_DEL, fd, 0);
  slot = {};
}

}  // namespace baton
