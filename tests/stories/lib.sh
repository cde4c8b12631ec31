# What the stories are told with. A story is a script that says what it shows, runs commands of `tenon` against a running
# chain as a person would type them, and ends with an error where the chain answers otherwise than told.
#
#   tenon dev --tmp                          # in one terminal
#   bash tests/stories/voucher.sh            # in another; URL and TENON choose another chain and program
#
# Made for bash alone: what a command says is read from its JSON by `field`.

TENON=${TENON:-${CARGO_TARGET_DIR:-$HOME/.cache/tenon/target}/debug/tenon}
export TENON_URL=${URL:-ws://127.0.0.1:9944}

# What the last command of `run` said.
LAST=

# Says what comes next.
say() { printf '\n-- %s\n' "$*"; }

# Ends the story.
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# The first value of a name in a JSON text: a word, or what stands between its quotes.
field() {
  grep -o "\"$1\":\(\"\([^\"\\\\]\|\\\\.\)*\"\|[^,}\"]*\)" | head -n 1 | sed "s/^\"$1\"://; s/^\"//; s/\"\$//; s/\\\\\"/\"/g"
}

# Shows a command as a person would type it.
shown() {
  local word line='$ tenon'
  for word in "$@"; do
    case $word in
      *[!a-zA-Z0-9_=./:-]*) line="$line '$word'" ;;
      *) line="$line $word" ;;
    esac
  done
  printf '%s\n' "$line"
}

# Shows a command and runs it; it must do what it is asked.
run() {
  shown "$@"
  LAST=$("$TENON" "$@" --json) || fail "tenon $*: $LAST"
}

# A value that the last command of `run` said.
last() { field "$1" <<<"$LAST"; }

# The result of a query: a word, or JSON on one line.
ask() {
  local answer
  answer=$("$TENON" query "$@" --json) || fail "tenon query $*: $answer"
  answer=${answer#*\"result\":}
  answer=${answer%,\"gas\":*}
  answer=${answer#\"}
  printf '%s\n' "${answer%\"}"
}

# Shows a query and checks its result: expect RESULT INSTANCE METHOD --ARGUMENT VALUE..
expect() {
  local expected=$1 found
  shift
  found=$(ask "$@")
  shown query "$@"
  printf '  %s\n' "$found"
  [ "$found" = "$expected" ] || fail "found $found, expected $expected"
}

# Shows a command that is refused with an error of this name: expect_error NAME COMMAND..
expect_error() {
  local name=$1 said
  shift
  shown "$@"
  if said=$("$TENON" "$@" --json); then fail "found no error, expected $name: $said"; fi
  [ "$(field name <<<"$said")" = "$name" ] || fail "expected the error $name: $said"
  printf '  refused: %s\n' "$(field message <<<"$said")"
}
