#include "shell/curl_engine.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/check.h"

namespace baton {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// libcurl changes its mind about its timeout on almost every call. Zero becomes one posted turn,
// however often it is asked for; a later deadline only moves a number, and the one armed timer goes
// on from where it wakes: arming costs a system call.
struct CurlEngine::Timer : std::enable_shared_from_this<Timer> {
  Timer(asio::io_context& context, CURLM* multi_handle, std::function<void()> turn)
      : io(context), multi(multi_handle), on_turn(std::move(turn)), clock(context) {}

  asio::io_context& io;
  CURLM* multi;  // null once the engine is gone
  std::function<void()> on_turn;
  asio::steady_timer clock;
  std::optional<Clock::time_point> deadline;
  std::optional<Clock::time_point> armed_for;
  bool posted = false;

  void act() {
    int running = 0;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    on_turn();
  }

  void post() {
    if (std::exchange(posted, true)) return;
    asio::post(io, [self = shared_from_this()] {
      self->posted = false;
      if (self->multi != nullptr) self->act();
    });
  }

  void arm() {
    if (!deadline || (armed_for && *armed_for <= *deadline)) return;
    armed_for = deadline;
    clock.expires_at(*deadline);
    clock.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->multi == nullptr) return;
      self->armed_for.reset();
      if (self->deadline && *self->deadline <= Clock::now()) {
        self->deadline.reset();
        self->act();
      }
      if (self->multi != nullptr) self->arm();
    });
  }
};

CurlEngine::CurlEngine(Loop& loop, SocketPoller& poller, std::function<void(CurlEngine&)> on_turn)
    : multi_(curl_multi_init()), poller_(poller) {
  BATON_CHECK(multi_ != nullptr);
  timer_ = std::make_shared<Timer>(loop.context(), multi_,
                                   [this, turn = std::move(on_turn)] { turn(*this); });
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlEngine::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlEngine::on_timeout);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  // Counts connections in use as well; fewer would close each one as its transfer ends.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(kMostTransfers));
}

CurlEngine::~CurlEngine() {
  timer_->multi = nullptr;
  timer_->clock.cancel();
  curl_multi_cleanup(multi_);
}

int CurlEngine::on_timeout(CURLM*, long ms, void* engine) {
  static_cast<CurlEngine*>(engine)->set_timeout(ms);
  return 0;
}

void CurlEngine::set_timeout(long ms) {
  if (ms < 0) {
    timer_->deadline.reset();
  } else if (ms == 0) {
    timer_->post();
  } else {
    timer_->deadline = Clock::now() + std::chrono::milliseconds(ms);
    timer_->arm();
  }
}

int CurlEngine::on_socket(CURL*, curl_socket_t fd, int what, void* engine, void*) {
  auto* self = static_cast<CurlEngine*>(engine);
  std::uint8_t interest = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) interest |= SocketPoller::kRead;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) interest |= SocketPoller::kWrite;
  self->poller_.watch(fd, self, interest);
  return 0;
}

void CurlEngine::add(CurlTransfer& transfer) {
  transfer.engine = this;
  ++transfers_;
  BATON_CHECK(curl_multi_add_handle(multi_, transfer.easy) == CURLM_OK);
}

void CurlEngine::remove(CurlTransfer& transfer) {
  curl_multi_remove_handle(multi_, transfer.easy);
  transfer.engine = nullptr;
  --transfers_;
}

void CurlEngine::socket_ready(int fd, std::uint8_t ready) {
  int actions = 0;
  if (ready & SocketPoller::kRead) actions |= CURL_CSELECT_IN;
  if (ready & SocketPoller::kWrite) actions |= CURL_CSELECT_OUT;
  int running = 0;
  curl_multi_socket_action(multi_, fd, actions, &running);
}

CurlTransfer* CurlEngine::take_ended(CURLcode& result) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    result = message->data.result;
    char* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    return reinterpret_cast<CurlTransfer*>(transfer);
  }
  return nullptr;
}

}  // namespace baton
