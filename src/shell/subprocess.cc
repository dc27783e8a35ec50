#include "shell/subprocess.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "base/spawn.h"

namespace baton {
namespace {

namespace asio = boost::asio;
using Done = std::function<void(Result<SubprocessResult>)>;

constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

std::vector<std::string> path_folders() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? kDefaultPath : path;
  std::vector<std::string> folders;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (rest.starts_with('/')) folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return folders;
}

bool is_executable_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// One output stream: read as it comes, up to a limit.
class Stream {
 public:
  explicit Stream(asio::io_context& context) : descriptor_(context) {}

  void open(int fd) {
    descriptor_.assign(fd);
    descriptor_.native_non_blocking(true);
  }

  // Reads what is there now. False: nothing more will come that is of use.
  bool drain(std::size_t limit) {
    std::array<char, 16384> buffer;
    while (true) {
      const ssize_t count = ::read(descriptor_.native_handle(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno == EAGAIN;
      if (count == 0) return false;
      const std::size_t room = limit - bytes.size();
      bytes.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
      overflowed = overflowed || static_cast<std::size_t>(count) > room;
      if (overflowed) return false;
    }
  }

  template <typename Handler>
  void wait(Handler handler) {
    descriptor_.async_wait(asio::posix::descriptor_base::wait_read, std::move(handler));
  }
  void close() { descriptor_.close(); }

  std::string bytes;
  bool overflowed = false;

 private:
  asio::posix::stream_descriptor descriptor_;
};

class RunningProgram : public Subprocess, public std::enable_shared_from_this<RunningProgram> {
 public:
  RunningProgram(Loop& loop, SubprocessRequest request, Done done)
      : loop_(loop),
        request_(std::move(request)),
        done_(std::move(done)),
        out_(loop.context()),
        err_(loop.context()) {}

  ~RunningProgram() override { kill_group(); }

  void start() {
    std::optional<Pipe> out = open_pipe();
    std::optional<Pipe> err = out ? open_pipe() : std::nullopt;
    if (!err) {
      return refuse(
          system_error(fmt::format("cannot start {}: {}", request_.program, std::strerror(errno))));
    }
    const Result<Spawned> spawned = spawn(plan(out->writer.get(), err->writer.get()));
    if (!spawned) return refuse(spawned.error());
    program_ = *spawned;
    limit_resources();
    out_.open(out->reader.release());
    err_.open(err->reader.release());
    read_on(&RunningProgram::out_);
    read_on(&RunningProgram::err_);
    loop_.on_child_exit(program_->pid, [weak = weak_from_this()](int status) {
      if (const auto self = weak.lock()) self->ended(status);
    });
    loop_.after(request_.limit, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->out_of_time();
    });
  }

 private:
  using StreamMember = Stream RunningProgram::*;

  SpawnPlan plan(int out, int err) const {
    SpawnPlan plan{.argv = {request_.program},
                   .environment = {fmt::format("PATH={}", fmt::join(path_folders(), ":")),
                                   "HOME=" + request_.home, "LANG=C.UTF-8"},
                   .directory = request_.directory,
                   .out = out,
                   .err = err,
                   .leads = SpawnPlan::Leads::kSession};
    plan.argv.insert(plan.argv.end(), request_.arguments.begin(), request_.arguments.end());
    return plan;
  }

  // From outside, as posix_spawn cannot: the program is under way already, but has had no time for
  // more than its first steps. Data, not address space: node reserves far more than it uses.
  void limit_resources() const {
    const rlimit data{request_.memory_limit, request_.memory_limit};
    const rlimit no_core{0, 0};
    ::prlimit(program_->pid, RLIMIT_DATA, &data, nullptr);
    ::prlimit(program_->pid, RLIMIT_CORE, &no_core, nullptr);
  }

  void read_on(StreamMember stream) {
    (this->*stream).wait([weak = weak_from_this(), stream](boost::system::error_code failed) {
      const auto self = weak.lock();
      if (failed || !self || !self->program_) return;
      if ((self.get()->*stream).drain(self->request_.output_limit)) return self->read_on(stream);
      if ((self.get()->*stream).overflowed) self->kill_group();
    });
  }

  void out_of_time() {
    if (!program_) return;
    timed_out_ = true;
    kill_group();
  }

  // The session's leader has ended; what it left behind must not keep the pipes, or the machine.
  void ended(int status) {
    kill_group();
    program_.reset();
    out_.drain(request_.output_limit);
    err_.drain(request_.output_limit);
    out_.close();
    err_.close();
    std::exchange(done_, nullptr)(SubprocessResult{.status = status,
                                                   .out = std::move(out_.bytes),
                                                   .err = std::move(err_.bytes),
                                                   .truncated = out_.overflowed || err_.overflowed,
                                                   .timed_out = timed_out_});
  }

  void refuse(Error error) {
    loop_.post([weak = weak_from_this(), error = std::move(error)] {
      if (const auto self = weak.lock()) std::exchange(self->done_, nullptr)(error);
    });
  }

  void kill_group() {
    if (program_) program_->kill_group();
  }

  Loop& loop_;
  SubprocessRequest request_;
  Done done_;
  Stream out_;
  Stream err_;
  std::optional<Spawned> program_;  // until it has been reaped
  bool timed_out_ = false;
};

}  // namespace

std::shared_ptr<Subprocess> start_subprocess(Loop& loop, SubprocessRequest request, Done done) {
  auto program = std::make_shared<RunningProgram>(loop, std::move(request), std::move(done));
  program->start();
  return program;
}

std::string find_program(const std::string& name, const std::vector<std::string>& folders) {
  std::vector<std::string> all = folders;
  const std::vector<std::string> path = path_folders();
  all.insert(all.end(), path.begin(), path.end());
  for (const std::string& folder : all) {
    std::string candidate = fmt::format("{}/{}", folder, name);
    if (folder.starts_with('/') && is_executable_file(candidate)) return candidate;
  }
  return {};
}

}  // namespace baton
