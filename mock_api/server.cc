#include "mock_api/server.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdio>
#include <limits>
#include <queue>

#include "base/check.h"

namespace baton::mock_api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::uint64_t kMaxBody = 32u << 20;
constexpr std::uint64_t kMaxBatch = 256u << 20;
constexpr std::size_t kMaxHead = 32u << 10;
// What is read and thrown away of a request that was refused for its size, so that its sender sees
// the refusal and not a reset connection.
constexpr std::uint64_t kMaxDrained = 512u << 20;
constexpr int kBacklog = 4'096;

Instant wall_clock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Instant::from_unix_ms(
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

std::int64_t steady_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

class Session;

// Alarms of all sessions behind one system timer, on a grid of a millisecond: a timer for each of
// thousands of streams would spend its time in system calls.
class Alarms {
 public:
  explicit Alarms(asio::io_context& io) : timer_(io) {}

  void set(std::int64_t at_ms, std::shared_ptr<Session> session) {
    queue_.push({at_ms, ++count_, std::move(session)});
    arm();
  }

 private:
  struct Alarm {
    std::int64_t at = 0;
    std::uint64_t order = 0;
    std::shared_ptr<Session> session;
    bool operator<(const Alarm& other) const {
      return at != other.at ? at > other.at : order > other.order;  // the earliest on top
    }
  };
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  void arm() {
    if (ringing_ || queue_.empty() || queue_.top().at >= armed_for_) return;
    armed_for_ = queue_.top().at;
    timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::milliseconds(armed_for_)));
    timer_.async_wait([this](error_code failed) {
      if (!failed) ring();
    });
  }

  void ring();

  asio::steady_timer timer_;
  std::priority_queue<Alarm> queue_;
  std::uint64_t count_ = 0;
  std::int64_t armed_for_ = kNever;
  bool ringing_ = false;
};

// One connection: reads a request, sends its reply, and so on until either side has enough.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Service& service, Alarms& alarms)
      : socket_(std::move(socket)), service_(service), alarms_(alarms) {}

  // A client that leaves in mid-answer is billed for what was produced until then.
  ~Session() { end_call(true); }

  void start() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    read_head();
  }

  void on_alarm() { reply_.stream&& begun_ ? send_due() : begin(); }

 private:
  using Parser = http::request_parser<http::string_body>;

  void read_head() {
    parser_.emplace();
    parser_->body_limit(kMaxBatch);
    parser_->header_limit(kMaxHead);
    http::async_read_header(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](error_code failed, std::size_t) { self->on_head(failed); });
  }

  void on_head(error_code failed) {
    if (failed) return refuse(failed);
    if (!parser_->get().target().starts_with("/v1/messages/batches")) {
      parser_->body_limit(kMaxBody);
      if (parser_->content_length().value_or(0) > kMaxBody) return refuse(http::error::body_limit);
    }
    if (parser_->get()[http::field::expect] == "100-continue") {
      error_code ignored;
      asio::write(socket_, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")),
                  ignored);
    }
    http::async_read(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](error_code bad, std::size_t) { self->on_request(bad); });
  }

  void refuse(error_code failed) {
    if (failed == http::error::body_limit) {
      keep_alive_ = false;
      draining_ = true;
      reply_ =
          service_.refused({.status = 413,
                            .type = "request_too_large",
                            .message = "Request exceeds the maximum allowed number of bytes."});
      return send_plain();
    }
    if (failed.category() == make_error_code(http::error::bad_method).category() &&
        failed != http::error::end_of_stream && failed != http::error::partial_message) {
      keep_alive_ = false;
      reply_ = service_.refused(invalid("The request is not valid HTTP: " + failed.message()));
      return send_plain();
    }
  }

  void on_request(error_code failed) {
    if (failed) return refuse(failed);
    const auto& message = parser_->get();
    const auto field = [&message](const char* name) -> std::string_view {
      const auto value = message[name];
      return {value.data(), value.size()};
    };
    keep_alive_ = message.keep_alive();
    const auto method = message.method_string();
    const auto target = message.target();
    reply_ = service_.handle({.method = {method.data(), method.size()},
                              .target = {target.data(), target.size()},
                              .body = message.body(),
                              .host = field("host"),
                              .api_key = field("x-api-key"),
                              .authorization = field("authorization"),
                              .version = field("anthropic-version"),
                              .betas = field("anthropic-beta"),
                              .workspace = field("anthropic-workspace-id"),
                              .content_encoding = field("content-encoding"),
                              .retry_count = field("x-stainless-retry-count")},
                             wall_clock());
    parser_.reset();          // a waiting stream needs neither the request …
    buffer_.shrink_to_fit();  // … nor the room it was read into
    begun_ = false;
    if (reply_.delay.count() == 0) return begin();
    alarms_.set(steady_ms() + reply_.delay.count(), shared_from_this());
  }

  void begin() {
    begun_ = true;
    if (reply_.call) service_.began(*reply_.call, wall_clock());
    if (reply_.unsaid) return hang_up();
    if (!reply_.stream) return send_plain();
    stream_start_ = steady_ms();
    out_ = head();
    out_ += "transfer-encoding: chunked\r\n\r\n";
    send_due();
  }

  std::string head() const {
    std::string text = fmt::format(
        "HTTP/1.1 {} {}\r\n", reply_.status,
        std::string_view(http::obsolete_reason(static_cast<http::status>(reply_.status))));
    for (const auto& [name, value] : reply_.headers) {
      text += name;
      text += ": ";
      text += value;
      text += "\r\n";
    }
    if (!keep_alive_) text += "connection: close\r\n";
    return text;
  }

  void send_plain() {
    out_ = head();
    fmt::format_to(std::back_inserter(out_), "content-length: {}\r\n\r\n", reply_.body.size());
    if (reply_.cut_body) {
      keep_alive_ = false;
      reply_.body.resize(reply_.body.size() / 2);
    }
    out_ += reply_.body;
    reply_.body = {};
    end_call(false);
    write();
  }

  // Everything of the stream that is due by now goes out in one write.
  void send_due() {
    EventStream& stream = *reply_.stream;
    const std::int64_t elapsed = steady_ms() - stream_start_;
    while (!stream.done() && stream.due().count() <= elapsed) {
      const std::string bytes = stream.next();
      fmt::format_to(std::back_inserter(out_), "{:x}\r\n{}\r\n", bytes.size(), bytes);
    }
    if (stream.done()) {
      end_call(stream.broken());
      // A cut response lacks its last chunk.
      if (stream.broken()) {
        keep_alive_ = false;
      } else {
        out_ += "0\r\n\r\n";
      }
    }
    write();
  }

  void end_call(bool cut) {
    if (!reply_.call) return;
    std::optional<std::size_t> sent;
    if (cut && reply_.stream) sent = reply_.stream->text_sent();
    service_.ended(*reply_.call, sent, wall_clock());
  }

  // Mostly the socket takes it all at once, which costs one system call and no handler.
  void write() {
    error_code failed;
    const std::size_t sent = socket_.write_some(asio::buffer(out_), failed);
    if (failed && failed != asio::error::would_block) return;
    if (!failed && sent == out_.size()) return on_written();
    const std::size_t begin = failed ? 0 : sent;
    asio::async_write(socket_, asio::buffer(out_) + begin,
                      [self = shared_from_this()](error_code bad, std::size_t) {
                        if (!bad) self->on_written();
                      });
  }

  void on_written() {
    if (out_.capacity() > 4'096) {
      out_ = {};
    } else {
      out_.clear();
    }
    if (reply_.stream && !reply_.stream->done()) {
      alarms_.set(stream_start_ + reply_.stream->due().count(), shared_from_this());
      return;
    }
    reply_ = {};
    if (keep_alive_) return read_head();
    hang_up();
  }

  void hang_up() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    if (draining_) drain();
  }

  void drain() {
    drained_.resize(64u << 10);
    socket_.async_read_some(asio::buffer(drained_),
                            [self = shared_from_this()](error_code failed, std::size_t bytes) {
                              self->drained_bytes_ += bytes;
                              if (!failed && self->drained_bytes_ < kMaxDrained) self->drain();
                            });
  }

  tcp::socket socket_;
  Service& service_;
  Alarms& alarms_;
  boost::beast::flat_buffer buffer_{kMaxHead + (64u << 10)};
  std::optional<Parser> parser_;
  Reply reply_;
  std::string out_;
  std::string drained_;
  std::uint64_t drained_bytes_ = 0;
  std::int64_t stream_start_ = 0;
  bool keep_alive_ = true;
  bool begun_ = false;
  bool draining_ = false;
};

