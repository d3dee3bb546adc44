#!/usr/bin/env bash
# Gets the servers that the tests talk to: etcd with etcdctl, and MinIO. What is on the PATH is used; what is missing is built from
# source with a Go toolchain, once, into .cache/bin. Quick when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."

etcd_version=v3.6.16
minio_version=v0.0.0-20250907161309-07c3a429bfed
bin="$PWD/.cache/bin"
log="$PWD/.cache/test-servers.log"

say() { printf 'test servers: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

present() { command -v "$1" >/dev/null || [[ -x "$bin/$1" ]]; }

need_go() {
    command -v go >/dev/null && return
    say "$1 is neither on the PATH nor in .cache/bin, and there is no Go toolchain to build it with."
    die "Install $1 (Debian: apt install etcd-server etcd-client; MinIO: https://min.io/download), or Go 1.24 or newer."
}

# Builds in a folder that is thrown away; a program appears in .cache/bin whole or not at all.
build() {
    local name=$1 words=$2
    need_go "$name"
    mkdir -p "$bin"
    say "building $name $words..."
    local work before=$SECONDS
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/out"
    (set -e; cd "$work"; export GOFLAGS=-mod=mod GOWORK=off GOBIN="$work/out"; "build_$name") >"$log" 2>&1 \
        || die "$name could not be built: what go said is in $log (is the Go module proxy reachable?)"
    mv -f "$work"/out/* "$bin/"
    rm -rf "$work"
    trap - EXIT
    say "built $name in $((SECONDS - before)) s."
}

# etcd's own module forbids 'go install' from outside: a throw-away module of ours requires it.
build_etcd() {
    go mod init varve.test/etcd
    go get "go.etcd.io/etcd/server/v3@$etcd_version" "go.etcd.io/etcd/etcdctl/v3@$etcd_version"
    go build -o out/etcd go.etcd.io/etcd/server/v3
    go build -o out/etcdctl go.etcd.io/etcd/etcdctl/v3
}

build_minio() { GOFLAGS= go install "github.com/minio/minio@$minio_version"; }

present etcd && present etcdctl || build etcd "$etcd_version (about a minute)"
present minio || build minio "$minio_version (a few minutes)"
