// SocketPoller: readiness of many sockets that somebody else reads and writes, on the loop.
//
// One epoll set, itself watched by the loop. A socket per stream_descriptor would cost an epoll_ctl
// and an allocation for each event; here both are paid only when the interest changes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace baton {

class SocketPoller {
 public:
  static constexpr std::uint8_t kRead = 1;
  static constexpr std::uint8_t kWrite = 2;
  using OnReady = std::function<void(void* owner, int fd, std::uint8_t ready)>;

  // `on_ready` is told kRead and kWrite both where the socket has failed. `on_turn` follows the
  // last of those that became ready together.
  SocketPoller(boost::asio::io_context& io, OnReady on_ready, std::function<void()> on_turn);
  ~SocketPoller();
  SocketPoller(const SocketPoller&) = delete;
  SocketPoller& operator=(const SocketPoller&) = delete;

  // Interest 0 costs nothing until the socket speaks up again, which an idle one seldom does.
  void watch(int fd, void* owner, std::uint8_t interest);
  // Before `fd` is closed.
  void forget(int fd);

 private:
  struct Set;  // kept alive by the wait in progress
  std::shared_ptr<Set> set_;
};

}  // namespace baton