void Alarms::ring() {
  armed_for_ = kNever;
  ringing_ = true;
  const std::int64_t now = steady_ms();
  while (!queue_.empty() && queue_.top().at <= now) {
    const std::shared_ptr<Session> session = queue_.top().session;
    queue_.pop();
    session->on_alarm();
  }
  ringing_ = false;
  arm();
}

class Listener {
 public:
  Listener(asio::io_context& io, Service& service)
      : acceptor_(io), pause_(io), alarms_(io), service_(service) {}

  Status open(std::uint16_t port) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    error_code failed;
    const auto step = [&failed](auto&& action) {
      if (!failed) action();
    };
    step([&] { acceptor_.open(endpoint.protocol(), failed); });
    step([&] { acceptor_.set_option(tcp::acceptor::reuse_address(true), failed); });
    step([&] { acceptor_.bind(endpoint, failed); });
    step([&] { acceptor_.listen(kBacklog, failed); });
    if (failed) {
      return system_error(fmt::format("cannot listen on 127.0.0.1:{}: {}; choose another --port",
                                      port, failed.message()));
    }
    fmt::print("listening on http://127.0.0.1:{}\n", acceptor_.local_endpoint().port());
    std::fflush(stdout);
    accept();
    return {};
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (failed) return accept_later();
      std::make_shared<Session>(std::move(socket), service_, alarms_)->start();
      accept();
    });
  }

  // Out of descriptors: clients wait in the backlog until some are free.
  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds(10));
    pause_.async_wait([this](error_code failed) {
      if (!failed) accept();
    });
  }

  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  Alarms alarms_;
  Service& service_;
};

}  // namespace

Status serve(Service& service, std::uint16_t port) {
  asio::io_context io(1);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](error_code, int) { io.stop(); });
  Listener listener(io, service);
  if (Status status = listener.open(port); !status) return status;
  io.run();
  return {};
}

}  // namespace baton::mock_api
