// The red team of the sandbox's tests: what a command of a hostile model would try.
//
// An attack is a script that says THROUGH where it succeeded. It finds in its environment what it
// is aimed at: $OUT, a folder with `secret` and `target` in it and a Unix socket `socket`; $PID, a
// process that knows a secret; $PORT and $ABSTRACT, servers; $WORKSPACE, where it begins; $MARK, by
// which processes of this attack can be found.
#pragma once

#include <iosfwd>
#include <vector>

namespace baton {

// How an attack is shown to succeed where it is not held.
enum class Control {
  kNone,         // not tried: it would hurt the machine, or depends on rights we may not have
  kUnprotected,  // without any sandbox
  kGitWritable,  // in the sandbox, but `.git` is not pinned
  kNetwork,      // in the sandbox, but with the host's network
};

struct RedTeamAttack {
  const char* name;
  Control control;
  const char* language;  // "bash", "python3"
  const char* script;
};

const std::vector<RedTeamAttack>& red_team_attacks();

std::ostream& operator<<(std::ostream& out, const RedTeamAttack& attack);

}  // namespace baton
