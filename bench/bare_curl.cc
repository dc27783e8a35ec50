// The floor: the same requests over libcurl's multi interface and epoll, with nothing around them.
// No JSON is read, no event told apart, nothing retried, priced or kept.
//
//   bare_curl URL BODY_FILE CALLS PARALLEL
//
// "@NUMBER@" in the body becomes the call's number. Prints {"finished": N}.
#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

// libcurl searches its connections to a host one by one: so many to a handle, and no more.
constexpr int kMostTransfers = 2000;

struct Call {
  CURL* easy = nullptr;
  std::string body;
  std::size_t received = 0;
};

std::size_t count_bytes(char*, std::size_t, std::size_t length, void* call) {
  static_cast<Call*>(call)->received += length;
  return length;
}

class Multi {
 public:
  Multi(int epoll, std::uint32_t index) : epoll_(epoll), index_(index) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(kMostTransfers));
  }
  ~Multi() { curl_multi_cleanup(multi_); }
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  CURLM* handle() const { return multi_; }
  bool due() const { return deadline_ && *deadline_ <= Clock::now(); }
  void act(curl_socket_t fd, int ready) {
    if (fd == CURL_SOCKET_TIMEOUT) deadline_.reset();
    int running = 0;
    curl_multi_socket_action(multi_, fd, ready, &running);
  }

 private:
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
    auto& multi = *static_cast<Multi*>(self);
    epoll_event event{};
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) event.events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) event.events |= EPOLLOUT;
    // The number of the multi handle beside that of the socket.
    event.data.u64 = static_cast<std::uint64_t>(multi.index_) << 32 | static_cast<unsigned>(fd);
    const int operation = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL
                          : known == nullptr       ? EPOLL_CTL_ADD
                                                   : EPOLL_CTL_MOD;
    epoll_ctl(multi.epoll_, operation, fd, &event);
    curl_multi_assign(multi.multi_, fd, what == CURL_POLL_REMOVE ? nullptr : self);
    return 0;
  }
  static int on_timer(CURLM*, long ms, void* self) {
    auto& deadline = static_cast<Multi*>(self)->deadline_;
    deadline.reset();
    if (ms >= 0) deadline = Clock::now() + std::chrono::milliseconds(ms);
    return 0;
  }

  CURLM* multi_ = curl_multi_init();
  int epoll_;
  std::uint32_t index_;
  std::optional<Clock::time_point> deadline_;
};

class Program {
 public:
  Program(std::string url, std::string body, int calls, int parallel)
      : url_(std::move(url)), body_(std::move(body)), wanted_(calls) {
    headers_ = curl_slist_append(nullptr, "content-type: application/json");
    headers_ = curl_slist_append(headers_, "anthropic-version: 2023-06-01");
    headers_ = curl_slist_append(headers_, "x-api-key: bench");
    headers_ = curl_slist_append(headers_, "Expect:");
    for (int i = 0; i < std::min(parallel, calls); ++i) {
      if (i % kMostTransfers == 0)
        multis_.emplace_back(epoll_, static_cast<std::uint32_t>(multis_.size()));
      start(calls_.emplace_back(), multis_.back());
    }
  }

  int run() {
    while (ended_ < wanted_) {
      epoll_event events[256];
      const int count = epoll_wait(epoll_, events, 256, 1);
      for (int i = 0; i < count; ++i) {
        int ready = 0;
        if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) ready |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT) ready |= CURL_CSELECT_OUT;
        multis_[events[i].data.u64 >> 32].act(static_cast<int>(events[i].data.u64 & 0xffffffff),
                                              ready);
      }
      for (Multi& multi : multis_) {
        if (multi.due()) multi.act(CURL_SOCKET_TIMEOUT, 0);
        take_ended(multi);
      }
    }
    return finished_;
  }

 private:
  void start(Call& call, Multi& multi) {
    call.body = body_;
    call.received = 0;
    const std::string mark = "@NUMBER@";
    if (const std::size_t found = call.body.find(mark); found != std::string::npos)
      call.body.replace(found, mark.size(), fmt::format("{}", started_));
    ++started_;
    if (call.easy == nullptr) {
      call.easy = curl_easy_init();
      curl_easy_setopt(call.easy, CURLOPT_URL, url_.c_str());
      curl_easy_setopt(call.easy, CURLOPT_HTTPHEADER, headers_);
      curl_easy_setopt(call.easy, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(call.easy, CURLOPT_BUFFERSIZE, 1024L);
      curl_easy_setopt(call.easy, CURLOPT_WRITEFUNCTION, &count_bytes);
      curl_easy_setopt(call.easy, CURLOPT_WRITEDATA, &call);
      curl_easy_setopt(call.easy, CURLOPT_PRIVATE, &call);
    }
    curl_easy_setopt(call.easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(call.easy, CURLOPT_POSTFIELDS, call.body.data());
    curl_multi_add_handle(multi.handle(), call.easy);
  }

  void take_ended(Multi& multi) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.handle(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode result = message->data.result;
      long status = 0;
      char* call = nullptr;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
      curl_multi_remove_handle(multi.handle(), easy);
      ++ended_;
      if (result == CURLE_OK && status == 200) ++finished_;
      if (started_ < wanted_) start(*reinterpret_cast<Call*>(call), multi);
    }
  }

  std::string url_;
  std::string body_;
  curl_slist* headers_ = nullptr;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::deque<Multi> multis_;
  std::deque<Call> calls_;
  int wanted_ = 0;
  int started_ = 0;
  int ended_ = 0;
  int finished_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: bare_curl URL BODY_FILE CALLS PARALLEL\n");
    return 2;
  }
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  std::stringstream body;
  body << std::ifstream(argv[2], std::ios::binary).rdbuf();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Program program(std::string(argv[1]) + "/v1/messages", body.str(), std::atoi(argv[3]),
                  std::atoi(argv[4]));
  fmt::print("{{\"finished\": {}}}\n", program.run());
}
