#!/usr/bin/env bash
# Finds out what is missing to build (argument `build`) or to test (argument `test`), installs it where that can be done
# without asking, and says what to do where it cannot.
set -euo pipefail
cd "$(dirname "$0")/.."

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '   %s\n' "$*"; }
stop() { printf 'error: %s\n hint: %s\n' "$1" "$2" >&2; exit 1; }

# Installs packages of Debian or Ubuntu, as root or by sudo.
install_packages() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || stop "$* missing, and this is neither root nor is there sudo" "as root: apt-get install $*"
    as_root=(sudo)
  fi
  have apt-get || stop "$* missing, and there is no apt-get" "install them with your system's package manager"
  say "installing $*"
  "${as_root[@]}" apt-get update -qq </dev/null
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

# Whether one of these files is there.
exists() { local file; for file in "$@"; do [ -e "$file" ] && return 0; done; return 1; }

# RocksDB's bindings are made with libclang and its own headers. libclang-cpp is another library.
have_libclang() {
  [ -n "${LIBCLANG_PATH:-}" ] && return 0
  exists /usr/lib/llvm-*/lib/libclang.so* /usr/lib/llvm-*/lib/libclang-[0-9]*.so* /usr/lib/*/libclang.so* \
    /usr/lib/*/libclang-[0-9]*.so* /usr/lib64/libclang.so* || return 1
  exists /usr/lib/llvm-*/lib/clang/*/include/stddef.h /usr/lib/clang/*/include/stddef.h \
    /usr/lib64/clang/*/include/stddef.h
}

node_major() { node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p'; }

setup_build() {
  have cargo || stop "cargo is missing" "install Rust with rustup: https://rustup.rs"
  say "$(rustc --version)"

  if have rustup; then
    if ! rustup target list --installed | grep -qx wasm32-unknown-unknown; then
      say "adding the target wasm32-unknown-unknown"
      rustup target add wasm32-unknown-unknown
    fi
  elif [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    stop "the target wasm32-unknown-unknown is missing, and there is no rustup" "install it the way Rust was installed"
  fi

  local packages=()
  have c++ || packages+=(g++)
  have_libclang || packages+=(libclang-dev)
  [ "${#packages[@]}" -eq 0 ] || install_packages "${packages[@]}"
  say "everything that a build needs is there"
}

setup_test() {
  if have rustup; then
    rustup component add rustfmt clippy >/dev/null 2>&1 || say "could not add rustfmt and clippy; going on without asking"
  fi
  if ! have cargo-nextest; then
    say "installing cargo-nextest from source (takes some minutes)"
    cargo install --locked cargo-nextest </dev/null
  fi
  say "$(cargo nextest --version | head -n 1)"

  if ! have node || ! have npm; then
    install_packages nodejs npm
  fi
  local major
  major=$(node_major)
  [ "${major:-0}" -ge 18 ] || stop "found node ${major:-none}, expected 18 or later" "install it from https://nodejs.org"
  say "node $(node --version)"

  # Once for each lock file.
  local js=tests/e2e/js
  if [ -f "$js/package-lock.json" ] && ! cmp -s "$js/package-lock.json" "$js/node_modules/.installed-lock"; then
    say "installing the client library that the tests drive the node with"
    npm --prefix "$js" ci --no-audit --no-fund --loglevel=error </dev/null
    cp "$js/package-lock.json" "$js/node_modules/.installed-lock"
  fi
  say "everything that the tests need is there"
}

case "${1:-}" in
  build) setup_build ;;
  test) setup_test ;;
  *) stop "found argument '${1:-}', expected build or test" "make setup" ;;
esac
